use std::sync::Arc;

use keyfront_names::{KeyArn, ObjectKey};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::{
    PartialSchema as _,
    openapi::{RefOr, Schema},
};
use zeroize::Zeroizing;

use super::{checksum::Digest, *};
use crate::{
    encryption::{EncryptionMode, SseApplied},
    error::Error,
    media_type::MediaType,
    object::{CONTENT_HEADERS, StoredObject, StoredPart},
    publisher::{NewToken, Overwrite, Publisher, PublisherToken, Publishers, Rule, Session},
    sealed_metadata::Details,
};

const GIB: u64 = 1 << 30;
const SHA256: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

fn key() -> KeyArn {
    KeyArn::parse("arn:aws:kms:eu-west-1:123456789012:key/1").unwrap()
}

fn session() -> Session {
    let rule = json!({
        "prefix": "site/", "max_size": 1_u64 << 50, "content_types": ["*/*"], "overwrite": true,
        "encryption": ["sse-kms", "envelope-kms"],
    });
    let publisher = serde_json::from_value(json!({"id": "web", "rules": [rule]})).unwrap();
    let mut policy = Publishers::default().with(publisher).unwrap();
    let token = PublisherToken::from_random(&Zeroizing::new([1; 32]));
    let new = NewToken {
        id: "t",
        token: &token,
        expires: None,
    };
    let now = OffsetDateTime::UNIX_EPOCH;
    policy.issue_token("web", new, now).unwrap();
    Arc::new(policy).identify(token.reveal(), now).unwrap()
}

fn request() -> UploadRequest {
    UploadRequest {
        key: ObjectKey::new("site/a").unwrap(),
        size: Some(5),
        part_size: None,
        content_type: MediaType::parse("text/plain").unwrap(),
        content_encoding: None,
        checksum: None,
        encryption: None,
        overwrite: Overwrite::Refuse,
        send_by: SendBy::Auto,
        lifetime: Some(60),
        key_origin: KeyOrigin::Chosen,
        details: Details::default(),
    }
}

fn planned(request: &UploadRequest) -> Result<Upload, Error> {
    let start = UploadStart {
        id: "id".to_owned(),
        now: 7,
        checksums: ChecksumDemand::Never,
        longest_lifetime: 604_800,
    };
    Ok(match plan(&session(), request, start)? {
        UploadPlan::OneRequest { upload, .. } => upload,
        UploadPlan::Parts(parts) => parts.begun("u".to_owned()),
    })
}

fn sha256() -> Option<Checksum> {
    serde_json::from_value(json!({"algorithm": "sha256", "value": SHA256})).unwrap()
}

#[test]
fn the_way_an_upload_is_sent_binds_what_is_requested() {
    let parts = Kind::Multipart("u".to_owned());
    let with = |size, send_by, checksum| UploadRequest {
        size,
        send_by,
        checksum,
        ..request()
    };
    for (request, kind) in [
        (with(Some(5), SendBy::Auto, None), Kind::Put),
        (with(Some(GIB), SendBy::Auto, None), parts.clone()),
        (with(Some(GIB), SendBy::Auto, sha256()), Kind::Put),
        (with(None, SendBy::Auto, None), parts.clone()),
        (with(Some(5), SendBy::Multipart, None), parts),
    ] {
        assert_eq!(planned(&request).unwrap().kind, kind, "{request:?}");
    }
    for request in [
        with(None, SendBy::Put, None),
        with(Some(6 * GIB), SendBy::Put, None),
        with(Some(6 * GIB), SendBy::Auto, sha256()),
        with(Some(5), SendBy::Multipart, sha256()),
        with(Some(0), SendBy::Multipart, None),
        with(Some(MAX_OBJECT + 1), SendBy::Auto, None),
        with(Some(5), SendBy::Form, None),
        UploadRequest {
            encryption: Some(EncryptionMode::EnvelopeKms),
            ..request()
        },
    ] {
        let refused = planned(&request);
        assert!(
            matches!(refused, Err(Error::UploadRefused(_))),
            "{request:?}"
        );
    }
}

#[test]
fn a_form_replaces_nothing_by_accident() {
    let form = |overwrite, key_origin| {
        planned(&UploadRequest {
            send_by: SendBy::Form,
            overwrite,
            key_origin,
            ..request()
        })
    };
    assert!(form(Overwrite::Refuse, KeyOrigin::Chosen).is_err());
    for (overwrite, key_origin) in [
        (Overwrite::Allow, KeyOrigin::Chosen),
        (Overwrite::Refuse, KeyOrigin::Fresh),
    ] {
        assert_eq!(form(overwrite, key_origin).unwrap().kind, Kind::Form);
    }
}

