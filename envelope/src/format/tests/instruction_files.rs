//! Envelopes that an instruction file completes.

use super::*;

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
