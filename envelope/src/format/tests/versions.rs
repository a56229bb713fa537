//! The versions of the format: told apart, not mixed.

use super::*;

#[test]
fn both_versions_are_distinguished_by_their_fields() {
    assert_eq!(whole(with(&V2, &[])).format(), Format::V2);
    assert_eq!(whole(with(&V3, &[])).format(), Format::V3);
}

#[test]
fn names_are_found_with_the_metadata_prefix_and_in_any_case() {
    let prefixed = V3.map(|(name, value)| (format!("X-Amz-Meta-{}", name.to_uppercase()), value));
    assert!(matches!(read(prefixed), Ok(Placement::OnObject(_))));
}

#[test]
fn unrelated_metadata_is_passed_over() {
    let mut metadata = with(&V3, &[]);
    metadata.push(("x-amz-server-side-encryption".into(), "aws:kms".into()));
    metadata.push(("colour".into(), "red".repeat(9000)));
    assert_eq!(whole(metadata), whole(with(&V3, &[])));
}

#[test]
fn v2_with_injected_v3_fields_is_refused() {
    for name in [
        name::CONTENT_CIPHER_V3,
        name::WRAP_V3,
        name::COMMITMENT,
        name::MESSAGE_ID,
    ] {
        assert_eq!(
            refusal(with(&V2, &[(name, "115")])),
            Error::MixedFormats(name)
        );
    }
}

#[test]
fn v3_with_any_field_of_an_older_version_is_refused() {
    for name in [
        name::WRAPPED_KEY_V1,
        name::WRAPPED_KEY,
        name::NONCE,
        name::WRAP,
        name::TAG_LENGTH,
    ] {
        assert!(
            matches!(refusal(with(&V3, &[(name, "x")])), Error::MixedFormats(_)),
            "{name}"
        );
    }
}

#[test]
fn v1_is_recognised_and_refused() {
    let v1 = [
        (name::WRAPPED_KEY_V1, "AQID"),
        (name::NONCE, "AAAA"),
        (name::DESCRIPTION, "{}"),
    ];
    assert_eq!(refusal(with(&v1, &[])), Error::V1Unsupported);
    let both = with(&V2, &[(name::WRAPPED_KEY_V1, "AQID")]);
    assert_eq!(refusal(both), Error::MixedFormats(name::WRAPPED_KEY_V1));
    assert_eq!(
        part(vec![]).complete(file(&with(&v1, &[])).as_bytes()),
        Err(Error::V1Unsupported)
    );
}
