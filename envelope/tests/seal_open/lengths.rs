//! Lengths: announced, stored, and the most there may be.

use keyfront_envelope::{Error, Format, MAX_CONTENT_LENGTH, RequestedRange, Seed, seal};

use super::{from_kms, sealed, unlocked};

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