#[test]
fn a_presigned_put_is_bound_to_size_encryption_and_absence() {
    let upload = planned(&request()).unwrap();
    let headers = upload.put_headers(&key());
    for (name, value) in [
        ("content-length", "5"),
        ("if-none-match", "*"),
        ("content-type", "text/plain"),
        ("x-amz-meta-keyfront-upload", "id"),
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
    ] {
        let header = (name.to_owned(), value.to_owned());
        assert!(headers.contains(&header), "{name}");
    }
    let replacing = planned(&UploadRequest {
        overwrite: Overwrite::Allow,
        ..request()
    });
    let headers = replacing.unwrap().put_headers(&key());
    assert!(headers.iter().all(|(name, _)| name != "if-none-match"));
}

/// The object `request()` leads to, of five bytes, as a store describes it.
fn stored_object() -> StoredObject {
    StoredObject {
        etag: "\"e\"".to_owned(),
        size: 5,
        upload: Some("id".to_owned()),
        content_headers: [
            Some("text/plain".to_owned()),
            Some("public, max-age=300".to_owned()),
            None,
            // As some stores describe what there is not.
            Some(String::new()),
            None,
            None,
        ],
        encryption: SseApplied {
            algorithm: Some("aws:kms".to_owned()),
            key_id: Some(key().as_str().to_owned()),
            bucket_key: Some(true),
            ..SseApplied::default()
        },
        sha256: None,
        crc64nvme: None,
    }
}

#[test]
fn what_was_stored_is_compared_with_what_was_authorised() {
    let upload = planned(&request()).unwrap();
    let stored = stored_object();
    assert!(check_object(&upload, &key(), &stored).is_ok());
    let other = |change: fn(&mut StoredObject)| {
        let mut other = stored.clone();
        change(&mut other);
        other
    };
    for (stored, difference) in [
        (other(|stored| stored.size = 6), "size"),
        (
            other(|stored| stored.encryption.bucket_key = None),
            "encryption",
        ),
    ] {
        let outcome = check_object(&upload, &key(), &stored);
        assert!(matches!(outcome, Err(Error::UploadMismatch(name)) if name == difference));
    }
    for (place, header) in CONTENT_HEADERS.iter().enumerate() {
        let mut other = stored.clone();
        other.content_headers[place] = Some("inline".to_owned());
        let outcome = check_object(&upload, &key(), &other);
        assert!(
            matches!(outcome, Err(Error::UploadMismatch(name)) if name == *header),
            "{header}"
        );
    }
    let declared = Upload {
        checksum: sha256(),
        ..upload
    };
    let outcome = check_object(&declared, &key(), &stored);
    assert!(matches!(outcome, Err(Error::UploadMismatch("checksum"))));
}

#[test]
fn parts_must_be_gapless_and_add_up() {
    let upload = planned(&request()).unwrap();
    let part = |number, size| StoredPart {
        number,
        size,
        etag: String::new(),
    };
    assert!(check_parts(&upload, &[part(1, 3), part(2, 2)]).is_ok());
    for parts in [&[][..], &[part(1, 3)], &[part(1, 3), part(3, 2)]] {
        let outcome = check_parts(&upload, parts);
        assert!(
            matches!(outcome, Err(Error::UploadIncomplete(_))),
            "{parts:?}"
        );
    }
    let outcome = check_parts(&upload, &[part(1, 6)]);
    assert!(matches!(outcome, Err(Error::UploadMismatch("size"))));
}

#[test]
fn parts_of_two_divisions_of_a_file_are_no_upload() {
    let upload = Upload {
        size: None,
        max_size: 100,
        ..planned(&request()).unwrap()
    };
    let parts = |sizes: &[u64]| {
        let parts: Vec<_> = (1..)
            .zip(sizes)
            .map(|(number, size)| StoredPart {
                number,
                size: *size,
                etag: String::new(),
            })
            .collect();
        check_parts(&upload, &parts)
    };
    for sizes in [&[7][..], &[7, 7], &[7, 7, 1], &[7, 3]] {
        assert!(parts(sizes).is_ok(), "{sizes:?}");
    }
    for sizes in [&[10, 5, 5][..], &[10, 10, 5, 1], &[5, 10], &[7, 3, 7]] {
        assert!(
            matches!(parts(sizes), Err(Error::UploadMismatch("length of parts"))),
            "{sizes:?}"
        );
    }
}

