use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::uploads::PartPlan;

fn publisher() -> Publisher {
    let rule = |prefix: &str, methods: &[&str], types: &str| {
        json!({
            "prefix": prefix, "methods": methods, "max_size": 1_u64 << 50, "content_types": [types],
        })
    };
    serde_json::from_value(json!({"id": "web", "rules": [
        rule("read/", &["GET"], "*/*"),
        rule("img/", &["GET", "PUT"], "image/*"),
        rule("text/", &["PUT"], "text/plain"),
        rule("more-img/", &["PUT"], "image/*"),
    ]}))
    .unwrap()
}

fn upload(send_by: SendBy) -> UppyUpload {
    UppyUpload {
        file_name: "a.png".to_owned(),
        media_type: Some("image/png".to_owned()),
        metadata: UppyMetadata::default(),
        send_by,
    }
}

fn requested(upload: UppyUpload) -> Result<UploadRequest, Error> {
    upload.request(&publisher(), "r")
}

#[test]
fn an_upload_goes_to_the_folder_of_the_first_rule_that_takes_its_type() {
    let publisher = publisher();
    let folder = |text| folder_for(&publisher, &MediaType::parse(text).unwrap());
    assert_eq!(folder("image/png").unwrap(), "img/");
    assert_eq!(folder("text/plain; charset=utf-8").unwrap(), "text/");
    let refused = folder("video/mp4").unwrap_err();
    assert!(matches!(refused, Error::UploadRefused(_)));
    let refused = refused.to_string();
    assert!(
        refused.contains("\"web\"") && refused.contains("\"video/mp4\""),
        "{refused}"
    );
}

#[test]
fn a_folder_that_is_named_is_taken_and_left_to_the_rules() {
    assert_eq!(
        requested(upload(SendBy::Form)).unwrap().key.as_str(),
        "img/r-a.png"
    );
    let mut elsewhere = upload(SendBy::Form);
    elsewhere.metadata.folder = Some("read/x/".to_owned());
    assert_eq!(requested(elsewhere).unwrap().key.as_str(), "read/x/r-a.png");
}

#[test]
fn usual_parts_are_uppys_own_and_fit_into_s3s_limits() {
    const GIB: u64 = 1 << 30;
    for (size, part) in [
        (1, MIN_PART),
        (MIN_PART * u64::from(MAX_PARTS), MIN_PART),
        (MIN_PART * u64::from(MAX_PARTS) + 1, MIN_PART + 1),
        (100 * GIB, (100 * GIB).div_ceil(10_000)),
    ] {
        assert_eq!(usual_uppy_part(size), part, "{size}");
        let plan = PartPlan::cut(size, Some(part)).unwrap();
        assert!(plan.count() <= MAX_PARTS, "{size}");
    }
}

#[test]
fn an_upload_in_parts_needs_its_size_and_may_choose_its_parts() {
    let refused = requested(upload(SendBy::Multipart)).unwrap_err();
    assert!(refused.to_string().contains("`size`"), "{refused}");
    let mut sized = upload(SendBy::Multipart);
    sized.metadata.size = Some(1 << 30);
    let usual = requested(sized.clone()).unwrap();
    assert_eq!(
        (usual.size, usual.part_size),
        (Some(1 << 30), Some(MIN_PART))
    );
    sized.metadata.part_size = Some(8 << 20);
    assert_eq!(requested(sized).unwrap().part_size, Some(8 << 20));
    assert_eq!(requested(upload(SendBy::Form)).unwrap().part_size, None);
}

#[test]
fn what_uppy_repeats_of_the_file_is_kept_once() {
    let mut repeated = upload(SendBy::Form);
    let fields = [
        ("name", "a.png"),
        ("type", "image/png"),
        ("caption", "at sea"),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    repeated.metadata.fields = BTreeMap::from(fields);
    let details = requested(repeated.clone()).unwrap().details;
    assert_eq!(details.file_name.as_deref(), Some("a.png"));
    let caption = BTreeMap::from([("caption".to_owned(), "at sea".to_owned())]);
    assert_eq!(details.fields, caption);
    // A page's own field of that name stays.
    repeated
        .metadata
        .fields
        .insert("name".to_owned(), "Ann".to_owned());
    assert_eq!(requested(repeated).unwrap().details.fields["name"], "Ann");
}

#[test]
fn an_upload_replaces_nothing_and_has_a_key_of_its_own() {
    let request = requested(upload(SendBy::Form)).unwrap();
    assert_eq!(request.overwrite, Overwrite::Refuse);
    assert_eq!(request.key_origin, KeyOrigin::Fresh);
}
