use std::sync::Arc;

use keyfront_edge::{Refusal, RoleCredentials};
use keyfront_envelope::{
    DataKey, Description, Format, KmsContext, Seed, WrappedDataKey, content_context,
    instruction_file_key, seal,
};
use keyfront_sigv4::Signer;
use serde_json::{Value, json};

use super::data_keys::{self, DataKeys, Limits, Step, Waited};
use super::kms::{self, Refused};
use super::object::{Kept, Stored};
use super::plan::{self, Asked, InstructionFile, Plan};
use super::segments::Segments;
use super::settings::{Larger, OpenDocument, OpenSettings};

const KEY_ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const SITE: &str = r#"{"v":1,"bucket":"media","region":"eu-west-1","style":"path","prefix":"p/","index":"i.html",
    "query":["v"],"signing":"sigv4","reader":{"prefix":"/r","host":"h.example","region":"eu-west-1"}}"#;
const MODIFIED: &str = "Fri, 02 Jan 2026 03:04:05 GMT";

fn judged(changes: &[(&str, Value)]) -> Result<OpenSettings, &'static str> {
    let mut document = json!({"kms_key": KEY_ARN});
    for (field, value) in changes {
        document[field] = value.clone();
    }
    let document = serde_json::from_value::<OpenDocument>(document).unwrap();
    OpenSettings::judge(document, SITE)
}

/// The head of an envelope as the bucket tells it, and its body.
struct Object {
    heads: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Object {
    fn sealed(format: Format, context: Description, content: &[u8]) -> Self {
        let context = KmsContext::new(format, context).unwrap();
        let key = WrappedDataKey::from_kms(DataKey::new([7; 32]), vec![1, 2], context).unwrap();
        let (mut sealer, envelope) = seal(key, Seed::from_random([9; 28]), None).unwrap();
        let mut body = content.to_vec();
        sealer.seal(&mut body).unwrap();
        body.extend(sealer.finish().unwrap());
        let mut heads = vec![
            ("content-length".to_owned(), body.len().to_string()),
            ("etag".to_owned(), "\"e\"".to_owned()),
            ("last-modified".to_owned(), MODIFIED.to_owned()),
        ];
        for (name, value) in envelope.metadata().unwrap() {
            heads.push((format!("x-amz-meta-{name}"), value.to_owned()));
        }
        Self { heads, body }
    }

    fn own(format: Format, content: &[u8]) -> Self {
        Self::sealed(format, content_context("media", "a/b"), content)
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let pairs = self.heads.iter();
        pairs
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect()
    }
}

fn admitted(settings: &OpenSettings, object: &Object, key: &str) -> Result<bool, &'static str> {
    let headers = object.headers();
    let stored = Stored::read(&headers).unwrap();
    plan::admit(settings, key, &stored, InstructionFile::Unasked)
        .map(|awaiting| awaiting.is_some())
        .map_err(|refusal| refusal.code())
}

fn planned(
    settings: &OpenSettings,
    length: usize,
    method: &str,
    asked: &[(&str, &str)],
) -> Result<Plan, Refusal> {
    let object = Object::own(Format::V3, &vec![5; length]);
    let headers = object.headers();
    let stored = Stored::read(&headers).unwrap();
    let awaiting = plan::admit(settings, "a/b", &stored, InstructionFile::Unasked)
        .unwrap()
        .unwrap();
    let unlocked = awaiting.unlock(&DataKey::new([7; 32])).unwrap();
    Asked::read(method, asked).plan(settings, &stored, &unlocked)
}

#[test]
fn settings_that_break_a_rule_are_refused() {
    assert!(judged(&[]).is_ok());
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
            judged(&[(field, value.clone())]).is_err(),
            "{field} {value}"
        );
    }
    let unknown = json!({"kms_key": KEY_ARN, "verfy_limit": 1});
    assert!(serde_json::from_value::<OpenDocument>(unknown).is_err());
    let bare = serde_json::from_value::<OpenDocument>(json!({"kms_key": KEY_ARN})).unwrap();
    assert!(OpenSettings::judge(bare, "[]").is_err());
}