#[test]
fn a_forms_fields_hold_nothing_that_s3_replaces() {
    let with = |send_by, key: &str| UploadRequest {
        key: ObjectKey::new(key).unwrap(),
        send_by,
        overwrite: Overwrite::Allow,
        ..request()
    };
    for key in ["site/${filename}", "site/a${filename}b"] {
        let refused = planned(&with(SendBy::Form, key)).unwrap_err();
        assert!(refused.to_string().contains("use put or multipart"));
        for other in [SendBy::Put, SendBy::Multipart] {
            assert_eq!(planned(&with(other, key)).unwrap().key, key);
        }
    }
    for key in ["site/$filename", "site/${FILENAME}", "site/{filename}"] {
        assert_eq!(planned(&with(SendBy::Form, key)).unwrap().kind, Kind::Form);
    }
}

#[test]
fn where_the_bucket_demands_checksums_nothing_is_planned_without_one() {
    let demanding = |request: &UploadRequest| {
        let start = UploadStart {
            id: "id".to_owned(),
            now: 7,
            checksums: ChecksumDemand::Always,
            longest_lifetime: 604_800,
        };
        plan(&session(), request, start)
    };
    for send_by in [SendBy::Auto, SendBy::Put, SendBy::Form] {
        let bare = UploadRequest {
            send_by,
            overwrite: Overwrite::Allow,
            ..request()
        };
        let refused = demanding(&bare).unwrap_err();
        assert!(matches!(refused, Error::ChecksumRequired), "{send_by:?}");
        let summed = UploadRequest {
            checksum: sha256(),
            ..bare
        };
        assert!(demanding(&summed).is_ok(), "{send_by:?}");
    }
    let parted = UploadRequest {
        send_by: SendBy::Multipart,
        ..request()
    };
    let UploadPlan::Parts(parts) = demanding(&parted).unwrap() else {
        panic!("parts");
    };
    let upload = parts.begun("u".to_owned());
    let parts = |sum| PartChecksums::from([(1, sum)]);
    let bare = plan_parts(&upload, &parts(None), ChecksumDemand::Always);
    assert!(matches!(bare.unwrap_err(), Error::ChecksumRequired));
    assert!(plan_parts(&upload, &parts(sha256()), ChecksumDemand::Always).is_ok());
    assert!(plan_parts(&upload, &parts(None), ChecksumDemand::Never).is_ok());
}

fn rule_of(change: fn(&mut serde_json::Value)) -> Rule {
    let mut rule = json!({"prefix": "site/", "max_size": 100, "content_types": ["text/*"]});
    change(&mut rule);
    serde_json::from_value(rule).unwrap()
}

#[test]
fn a_presigned_request_lives_an_hour_or_as_rule_and_bucket_allow() {
    let default = rule_of(|_| ());
    let short = rule_of(|rule| rule["max_lifetime"] = json!(60));
    let long = rule_of(|rule| rule["max_lifetime"] = json!(604_800));
    let week = 604_800;
    for (rule, of_bucket, requested, granted) in [
        (&default, week, None, Some(3600)),
        (&default, week, Some(3600), Some(3600)),
        (&default, week, Some(3601), None),
        (&short, week, None, Some(60)),
        (&short, week, Some(61), None),
        (&long, week, None, Some(3600)),
        (&long, week, Some(week), Some(week)),
        (&long, 7200, None, Some(3600)),
        (&long, 7200, Some(7200), Some(7200)),
        (&long, 7200, Some(7201), None),
        (&long, 600, None, Some(600)),
    ] {
        let outcome = lifetime(rule, of_bucket, requested);
        match granted {
            Some(granted) => assert_eq!(outcome.unwrap(), granted),
            None => assert_eq!(outcome.unwrap_err().problem().code, "lifetime-refused"),
        }
    }
    for seconds in [0, 604_801, u32::MAX] {
        let rule = json!({"prefix": "a/", "max_size": 1, "content_types": ["*/*"], "max_lifetime": seconds});
        assert!(serde_json::from_value::<Rule>(rule).is_err(), "{seconds}");
    }
}

