//! A body in chunks is framed as planned: its length is the one announced, it reads back as the body, and every
//! signature of the chain is aws-sigv4's. Trailer names and values are the text's headers; its body is repeated.

#![no_main]

use std::time::{Duration, SystemTime};

use aws_sigv4::sign::v4;
use aws_smithy_runtime_api::http::Headers;
use keyfront_fuzz::request_text::RequestText;
use keyfront_sigv4::aws_chunked::LINE_END;
use keyfront_sigv4::{
    AmzDate, ChunkPlan, ChunkSize, Credentials, Payload, PlannedTrailer, Profile, Request,
    SecretAccessKey, Signer, SigningContext, StreamingPayload,
};
use libfuzzer_sys::fuzz_target;

const SECONDS: u64 = 1_767_323_045;

fuzz_target!(|text: &str| {
    let text = RequestText::read(text);
    let body = text.body.repeat(text.path.len());
    let trailers: Vec<(&str, &str)> = text.headers.clone();
    let planned: Vec<PlannedTrailer<'_>> = trailers
        .iter()
        .map(|(name, value)| PlannedTrailer {
            name,
            value_length: value.len(),
        })
        .collect();
    let payload = match text.method.len() % 3 {
        0 => StreamingPayload::Signed,
        1 => StreamingPayload::SignedTrailer,
        _ => StreamingPayload::UnsignedTrailer,
    };
    let Ok(chunk_size) = ChunkSize::from_bytes(8192 + text.query.len()) else {
        unreachable!("8 KiB are enough")
    };
    let plan = ChunkPlan {
        payload,
        chunk_size,
        decoded_length: body.len() as u64,
        trailers: &planned,
    };
    let Some((wire, signatures)) = framed(&plan, body.as_bytes(), &trailers) else {
        return;
    };
    assert_eq!(plan.content_length(), Ok(wire.len() as u64));
    assert_eq!(unframed(&wire), body.as_bytes());
    let chunks = body.as_bytes().chunks(chunk_size.bytes()).chain([&b""[..]]);
    if payload != StreamingPayload::UnsignedTrailer {
        check_chain(&signatures, chunks, &trailers);
    }
});

/// The whole body as sent, and the seed with every signature after it; `None` if the plan is refused.
fn framed(
    plan: &ChunkPlan<'_>,
    body: &[u8],
    trailers: &[(&str, &str)],
) -> Option<(Vec<u8>, Vec<String>)> {
    let secret = SecretAccessKey::new("secret").ok()?;
    let credentials = Credentials::new("AKIDEXAMPLE", secret, None).ok()?;
    let context = SigningContext {
        credentials: &credentials,
        region: "us-east-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::from_unix(SECONDS as i64).ok()?,
    };
    let (length, names) = (body.len().to_string(), plan.x_amz_trailer());
    let headers = [
        ("host", "h"),
        ("x-amz-decoded-content-length", &*length),
        ("x-amz-trailer", &*names),
    ];
    let headers = if trailers.is_empty() {
        &headers[..2]
    } else {
        &headers[..]
    };
    let request = Request {
        method: "PUT",
        path: "/a",
        query: "",
        headers,
        payload: Payload::Bytes(b""),
    };
    let mut signer = Signer::new();
    let (signed, mut chunks) = signer.sign_chunked(&request, &context, plan).ok()?;
    let seed = signed.authorization().rsplit_once('=')?.1.to_owned();
    let (mut wire, mut rest, mut chunk_headers) = (Vec::new(), body, Vec::new());
    while chunks.next_length() > 0 {
        let (chunk, after) = rest.split_at(chunks.next_length());
        let head = chunks.head(chunk).expect("a chunk of the length asked for");
        wire.extend([head.as_bytes(), chunk, LINE_END.as_bytes()].concat());
        chunk_headers.push(head);
        rest = after;
    }
    assert!(rest.is_empty());
    let end = chunks.end(trailers).ok()?;
    wire.extend(end.bytes());
    chunk_headers.push(end);
    let text = chunk_headers.concat();
    let marks = ["chunk-signature=", "x-amz-trailer-signature:"];
    let signature = |line: &str| {
        marks
            .iter()
            .find_map(|mark| Some(line.split_once(mark)?.1.to_owned()))
    };
    // A trailer's value may hold a mark; only lines that begin as the framing's own are read.
    let own = |line: &&str| {
        line.starts_with(marks[1])
            || line
                .split_once(';')
                .is_some_and(|(size, _)| u64::from_str_radix(size, 16).is_ok())
    };
    let signatures = [seed]
        .into_iter()
        .chain(text.split(LINE_END).filter(own).filter_map(signature));
    Some((wire, signatures.collect()))
}

/// Reads chunks as a server would: sizes in hexadecimal, up to the empty chunk.
fn unframed(mut wire: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = wire
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .expect("a chunk's head ends");
        let head = str::from_utf8(&wire[..end]).expect("a chunk's head is ASCII");
        let size = head.split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(size, 16).expect("a chunk's size");
        if size == 0 {
            assert!(wire.ends_with(b"\r\n\r\n"));
            return body;
        }
        body.extend(&wire[end + 2..end + 2 + size]);
        assert_eq!(&wire[end + 2 + size..end + 4 + size], b"\r\n");
        wire = &wire[end + 4 + size..];
    }
}

fn check_chain<'b>(
    signatures: &[String],
    chunks: impl Iterator<Item = &'b [u8]>,
    trailers: &[(&str, &str)],
) {
    let identity =
        aws_credential_types::Credentials::new("AKIDEXAMPLE", "secret", None, None, "oracle")
            .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name("s3")
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS))
        .settings(())
        .build()
        .expect("every parameter is set");
    let mut links = signatures.windows(2);
    for chunk in chunks {
        let Some([previous, ours]) = links.next() else {
            panic!("a chunk is not signed")
        };
        let theirs = v4::sign_chunk(&chunk.to_vec().into(), previous, &parameters)
            .expect("the oracle signs chunks");
        assert_eq!(ours, theirs.signature());
    }
    if let Some([previous, ours]) = links.next() {
        let mut headers = Headers::new();
        for (name, value) in trailers {
            headers.insert((*name).to_owned(), (*value).to_owned());
        }
        let theirs =
            v4::sign_trailer(&headers, previous, &parameters).expect("the oracle signs trailers");
        assert_eq!(ours, theirs.signature());
    }
    assert!(links.next().is_none());
}
