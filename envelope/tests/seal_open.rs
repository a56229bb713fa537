//! The laws of sealing and opening, through the public interface only.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use keyfront_envelope::{
    AwaitingKey, Commitment, DataKey, Description, Envelope, Error, Format, KmsContext,
    LegacyWraps, MAX_CONTENT_LENGTH, MasterKey, OpenPolicy, Opening, RequestedRange, Seed,
    Unlocked, WrappedDataKey, begin, seal,
};
use proptest::prelude::*;

const DATA_KEY: [u8; 32] = [7; 32];
const MASTER_KEY: [u8; 32] = [8; 32];

fn context(entries: &[(&str, &str)]) -> Description {
    entries
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn from_kms(format: Format) -> WrappedDataKey {
    let context = KmsContext::new(format, context(&[("tenant", "a")])).unwrap();
    WrappedDataKey::from_kms(DataKey::new(DATA_KEY), b"wrapped".to_vec(), context).unwrap()
}

fn by_master(format: Format) -> WrappedDataKey {
    let master = MasterKey::new(MASTER_KEY);
    WrappedDataKey::by_master_key(
        format,
        DataKey::new(DATA_KEY),
        &master,
        [5; 12],
        Description::new(),
    )
}

fn policy(entries: &[(&str, &str)]) -> OpenPolicy {
    OpenPolicy {
        commitment: Commitment::Optional,
        context: context(entries),
        ..OpenPolicy::default()
    }
}

fn sealed(key: WrappedDataKey, plaintext: &[u8], piece: usize) -> (Envelope, Vec<u8>) {
    let seed = Seed::from_random([9; 28]);
    let (mut sealer, envelope) = seal(key, seed, Some(plaintext.len() as u64)).unwrap();
    let mut body = plaintext.to_vec();
    for piece in body.chunks_mut(piece) {
        sealer.seal(piece).unwrap();
    }
    body.extend(sealer.finish().unwrap());
    (envelope, body)
}

fn awaiting(envelope: &Envelope, policy: OpenPolicy) -> Result<AwaitingKey, Error> {
    match begin(envelope.metadata().unwrap(), policy)? {
        Opening::NeedsKey(awaiting) => Ok(awaiting),
        Opening::NeedsInstructionFile(_) => panic!("the envelope is on the object"),
    }
}

fn unlocked(envelope: &Envelope) -> Unlocked {
    let awaiting = awaiting(envelope, policy(&[("tenant", "a")])).unwrap();
    awaiting.unlock(&DataKey::new(DATA_KEY)).unwrap()
}

fn streamed(unlocked: &Unlocked, body: &[u8], length: u64, piece: usize) -> Result<Vec<u8>, Error> {
    let mut opener = unlocked.stream(length)?;
    let mut plaintext = Vec::new();
    for piece in body.chunks(piece) {
        let mut piece = piece.to_vec();
        let released = opener.open(&mut piece)?;
        plaintext.extend(&piece[..released]);
    }
    opener.finish()?;
    Ok(plaintext)
}

fn ranged(
    unlocked: &Unlocked,
    range: RequestedRange,
    body: &[u8],
    piece: usize,
) -> Result<Vec<u8>, Error> {
    let planned = unlocked.plan_range(range, body.len() as u64)?;
    let (first, last) = planned.fetch();
    let mut opener = unlocked.range(&planned);
    let mut plaintext = Vec::new();
    for piece in
        body[usize::try_from(first).unwrap()..=usize::try_from(last).unwrap()].chunks(piece)
    {
        let mut piece = piece.to_vec();
        let wanted = opener.open(&mut piece)?;
        plaintext.extend(&piece[wanted]);
    }
    opener.finish()?;
    assert_eq!(plaintext.len() as u64, planned.length());
    Ok(plaintext)
}

fn any_format() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::V2), Just(Format::V3)]
}

/// Bytes of plaintext. Miri takes long to make each.
const LONGEST: usize = if cfg!(miri) { 100 } else { 40_000 };
/// Where every bit or byte counts.
const SHORT: usize = if cfg!(miri) { 50 } else { 600 };