#[test]
fn an_upload_is_what_the_rule_of_the_moment_allows_and_ends_after_a_week() {
    const DAY: u64 = 24 * 60 * 60;
    let upload = planned(&request()).unwrap();
    let begun = upload.begun;
    let readmitted = |upload: &Upload, publisher: &Publisher, now| {
        let readmitted = upload.clone().readmitted(publisher, now);
        readmitted.map(|(upload, _)| upload)
    };
    let session = session();
    let same = session.publisher();
    assert_eq!(readmitted(&upload, same, begun + 7 * DAY).unwrap(), upload);
    let late = readmitted(&upload, same, begun + 7 * DAY + 1).unwrap_err();
    assert_eq!(late.problem().code, "upload-unknown");
    for publisher in [
        with_rule(|rule| rule["max_size"] = json!(4)),
        with_rule(|rule| rule["content_types"] = json!(["image/*"])),
        with_rule(|rule| rule["encryption"] = json!(["dsse-kms"])),
        with_rule(|rule| rule["methods"] = json!(["GET"])),
        with_rule(|rule| rule["prefix"] = json!("elsewhere/")),
    ] {
        let refused = readmitted(&upload, &publisher, begun).unwrap_err();
        assert!(matches!(refused, Error::Denied(_)), "{refused:?}");
    }
    let unsized_one = Upload {
        size: None,
        ..upload.clone()
    };
    let smaller = with_rule(|rule| rule["max_size"] = json!(7));
    let readmitted_one = readmitted(&unsized_one, &smaller, begun).unwrap();
    assert_eq!(readmitted_one.max_size, 7);
    let replacing = Upload {
        overwrite: true,
        ..upload.clone()
    };
    assert!(readmitted(&replacing, &with_rule(|_| ()), begun).is_err());
    let opened = Upload {
        content_type: "text/html".to_owned(),
        ..upload
    };
    let refused = readmitted(&opened, &with_rule(|_| ()), begun).unwrap_err();
    assert_eq!(refused.problem().code, "upload-refused");
}

/// A publisher with the one rule.
fn with_rule(change: fn(&mut serde_json::Value)) -> Publisher {
    let rules = [rule_of(change)];
    serde_json::from_value(json!({"id": "web", "rules": rules})).unwrap()
}

#[test]
fn a_checksum_has_its_algorithms_length_its_header_and_its_text() {
    let read = |algorithm: &str, value: &str| {
        serde_json::from_value::<Checksum>(json!({"algorithm": algorithm, "value": value}))
    };
    // 8 bytes, as CRC-64/NVME has.
    let crc = "AAAAAAAAAAA=";
    for (algorithm, value, header) in [
        ("sha256", SHA256, "x-amz-checksum-sha256"),
        ("crc64nvme", crc, "x-amz-checksum-crc64nvme"),
    ] {
        let sum = read(algorithm, value).unwrap();
        assert_eq!((sum.header(), sum.value()), (header, value));
        let written = serde_json::to_value(&sum).unwrap();
        assert_eq!(written, json!({"algorithm": algorithm, "value": value}));
    }
    for (algorithm, value) in [
        ("sha256", crc),
        ("crc64nvme", SHA256),
        ("crc64nvme", ""),
        ("sha256", "no base64"),
    ] {
        assert!(read(algorithm, value).is_err(), "{algorithm} {value}");
    }
    let schema = |schema: RefOr<Schema>| serde_json::to_value(schema).unwrap();
    let (sha, crc) = (
        schema(Digest::<32>::schema()),
        schema(Digest::<8>::schema()),
    );
    assert_eq!(
        (&sha["minLength"], &sha["maxLength"]),
        (&json!(44), &json!(44))
    );
    assert_eq!(crc["maxLength"], json!(12));
}

#[test]
fn an_upload_of_unknown_size_is_complete_within_what_the_rule_allows() {
    let upload = Upload {
        size: None,
        max_size: 10,
        ..planned(&request()).unwrap()
    };
    let part = |number, size| StoredPart {
        number,
        size,
        etag: String::new(),
    };
    assert!(check_parts(&upload, &[part(1, 5), part(2, 5)]).is_ok());
    assert!(check_parts(&upload, &[part(1, 4), part(2, 4)]).is_ok());
    for parts in [&[][..], &[part(2, 5)], &[part(1, 5), part(3, 5)]] {
        let outcome = check_parts(&upload, parts);
        assert!(
            matches!(outcome, Err(Error::UploadIncomplete(_))),
            "{parts:?}"
        );
    }
    let outcome = check_parts(&upload, &[part(1, 6), part(2, 5)]);
    assert!(matches!(outcome, Err(Error::UploadMismatch("size"))));
}