#[test]
fn the_bucket_is_asked_by_key_whatever_the_site_maps_paths_to() {
    let settings = judged(&[]).unwrap();
    let site: Value = serde_json::from_slice(&settings.bucket_site).unwrap();
    assert_eq!(
        site,
        json!({"v": 1, "bucket": "media", "region": "eu-west-1", "style": "path", "signing": "sigv4",
            "query": ["response-content-encoding"]})
    );
    assert!(keyfront_edge::Site::parse(&settings.bucket_site).is_ok());
}

#[test]
fn an_object_opens_under_its_own_key_and_no_other() {
    let settings = judged(&[]).unwrap();
    let object = Object::own(Format::V3, b"content");
    assert_eq!(admitted(&settings, &object, "a/b"), Ok(true));
    assert_eq!(admitted(&settings, &object, "a/c"), Err("envelope-refused"));
}

#[test]
fn a_foreign_context_opens_where_it_is_configured() {
    let context = Description::from([("tenant".to_owned(), "a".to_owned())]);
    let object = Object::sealed(Format::V3, context, b"content");
    assert_eq!(
        admitted(&judged(&[]).unwrap(), &object, "a/b"),
        Err("envelope-refused")
    );
    let settings = judged(&[("context", json!({"tenant": "a"}))]).unwrap();
    assert_eq!(admitted(&settings, &object, "a/b"), Ok(true));
}

#[test]
fn v2_opens_only_where_commitment_is_optional() {
    let object = Object::own(Format::V2, b"content");
    assert_eq!(
        admitted(&judged(&[]).unwrap(), &object, "a/b"),
        Err("envelope-refused")
    );
    let settings = judged(&[("commitment", json!("optional"))]).unwrap();
    assert_eq!(admitted(&settings, &object, "a/b"), Ok(true));
}

#[test]
fn an_object_without_an_envelope_needs_its_instruction_file() {
    assert_eq!(instruction_file_key("a"), "a.instruction");
    let settings = judged(&[]).unwrap();
    let mut object = Object::own(Format::V3, b"content");
    object
        .heads
        .retain(|(name, _)| !name.starts_with("x-amz-meta-"));
    assert_eq!(admitted(&settings, &object, "a/b"), Ok(false));
    let headers = object.headers();
    let stored = Stored::read(&headers).unwrap();
    for (file, code) in [
        (InstructionFile::Absent, "not-found"),
        (InstructionFile::Body(b"{}"), "not-found"),
        (InstructionFile::Body(b"["), "envelope-invalid"),
    ] {
        let refused = plan::admit(&settings, "a/b", &stored, file).unwrap_err();
        assert_eq!(refused.code(), code);
    }
}

#[test]
fn a_head_that_is_no_objects_is_refused() {
    let strong = ("etag", "\"e\"");
    assert!(Stored::read(&[("content-length", "5"), strong]).is_some());
    for headers in [
        &[strong][..],
        &[("content-length", "-1"), strong],
        &[("content-length", "5")],
        &[("content-length", "5"), ("etag", "W/\"e\"")],
    ] {
        assert!(Stored::read(headers).is_none(), "{headers:?}");
    }
}

#[test]
fn unverified_answers_are_for_no_cache_to_keep() {
    let headers = [
        ("content-length", "5"),
        ("etag", "\"e\""),
        ("cache-control", "public"),
        ("x-amz-meta-x-amz-d", "1"),
        ("content-type", "a/b"),
    ];
    let stored = Stored::read(&headers).unwrap();
    assert!(
        stored
            .shown(Kept::AsStored)
            .contains(&("cache-control", "public"))
    );
    assert!(
        stored
            .shown(Kept::Nowhere)
            .contains(&("cache-control", "no-store"))
    );
    assert!(
        stored
            .shown(Kept::Nowhere)
            .contains(&("content-type", "a/b"))
    );
    assert!(
        !stored
            .shown(Kept::AsStored)
            .iter()
            .any(|(name, _)| name.starts_with("x-amz"))
    );
}

