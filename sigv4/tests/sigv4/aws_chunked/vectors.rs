//! The documented examples byte for byte, SDK captures, and chunks for several regions.

use keyfront_sigv4::{
    ChunkPlan, Credentials, EcdsaKeyCache, MultiRegionSigner, PlannedTrailer, Request,
    SecretAccessKey, Signer, StreamingPayload,
};
use sha2::{Digest, Sha256};

use super::{CRC32, CRC32C, context, documented, framed, plan, put};
use crate::ecdsa_verifier::verifies;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

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
