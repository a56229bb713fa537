use alloc::vec;

use proptest::prelude::*;

use super::*;

const V2: [(&str, &str); 6] = [
    (name::WRAPPED_KEY, "AQID"),
    (name::NONCE, "AAAAAAAAAAAAAAAA"),
    (
        name::DESCRIPTION,
        r#"{"aws:x-amz-cek-alg":"AES/GCM/NoPadding"}"#,
    ),
    (name::WRAP, "kms+context"),
    (name::CONTENT_CIPHER, "AES/GCM/NoPadding"),
    (name::TAG_LENGTH, "128"),
];
const TWENTY_EIGHT: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
const V3: [(&str, &str); 6] = [
    (name::CONTENT_CIPHER_V3, "115"),
    (name::WRAPPED_KEY_V3, "AQID"),
    (name::WRAP_V3, "12"),
    (name::COMMITMENT, TWENTY_EIGHT),
    (name::MESSAGE_ID, TWENTY_EIGHT),
    (name::CONTEXT_V3, r#"{"aws:x-amz-cek-alg":"115"}"#),
];

fn with(base: &[(&'static str, &str)], changed: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let mut fields = base.to_vec();
    for change in changed {
        fields.retain(|(name, _)| *name != change.0);
        fields.push(*change);
    }
    fields
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn without(base: &[(&'static str, &str)], names: &[&str]) -> Vec<(String, String)> {
    let kept = base.iter().filter(|(name, _)| !names.contains(name));
    kept.map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn refusal(metadata: Vec<(String, String)>) -> Error {
    match read(metadata) {
        Err(refusal) => refusal,
        Ok(Placement::OnObject(envelope)) => panic!("read as {envelope:?}"),
        Ok(Placement::InInstructionFile(part)) => panic!("left to an instruction file: {part:?}"),
    }
}

fn whole(metadata: Vec<(String, String)>) -> Envelope {
    match read(metadata) {
        Ok(Placement::OnObject(envelope)) => envelope,
        _ => panic!("not read as an envelope"),
    }
}

fn part(metadata: Vec<(String, String)>) -> ObjectPart {
    match read(metadata) {
        Ok(Placement::InInstructionFile(part)) => part,
        _ => panic!("not left to an instruction file"),
    }
}

fn file(fields: &[(String, String)]) -> String {
    context::write(fields.iter().map(|(name, value)| (name, value)))
}

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

#[test]
fn a_v2_instruction_file_completes_an_object_without_fields() {
    let envelope = part(vec![]).complete(file(&with(&V2, &[])).as_bytes());
    assert_eq!(envelope, Ok(whole(with(&V2, &[]))));
}

#[test]
fn a_v3_instruction_file_completes_what_the_object_commits_to() {
    let on_object = [name::CONTENT_CIPHER_V3, name::COMMITMENT, name::MESSAGE_ID];
    let in_file = [name::WRAPPED_KEY_V3, name::WRAP_V3, name::CONTEXT_V3];
    let body = file(&without(&V3, &on_object));
    let envelope = part(without(&V3, &in_file)).complete(body.as_bytes());
    assert_eq!(envelope, Ok(whole(with(&V3, &[]))));
}

#[test]
fn a_commitment_in_the_instruction_file_is_refused() {
    let body = file(&with(&V3, &[]));
    let misplaced = Err(Error::MisplacedField(name::CONTENT_CIPHER_V3));
    assert_eq!(part(vec![]).complete(body.as_bytes()), misplaced);
    let in_file = [name::WRAPPED_KEY_V3, name::WRAP_V3, name::CONTEXT_V3];
    assert_eq!(
        part(without(&V3, &in_file)).complete(body.as_bytes()),
        misplaced
    );
    let only_key = file(&without(
        &V3,
        &[name::CONTENT_CIPHER_V3, name::COMMITMENT, name::MESSAGE_ID],
    ));
    let missing = Err(Error::MissingField(name::COMMITMENT));
    assert_eq!(part(vec![]).complete(only_key.as_bytes()), missing);
}

#[test]
fn a_v2_instruction_file_beside_a_commitment_is_refused() {
    let in_file = [name::WRAPPED_KEY_V3, name::WRAP_V3, name::CONTEXT_V3];
    let refused = part(without(&V3, &in_file)).complete(file(&with(&V2, &[])).as_bytes());
    assert_eq!(refused, Err(Error::MixedFormats(name::WRAPPED_KEY)));
}

#[test]
fn key_fields_of_v3_without_the_key_are_misplaced() {
    let refused = refusal(without(&V3, &[name::WRAPPED_KEY_V3]));
    assert_eq!(refused, Error::MisplacedField(name::WRAP_V3));
}

#[test]
fn an_instruction_file_of_anything_but_fields_is_refused() {
    for body in ["", "x", "[]", r#"{"x-amz-key-v2":1}"#] {
        assert_eq!(
            part(vec![]).complete(body.as_bytes()),
            Err(Error::InstructionFileInvalid),
            "{body}"
        );
    }
    for body in [r#"{"colour":"red"}"#, r#"{"X-Amz-Key-V2":"AQID"}"#] {
        assert_eq!(
            part(vec![]).complete(body.as_bytes()),
            Err(Error::InstructionFileEntry),
            "{body}"
        );
    }
    for body in ["{}", r#"{"x-amz-crypto-instr-file":""}"#] {
        assert_eq!(
            part(vec![]).complete(body.as_bytes()),
            Err(Error::NotAnEnvelope),
            "{body}"
        );
    }
}

#[test]
fn what_is_written_is_read_back_from_metadata_and_instruction_file() {
    for base in [&V2, &V3] {
        let mut envelope = whole(with(base, &[]));
        envelope.plaintext_length = Some(7);
        assert_eq!(whole(owned(envelope.metadata().unwrap())), envelope);
        let (metadata, body) = envelope.with_instruction_file().unwrap();
        assert_eq!(
            part(owned(metadata)).complete(body.as_bytes()),
            Ok(envelope)
        );
    }
}

fn owned(metadata: Metadata) -> Vec<(String, String)> {
    metadata
        .into_iter()
        .map(|(name, value)| (name.into(), value))
        .collect()
}

#[test]
fn an_envelope_that_does_not_fit_the_metadata_fits_an_instruction_file() {
    let mut envelope = whole(with(&V3, &[]));
    envelope.description.insert("long".into(), "x".repeat(2000));
    assert!(matches!(
        envelope.metadata(),
        Err(Error::MetadataTooLarge(_))
    ));
    assert!(envelope.with_instruction_file().is_ok());
    envelope
        .description
        .insert("longer".into(), "x".repeat(MAX_INSTRUCTION_FILE));
    assert!(matches!(
        envelope.with_instruction_file(),
        Err(Error::MetadataTooLarge(_))
    ));
}

fn any_name() -> impl Strategy<Value = String> {
    let known: Vec<&str> = V2.iter().chain(&V3).map(|(name, _)| *name).collect();
    prop_oneof![
        4 => prop::sample::select(known).prop_map(String::from),
        1 => Just(String::from(name::WRAPPED_KEY_V1)),
        1 => Just(String::from(name::PLAINTEXT_LENGTH)),
        1 => any::<String>(),
    ]
}

fn any_value() -> impl Strategy<Value = String> {
    let known: Vec<&str> = V2.iter().chain(&V3).map(|(_, value)| *value).collect();
    prop_oneof![3 => prop::sample::select(known).prop_map(String::from), 1 => any::<String>()]
}

proptest! {
    #[test]
    fn no_metadata_makes_reading_panic(
        metadata in prop::collection::vec((any_name(), any_value()), 0..14),
        body in prop::collection::vec((any_name(), any_value()), 0..14),
        noise: Vec<u8>,
    ) {
        for body in [file(&body).into_bytes(), noise] {
            if let Ok(Placement::InInstructionFile(part)) = read(metadata.clone()) {
                let _ = part.complete(&body);
            }
        }
    }
}
