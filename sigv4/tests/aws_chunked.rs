//! Bodies in chunks: the documented examples byte for byte, SDK captures, the length arithmetic, and what is refused.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

#[path = "support/ecdsa_verifier.rs"]
mod ecdsa_verifier;

use ecdsa_verifier::verifies;
use keyfront_sigv4::{
    AmzDate, ChunkPlan, ChunkSize, Chunks, Credentials, EcdsaKeyCache, MultiRegionSigner, Payload,
    PlannedTrailer, Profile, Request, SecretAccessKey, Signer, SigningContext, SigningError,
    StreamingPayload, aws_chunked::LINE_END,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const CRC32C: [PlannedTrailer<'_>; 1] = [PlannedTrailer {
    name: "x-amz-checksum-crc32c",
    value_length: 8,
}];
const CRC32: [PlannedTrailer<'_>; 1] = [PlannedTrailer {
    name: "x-amz-checksum-crc32",
    value_length: 8,
}];
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The example account of the Amazon S3 API reference.
fn documented() -> Credentials {
    let secret = SecretAccessKey::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY").unwrap();
    Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, None).unwrap()
}

fn context<'a>(credentials: &'a Credentials, date: &str) -> SigningContext<'a> {
    SigningContext {
        credentials,
        region: "us-east-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::parse(date).unwrap(),
    }
}

fn put<'a>(path: &'a str, headers: &'a [(&'a str, &'a str)]) -> Request<'a> {
    Request {
        method: "PUT",
        path,
        query: "",
        headers,
        payload: Payload::Unsigned,
    }
}

fn plan(payload: StreamingPayload, size: usize, decoded_length: u64) -> ChunkPlan<'static> {
    ChunkPlan {
        payload,
        chunk_size: ChunkSize::from_bytes(size).unwrap(),
        decoded_length,
        trailers: &[],
    }
}

/// The whole body on the wire, for a body of `a`s, split where each head and each end begins.
fn framed(mut chunks: Chunks, trailers: &[(&str, &str)]) -> Vec<String> {
    let mut pieces = Vec::new();
    while chunks.next_length() > 0 {
        let data = vec![b'a'; chunks.next_length()];
        let head = chunks.head(&data).unwrap();
        pieces.push(head + &"a".repeat(data.len()) + LINE_END);
    }
    pieces.push(chunks.end(trailers).unwrap());
    pieces
}

fn signature_of(head: &str) -> &str {
    let line = head.lines().next().unwrap();
    line.split_once(";chunk-signature=").unwrap().1
}

