//! Checks one object by what HEAD returns for it. Pure.

use keyfront_envelope::{Format, Wrap};
use keyfront_names::RESERVED_PREFIX;
use keyfront_origin_core::encryption::{EncryptionMode, EnvelopeWrap, ServerSide};

use super::{
    expectation::{Expectation, is_kms},
    finding::{Code, Finding},
};

/// What is known of an object's encryption.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ObjectFacts {
    pub(super) key: String,
    /// `x-amz-server-side-encryption`
    pub(super) algorithm: Option<String>,
    /// The KMS key's ARN.
    pub(super) kms_key: Option<String>,
    pub(super) bucket_key: bool,
    pub(super) sealed: Sealed,
}

impl ObjectFacts {
    /// What is known of an object whose customer key nobody here has.
    pub(super) fn under_customer_key(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            algorithm: Some(ServerSide::Customer.header_value().to_owned()),
            ..Self::default()
        }
    }
}

/// What its metadata say of an envelope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Sealed {
    #[default]
    No,
    /// An envelope of S3's Encryption Client.
    Envelope { format: Format, wrap: Wrap },
    /// A V3 envelope whose wrapped key is in the instruction file beside it.
    InInstructionFile,
    /// It is such an instruction file.
    InstructionFile,
    /// It begins to be an envelope and is none.
    Broken(String),
}

impl Sealed {
    pub(super) const fn is_envelope(&self) -> bool {
        matches!(self, Self::Envelope { .. } | Self::InInstructionFile)
    }

    fn is_of(&self, wanted: (EnvelopeWrap, Format)) -> bool {
        match (self, wanted) {
            // How the key is wrapped is written in the other object.
            (Self::InInstructionFile, (_, format)) => format == Format::V3,
            (Self::Envelope { format, wrap }, (wanted, wanted_format)) => {
                let same_wrap = match wanted {
                    EnvelopeWrap::Kms => *wrap == Wrap::KmsContext,
                    EnvelopeWrap::MasterKey => *wrap == Wrap::AesGcm,
                };
                same_wrap && *format == wanted_format
            }
            (Self::No | Self::InstructionFile | Self::Broken(_), _) => false,
        }
    }
}

/// Everything about the object that is not as demanded.
pub(super) fn check(facts: &ObjectFacts, expected: &Expectation) -> Vec<Finding> {
    let mut findings: Vec<Finding> = server_side(facts, expected).into_iter().collect();
    if let Sealed::Broken(why) = &facts.sealed {
        findings.push(Finding::of_object(
            Code::BrokenEnvelope,
            &facts.key,
            format!("it has invalid envelope metadata: {why}; upload it again"),
        ));
    } else if !findings
        .iter()
        .any(|finding| finding.code.is_fixed_by_copy())
    {
        findings.extend(envelope(facts, expected));
    }
    findings
}

/// Encryption by S3.
fn server_side(facts: &ObjectFacts, expected: &Expectation) -> Option<Finding> {
    let found = |code, detail| Some(Finding::of_object(code, &facts.key, detail));
    let Some(algorithm) = facts.algorithm.as_deref() else {
        return found(
            Code::NotEncrypted,
            format!("S3 reports no encryption; {} is required", expected.names()),
        );
    };
    if !expected.accepts(algorithm) {
        let detail = format!(
            "encrypted with {algorithm}; {} is required",
            expected.names()
        );
        return found(Code::OtherMode, detail);
    }
    if !is_kms(algorithm) {
        return None;
    }
    let key = facts.kms_key.as_deref();
    if let Some(demanded) = expected.key()
        && key != Some(demanded)
    {
        let detail = format!(
            "encrypted under {}; {demanded} is required",
            key.unwrap_or("an unknown key")
        );
        return found(Code::OtherKey, detail);
    }
    if algorithm == ServerSide::Kms.header_value() && !facts.bucket_key {
        let detail = "has no bucket key: every read calls KMS";
        return found(Code::BucketKeyOff, detail.to_owned());
    }
    None
}

