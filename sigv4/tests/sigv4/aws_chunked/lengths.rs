//! What the body is as long as, and how long a chunk is.

use keyfront_sigv4::{ChunkPlan, ChunkSize, SigningError, StreamingPayload};
use proptest::prelude::*;

use super::{CRC32, CRC32C, HOST, begun, framed, plan};

#[test]
fn one_byte_with_a_checksum_has_the_length_that_s3_was_sent_in_amazons_own_tests() {
    let plan = ChunkPlan {
        trailers: &CRC32C,
        ..plan(StreamingPayload::SignedTrailer, 8192, 1)
    };
    assert_eq!(plan.content_length_multi_region(), Ok(535));
}

#[test]
fn a_chunk_is_at_least_8_kib() {
    for bytes in [0, 1, 8191] {
        assert_eq!(
            ChunkSize::from_bytes(bytes),
            Err(SigningError::ChunkSize { bytes })
        );
    }
    assert_eq!(ChunkSize::from_bytes(8192), Ok(ChunkSize::LEAST));
}

#[test]
fn an_empty_body_is_the_empty_chunk_alone() {
    let headers = [HOST, ("x-amz-decoded-content-length", "0")];
    let plan = plan(StreamingPayload::Signed, 8192, 0);
    let pieces = framed(begun(&headers, &plan).unwrap(), &[]);
    assert_eq!(pieces.len(), 1);
    assert_eq!(Ok(pieces[0].len() as u64), plan.content_length());
}

#[test]
fn a_body_too_long_for_its_length_to_be_counted_is_refused() {
    let plan = plan(StreamingPayload::Signed, 8192, u64::MAX);
    assert_eq!(plan.content_length(), Err(SigningError::ChunkedLength));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_content_length_is_what_is_framed(
        length in prop_oneof![0_usize..40_000, (1_usize..5).prop_map(|chunks| chunks * 8192)],
        size in 8192_usize..20_000,
        payload in prop::sample::select(vec![
            StreamingPayload::Signed, StreamingPayload::SignedTrailer, StreamingPayload::UnsignedTrailer,
        ]),
    ) {
        let decoded = length.to_string();
        let mut headers = vec![HOST, ("x-amz-decoded-content-length", decoded.as_str())];
        let (mut plan, mut trailers) = (plan(payload, size, length as u64), vec![]);
        if payload != StreamingPayload::Signed {
            plan.trailers = &CRC32;
            headers.push(("x-amz-trailer", "x-amz-checksum-crc32"));
            trailers.push(("x-amz-checksum-crc32", "AAAAAA=="));
        }
        let framed = framed(begun(&headers, &plan).unwrap(), &trailers).concat();
        prop_assert_eq!(Ok(framed.len() as u64), plan.content_length());
    }
}