#[test]
fn the_documented_upload_in_chunks_is_signed_as_documented() {
    let headers = [
        ("Host", "s3.amazonaws.com"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("Content-Length", "66824"),
    ];
    let plan = plan(StreamingPayload::Signed, 64 << 10, 66_560);
    assert_eq!(plan.content_length(), Ok(66_824));
    let (credentials, mut signer) = (documented(), Signer::new());
    let (signed, chunks) = signer
        .sign_chunked(
            &put("/examplebucket/chunkObject.txt", &headers),
            &context(&credentials, "20130524T000000Z"),
            &plan,
        )
        .unwrap();
    assert_eq!(
        signed.authorization(),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
         SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
         x-amz-decoded-content-length;x-amz-storage-class, \
         Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
    );
    assert_eq!(
        signed.x_amz_content_sha256(),
        Some("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
    );
    let pieces = framed(chunks, &[]);
    assert_eq!(
        pieces
            .iter()
            .map(|piece| signature_of(piece))
            .collect::<Vec<_>>(),
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ]
    );
    assert!(pieces[0].starts_with("10000;") && pieces[1].starts_with("400;"));
    assert!(pieces[2].starts_with("0;") && pieces[2].ends_with("9df9\r\n\r\n"));
    assert_eq!(pieces.concat().len(), 66_824);
}

#[test]
fn the_documented_upload_with_a_trailer_is_signed_as_documented() {
    let headers = [
        ("Host", "s3.amazonaws.com"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("x-amz-trailer", "x-amz-checksum-crc32c"),
    ];
    let plan = ChunkPlan {
        trailers: &CRC32C,
        ..plan(StreamingPayload::SignedTrailer, 64 << 10, 66_560)
    };
    let (credentials, mut signer) = (documented(), Signer::new());
    let (signed, chunks) = signer
        .sign_chunked(
            &put("/examplebucket/chunkObject.txt", &headers),
            &context(&credentials, "20130524T000000Z"),
            &plan,
        )
        .unwrap();
    assert_eq!(
        signed.signature(),
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
    );
    let pieces = framed(chunks, &[("x-amz-checksum-crc32c", "sOO8/Q==")]);
    assert_eq!(
        signature_of(&pieces[0]),
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"
    );
    assert_eq!(
        signature_of(&pieces[1]),
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"
    );
    assert_eq!(
        pieces[2],
        "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
         x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
    );
    assert_eq!(Ok(pieces.concat().len() as u64), plan.content_length());
}

/// What an AWS SDK sent in three recorded uploads: (payload, path, length, headers' signature, content-length).
#[test]
#[allow(clippy::too_many_lines, reason = "one row a case")]
fn uploads_recorded_from_an_sdk_are_framed_and_signed_alike() {
    let secret = SecretAccessKey::new("notrealrnrELgWzOk3IfjzDKtFBhDby").unwrap();
    let credentials = Credentials::new("ANOTREAL", secret, None).unwrap();
    let upload = |payload, size, length: u64, content_length, path, crc32| {
        let decoded = length.to_string();
        let headers = [
            ("content-encoding", "aws-chunked"),
            ("content-length", content_length),
            ("content-type", "application/octet-stream"),
            ("host", "test-bucket.s3.us-east-1.amazonaws.com"),
            ("x-amz-decoded-content-length", &decoded),
            ("x-amz-sdk-checksum-algorithm", "CRC32"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            (
                "x-amz-user-agent",
                "aws-sdk-rust/0.123.test ua/0.1 api/test-service/0.123 os/windows/XPSP3 lang/rust/1.50.0 m/U,Z,E md/http#replaying-client",
            ),
        ];
        let request = Request {
            query: "x-id=PutObject",
            ..put(path, &headers)
        };
        let plan = ChunkPlan {
            trailers: &CRC32,
            ..plan(payload, size, length)
        };
        let mut signer = Signer::new();
        let context = context(&credentials, "20090213T233130Z");
        let (signed, chunks) = signer.sign_chunked(&request, &context, &plan).unwrap();
        let seed = signed.signature().to_owned();
        let pieces = framed(chunks, &[("x-amz-checksum-crc32", crc32)]);
        assert_eq!(Ok(pieces.concat().len() as u64), plan.content_length());
        (seed, pieces)
    };
    let a = |count| "a".repeat(count);

    // The recording's content-length is that of an unsigned body.
    let (seed, pieces) = upload(
        StreamingPayload::SignedTrailer,
        8192,
        10_240,
        "10291",
        "/10KiBofA.txt",
        "X9RA0w==",
    );
    assert_eq!(
        seed,
        "4d5247cc603cc816a7ab5272ed9e47cf173e45bc42bfa68e1181267dd0f0bf73"
    );
    assert_eq!(
        pieces,
        [
            format!("2000;chunk-signature=25851a3d29c435720498cdfd7540bb131ae653ea7371cb885f4fe1ba092d37f3\r\n{}\r\n", a(8192)),
            format!("800;chunk-signature=bf16b3638d50be9f090044f98d838e6643fa2d37db299cbdb884a92d2a659a03\r\n{}\r\n", a(2048)),
            "0;chunk-signature=7110bd9a94d4fa381c0ad159f6b14acb99e93ecec95cb3fd0fd61b414a692ae6\r\n\
             x-amz-checksum-crc32:X9RA0w==\r\n\
             x-amz-trailer-signature:a1764ee8bc0edc8b723a91b19c28bbcc7f8ac8a5932b0e7b7497dd6a8fee78f0\r\n\r\n".into(),
        ]
    );

    let (seed, pieces) = upload(
        StreamingPayload::UnsignedTrailer,
        8192,
        10_240,
        "10291",
        "/10KiBofA.txt",
        "X9RA0w==",
    );
    assert_eq!(
        seed,
        "0747794497b419d708069544097654a3b771e0a6d5d71c5066369038618acadc"
    );
    assert_eq!(
        pieces,
        [
            format!("2000\r\n{}\r\n", a(8192)),
            format!("800\r\n{}\r\n", a(2048)),
            "0\r\nx-amz-checksum-crc32:X9RA0w==\r\n\r\n".into(),
        ]
    );
    assert_eq!(pieces.concat().len(), 10_291);

    let (seed, pieces) = upload(
        StreamingPayload::UnsignedTrailer,
        128 << 10,
        66_560,
        "66605",
        "/65KiBofA.txt",
        "sK4Y7A==",
    );
    assert_eq!(
        seed,
        "5ffa7eabf99ba6cb8555a282db646934c8d17a102809dad9c6d44e84a1c1c935"
    );
    assert_eq!(
        pieces,
        [
            format!("10400\r\n{}\r\n", a(66_560)),
            "0\r\nx-amz-checksum-crc32:sK4Y7A==\r\n\r\n".into(),
        ]
    );
    assert_eq!(pieces.concat().len(), 66_605);
}

/// The public key of the documented account's SigV4A key.
fn public_key() -> (String, String) {
    (
        "18b7d04643359f6ec270dcbab8dce6d169d66ddc9778c75cfb08dfdb701637ab".into(),
        "fa36b35e4fe67e3112261d2e17a956ef85b06e44712d2850bcd3c2161e9993f2".into(),
    )
}

#[test]
fn multi_region_chunks_verify_along_the_chain_and_are_padded_on_the_wire() {
    let headers = [
        ("host", "s3.amazonaws.com"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("Content-Length", "66824"),
        ("x-amz-trailer", "first,second,third"),
    ];
    let trailers = ["first", "second", "third"].map(|name| PlannedTrailer {
        name,
        value_length: 3,
    });
    let plan = ChunkPlan {
        trailers: &trailers,
        ..plan(StreamingPayload::SignedTrailer, 64 << 10, 66_560)
    };
    let (credentials, mut signer) = (documented(), MultiRegionSigner::new());
    let context = context(&credentials, "20130524T000000Z");
    let request = put("/examplebucket/chunkObject.txt", &headers);
    let (signed, chunks) = signer
        .sign_chunked(&request, &context, &plan, &mut EcdsaKeyCache::new())
        .unwrap();
    let canonical = format!(
        "PUT\n/examplebucket/chunkObject.txt\n\ncontent-encoding:aws-chunked\ncontent-length:66824\n\
         host:s3.amazonaws.com\nx-amz-content-sha256:STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER\n\
         x-amz-date:20130524T000000Z\nx-amz-decoded-content-length:66560\nx-amz-region-set:us-east-1\n\
         x-amz-storage-class:REDUCED_REDUNDANCY\nx-amz-trailer:first,second,third\n\n\
         content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
         x-amz-region-set;x-amz-storage-class;x-amz-trailer\n{}",
        signed.x_amz_content_sha256().unwrap()
    );
    let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let start = |part: &str| {
        format!("AWS4-ECDSA-P256-SHA256{part}\n20130524T000000Z\n20130524/s3/aws4_request\n")
    };
    let text = start("") + &hash(canonical.as_bytes());
    assert!(verifies(&public_key(), &text, signed.signature()));

    let mut previous = signed.signature().to_owned();
    let values = [("first", "1st"), ("second", "2nd"), ("third", "3rd")];
    let pieces = framed(chunks, &values);
    for (piece, length) in pieces.iter().zip([65_536, 1_024, 0]) {
        let padded = signature_of(piece);
        assert_eq!(padded.len(), 144);
        let signature = padded.trim_end_matches('*');
        let data = hash("a".repeat(length).as_bytes());
        let text = format!("{}{previous}\n{EMPTY}\n{data}", start("-PAYLOAD"));
        assert!(verifies(&public_key(), &text, signature));
        previous = signature.to_owned();
    }
    let end = pieces[2].lines().collect::<Vec<_>>();
    assert_eq!(end[1..4], ["first:1st", "second:2nd", "third:3rd"]);
    let padded = end[4].strip_prefix("x-amz-trailer-signature:").unwrap();
    assert_eq!(padded.len(), 144);
    let trailer = hash(b"first:1st\nsecond:2nd\nthird:3rd\n");
    let text = format!("{}{previous}\n{trailer}", start("-TRAILER"));
    assert!(verifies(&public_key(), &text, padded.trim_end_matches('*')));
    assert_eq!(
        Ok(pieces.concat().len() as u64),
        plan.content_length_multi_region()
    );
}

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

/// What `sign_chunked` says to headers and a plan.
fn begun(headers: &[(&str, &str)], plan: &ChunkPlan<'_>) -> Result<Chunks, SigningError> {
    let credentials = documented();
    let mut signer = Signer::new();
    let signed = signer.sign_chunked(
        &put("/key", headers),
        &context(&credentials, "20130524T000000Z"),
        plan,
    );
    signed.map(|(_, chunks)| chunks)
}

const HOST: (&str, &str) = ("host", "bucket.s3.amazonaws.com");

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
fn an_empty_body_is_the_empty_chunk_alone() {
    let headers = [HOST, ("x-amz-decoded-content-length", "0")];
    let plan = plan(StreamingPayload::Signed, 8192, 0);
    let pieces = framed(begun(&headers, &plan).unwrap(), &[]);
    assert_eq!(pieces.len(), 1);
    assert_eq!(Ok(pieces[0].len() as u64), plan.content_length());
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