/// Encryption by the writer, where every mode that fits demands it.
fn envelope(facts: &ObjectFacts, expected: &Expectation) -> Option<Finding> {
    let algorithm = facts.algorithm.as_deref()?;
    let fits = |mode: EncryptionMode| match mode.envelope() {
        None => true,
        Some(wanted) => facts.sealed.is_of(wanted),
    };
    let exempt = facts.key.starts_with(RESERVED_PREFIX) || facts.sealed == Sealed::InstructionFile;
    if exempt || expected.written_as(algorithm).any(fits) {
        return None;
    }
    let detail = match &facts.sealed {
        Sealed::Envelope { format, .. } => {
            format!(
                "is an envelope of another kind ({format:?}); {} is required",
                expected.names()
            )
        }
        _ => format!(
            "is not an envelope; {} is required, and only its publisher can seal it: upload it again",
            expected.names()
        ),
    };
    Some(Finding::of_object(Code::NoEnvelope, &facts.key, detail))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-central-1:111122223333:key/k";

    fn expecting(modes: &[EncryptionMode], key: Option<&str>) -> Expectation {
        Expectation::new(modes.to_vec(), key.map(str::to_owned)).unwrap()
    }

    fn kms(key: &str) -> ObjectFacts {
        ObjectFacts {
            key: "a.txt".to_owned(),
            algorithm: Some("aws:kms".to_owned()),
            kms_key: Some(key.to_owned()),
            bucket_key: true,
            sealed: Sealed::No,
        }
    }

    fn codes(facts: &ObjectFacts, expected: &Expectation) -> Vec<Code> {
        let findings = check(facts, expected);
        findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn an_object_under_a_customer_key_is_as_demanded_where_that_is_demanded() {
        let facts = ObjectFacts::under_customer_key("a.txt");
        for (modes, wanted) in [
            (&[EncryptionMode::SseC][..], &[][..]),
            (&[EncryptionMode::SseKms, EncryptionMode::SseC], &[]),
            (&[EncryptionMode::SseS3], &[Code::OtherMode]),
        ] {
            assert_eq!(codes(&facts, &expecting(modes, None)), wanted, "{modes:?}");
        }
        let sealed = expecting(&[EncryptionMode::SseC], None);
        assert_eq!(codes(&kms(KEY), &sealed), [Code::OtherMode]);
    }

    #[test]
    fn objects_are_checked_by_mode_then_key_then_bucket_key() {
        let expected = expecting(&[EncryptionMode::SseKms], Some(KEY));
        let with = |change: fn(&mut ObjectFacts)| {
            let mut facts = kms(KEY);
            change(&mut facts);
            facts
        };
        for (facts, wanted) in [
            (kms(KEY), &[][..]),
            (ObjectFacts::under_customer_key("a.txt"), &[Code::OtherMode]),
            (with(|f| f.algorithm = None), &[Code::NotEncrypted]),
            (
                with(|f| f.algorithm = Some("AES256".into())),
                &[Code::OtherMode],
            ),
            (
                with(|f| f.algorithm = Some("aws:kms:dsse".into())),
                &[Code::OtherMode],
            ),
            (
                with(|f| f.algorithm = Some("aws:new".into())),
                &[Code::OtherMode],
            ),
            (
                kms("arn:aws:kms:eu-central-1:111122223333:key/other"),
                &[Code::OtherKey],
            ),
            (with(|f| f.kms_key = None), &[Code::OtherKey]),
            (with(|f| f.bucket_key = false), &[Code::BucketKeyOff]),
        ] {
            assert_eq!(codes(&facts, &expected), wanted, "{facts:?}");
        }
    }

    #[test]
    fn dsse_needs_no_bucket_key_and_no_key_is_checked_unless_one_is_demanded() {
        let mut facts = kms("arn:any");
        facts.algorithm = Some("aws:kms:dsse".to_owned());
        facts.bucket_key = false;
        let expected = expecting(&[EncryptionMode::SseKms, EncryptionMode::DsseKms], None);
        assert_eq!(codes(&facts, &expected), []);
    }

    #[test]
    fn envelopes_fit_sse_kms_and_are_demanded_only_by_their_own_modes() {
        let sealed = |format, wrap| ObjectFacts {
            sealed: Sealed::Envelope { format, wrap },
            ..kms(KEY)
        };
        let v3 = sealed(Format::V3, Wrap::KmsContext);
        let demanded = expecting(&[EncryptionMode::EnvelopeKms], Some(KEY));
        assert_eq!(
            codes(&v3, &expecting(&[EncryptionMode::SseKms], Some(KEY))),
            []
        );
        assert_eq!(codes(&v3, &demanded), []);
        for other in [
            kms(KEY),
            sealed(Format::V2, Wrap::KmsContext),
            sealed(Format::V3, Wrap::AesGcm),
        ] {
            assert_eq!(codes(&other, &demanded), [Code::NoEnvelope], "{other:?}");
        }
        let either = expecting(&[EncryptionMode::EnvelopeKms, EncryptionMode::SseKms], None);
        assert_eq!(codes(&kms(KEY), &either), []);
    }

    #[test]
    fn keyfronts_own_objects_and_instruction_files_need_no_envelope() {
        let demanded = expecting(&[EncryptionMode::EnvelopeKms], None);
        let own = ObjectFacts {
            key: ".keyfront/publishers.json".to_owned(),
            ..kms(KEY)
        };
        let file = ObjectFacts {
            sealed: Sealed::InstructionFile,
            ..kms(KEY)
        };
        let split = ObjectFacts {
            sealed: Sealed::InInstructionFile,
            ..kms(KEY)
        };
        for facts in [own, file, split] {
            assert_eq!(codes(&facts, &demanded), [], "{facts:?}");
        }
    }

    #[test]
    fn a_broken_envelope_is_found_whatever_is_demanded() {
        let facts = ObjectFacts {
            sealed: Sealed::Broken("field x-amz-i".to_owned()),
            algorithm: None,
            ..kms(KEY)
        };
        let expected = expecting(&[EncryptionMode::SseKms], None);
        assert_eq!(
            codes(&facts, &expected),
            [Code::NotEncrypted, Code::BrokenEnvelope]
        );
    }
}
