#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::{
    super::{
        evidence::{
            ActiveRelease, Behaviour, Behind, BucketAnswer, BucketReplies, CarriedSite, Encryption,
            Evidence, Front, Gathered, KeyState, KeyStatus, PolicyVerdict, ReleasedFile, Replay,
            Resources, Viewed,
        },
        signature::Comparison,
        verdict::{Certainty, Kind},
    },
    diagnose,
};
use crate::{s3_document::S3Document, web_target::ExchangeError};

const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";

/// The evidence without its folders, so that a row says only what is special about it.
struct Flat {
    method: String,
    answer: Result<Viewed, ExchangeError>,
    past_copy: Gathered<Viewed>,
    head: Gathered<Viewed>,
    behaviour: Gathered<Behaviour>,
    replay: Gathered<Replay>,
    release: Gathered<ActiveRelease>,
    demanded_key: Gathered<String>,
    key: Gathered<KeyStatus>,
    bucket_policy: Gathered<PolicyVerdict>,
    key_policy: Gathered<PolicyVerdict>,
}

impl Flat {
    fn whole(self) -> Evidence {
        Evidence {
            url: "https://cdn.example/k".to_owned(),
            method: self.method,
            front: Front {
                answer: self.answer,
                past_copy: self.past_copy,
                head: self.head,
            },
            behind: Behind {
                behaviour: self.behaviour,
                replay: self.replay,
                release: self.release,
                demanded_key: self.demanded_key,
                resources: Resources {
                    key: self.key,
                    bucket_policy: self.bucket_policy,
                    key_policy: self.key_policy,
                },
            },
        }
    }
}

/// An answer of the edge's own.
fn refusal(status: u16, code: &str) -> Viewed {
    Viewed {
        status,
        code: Some(code.to_owned()),
        request_id: Some("1".to_owned()),
        x_cache: Some("Error from cloudfront".to_owned()),
        ..Viewed::default()
    }
}

fn served() -> Viewed {
    Viewed {
        status: 200,
        x_cache: Some("Miss from cloudfront".to_owned()),
        ..Viewed::default()
    }
}

fn copy() -> Viewed {
    Viewed {
        x_cache: Some("Hit from cloudfront".to_owned()),
        age: Some(7),
        ..served()
    }
}

/// An answer of a site with releases.
fn of_release(release: &str, etag: &str) -> Viewed {
    Viewed {
        release: Some(release.to_owned()),
        etag: Some(etag.to_owned()),
        ..served()
    }
}

/// The release r2 is active; what its manifest says of the path.
fn released(hashes: &[&str]) -> Gathered<ActiveRelease> {
    Gathered::Found(ActiveRelease {
        site: "docs".to_owned(),
        id: "r2".to_owned(),
        since: "2026-01-02T03:04:05Z".to_owned(),
        by: "somebody".to_owned(),
        n: 2,
        file: Gathered::Found(ReleasedFile {
            path: "k".to_owned(),
            hashes: hashes.iter().map(|hash| (*hash).to_owned()).collect(),
        }),
    })
}

/// An answer the CDN makes by itself.
fn by_cdn(status: u16, x_cache: &str) -> Viewed {
    Viewed {
        status,
        x_cache: Some(x_cache.to_owned()),
        ..Viewed::default()
    }
}

fn by_bucket(status: u16, code: &str, message: &str) -> BucketAnswer {
    BucketAnswer {
        status,
        document: Some(S3Document {
            code: code.to_owned(),
            message: message.to_owned(),
            canonical_request: None,
            string_to_sign: None,
        }),
        ..BucketAnswer::default()
    }
}

fn object() -> BucketAnswer {
    BucketAnswer {
        status: 200,
        encryption: Some(Encryption {
            mode: "aws:kms".to_owned(),
            key: Some(KEY.to_owned()),
            bucket_key: true,
            envelope: false,
        }),
        ..BucketAnswer::default()
    }
}

/// The same where the site was not known.
fn assumed(head: BucketAnswer, get: BucketAnswer) -> Gathered<Replay> {
    let mut replay = replayed(head, get);
    if let Gathered::Found(Replay::Sent(replies)) = &mut replay {
        replies.assumed_site = true;
    }
    replay
}

fn replayed(head: BucketAnswer, get: BucketAnswer) -> Gathered<Replay> {
    Gathered::Found(Replay::Sent(Box::new(BucketReplies {
        url: "https://b.s3.eu-west-1.amazonaws.com/k".to_owned(),
        key: "k".to_owned(),
        assumed_site: false,
        head,
        get,
    })))
}

