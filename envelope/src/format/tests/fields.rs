//! Fields that are missing, repeated, of another length or of unknown ciphers.

use super::*;

#[test]
fn a_missing_field_is_named() {
    for name in [
        name::NONCE,
        name::WRAP,
        name::CONTENT_CIPHER,
        name::WRAPPED_KEY,
    ] {
        assert_eq!(refusal(without(&V2, &[name])), Error::MissingField(name));
    }
    for name in [
        name::CONTENT_CIPHER_V3,
        name::WRAP_V3,
        name::COMMITMENT,
        name::MESSAGE_ID,
    ] {
        assert_eq!(refusal(without(&V3, &[name])), Error::MissingField(name));
    }
}

#[test]
fn a_repeated_field_is_refused() {
    let mut metadata = with(&V3, &[]);
    metadata.push(("x-amz-meta-x-amz-c".into(), "115".into()));
    assert_eq!(
        refusal(metadata),
        Error::RepeatedField(name::CONTENT_CIPHER_V3)
    );
}

#[test]
fn fields_of_another_length_are_refused() {
    use base64::Engine as _;
    for length in [0, 27, 29] {
        let value = BASE64_STANDARD.encode(vec![0_u8; length]);
        for name in [name::COMMITMENT, name::MESSAGE_ID] {
            assert_eq!(
                refusal(with(&V3, &[(name, &value)])),
                Error::InvalidField(name),
                "{length}"
            );
        }
    }
    for (name, value) in [
        (name::NONCE, "AAAA"),
        (name::NONCE, "!"),
        (name::WRAPPED_KEY, ""),
    ] {
        assert_eq!(
            refusal(with(&V2, &[(name, value)])),
            Error::InvalidField(name)
        );
    }
}

#[test]
fn an_envelope_without_a_tag_length_is_one_with_the_ciphers_own() {
    let metadata = without(&V2, &[name::TAG_LENGTH]);
    assert_eq!(whole(metadata), whole(with(&V2, &[])));
}

#[test]
fn a_context_that_is_not_ascii_is_read_as_s3_and_others_return_it() {
    let stored = Description::from([("titel".into(), "Öl".into())]);
    // {"titel":"Öl"} in base64, once and with its bytes taken for Latin-1.
    for returned in [
        "=?UTF-8?B?eyJ0aXRlbCI6IsOWbCJ9?=",
        "=?UTF-8?B?eyJ0aXRlbCI6IsODwpZsIn0=?=",
    ] {
        let read = whole(with(&V2, &[(name::DESCRIPTION, returned)]));
        assert_eq!(read.description, stored, "{returned}");
    }
}

#[test]
fn a_tag_length_other_than_128_is_refused() {
    for value in ["96", "0128", "", "128 "] {
        let metadata = with(&V2, &[(name::TAG_LENGTH, value)]);
        assert_eq!(
            refusal(metadata),
            Error::InvalidField(name::TAG_LENGTH),
            "{value}"
        );
    }
}

#[test]
fn unknown_and_unauthenticated_content_ciphers_are_refused() {
    for cipher in ["AES/CBC/PKCS5Padding", "AES/CTR/NoPadding", "115", ""] {
        let refused = refusal(with(&V2, &[(name::CONTENT_CIPHER, cipher)]));
        assert_eq!(refused, Error::ContentCipherUnsupported(cipher.into()));
    }
    for cipher in ["112", "0115", "AES/GCM/NoPadding"] {
        let refused = refusal(with(&V3, &[(name::CONTENT_CIPHER_V3, cipher)]));
        assert_eq!(refused, Error::ContentCipherUnsupported(cipher.into()));
    }
}

#[test]
fn unknown_and_unimplemented_wraps_are_refused() {
    for wrap in ["AESWrap", "RSA-OAEP-SHA1", "KMS+CONTEXT", "12", ""] {
        assert_eq!(
            refusal(with(&V2, &[(name::WRAP, wrap)])),
            Error::WrapUnsupported(wrap.into())
        );
    }
    for wrap in ["22", "2", "kms", "kms+context", "AES/GCM"] {
        assert_eq!(
            refusal(with(&V3, &[(name::WRAP_V3, wrap)])),
            Error::WrapUnsupported(wrap.into())
        );
    }
}

#[test]
fn a_context_that_is_not_a_json_object_of_strings_is_refused() {
    for value in [
        "",
        "null",
        "[]",
        r#"{"a":1}"#,
        r#"{"a":"b","a":"c"}"#,
        "=?UTF-8?Q?x?=",
    ] {
        let refused = refusal(with(&V3, &[(name::CONTEXT_V3, value)]));
        assert_eq!(refused, Error::InvalidField(name::CONTEXT_V3), "{value}");
    }
}

#[test]
fn metadata_beyond_what_s3_can_send_is_refused() {
    let long = "A".repeat(9000);
    assert_eq!(
        refusal(with(&V3, &[(name::WRAPPED_KEY_V3, &long)])),
        Error::MetadataUnbounded(8192)
    );
    let body = vec![b' '; MAX_INSTRUCTION_FILE + 1];
    let unbounded = Err(Error::MetadataUnbounded(MAX_INSTRUCTION_FILE));
    assert_eq!(part(vec![]).complete(&body), unbounded);
}