#[test]
fn conditions_and_ranges_count_on_the_plaintext() {
    let settings = judged(&[("verify_limit", json!(100))]).unwrap();
    let plan =
        |method: &str, asked: &[(&str, &str)]| planned(&settings, 100, method, asked).unwrap();
    assert_eq!(plan("GET", &[]), Plan::Verified(None));
    assert_eq!(plan("HEAD", &[("range", "bytes=0-1")]), Plan::Head);
    assert_eq!(
        plan("GET", &[("if-none-match", "\"e\"")]),
        Plan::NotModified
    );
    assert_eq!(
        plan("GET", &[("if-modified-since", MODIFIED)]),
        Plan::NotModified
    );
    assert_eq!(plan("GET", &[("if-match", "\"f\"")]), Plan::Fails);
    assert_eq!(plan("GET", &[("range", "bytes=100-")]), Plan::Unsatisfiable);
    assert_eq!(
        plan("GET", &[("range", "bytes=0-1"), ("if-range", "\"f\"")]),
        Plan::Verified(None)
    );
    let Plan::Verified(Some(range)) = plan("GET", &[("range", "bytes=-1")]) else {
        panic!("the range is answered");
    };
    assert_eq!((range.first(), range.last()), (99, 99));
}

#[test]
fn one_request_does_where_the_whole_object_is_wanted() {
    for (method, headers, first) in [
        ("GET", &[][..], "GET"),
        ("HEAD", &[], "HEAD"),
        ("GET", &[("range", "bytes=0-1")], "HEAD"),
        ("GET", &[("if-none-match", "\"e\"")], "HEAD"),
        ("GET", &[("range", "nonsense")], "GET"),
    ] {
        assert_eq!(Asked::read(method, headers).first_method(), first);
    }
}

#[test]
fn objects_over_the_limit_go_the_configured_way() {
    for (larger, whole, part) in [
        (Larger::Stream, "Ok(Streamed)", "Ok(StreamedRange"),
        (Larger::Ranges, "Err(UseRange)", "Ok(StreamedRange"),
        (Larger::Reader, "Ok(Reader)", "Ok(Reader)"),
    ] {
        let word = format!("{larger:?}").to_lowercase();
        let settings = judged(&[("verify_limit", json!(99)), ("larger", json!(word))]).unwrap();
        let told = format!("{:?}", planned(&settings, 100, "GET", &[]));
        assert!(told.starts_with(whole), "{told}");
        let told = format!(
            "{:?}",
            planned(&settings, 100, "GET", &[("range", "bytes=0-1")])
        );
        assert!(told.starts_with(part), "{told}");
    }
}

#[test]
fn kms_is_asked_under_the_configured_key_with_the_whole_context() {
    let settings = judged(&[]).unwrap();
    let context = Description::from([("a".to_owned(), "b".to_owned())]);
    let credentials = RoleCredentials {
        access_key_id: "ASIA",
        secret_access_key: "secret",
        session_token: "token",
        expires_at: None,
    };
    let asked = (&[1, 2][..], &context);
    let call = kms::call(
        &mut Signer::new(),
        &settings,
        asked,
        (&credentials, 1_767_323_045),
    )
    .unwrap();
    assert_eq!(call.url, "https://kms.eu-west-1.amazonaws.com/");
    let body: Value = serde_json::from_str(&call.body).unwrap();
    assert_eq!(
        body,
        json!({"CiphertextBlob": "AQI=", "EncryptionContext": {"a": "b"}, "KeyId": KEY_ARN})
    );
    assert!(call.heads.contains("/eu-west-1/kms/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target,"));
}

#[test]
fn answers_of_kms_are_judged_as_the_table_says() {
    for (kind, status, code, passes) in [
        ("AccessDeniedException", 400, "kms-denied", false),
        ("ns#DisabledException", 400, "kms-disabled", false),
        ("KMSInvalidStateException", 400, "kms-disabled", false),
        ("NotFoundException", 400, "kms-disabled", false),
        ("InvalidCiphertextException", 400, "envelope-invalid", false),
        ("IncorrectKeyException", 400, "envelope-invalid", false),
        ("ThrottlingException", 400, "throttled", true),
        ("KMSInternalException", 500, "origin-failed", true),
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
            Refused::Passing(refusal) => {
                assert_eq!((refusal.code(), true), (code, passes), "{kind}");
            }
            Refused::Lasting(refusal) => {
                assert_eq!((refusal.code(), false), (code, passes), "{kind}");
            }
        }
    }
    assert!(matches!(
        kms::read(None),
        Err(Refused::Passing(Refusal::OriginFailed))
    ));
    for body in ["{}", "", r#"{"Plaintext":"AAAA"}"#, r#"{"Plaintext":"?"}"#] {
        assert!(kms::read(Some((200, body.as_bytes()))).is_err(), "{body}");
    }
    let plaintext = format!(r#"{{"Plaintext":"{}="}}"#, "A".repeat(43));
    assert!(kms::read(Some((200, plaintext.as_bytes()))).is_ok());
}