/// Only what a viewer sees.
fn seen(answer: Viewed, head: Viewed) -> Flat {
    Flat {
        method: "GET".to_owned(),
        answer: Ok(answer),
        past_copy: Gathered::not_checked("not a copy"),
        head: Gathered::Found(head),
        behaviour: Gathered::not_checked("no access"),
        replay: Gathered::not_checked("no access"),
        release: Gathered::not_checked("no access"),
        demanded_key: Gathered::not_checked("no access"),
        key: Gathered::not_checked("no access"),
        bucket_policy: Gathered::not_checked("no access"),
        key_policy: Gathered::not_checked("no access"),
    }
}

/// With everything behind it in order.
fn known(answer: Viewed, head: Viewed) -> Flat {
    let function = Some("arn:aws:lambda:us-east-1:111122223333:function:edge:1".to_owned());
    Flat {
        behaviour: Gathered::Found(Behaviour {
            distribution: "E1".to_owned(),
            pattern: "*".to_owned(),
            origin: "b.s3.eu-west-1.amazonaws.com".to_owned(),
            request_function: function.clone(),
            response_function: function,
            published: None,
            site: CarriedSite::Valid {
                bucket: "b".to_owned(),
                region: "eu-west-1".to_owned(),
            },
            dropped: Vec::new(),
            code: Gathered::not_checked("not requested"),
        }),
        replay: replayed(object(), object()),
        demanded_key: Gathered::Found(KEY.to_owned()),
        key: key(KeyState::Enabled),
        bucket_policy: Gathered::Found(PolicyVerdict::LeavesToRole),
        key_policy: Gathered::Found(PolicyVerdict::LeavesToRole),
        ..seen(answer, head)
    }
}

fn key(state: KeyState) -> Gathered<KeyStatus> {
    Gathered::Found(KeyStatus {
        key: KEY.to_owned(),
        state,
    })
}

fn denied() -> Viewed {
    refusal(502, "origin-denied")
}

fn behaviour(mut evidence: Flat, change: impl FnOnce(&mut Behaviour)) -> Flat {
    if let Gathered::Found(found) = &mut evidence.behaviour {
        change(found);
    }
    evidence
}

fn failed(failure: ExchangeError) -> Flat {
    Flat {
        answer: Err(failure),
        ..seen(served(), served())
    }
}

fn differing() -> BucketAnswer {
    BucketAnswer {
        comparison: Some(Comparison::Differs {
            part: "path",
            line: 2,
            signed: "/a%2Bb".to_owned(),
            verified: "/a%20b".to_owned(),
        }),
        ..by_bucket(403, "SignatureDoesNotMatch", "")
    }
}

fn encrypted(mode: &str, key: Option<&str>) -> BucketAnswer {
    BucketAnswer {
        encryption: Some(Encryption {
            mode: mode.to_owned(),
            key: key.map(str::to_owned),
            bucket_key: false,
            envelope: false,
        }),
        ..object()
    }
}

