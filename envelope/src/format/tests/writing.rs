//! What is written is read back, from metadata and from an instruction file.

use super::*;

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