#[test]
fn an_object_of_unknown_size_and_one_with_a_checksum_are_compared() {
    let stored = StoredObject {
        size: 10,
        sha256: Some(SHA256.to_owned()),
        crc64nvme: Some("AAAAAAAAAAA=".to_owned()),
        ..stored_object()
    };
    let of = |size, max_size, checksum| Upload {
        size,
        max_size,
        checksum,
        ..planned(&request()).unwrap()
    };
    let crc = |value: &str| -> Option<Checksum> {
        serde_json::from_value(json!({"algorithm": "crc64nvme", "value": value})).unwrap()
    };
    for (upload, refused) in [
        (of(None, 10, None), None),
        (of(None, 11, None), None),
        (of(None, 9, None), Some("size")),
        (of(Some(10), 10, sha256()), None),
        (of(Some(10), 10, crc("AAAAAAAAAAA=")), None),
        (of(Some(10), 10, crc("AAAAAAAAAAE=")), Some("checksum")),
    ] {
        let outcome = check_object(&upload, &key(), &stored);
        let found = match outcome {
            Ok(()) => None,
            Err(Error::UploadMismatch(name)) => Some(name),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found, refused, "{upload:?}");
    }
}

#[test]
fn a_thousand_parts_are_signed_at_a_time_each_bound_to_its_length() {
    let numbers = |range: std::ops::RangeInclusive<u32>| -> PartChecksums {
        range.map(|number| (number, None)).collect()
    };
    let signed = |upload: &Upload, parts| plan_parts(upload, &parts, ChecksumDemand::Never);
    let sized = planned(&UploadRequest {
        size: Some((16 << 20) * 2 + 7),
        send_by: SendBy::Multipart,
        ..request()
    })
    .unwrap();
    let lengths: Vec<String> = signed(&sized, numbers(1..=3))
        .unwrap()
        .into_iter()
        .flat_map(|part| part.headers)
        .filter(|(name, _)| name == "content-length")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(lengths, ["16777216", "16777216", "7"]);
    let open = planned(&UploadRequest {
        size: None,
        ..request()
    })
    .unwrap();
    let bare = signed(&open, numbers(1..=1_000)).unwrap();
    assert_eq!(bare.len(), 1_000);
    assert!(bare.iter().all(|part| part.headers.is_empty()));
    assert!(signed(&open, numbers(10_000..=10_000)).is_ok());
    for (upload, parts) in [
        (&open, numbers(1..=1_001)),
        (&open, PartChecksums::new()),
        (&open, numbers(0..=0)),
        (&open, numbers(10_001..=10_001)),
        (&sized, numbers(4..=4)),
    ] {
        let refused = signed(upload, parts);
        assert!(
            matches!(refused, Err(Error::UploadRefused(_))),
            "{refused:?}"
        );
    }
}

#[test]
fn what_was_sealed_travels_with_either_kind_of_plan() {
    for send_by in [SendBy::Put, SendBy::Multipart] {
        let start = UploadStart {
            id: "id".to_owned(),
            now: 7,
            checksums: ChecksumDemand::Never,
            longest_lifetime: 604_800,
        };
        let request = UploadRequest {
            send_by,
            ..request()
        };
        let plan = plan(&session(), &request, start).unwrap();
        let upload = match plan.with_sealed("sealed".to_owned()) {
            UploadPlan::OneRequest { upload, .. } => upload,
            UploadPlan::Parts(parts) => parts.begun("u".to_owned()),
        };
        assert_eq!(upload.sealed.as_deref(), Some("sealed"), "{send_by:?}");
    }
}

#[test]
fn only_an_upload_in_parts_has_s3s_id_of_one() {
    let of = |send_by| {
        let request = UploadRequest {
            send_by,
            ..request()
        };
        planned(&request).unwrap()
    };
    assert_eq!(of(SendBy::Multipart).multipart_id().unwrap(), "u");
    assert!(matches!(
        of(SendBy::Put).multipart_id(),
        Err(Error::UploadRefused(_))
    ));
}