#[rustfmt::skip] // A table.
#[allow(clippy::too_many_lines, reason = "one row a case")]
fn table() -> Vec<(&'static str, Flat, Kind, Certainty, &'static str)> {
    use Certainty::{Certain, Likely};
    let host = || "h".to_owned();
    let refused = |code: &str, log: Option<&str>| Gathered::Found(Replay::Refused { code: code.to_owned(), log: log.map(str::to_owned) });
    let other = "arn:aws:kms:eu-west-1:111122223333:key/2";
    vec![
        ("no name", failed(ExchangeError::Name { host: host(), reason: "x".to_owned() }), Kind::NameUnknown, Certain, "does not resolve"),
        ("no connection", failed(ExchangeError::Connection { host: host(), port: 1, reason: "x".to_owned() }), Kind::Unreachable, Certain, "port 1"),
        ("no answer", failed(ExchangeError::Answer { host: host(), reason: "x".to_owned() }), Kind::Unreachable, Certain, "did not respond"),
        ("no trust", failed(ExchangeError::Tls { host: host(), reason: "x".to_owned() }), Kind::TlsFails, Certain, "TLS"),
        ("path", known(refusal(400, "path-invalid"), served()), Kind::RequestRefused, Certain, "path-invalid"),
        ("query", seen(refusal(400, "query-refused"), served()), Kind::RequestRefused, Certain, "query-refused"),
        ("HEAD has no body", Flat { method: "HEAD".to_owned(), replay: refused("key-too-long", None), ..seen(Viewed { code: None, ..refusal(400, "") }, served()) }, Kind::RequestRefused, Certain, "key-too-long"),
        ("no site", behaviour(known(refusal(500, "site-invalid"), served()), |found| found.site = CarriedSite::Missing), Kind::SiteInvalid, Certain, "has no"),
        ("odd site", behaviour(known(refusal(500, "site-invalid"), served()), |found| found.site = CarriedSite::Refused("field x".to_owned())), Kind::SiteInvalid, Certain, "field x"),
        ("site unseen", seen(refusal(500, "site-invalid"), served()), Kind::SiteInvalid, Certain, "returned site-invalid"),
        ("misrouted", Flat { replay: refused("site-misrouted", Some("a is not b")), ..known(refusal(500, "site-misrouted"), served()) }, Kind::SiteMisrouted, Certain, "a is not b"),
        ("S3 speaks", seen(Viewed { s3: by_bucket(403, "AccessDenied", "").document, ..by_cdn(403, "Error from cloudfront") }, by_cdn(403, "")), Kind::EdgeNotAttached, Certain, "AccessDenied"),
        ("unattached", behaviour(known(by_cdn(403, "Error from cloudfront"), served()), |found| found.request_function = None), Kind::EdgeNotAttached, Certain, "no function at origin-request"),
        ("throws", seen(by_cdn(503, "LambdaExecutionError from cloudfront"), served()), Kind::EdgeFails, Certain, "LambdaExecutionError"),
        ("invalid", seen(by_cdn(502, "LambdaValidationError from cloudfront"), served()), Kind::EdgeFails, Certain, "LambdaValidationError"),
        ("event", seen(refusal(500, "event-invalid"), served()), Kind::EdgeFails, Certain, "event-invalid"),
        ("expired", known(refusal(503, "credentials-expired"), served()), Kind::EdgeCredentials, Certain, "credentials-expired"),
        ("none", known(refusal(503, "credentials-missing"), served()), Kind::EdgeCredentials, Certain, "credentials-missing"),
        ("skew", known(refusal(502, "clock-skew"), served()), Kind::ClockSkew, Certain, "clock-skew"),
        ("a Worker's signature", seen(refusal(502, "signature-rejected"), served()), Kind::SignatureRejected, Certain, "signature-rejected"),
        ("a Worker's signature, compared", Flat { replay: replayed(object(), differing()), ..known(refusal(502, "signature-rejected"), served()) }, Kind::SignatureRejected, Certain, "line 2 (path)"),
        ("slow down", known(refusal(503, "throttled"), served()), Kind::Throttled, Certain, "throttled"),
        ("missing, by an assumed site", Flat { replay: assumed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..seen(refusal(404, "not-found"), refusal(404, "")) }, Kind::ObjectMissing, Likely, "has no"),
        ("never served", Flat { replay: refused("not-found", None), ..known(refusal(404, "not-found"), served()) }, Kind::ObjectMissing, Certain, "never served"),
        ("missing", Flat { replay: replayed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..known(refusal(404, "not-found"), refusal(404, "")) }, Kind::ObjectMissing, Certain, "has no \"k\""),
        ("missing and untold", Flat { replay: replayed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..known(denied(), denied()) }, Kind::ObjectMissing, Certain, "s3:ListBucket"),
        ("missing behind a copy", Flat { replay: replayed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..known(copy(), copy()) }, Kind::ObjectMissing, Certain, "cached copy"),
        ("missing, by the edge alone", seen(refusal(404, "not-found"), refusal(404, "")), Kind::ObjectMissing, Likely, "not-found"),
        ("a page in place of a 404", seen(by_cdn(404, "Error from cloudfront"), served()), Kind::ObjectMissing, Likely, "page"),
        ("a denial reported as missing", known(refusal(404, "not-found"), served()), Kind::KmsDenied, Certain, "may HEAD"),
        ("a customer key, by the edge", seen(refusal(403, "customer-key-required"), refusal(403, "")), Kind::CustomerKey, Certain, "customer-key-required"),
        ("a customer key, by the bucket", Flat { replay: replayed(by_bucket(400, "", ""), by_bucket(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.")), ..known(denied(), denied()) }, Kind::CustomerKey, Certain, "of \"k\""),
        ("disabled", Flat { key: key(KeyState::Disabled), ..known(denied(), served()) }, Kind::KeyDisabled, Certain, "disabled"),
        ("disabled behind a copy", Flat { key: key(KeyState::Disabled), ..known(copy(), copy()) }, Kind::KeyDisabled, Certain, "cached copy"),
        ("a Worker's disabled key", seen(refusal(502, "kms-disabled"), served()), Kind::KeyDisabled, Likely, "kms-disabled"),
        ("pending", Flat { key: key(KeyState::PendingDeletion(Some("2027".to_owned()))), ..known(denied(), served()) }, Kind::KeyPendingDeletion, Certain, "at 2027"),
        ("key gone", Flat { key: key(KeyState::Missing), ..known(denied(), served()) }, Kind::KeyMissing, Certain, "has no key"),
        ("key odd", Flat { key: key(KeyState::Other("PendingImport".to_owned())), ..known(denied(), served()) }, Kind::KeyUnusable, Certain, "PendingImport"),
        ("policy denies", Flat { bucket_policy: Gathered::Found(PolicyVerdict::Denies(Some("No".to_owned()))), ..known(denied(), denied()) }, Kind::BucketPolicyDenies, Certain, "No"),
        ("policy denies the operator", Flat { bucket_policy: Gathered::not_checked("x"), replay: replayed(object(), by_bucket(403, "AccessDenied", "with an explicit deny in a resource-based policy")), ..known(denied(), denied()) }, Kind::BucketPolicyDenies, Likely, "operator as well"),
        ("respelled", Flat { replay: replayed(object(), differing()), ..known(denied(), served()) }, Kind::SignatureRejected, Likely, "/a%20b"),
        ("region", Flat { replay: replayed(by_bucket(400, "", ""), by_bucket(400, "AuthorizationHeaderMalformed", "the region is wrong")), ..known(denied(), denied()) }, Kind::SignatureRejected, Certain, "the region is wrong"),
        ("no decrypt", known(denied(), served()), Kind::KmsDenied, Certain, "role's own policies"),
        ("the key's policy", Flat { key_policy: Gathered::Found(PolicyVerdict::NamesNeither), ..known(denied(), served()) }, Kind::KmsDenied, Certain, "names neither"),
        ("the key's deny", Flat { key_policy: Gathered::Found(PolicyVerdict::Denies(None)), ..known(denied(), served()) }, Kind::KmsDenied, Certain, "without a Sid"),
        ("no decrypt, key unseen", Flat { key: Gathered::not_checked("x"), ..known(denied(), served()) }, Kind::KmsDenied, Likely, "is unknown"),
        ("no decrypt, by an assumed site", Flat { replay: assumed(object(), object()), ..known(denied(), served()) }, Kind::KmsDenied, Likely, "may HEAD"),
        ("no decrypt behind a copy", Flat { past_copy: Gathered::Found(denied()), ..known(copy(), served()) }, Kind::KmsDenied, Certain, "cached copy"),
        ("a Worker's decrypt", seen(refusal(502, "kms-denied"), refusal(502, "")), Kind::KmsDenied, Certain, "kms-denied"),
        ("another key", Flat { demanded_key: Gathered::Found(other.to_owned()), ..known(denied(), served()) }, Kind::OtherKey, Certain, other),
        ("some key", seen(denied(), served()), Kind::KeyUnusable, Likely, "may HEAD"),
        ("no read", known(denied(), denied()), Kind::RoleDenied, Likely, "serves the operator"),
        ("no read, unseen", seen(denied(), denied()), Kind::RoleDenied, Likely, "neither GET nor HEAD"),
        ("HEAD was a copy", seen(denied(), copy()), Kind::Unexplained, Likely, "origin-denied"),
        ("the operator may not either", Flat { replay: replayed(by_bucket(403, "", ""), by_bucket(403, "AccessDenied", "no")), ..known(denied(), denied()) }, Kind::Unexplained, Likely, "403 AccessDenied"),
        ("a function under an assumed site", Flat { replay: assumed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..seen(refusal(401, "unauthenticated"), refusal(401, "")) }, Kind::FunctionRefused, Certain, "401 unauthenticated"),
        ("function", Flat { replay: Gathered::Found(Replay::AsksFunction), ..known(refusal(401, "unauthenticated"), refusal(401, "")) }, Kind::FunctionRefused, Certain, "401 unauthenticated"),
        ("origin", known(refusal(502, "origin-failed"), refusal(502, "")), Kind::OriginFailed, Certain, "origin-failed"),
        ("origin elsewhere", Flat { replay: replayed(by_bucket(301, "", ""), by_bucket(301, "PermanentRedirect", "")), ..known(refusal(502, "origin-failed"), refusal(502, "")) }, Kind::OriginFailed, Certain, "301 PermanentRedirect"),
        ("gateway", seen(by_cdn(504, "Error from cloudfront"), served()), Kind::OriginFailed, Certain, "504"),
        ("CDN", seen(by_cdn(403, "Error from cloudfront"), served()), Kind::CdnRefused, Likely, "without a header"),
        ("leak", behaviour(known(Viewed { leaking: vec!["x-amz-version-id".to_owned()], ..served() }, served()), |found| found.response_function = None), Kind::HeadersLeak, Certain, "x-amz-version-id; the behaviour has no function"),
        ("leak by HEAD", seen(served(), Viewed { leaking: vec!["server".to_owned()], ..served() }), Kind::HeadersLeak, Certain, "server"),
        ("dropped", behaviour(known(served(), served()), |found| found.dropped = vec!["v".to_owned()]), Kind::QueryDropped, Certain, "lists v"),
        ("S3's own key", Flat { replay: replayed(encrypted("AES256", None), object()), ..known(served(), served()) }, Kind::OtherEncryption, Certain, "AES256"),
        ("served under another key", Flat { replay: replayed(encrypted("aws:kms", Some(other)), object()), key: Gathered::not_checked("x"), ..known(served(), served()) }, Kind::OtherEncryption, Certain, other),
        ("no release", Flat { release: Gathered::not_checked("no release of docs was ever activated"), ..known(refusal(503, "release-unknown"), refusal(503, "")) }, Kind::ReleaseUnknown, Certain, "ever activated"),
        ("a release that the role cannot see", Flat { release: released(&["aa"]), ..known(refusal(503, "release-unknown"), refusal(503, "")) }, Kind::ReleaseUnknown, Likely, "the operator reads the pointer"),
        ("missing in the release", Flat { release: released(&[]), replay: replayed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..known(refusal(404, "not-found"), refusal(404, "")) }, Kind::ObjectMissing, Certain, "the active release r2 has no \"k\""),
        ("missing although the release has it", Flat { release: released(&["aa"]), replay: replayed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..known(refusal(404, "not-found"), refusal(404, "")) }, Kind::ObjectMissing, Certain, "which the manifest"),
        ("another release", Flat { release: released(&["aa"]), ..known(of_release("r1", "\"bb\""), served()) }, Kind::OtherRelease, Certain, "viewers get r1, and r2 is active"),
        ("another release with the same content", Flat { release: released(&["cc", "aa"]), ..known(of_release("r1", "W/\"aa\""), served()) }, Kind::Healthy, Certain, "200"),
        ("the active release", Flat { release: released(&[]), ..known(of_release("r2", "\"bb\""), served()) }, Kind::Healthy, Certain, "200"),
        ("healthy", known(served(), served()), Kind::Healthy, Certain, "200"),
        ("served under an assumed site", Flat { replay: assumed(by_bucket(404, "", ""), by_bucket(404, "NoSuchKey", "")), ..seen(served(), served()) }, Kind::Healthy, Certain, "200"),
        ("healthy, unseen", seen(served(), served()), Kind::Healthy, Certain, "200"),
        ("redirect", seen(Viewed { location: Some("https://cdn.example/k/".to_owned()), ..by_cdn(301, "Redirect from cloudfront") }, served()), Kind::Healthy, Certain, "redirect to https://cdn.example/k/"),
        ("healthy copy", Flat { past_copy: Gathered::Found(served()), ..known(copy(), served()) }, Kind::Healthy, Certain, "200"),
        ("the operator may not", Flat { replay: replayed(by_bucket(403, "", ""), by_bucket(403, "AccessDenied", "no")), ..known(served(), served()) }, Kind::Healthy, Certain, "200"),
    ]
}

#[test]
fn every_row_of_evidence_has_its_verdict() {
    for (name, evidence, kind, certainty, because) in table() {
        let verdict = diagnose(&evidence.whole());
        assert_eq!(verdict.kind, kind, "{name}: {verdict:?}");
        assert_eq!(verdict.certainty, certainty, "{name}: {verdict:?}");
        assert!(verdict.because.contains(because), "{name}: {verdict:?}");
    }
}

#[test]
fn every_verdict_can_be_reached() {
    let reached: BTreeSet<&str> = table()
        .into_iter()
        .map(|(_, evidence, ..)| diagnose(&evidence.whole()).kind.description().name)
        .collect();
    let all: BTreeSet<&str> = Kind::ALL
        .into_iter()
        .map(|kind| kind.description().name)
        .collect();
    assert_eq!(reached, all);
}

#[test]
fn an_object_of_the_encryption_client_is_not_checked_against_the_stores_own_encryption() {
    let mut head = encrypted("AES256", None);
    if let Some(encryption) = &mut head.encryption {
        encryption.envelope = true;
    }
    let evidence = Flat {
        replay: replayed(head, object()),
        ..known(served(), served())
    };
    assert_eq!(diagnose(&evidence.whole()).kind, Kind::Healthy);
}