proptest! {
    #[test]
    fn what_is_sealed_opens_again_in_any_split(
        format in any_format(),
        plaintext in prop::collection::vec(any::<u8>(), 0..LONGEST),
        pieces in (1_usize..LONGEST, 1_usize..LONGEST),
    ) {
        let (envelope, body) = sealed(from_kms(format), &plaintext, pieces.0);
        let (_, whole) = sealed(from_kms(format), &plaintext, 1 << 20);
        prop_assert_eq!(&body, &whole);
        let unlocked = unlocked(&envelope);
        prop_assert_eq!(streamed(&unlocked, &body, body.len() as u64, pieces.1).unwrap(), &plaintext[..]);
        let mut verified = body;
        unlocked.open_verified(&mut verified).unwrap();
        prop_assert_eq!(verified, plaintext);
    }

    #[test]
    fn any_flipped_bit_of_a_body_is_refused(
        format in any_format(),
        plaintext in prop::collection::vec(any::<u8>(), 0..SHORT),
        place: prop::sample::Index,
        piece in 1_usize..600,
    ) {
        let (envelope, mut body) = sealed(from_kms(format), &plaintext, 64);
        let bit = place.index(body.len() * 8);
        body[bit / 8] ^= 1 << (bit % 8);
        let unlocked = unlocked(&envelope);
        let length = body.len() as u64;
        prop_assert_eq!(streamed(&unlocked, &body, length, piece), Err(Error::TagMismatch));
        let mut untouched = body.clone();
        prop_assert_eq!(unlocked.open_verified(&mut untouched), Err(Error::TagMismatch));
        prop_assert_eq!(untouched, body);
    }

    #[test]
    fn a_truncated_or_extended_body_is_refused(
        format in any_format(),
        plaintext in prop::collection::vec(any::<u8>(), 0..SHORT),
        cut in 1_usize..700,
        piece in 1_usize..600,
    ) {
        let (envelope, body) = sealed(from_kms(format), &plaintext, 64);
        let unlocked = unlocked(&envelope);
        let expected = body.len() as u64;
        let cut = cut.min(body.len());
        let short = &body[..body.len() - cut];
        let truncated = Err(Error::Truncated { expected, actual: short.len() as u64 });
        prop_assert_eq!(streamed(&unlocked, short, expected, piece), truncated);
        let mut short = short.to_vec();
        let refused = unlocked.open_verified(&mut short);
        prop_assert_eq!(refused, Err(Error::BodyLength(short.len() as u64)));
        let long = [&body[..], &vec![0; cut]].concat();
        let extended = streamed(&unlocked, &long, expected, piece);
        let is_truncated = matches!(extended, Err(Error::Truncated { .. }));
        prop_assert!(is_truncated);
    }

    #[test]
    fn ranges_equal_slices_of_the_plaintext(
        format in any_format(),
        plaintext in prop::collection::vec(any::<u8>(), 1..900),
        first in 0_u64..950,
        last in 0_u64..950,
        piece in 1_usize..100,
    ) {
        let (envelope, body) = sealed(from_kms(format), &plaintext, 64);
        let unlocked = unlocked(&envelope);
        let length = plaintext.len() as u64;
        let slice = |first: u64, last: u64| {
            let first = usize::try_from(first).unwrap();
            plaintext[first..=usize::try_from(last.min(length - 1)).unwrap()].to_vec()
        };
        let unsatisfiable = Err(Error::RangeNotSatisfiable { plaintext_length: length });
        let range = |range| ranged(&unlocked, range, &body, piece);

        let expected = if first < length && first <= last { Ok(slice(first, last)) } else { unsatisfiable.clone() };
        prop_assert_eq!(range(RequestedRange::FromTo { first, last }), expected);
        let expected = if first < length { Ok(slice(first, length - 1)) } else { unsatisfiable.clone() };
        prop_assert_eq!(range(RequestedRange::From { first }), expected);
        let expected = if last > 0 { Ok(slice(length.saturating_sub(last), length - 1)) } else { unsatisfiable };
        prop_assert_eq!(range(RequestedRange::Last { count: last }), expected);
    }
}

#[test]
fn a_range_of_nothing_is_not_satisfiable() {
    let (envelope, body) = sealed(from_kms(Format::V3), b"", 1);
    for range in [
        RequestedRange::From { first: 0 },
        RequestedRange::Last { count: 1 },
    ] {
        let refused = ranged(&unlocked(&envelope), range, &body, 1);
        assert_eq!(
            refused,
            Err(Error::RangeNotSatisfiable {
                plaintext_length: 0
            })
        );
    }
}

#[test]
fn a_range_that_arrives_short_or_long_is_refused() {
    let (envelope, body) = sealed(from_kms(Format::V3), &[1; 100], 100);
    let unlocked = unlocked(&envelope);
    let planned = unlocked
        .plan_range(
            RequestedRange::FromTo {
                first: 20,
                last: 59,
            },
            116,
        )
        .unwrap();
    assert_eq!(planned.fetch(), (16, 59));
    let mut short = unlocked.range(&planned);
    assert_eq!(short.open(&mut body[16..50].to_vec()), Ok(4..34));
    assert_eq!(
        short.finish(),
        Err(Error::Truncated {
            expected: 44,
            actual: 34
        })
    );
    let mut long = unlocked.range(&planned);
    let refused = long.open(&mut body[16..61].to_vec());
    assert_eq!(
        refused,
        Err(Error::Truncated {
            expected: 44,
            actual: 45
        })
    );
}

