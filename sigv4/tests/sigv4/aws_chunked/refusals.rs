//! Chunks, lengths and trailers other than planned.

use keyfront_sigv4::{
    ChunkPlan, PlannedTrailer, Profile, Signer, SigningContext, SigningError, StreamingPayload,
};

use super::{CRC32, CRC32C, HOST, begun, context, documented, plan, put};

#[test]
fn chunks_other_than_the_planned_ones_are_refused_and_change_nothing() {
    let headers = [HOST, ("x-amz-decoded-content-length", "10000")];
    let plan = plan(StreamingPayload::Signed, 8192, 10_000);
    let mut chunks = begun(&headers, &plan).unwrap();
    for given in [0, 8191, 8193, 10_000] {
        let refused = chunks.head(&vec![b'a'; given]);
        let expected = 8192;
        assert_eq!(refused, Err(SigningError::ChunkLength { expected, given }));
    }
    assert_eq!(chunks.next_length(), 8192);
    chunks.head(&[b'a'; 8192]).unwrap();
    assert_eq!(chunks.next_length(), 1808);
    assert_eq!(
        chunks.end(&[]),
        Err(SigningError::ChunksMissing { bytes: 1808 })
    );
    let mut chunks = begun(&headers, &plan).unwrap();
    chunks.head(&[b'a'; 8192]).unwrap();
    chunks.head(&[b'a'; 1808]).unwrap();
    let refused = chunks.head(b"");
    assert!(matches!(refused, Err(SigningError::ChunkLength { .. })));
    chunks.end(&[]).unwrap();
}

#[test]
fn a_decoded_length_other_than_the_planned_one_is_refused() {
    let plan = plan(StreamingPayload::Signed, 8192, 10_000);
    let twice = ("X-Amz-Decoded-Content-Length", "10000");
    for headers in [
        &[HOST][..],
        &[HOST, ("x-amz-decoded-content-length", "10001")],
        &[HOST, twice, twice],
    ] {
        assert_eq!(
            begun(headers, &plan).unwrap_err(),
            SigningError::DecodedLength
        );
    }
    assert!(begun(&[HOST, twice], &plan).is_ok());
}

#[test]
fn a_trailer_other_than_the_planned_one_is_refused() {
    let length = ("x-amz-decoded-content-length", "0");
    let named = ("x-amz-trailer", "x-amz-checksum-crc32");
    let with = |payload, trailers| ChunkPlan {
        trailers,
        ..plan(payload, 8192, 0)
    };
    let (signed, trailer) = (StreamingPayload::Signed, StreamingPayload::SignedTrailer);
    let unsigned = StreamingPayload::UnsignedTrailer;
    let spelled = |name| {
        [PlannedTrailer {
            name,
            value_length: 8,
        }]
    };
    let (upper, own, odd) = (
        spelled("X-Amz-Checksum-Crc32"),
        spelled("x-amz-trailer-signature"),
        spelled("a\r\nb"),
    );
    let repeated = [CRC32[0], CRC32[0]];
    for (headers, plan) in [
        (&[HOST, length, named][..], with(signed, &CRC32[..])),
        (&[HOST, length], with(trailer, &CRC32)),
        (&[HOST, length, named], with(unsigned, &[])),
        (&[HOST, length, named], with(trailer, &CRC32C)),
        (&[HOST, length, named], with(trailer, &upper)),
        (&[HOST, length, named], with(trailer, &own)),
        (&[HOST, length, named], with(trailer, &odd)),
        (&[HOST, length, named], with(trailer, &repeated)),
    ] {
        assert_eq!(begun(headers, &plan).unwrap_err(), SigningError::Trailer);
    }
    for trailers in [
        &[][..],
        &[("x-amz-checksum-crc32c", "AAAAAA==")],
        &[("x-amz-checksum-crc32", "AAAAAA=")],
        &[("x-amz-checksum-crc32", "AAAA\r\n==")],
    ] {
        let chunks = begun(&[HOST, length, named], &with(trailer, &CRC32)).unwrap();
        assert_eq!(chunks.end(trailers), Err(SigningError::Trailer));
    }
}

#[test]
fn services_other_than_s3_take_no_chunks() {
    let credentials = documented();
    let context = SigningContext {
        service: "lambda",
        profile: Profile::of("lambda"),
        ..context(&credentials, "20130524T000000Z")
    };
    let headers = [HOST, ("x-amz-decoded-content-length", "0")];
    let plan = plan(StreamingPayload::Signed, 8192, 0);
    let mut signer = Signer::new();
    let refused = signer.sign_chunked(&put("/key", &headers), &context, &plan);
    assert_eq!(refused.unwrap_err(), SigningError::PayloadStreaming);
}

#[test]
fn no_key_is_part_of_a_text_about_chunks() {
    let headers = [HOST, ("x-amz-decoded-content-length", "0")];
    let chunks = begun(&headers, &plan(StreamingPayload::Signed, 8192, 0)).unwrap();
    assert!(format!("{chunks:?}").contains("Chain(redacted)"));
}