#[test]
fn a_data_key_is_found_by_who_opened_it_its_ciphertext_and_its_context_for_its_life() {
    let (mut keys, limits) = (DataKeys::new(), Limits { keys: 4, life: 60 });
    let context = Description::from([("a".to_owned(), "b".to_owned())]);
    let owner = data_keys::owner(KEY_ARN, "ASIA");
    let name = data_keys::name(&owner, b"wrapped", &context);
    let key = Arc::new(DataKey::new([1; 32]));
    keys.keep((owner, name), &key, limits, 100);
    assert!(keys.find(&name, 159).is_some());
    for other in [
        data_keys::name(&owner, b"Wrapped", &context),
        data_keys::name(&owner, b"wrapped", &Description::new()),
        data_keys::name(&data_keys::owner(KEY_ARN, "ASIB"), b"wrapped", &context),
    ] {
        assert!(keys.find(&other, 100).is_none());
    }
    assert!(keys.find(&name, 160).is_none());
    assert_eq!(
        Arc::strong_count(&key),
        1,
        "an expired key is dropped, and with that wiped"
    );
}

#[test]
fn an_owner_keeps_no_more_data_keys_than_it_may() {
    let mut keys = DataKeys::new();
    let key = Arc::new(DataKey::new([1; 32]));
    let (a, b) = (data_keys::owner("a", ""), data_keys::owner("b", ""));
    let named = |owner, at: u8| data_keys::name(owner, &[at], &Description::new());
    let limits = |keys| Limits { keys, life: 60 };
    keys.keep((b, named(&b, 0)), &key, limits(1), 0);
    for at in 0..3 {
        keys.keep((a, named(&a, at)), &key, limits(2), 0);
    }
    let found = [0, 1, 2].map(|at| keys.find(&named(&a, at), 0).is_some());
    assert_eq!(found, [false, true, true]);
    assert!(keys.find(&named(&b, 0), 0).is_some());
    keys.keep((b, named(&b, 1)), &key, limits(0), 0);
    assert!(keys.find(&named(&b, 1), 0).is_none());
}

#[test]
fn one_request_asks_kms_for_a_key_and_the_others_wait_for_it_once() {
    let (mut keys, limits) = (DataKeys::new(), Limits { keys: 4, life: 60 });
    let owner = data_keys::owner(KEY_ARN, "ASIA");
    let named = |wrapped| data_keys::name(&owner, wrapped, &Description::new());
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
    keys.arrived((owner, name), Some(&key), limits, 1);
    assert!(matches!(
        keys.step(&name, limits, Waited::Once, 1),
        Step::Use(_)
    ));

    // A failure is nobody else's: whoever waited asks, and whoever comes starts anew.
    keys.arrived((owner, other), None, limits, 1);
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

    let none = Limits { keys: 0, life: 60 };
    for _ in 0..2 {
        assert!(matches!(
            keys.step(&named(b"3"), none, Waited::NotYet, 0),
            Step::Ask
        ));
    }
}

#[test]
fn a_body_is_read_in_segments_whose_counters_follow_one_another() {
    let settings = judged(&[]).unwrap();
    let object = Object::own(Format::V3, &vec![5; 300_000]);
    let headers = object.headers();
    let stored = Stored::read(&headers).unwrap();
    let awaiting = plan::admit(&settings, "a/b", &stored, InstructionFile::Unasked)
        .unwrap()
        .unwrap();
    let unlocked = awaiting.unlock(&DataKey::new([7; 32])).unwrap();
    let key = unlocked.content_key();
    let body_length = object.body.len() as u64;
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
