//! How an upload is sent: by a form, one PUT or in parts, and what each is bound to.

use super::*;

const GIB: u64 = 1 << 30;

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
        ("cache-control", "public, max-age=300"),
        ("content-disposition", "inline"),
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
    let html = planned(&UploadRequest {
        content_type: MediaType::parse("text/html").unwrap(),
        ..request()
    });
    let attached = ("content-disposition".to_owned(), ATTACHMENT.to_owned());
    assert!(html.unwrap().put_headers(&key()).contains(&attached));
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