#[test]
fn the_same_content_is_sealed_across_parts_with_the_tag_after_the_last() {
    let plaintext: Vec<u8> = (0..=255).cycle().take(100_003).collect();
    let (_, whole) = sealed(from_kms(Format::V3), &plaintext, plaintext.len());
    let (mut sealer, _) = seal(from_kms(Format::V3), Seed::from_random([9; 28]), None).unwrap();
    let mut parts: Vec<Vec<u8>> = plaintext.chunks(33_333).map(<[u8]>::to_vec).collect();
    parts.iter_mut().for_each(|part| sealer.seal(part).unwrap());
    parts.last_mut().unwrap().extend(sealer.finish().unwrap());
    assert_eq!(parts.concat(), whole);
}

#[test]
fn a_master_key_wraps_and_unwraps_in_both_formats() {
    for format in [Format::V2, Format::V3] {
        let (envelope, mut body) = sealed(by_master(format), b"content", 3);
        let unlocked = awaiting(&envelope, policy(&[])).unwrap();
        let unlocked = unlocked
            .unlock_with_master(&MasterKey::new(MASTER_KEY))
            .unwrap();
        unlocked.open_verified(&mut body).unwrap();
        assert_eq!(body, b"content");
        let other = awaiting(&envelope, policy(&[])).unwrap();
        let refused = other.unlock_with_master(&MasterKey::new([0; 32])).err();
        assert_eq!(refused, Some(Error::UnwrapFailed));
    }
}

#[test]
fn a_data_key_is_unlocked_only_in_the_way_of_its_wrap() {
    let (by_master, _) = sealed(by_master(Format::V3), b"", 1);
    let (from_kms, _) = sealed(from_kms(Format::V3), b"", 1);
    let refused = awaiting(&by_master, policy(&[]))
        .unwrap()
        .unlock(&DataKey::new(DATA_KEY))
        .err();
    assert_eq!(refused, Some(Error::WrapMismatch));
    let awaiting = awaiting(&from_kms, policy(&[("tenant", "a")])).unwrap();
    let refused = awaiting
        .unlock_with_master(&MasterKey::new(MASTER_KEY))
        .err();
    assert_eq!(refused, Some(Error::WrapMismatch));
}

#[test]
fn another_data_key_is_refused_by_the_commitment_before_any_range_is_opened() {
    let (envelope, _) = sealed(from_kms(Format::V3), b"content", 7);
    let refused = awaiting(&envelope, policy(&[("tenant", "a")]))
        .unwrap()
        .unlock(&DataKey::new([0; 32]));
    assert_eq!(refused.err(), Some(Error::CommitmentMismatch));
}

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

#[test]
fn a_body_of_another_length_than_the_metadata_says_is_refused_for_ranges_too() {
    let (envelope, body) = sealed(from_kms(Format::V3), &[1; 100], 100);
    let range = RequestedRange::From { first: 0 };
    let refused = unlocked(&envelope).plan_range(range, body.len() as u64 - 1);
    assert_eq!(refused, Err(Error::BodyLength(115)));
}

#[test]
fn the_announced_length_is_binding() {
    let begin = || {
        seal(from_kms(Format::V3), Seed::from_random([0; 28]), Some(4))
            .unwrap()
            .0
    };
    let mut sealer = begin();
    let mut content = *b"12345";
    let refused = Err(Error::AnnouncedLength {
        announced: 4,
        actual: 5,
    });
    assert_eq!(sealer.seal(&mut content), refused);
    assert_eq!(&content, b"12345");
    sealer.seal(&mut content[..3]).unwrap();
    assert_eq!(
        sealer.finish(),
        Err(Error::AnnouncedLength {
            announced: 4,
            actual: 3
        })
    );
}

#[test]
fn content_beyond_what_gcm_allows_is_refused() {
    let seed = Seed::from_random([0; 28]);
    let over = seal(from_kms(Format::V3), seed, Some(MAX_CONTENT_LENGTH + 1));
    assert_eq!(over.err(), Some(Error::ContentTooLong));
    assert!(seal(from_kms(Format::V3), seed, Some(MAX_CONTENT_LENGTH)).is_ok());
    let (sealer, envelope) = seal(from_kms(Format::V3), seed, None).unwrap();
    drop(sealer);
    let unlocked = unlocked(&envelope);
    assert!(unlocked.stream(MAX_CONTENT_LENGTH + 16).is_ok());
    for length in [MAX_CONTENT_LENGTH + 17, u64::MAX, 15, 0] {
        assert_eq!(
            unlocked.stream(length).err(),
            Some(Error::BodyLength(length))
        );
    }
}

#[test]
fn keys_of_another_length_are_refused() {
    for length in [0, 16, 31, 33] {
        assert_eq!(
            DataKey::from_slice(&vec![0; length]).err(),
            Some(Error::KeyLength(length))
        );
        assert_eq!(
            MasterKey::from_slice(&vec![0; length]).err(),
            Some(Error::KeyLength(length))
        );
    }
}
