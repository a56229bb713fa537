//! Uploads in parts: gapless, of one division, signed a thousand at a time.

use super::*;

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
