//! Envelopes in metadata and in instruction files: read, refused, written.

mod fields;
mod instruction_files;
mod versions;
mod writing;

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
