use std::sync::Arc;

use keyfront_edge::{Refusal, RoleCredentials};
use keyfront_envelope::reader::{
    CacheLimits, DataKeyName, KeyOwner, KeySearch, OverLimit, ReadFailure, StoredObject, find_key,
};
use keyfront_envelope::{
    DataKey, Description, Error, Format, KmsContext, Seed, WrappedDataKey, content_context, seal,
};
use keyfront_sigv4::Signer;
use serde_json::{Value, json};

use super::data_keys::{DataKeys, Step, Waited};
use super::failure;
use super::kms::{self, KmsError, Wrapped};
use super::segments::Segments;
use super::settings::{OpenDocument, OpenSettings};
use crate::aws_call::SignedBy;

const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"path","prefix":"p/","index":"i.html",
    "query":["v"],"signing":"sigv4","reader":{"prefix":"/r","host":"h.example","region":"eu-west-1"}}"#;
fn validated(changes: &[(&str, Value)]) -> Result<OpenSettings, &'static str> {
    let mut document = json!({"kms_key": KEY_ARN});
    for (field, value) in changes {
        document[field] = value.clone();
    }
    let document = serde_json::from_value::<OpenDocument>(document).unwrap();
    OpenSettings::validate(document, SITE)
}

/// An envelope's headers as the bucket reports them, and the length of its body.
struct Object {
    headers: Vec<(String, String)>,
    length: u64,
}

impl Object {
    fn sealed(content: &[u8]) -> Self {
        let context = KmsContext::new(Format::V3, content_context("media", "a/b")).unwrap();
        let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1, 2], context).unwrap();
        let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
        let mut body = content.to_vec();
        sealer.seal(&mut body).unwrap();
        let length = (body.len() + sealer.finish().unwrap().len()) as u64;
        let mut headers = vec![
            ("content-length".to_owned(), length.to_string()),
            ("etag".to_owned(), "\"e\"".to_owned()),
        ];
        for (name, value) in envelope.metadata().unwrap() {
            headers.push((format!("x-amz-meta-{name}"), value));
        }
        Self { headers, length }
    }
}

#[test]
fn settings_that_break_a_rule_are_refused() {
    assert!(validated(&[]).is_ok());
    for (field, value) in [
        ("kms_key", json!("alias/a")),
        (
            "kms_key",
            json!("arn:aws:kms:eu-west-1:111122223333:alias/a"),
        ),
        ("kms_endpoint", json!("http://kms.example.com")),
        ("context", json!({"aws:x-amz-cek-alg": "115"})),
        ("verify_limit", json!(0)),
        ("verify_limit", json!(25_165_825)),
        ("cached_keys", json!(1025)),
        ("cached_seconds", json!(301)),
    ] {
        assert!(
            validated(&[(field, value.clone())]).is_err(),
            "{field} {value}"
        );
    }
    let unknown = json!({"kms_key": KEY_ARN, "verfy_limit": 1});
    assert!(serde_json::from_value::<OpenDocument>(unknown).is_err());
    let bare = serde_json::from_value::<OpenDocument>(json!({"kms_key": KEY_ARN})).unwrap();
    assert!(OpenSettings::validate(bare, "[]").is_err());
}

#[test]
fn the_bucket_is_requested_by_key_whatever_the_site_maps_paths_to() {
    let settings = validated(&[]).unwrap();
    let site: Value = serde_json::from_slice(&settings.bucket_site).unwrap();
    assert_eq!(
        site,
        json!({"v": 1, "bucket": "media", "region": "eu-west-1", "style": "path", "signing": "sigv4",
            "spelling": "accept", "query": ["response-content-encoding"]})
    );
    assert!(keyfront_edge::Site::parse(&settings.bucket_site).is_ok());
}

#[test]
fn kms_is_called_under_the_configured_key_with_the_whole_context() {
    let settings = validated(&[]).unwrap();
    let context = Description::from([("a".to_owned(), "b".to_owned())]);
    let credentials = RoleCredentials {
        access_key_id: "ASIA",
        secret_access_key: "secret",
        session_token: "token",
        expires_at: None,
    };
    let wrapped = Wrapped {
        ciphertext: &[1, 2],
        context: &context,
    };
    let by = SignedBy {
        credentials: &credentials,
        now: 1_767_323_045,
    };
    let call = kms::call(&mut Signer::new(), &settings, wrapped, by).unwrap();
    assert_eq!(call.url, "https://kms.eu-west-1.amazonaws.com/");
    let body: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(
        body,
        json!({"CiphertextBlob": "AQI=", "EncryptionContext": {"a": "b"}, "KeyId": KEY_ARN})
    );
    assert!(call.header_text.contains("/eu-west-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"));
}

