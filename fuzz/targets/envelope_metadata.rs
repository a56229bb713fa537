//! Metadata that are recognised as an envelope are written again as the same envelope, in the metadata and in an
//! instruction file alike; and the strict policy opens V3 alone, under the expected context alone. Lines `name: value`;
//! after an empty line, the instruction file.

#![no_main]

use keyfront_envelope::{
    Commitment, Description, Envelope, Error, Format, KeyNeed, LegacyWraps, OpenPolicy, Opening,
    Recognised, begin, recognise,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (head, file) = text.split_once("\n\n").unwrap_or((text, ""));
    let metadata: Vec<(&str, &str)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .collect();
    if let Ok(Recognised::Envelope(envelope)) = recognise(metadata.iter().copied()) {
        check(&envelope);
    }
    let lax = OpenPolicy {
        commitment: Commitment::Optional,
        legacy_wraps: LegacyWraps::Allowed,
        context: tenant(),
    };
    let strict = OpenPolicy {
        context: tenant(),
        ..OpenPolicy::default()
    };
    let opened = opened(&metadata, file, lax);
    let strictly = self::opened(&metadata, file, strict);
    match (&strictly, &opened) {
        (Ok(envelope), Ok(same)) => {
            assert_eq!(envelope, same);
            assert_eq!(envelope.format(), Format::V3);
        }
        (Ok(_), Err(refusal)) => panic!("what is strictly good is refused: {refusal}"),
        (Err(_), _) => {}
    }
    if let Ok(envelope) = &opened {
        check(envelope);
    }
});

fn tenant() -> Description {
    Description::from([("tenant".to_owned(), "a".to_owned())])
}

fn opened(metadata: &[(&str, &str)], file: &str, policy: OpenPolicy) -> Result<Envelope, Error> {
    let awaiting = match begin(metadata.iter().copied(), policy)? {
        Opening::NeedsKey(awaiting) => awaiting,
        Opening::NeedsInstructionFile(awaiting) => awaiting.supply(file.as_bytes())?,
    };
    if let KeyNeed::KmsDecrypt { context, .. } = awaiting.need() {
        assert!(context.len() <= tenant().len() + 2, "{context:?}");
    }
    Ok(awaiting.envelope().clone())
}

fn check(envelope: &Envelope) {
    if let Ok(written) = envelope.metadata() {
        assert_eq!(
            recognise(written),
            Ok(Recognised::Envelope(envelope.clone()))
        );
    }
    if let Ok((metadata, file)) = envelope.with_instruction_file() {
        let expected = match envelope.format() {
            Format::V2 => Recognised::Nothing,
            Format::V3 => Recognised::InInstructionFile,
        };
        assert_eq!(recognise(metadata), Ok(expected));
        assert!(file.starts_with('{'));
    }
}
