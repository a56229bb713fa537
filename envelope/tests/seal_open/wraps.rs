//! Which wraps, contexts and formats open, and where.

use keyfront_envelope::{DataKey, Error, Format, LegacyWraps, OpenPolicy, Opening, begin};

use super::{DATA_KEY, awaiting, by_master, context, from_kms, policy, sealed};

#[test]
fn v2_is_refused_where_commitment_is_required_which_is_the_default() {
    let (envelope, _) = sealed(from_kms(Format::V2), b"", 1);
    let strict = OpenPolicy {
        context: context(&[("tenant", "a")]),
        ..OpenPolicy::default()
    };
    assert_eq!(
        awaiting(&envelope, strict.clone()).err(),
        Some(Error::CommitmentRequired)
    );
    let (envelope, _) = sealed(from_kms(Format::V3), b"", 1);
    assert!(awaiting(&envelope, strict).is_ok());
}

#[test]
fn another_context_than_the_stored_one_is_refused_before_kms_is_called() {
    let (envelope, _) = sealed(from_kms(Format::V3), b"", 1);
    for expected in [&[][..], &[("tenant", "b")], &[("tenant", "a"), ("x", "y")]] {
        assert_eq!(
            awaiting(&envelope, policy(expected)).err(),
            Some(Error::ContextMismatch)
        );
    }
    let reserved = policy(&[("aws:x-amz-cek-alg", "115")]);
    let refused = Error::ReservedContextEntry("aws:x-amz-cek-alg".into());
    assert_eq!(awaiting(&envelope, reserved).err(), Some(refused));
}

#[test]
fn an_expected_context_is_not_met_by_a_wrap_that_binds_none() {
    let (envelope, _) = sealed(by_master(Format::V3), b"", 1);
    assert_eq!(
        awaiting(&envelope, policy(&[("tenant", "a")])).err(),
        Some(Error::ContextMismatch)
    );
}

#[test]
fn a_v3_data_key_in_a_v2_envelope_is_refused() {
    let (v3, _) = sealed(from_kms(Format::V3), b"", 1);
    let stored = v3
        .metadata()
        .unwrap()
        .into_iter()
        .find(|(name, _)| *name == "x-amz-t")
        .unwrap()
        .1;
    let (v2, _) = sealed(from_kms(Format::V2), b"", 1);
    let mut metadata = v2.metadata().unwrap();
    metadata
        .iter_mut()
        .find(|(name, _)| *name == "x-amz-matdesc")
        .unwrap()
        .1 = stored;
    let refused = begin(metadata, policy(&[("tenant", "a")])).err();
    assert_eq!(refused, Some(Error::ContextMismatch));
}

fn relabelled(wrap: &str, context: &str) -> Vec<(&'static str, String)> {
    let mut metadata = sealed(from_kms(Format::V2), b"", 1).0.metadata().unwrap();
    for (name, value) in &mut metadata {
        match *name {
            "x-amz-wrap-alg" => *value = wrap.into(),
            "x-amz-matdesc" => *value = context.into(),
            _ => {}
        }
    }
    metadata
}

#[test]
fn the_legacy_kms_wrap_is_opened_only_where_allowed() {
    let metadata = relabelled("kms", r#"{"kms_cmk_id":"k"}"#);
    assert_eq!(
        begin(metadata.clone(), policy(&[])).err(),
        Some(Error::LegacyWrap("kms"))
    );
    let legacy = OpenPolicy {
        legacy_wraps: LegacyWraps::Allowed,
        ..policy(&[])
    };
    assert!(matches!(
        begin(metadata.clone(), legacy),
        Ok(Opening::NeedsKey(_))
    ));
    let expecting = OpenPolicy {
        legacy_wraps: LegacyWraps::Allowed,
        ..policy(&[("tenant", "a")])
    };
    assert_eq!(
        begin(metadata, expecting).err(),
        Some(Error::ContextMismatch)
    );
}

#[test]
fn a_context_wrap_relabelled_as_legacy_is_refused() {
    let context = r#"{"tenant":"a","aws:x-amz-cek-alg":"AES/GCM/NoPadding"}"#;
    let legacy = OpenPolicy {
        legacy_wraps: LegacyWraps::Allowed,
        ..policy(&[])
    };
    assert_eq!(
        begin(relabelled("kms", context), legacy).err(),
        Some(Error::ContextMismatch)
    );
}

#[test]
fn opening_by_an_instruction_file_yields_the_same_content() {
    for format in [Format::V2, Format::V3] {
        let (envelope, mut body) = sealed(from_kms(format), b"content", 7);
        let (metadata, file) = envelope.with_instruction_file().unwrap();
        let Opening::NeedsInstructionFile(awaiting) =
            begin(metadata, policy(&[("tenant", "a")])).unwrap()
        else {
            panic!("the data key is in the instruction file");
        };
        let awaiting = awaiting.supply(file.as_bytes()).unwrap();
        awaiting
            .unlock(&DataKey::new(DATA_KEY))
            .unwrap()
            .open_verified(&mut body)
            .unwrap();
        assert_eq!(body, b"content");
    }
}
