//! What was stored, compared with what was authorised.

use super::*;

/// The object `request()` leads to, of five bytes, as a store describes it.
fn stored_object() -> StoredObject {
    StoredObject {
        etag: "\"e\"".to_owned(),
        size: 5,
        upload: Some("id".to_owned()),
        content_headers: [
            Some("text/plain".to_owned()),
            Some("public, max-age=300".to_owned()),
            // As some stores describe what there is not.
            Some(String::new()),
            Some("inline".to_owned()),
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
        other.content_headers[place] = Some("other".to_owned());
        let outcome = check_object(&upload, &key(), &other);
        assert!(
            matches!(outcome, Err(Error::UploadMismatch(name)) if name == *header),
            "{header}"
        );
    }
    // Begun before every upload named its disposition: neither the object nor the token has one.
    let earlier = Upload {
        content_disposition: None,
        ..upload.clone()
    };
    let bare = other(|stored| stored.content_headers[3] = None);
    assert!(check_object(&earlier, &key(), &bare).is_ok());
    let declared = Upload {
        checksum: sha256(),
        ..upload
    };
    let outcome = check_object(&declared, &key(), &stored);
    assert!(matches!(outcome, Err(Error::UploadMismatch("checksum"))));
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
