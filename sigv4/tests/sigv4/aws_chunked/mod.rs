//! Bodies in chunks: the documented examples byte for byte, SDK captures, the length arithmetic, and what is refused.

mod lengths;
mod refusals;
mod vectors;

use keyfront_sigv4::{
    AmzDate, ChunkPlan, ChunkSize, Chunks, Credentials, Payload, PlannedTrailer, Profile, Request,
    SecretAccessKey, Signer, SigningContext, SigningError, StreamingPayload, aws_chunked::LINE_END,
};

const CRC32C: [PlannedTrailer<'_>; 1] = [PlannedTrailer {
    name: "x-amz-checksum-crc32c",
    value_length: 8,
}];
const CRC32: [PlannedTrailer<'_>; 1] = [PlannedTrailer {
    name: "x-amz-checksum-crc32",
    value_length: 8,
}];

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