#[test]
fn errors_of_kms_mean_what_the_table_says() {
    for (kind, status, code, passes) in [
        ("AccessDeniedException", 400, "kms-denied", false),
        ("ns#DisabledException", 400, "kms-disabled", false),
        ("KMSInvalidStateException", 400, "kms-disabled", false),
        ("NotFoundException", 400, "kms-disabled", false),
        ("InvalidCiphertextException", 400, "envelope-invalid", false),
        ("IncorrectKeyException", 400, "envelope-invalid", false),
        ("ThrottlingException", 400, "throttled", true),
        ("KMSInternalException", 500, "origin-failed", true),
        ("DependencyTimeoutException", 500, "origin-failed", true),
        ("ExpiredTokenException", 400, "credentials-expired", false),
        (
            "InvalidSignatureException",
            400,
            "signature-rejected",
            false,
        ),
        ("ValidationException", 400, "origin-failed", false),
        ("", 503, "origin-failed", true),
    ] {
        let body = json!({"__type": kind, "message": "secret text"}).to_string();
        match kms::read(Some((status, body.as_bytes()))).unwrap_err() {
            KmsError::Transient(refusal) => {
                assert_eq!((refusal.code(), true), (code, passes), "{kind}");
            }
            KmsError::Permanent(refusal) => {
                assert_eq!((refusal.code(), false), (code, passes), "{kind}");
            }
        }
    }
    assert!(matches!(
        kms::read(None),
        Err(KmsError::Transient(Refusal::OriginFailed))
    ));
    for body in ["{}", "", r#"{"Plaintext":"AAAA"}"#, r#"{"Plaintext":"?"}"#] {
        assert!(kms::read(Some((200, body.as_bytes()))).is_err(), "{body}");
    }
    let plaintext = format!(r#"{{"Plaintext":"{}="}}"#, "A".repeat(43));
    assert!(kms::read(Some((200, plaintext.as_bytes()))).is_ok());
}

#[test]
fn one_request_asks_kms_for_a_key_and_the_others_wait_for_it_once() {
    let (mut keys, limits) = (DataKeys::new(), CacheLimits { keys: 4, life: 60 });
    let owner = KeyOwner::new(KEY_ARN, "ASIA");
    let named = |wrapped| DataKeyName::new(owner, wrapped, &Description::new());
    let (name, other) = (named(b"1"), named(b"2"));
    let key = Arc::new(DataKey::new([1; 32]));
    assert!(matches!(
        keys.step(&name, limits, Waited::NotYet, 0),
        Step::Ask
    ));
    assert!(matches!(
        keys.step(&name, limits, Waited::NotYet, 0),
        Step::Wait
    ));
    assert!(matches!(
        keys.step(&other, limits, Waited::NotYet, 0),
        Step::Ask
    ));
    assert!(matches!(
        keys.step(&name, limits, Waited::Once, 1),
        Step::Wait
    ));
    assert!(matches!(
        keys.step(&name, limits, Waited::Enough, 1),
        Step::Ask
    ));
    keys.arrived(name, Some(&key), limits, 1);
    assert!(matches!(
        keys.step(&name, limits, Waited::Once, 1),
        Step::Use(_)
    ));

    // A failure is nobody else's: whoever waited asks, and whoever comes starts anew.
    keys.arrived(other, None, limits, 1);
    assert!(matches!(
        keys.step(&other, limits, Waited::Once, 1),
        Step::Ask
    ));
    assert!(matches!(
        keys.step(&other, limits, Waited::Once, 1),
        Step::Ask
    ));
    assert!(matches!(
        keys.step(&other, limits, Waited::NotYet, 1),
        Step::Ask
    ));
    assert!(matches!(
        keys.step(&other, limits, Waited::NotYet, 3),
        Step::Wait
    ));
    // Lost with its viewer.
    assert!(matches!(
        keys.step(&other, limits, Waited::NotYet, 4),
        Step::Ask
    ));

    let none = CacheLimits { keys: 0, life: 60 };
    for _ in 0..2 {
        assert!(matches!(
            keys.step(&named(b"3"), none, Waited::NotYet, 0),
            Step::Ask
        ));
    }
}

#[test]
fn a_body_is_read_in_segments_whose_counters_follow_one_another() {
    let settings = validated(&[]).unwrap();
    let object = Object::sealed(&vec![5; 300_000]);
    let headers: Vec<(&str, &str)> = object
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let stored = StoredObject::read(&headers, |_| None).unwrap();
    let search = find_key(&settings.policy, "a/b", stored.metadata()).unwrap();
    let KeySearch::NeedsKey(awaiting) = search else {
        panic!("the envelope is on the object");
    };
    let unlocked = awaiting.unlock(&DataKey::new([7; 32])).unwrap();
    let key = unlocked.content_key();
    let body_length = object.length;
    let begin = || Segments::whole(&unlocked, body_length).unwrap();

    let mut segments = begin();
    assert_eq!((segments.wanted(), segments.tag_length()), (262_144, 16));
    let (counter, _) = segments.arrived(key, 262_144, Some(&[0; 16])).unwrap();
    assert_eq!(counter, key.counter_block(0));
    assert_eq!(segments.wanted(), 37_856);
    let (counter, _) = segments.arrived(key, 37_856, Some(&[0; 16])).unwrap();
    assert_eq!(counter, key.counter_block(16_384));
    assert_eq!(segments.wanted(), 0);
    assert!(
        segments.finish(&[0; 16]).is_err(),
        "the tags above are not the host's"
    );

    // Short, unhashed, or ended early.
    assert!(begin().arrived(key, 262_143, Some(&[0; 16])).is_err());
    assert!(begin().arrived(key, 262_144, None).is_err());
    assert!(begin().finish(&[0; 16]).is_err());

    let range = keyfront_envelope::RequestedRange::FromTo {
        first: 35,
        last: 40,
    };
    let planned = unlocked.plan_range(range, body_length).unwrap();
    let mut segments = Segments::range(&planned);
    assert_eq!((segments.wanted(), segments.tag_length()), (9, 0));
    let (counter, surplus) = segments.arrived(key, 9, None).unwrap();
    assert_eq!((counter, surplus), (key.counter_block(2), 3));
    segments.finish(&[]).unwrap();
}

#[test]
fn what_does_not_open_is_refused_by_whose_fault_it_is() {
    for (why, code) in [
        (ReadFailure::UseRange { limit: 1 }, "use-range"),
        (ReadFailure::NotAnEnvelope, "not-found"),
        (
            ReadFailure::PublisherKeyRequired {
                key_id: "ab".to_owned(),
            },
            "publisher-key-required",
        ),
        (Error::CommitmentRequired.into(), "envelope-refused"),
        (Error::ContextMismatch.into(), "envelope-refused"),
        (Error::TagMismatch.into(), "envelope-invalid"),
        (Error::CommitmentMismatch.into(), "envelope-invalid"),
        (ReadFailure::ResponseInvalid("etag"), "origin-failed"),
        (ReadFailure::Replaced, "origin-failed"),
    ] {
        assert_eq!(failure::refusal(why).code(), code);
    }
}

#[test]
fn settings_become_the_readers_policy() {
    for (word, over_limit) in [
        ("stream", OverLimit::Stream),
        ("ranges", OverLimit::RangesOnly),
        ("reader", OverLimit::Elsewhere),
    ] {
        let fields = [
            ("verify_limit", json!(99)),
            ("larger", json!(word)),
            ("context", json!({"tenant": "a"})),
            ("commitment", json!("optional")),
        ];
        let policy = validated(&fields).unwrap().policy;
        assert_eq!((policy.verify_limit, policy.over_limit), (99, over_limit));
        assert_eq!(policy.bucket, "media");
        assert_eq!(policy.commitment, keyfront_envelope::Commitment::Optional);
        assert_eq!(policy.foreign_context.unwrap()["tenant"], "a");
    }
}
