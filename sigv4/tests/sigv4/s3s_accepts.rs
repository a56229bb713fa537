//! An S3 server of other people's (`s3s`, which shares no code with this crate) accepts what is signed here, chunk by
//! chunk, and refuses it once a byte is changed.

#![allow(
    clippy::disallowed_methods,
    reason = "the server compares with its own clock"
)]

use std::{
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use futures::{StreamExt, executor::block_on};
use keyfront_sigv4::{
    AmzDate, ChunkPlan, ChunkSize, Credentials, Expiry, Payload, PlannedTrailer, Profile, Request,
    SecretAccessKey, Signer, SigningContext, StreamingPayload, aws_chunked::LINE_END,
};
use s3s::{
    Body, S3, S3Request, S3Response, S3Result,
    auth::SimpleAuth,
    dto::{PutObjectInput, PutObjectOutput},
    s3_error,
    service::{S3Service, S3ServiceBuilder},
};

const HOST: &str = "store.example:9000";
const CRC32: [PlannedTrailer<'_>; 1] = [PlannedTrailer {
    name: "x-amz-checksum-crc32",
    value_length: 8,
}];

/// Keeps what was put, if it was read to its end.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Option<Vec<u8>>>>);

#[async_trait::async_trait]
impl S3 for Store {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let mut object = Vec::new();
        let mut body = request
            .input
            .body
            .ok_or_else(|| s3_error!(IncompleteBody))?;
        while let Some(bytes) = body.next().await {
            let bytes = bytes.map_err(|_| s3_error!(SignatureDoesNotMatch))?;
            object.extend_from_slice(&bytes);
        }
        *self.0.lock().unwrap() = Some(object);
        Ok(S3Response::new(PutObjectOutput::default()))
    }
}

fn credentials() -> Credentials {
    Credentials::new("AKIDEXAMPLE", SecretAccessKey::new("secret").unwrap(), None).unwrap()
}

fn context(credentials: &Credentials) -> SigningContext<'_> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    SigningContext {
        credentials,
        region: "some-place-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::from_unix(now.as_secs().try_into().unwrap()).unwrap(),
    }
}

/// Sends a PUT; what was stored, or the answer it was refused with.
fn put(target: &str, headers: &[(String, String)], body: Vec<u8>) -> Result<Vec<u8>, String> {
    let store = Store::default();
    let mut builder = S3ServiceBuilder::new(store.clone());
    builder.set_auth(SimpleAuth::from_single("AKIDEXAMPLE", "secret"));
    let service: S3Service = builder.build();
    let mut request = http::Request::put(format!("http://{HOST}{target}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(body)).unwrap();
    let answer = block_on(service.call(request)).unwrap();
    let stored = store.0.lock().unwrap().take();
    let accepted = answer.status().as_u16() == 200;
    stored
        .filter(|_| accepted)
        .ok_or_else(|| format!("{answer:?}"))
}

/// A signed upload of `object` in chunks of 8 KiB: its headers and its body.
fn upload(payload: StreamingPayload, object: &[u8]) -> (Vec<(String, String)>, Vec<u8>) {
    let has_trailer = payload != StreamingPayload::Signed;
    let plan = ChunkPlan {
        payload,
        chunk_size: ChunkSize::LEAST,
        decoded_length: object.len() as u64,
        trailers: if has_trailer { &CRC32 } else { &[] },
    };
    let (length, decoded) = (
        plan.content_length().unwrap().to_string(),
        object.len().to_string(),
    );
    let mut own = vec![
        ("host", HOST),
        ("content-encoding", "aws-chunked"),
        ("content-length", &length),
        ("x-amz-decoded-content-length", &decoded),
    ];
    let mut trailers = vec![];
    let crc32 = checksum(object);
    if has_trailer {
        own.push(("x-amz-trailer", "x-amz-checksum-crc32"));
        trailers.push(("x-amz-checksum-crc32", crc32.as_str()));
    }
    let request = Request {
        method: "PUT",
        path: "/bucket/a%20key",
        query: "",
        headers: &own,
        payload: Payload::Streaming(payload),
    };
    let (credentials, mut signer) = (credentials(), Signer::new());
    let (signed, mut chunks) = signer
        .sign_chunked(&request, &context(&credentials), &plan)
        .unwrap();
    let headers = own.iter().copied().chain(signed.iter());
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    let headers: Vec<(String, String)> = headers.collect();
    let mut body = Vec::new();
    for chunk in object.chunks(plan.chunk_size.bytes()) {
        body.extend_from_slice(chunks.head(chunk).unwrap().as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(LINE_END.as_bytes());
    }
    body.extend_from_slice(chunks.end(&trailers).unwrap().as_bytes());
    (headers, body)
}

/// CRC-32 (ISO 3309) in base64, as `x-amz-checksum-crc32` has it.
fn checksum(object: &[u8]) -> String {
    use base64::Engine;
    let crc = object.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    });
    base64::engine::general_purpose::STANDARD.encode((!crc).to_be_bytes())
}

#[test]
fn a_server_accepts_bodies_in_signed_chunks_with_and_without_trailers() {
    for length in [0, 1, 8191, 8192, 8193, 20_000] {
        let object = vec![b'a'; length];
        for payload in [
            StreamingPayload::Signed,
            StreamingPayload::SignedTrailer,
            StreamingPayload::UnsignedTrailer,
        ] {
            let (headers, body) = upload(payload, &object);
            let stored = put("/bucket/a%20key", &headers, body);
            assert_eq!(stored.as_ref(), Ok(&object), "{payload:?} {length}");
        }
    }
}

#[test]
fn a_server_refuses_a_chunk_that_was_changed() {
    for payload in [StreamingPayload::Signed, StreamingPayload::SignedTrailer] {
        let (headers, body) = upload(payload, &[b'a'; 20_000]);
        assert!(put("/bucket/a%20key", &headers, body.clone()).is_ok());
        for at in [100, 10_000, 20_000] {
            let mut changed = body.clone();
            changed[at] ^= 1;
            let stored = put("/bucket/a%20key", &headers, changed);
            assert!(stored.is_err(), "{payload:?} {at}");
        }
    }
}

#[test]
fn a_server_accepts_path_style_with_a_port_and_any_region_by_header_and_by_query() {
    let credentials = credentials();
    let context = context(&credentials);
    let own = [("host", HOST), ("content-length", "4")];
    let request = Request {
        method: "PUT",
        path: "/bucket/a%20key",
        query: "",
        headers: &own,
        payload: Payload::Bytes(b"body"),
    };
    let mut signer = Signer::new();
    let signed = signer.sign(&request, &context).unwrap();
    let headers = own.iter().copied().chain(signed.iter());
    let headers: Vec<_> = headers
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let stored = put(request.path, &headers, b"body".to_vec());
    assert_eq!(stored, Ok(b"body".to_vec()));
    assert!(put("/bucket/other", &headers, b"body".to_vec()).is_err());

    let unsigned = Request {
        payload: Payload::Unsigned,
        headers: &own[..1],
        ..request
    };
    let expiry = Expiry::from_seconds(60).unwrap();
    let query = signer.presign(&unsigned, &context, expiry).unwrap();
    let own = own.map(|(name, value)| (name.into(), value.into()));
    let target = |path: &str| format!("{path}?{}", query.as_str());
    let stored = put(&target(request.path), &own, b"body".to_vec());
    assert_eq!(stored, Ok(b"body".to_vec()));
    assert!(put(&target("/bucket/other"), &own, b"body".to_vec()).is_err());
}
