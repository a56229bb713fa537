//! Laws over generated contents: round trips, flipped bits, cuts, ranges.

use keyfront_envelope::{Error, Format, RequestedRange, Unlocked};
use proptest::prelude::*;

use super::{from_kms, sealed, unlocked};

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
