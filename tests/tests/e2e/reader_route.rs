//! The reader through the CDN: `/read/KEY` over the edge and the Function URL, whichever origin stands behind it.
//! Every answer is a streamed one. The site's reader serves the keys under `read/`.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_stack::OriginKind;
use keyfront_tests::{
    artefacts,
    local_stack::{LocalStack, content},
};

const SMALL: usize = 100_000;
/// Over the limit up to which objects are verified before they leave, and over what a buffered answer holds.
const LARGE: usize = 9 << 20;

fn origins() -> [OriginKind; 2] {
    let package = artefacts::origin_zip();
    [OriginKind::Native, OriginKind::Lambda { package }]
}

async fn view(
    stack: &LocalStack,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
) -> keyfront_tests::wire::Answer {
    stack
        .cdn()
        .send(method, target, headers, Bytes::new())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_read_envelopes_of_both_formats_decrypted_through_the_cdn() {
    for origin in origins() {
        let stack = LocalStack::start_with(origin.clone()).await;
        for mode in ["envelope-kms", "envelope-kms-v2"] {
            let (key, plain) = (format!("read/{mode}/a b+c"), content(SMALL));
            let stored = stack.put(&key, mode, plain.clone(), &[]).await;
            assert_eq!(stored.status, StatusCode::CREATED, "{origin:?}: {stored:?}");
            let target = format!("/read/{mode}/a%20b+c");

            let head = view(&stack, Method::HEAD, &target, &[]).await;
            assert_eq!(head.status, StatusCode::OK, "{origin:?}: {head:?}");
            assert_eq!(head.header("content-length"), SMALL.to_string());
            assert!(head.body.is_empty());
            let part = view(&stack, Method::GET, &target, &[("range", "bytes=17-4242")]).await;
            assert_eq!(
                part.status,
                StatusCode::PARTIAL_CONTENT,
                "{origin:?}: {part:?}"
            );
            assert_eq!(part.body, plain.slice(17..4243));
            assert_eq!(
                part.header("content-range"),
                format!("bytes 17-4242/{SMALL}")
            );
            let whole = view(&stack, Method::GET, &target, &[]).await;
            assert_eq!(
                (whole.status, &whole.body),
                (StatusCode::OK, &plain),
                "{origin:?}"
            );
            assert_eq!(
                whole.header("cache-control"),
                "public, max-age=60, stale-if-error=0"
            );
            assert!(
                whole
                    .headers
                    .keys()
                    .all(|name| !name.as_str().starts_with("x-amz-meta"))
            );

            let etag = whole.header("etag");
            let current = view(&stack, Method::GET, &target, &[("if-none-match", etag)]).await;
            assert_eq!(current.status, StatusCode::NOT_MODIFIED, "{origin:?}");
            let changed = view(&stack, Method::GET, &target, &[("if-match", "\"other\"")]).await;
            assert_eq!(
                changed.status,
                StatusCode::PRECONDITION_FAILED,
                "{origin:?}"
            );
            let beyond = view(&stack, Method::GET, &target, &[("range", "bytes=100000-")]).await;
            assert_eq!(
                beyond.status,
                StatusCode::RANGE_NOT_SATISFIABLE,
                "{origin:?}"
            );
        }
        let absent = view(&stack, Method::GET, "/read/absent", &[]).await;
        assert_eq!(
            (absent.status, absent.code().as_str()),
            (StatusCode::NOT_FOUND, "not-found")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_envelope_streams_through_lambda_and_the_cdn_and_no_cache_keeps_it() {
    for origin in origins() {
        let stack = LocalStack::start_with(origin.clone()).await;
        let plain = content(LARGE);
        stack
            .put("read/large", "envelope-kms", plain.clone(), &[])
            .await;
        for _ in 0..2 {
            let read = view(&stack, Method::GET, "/read/large", &[]).await;
            assert_eq!(read.status, StatusCode::OK, "{origin:?}");
            assert_eq!(read.header("cache-control"), "no-store");
            assert!(!read.header("x-cache").starts_with("Hit"), "{origin:?}");
            assert_eq!(read.body, plain, "{origin:?}");
        }
        let last = format!("bytes={}-", LARGE - 5);
        let part = view(&stack, Method::GET, "/read/large", &[("range", &last)]).await;
        assert_eq!(part.body, plain.slice(LARGE - 5..), "{origin:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_tag_breaks_the_viewers_answer_off() {
    for origin in origins() {
        let stack = LocalStack::start_with(origin.clone()).await;
        stack
            .put("read/large", "envelope-kms", content(LARGE), &[])
            .await;
        let raw = stack.raw("read/large").await;
        let mut flipped = raw.body.to_vec();
        flipped[LARGE / 2] ^= 1;
        stack
            .overwrite_raw("read/large", Bytes::from(flipped), &raw)
            .await;
        assert!(stack.try_view("/read/large").await.is_err(), "{origin:?}");
        // The instance that failed midway serves the next one.
        stack
            .put("read/small", "envelope-kms", content(SMALL), &[])
            .await;
        for _ in 0..3 {
            let next = stack.try_view("/read/small").await.unwrap();
            assert_eq!(next, content(SMALL), "{origin:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lambda_cannot_stream_is_413_and_its_ranges_are_served() {
    let stack = LocalStack::start().await;
    let length = 191_000_000;
    let stored = stack
        .put(
            "read/huge",
            "envelope-kms",
            Bytes::from(vec![7; length]),
            &[],
        )
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    let whole = view(&stack, Method::GET, "/read/huge", &[]).await;
    assert_eq!(
        (whole.status, whole.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "use-range")
    );
    let part = view(
        &stack,
        Method::GET,
        "/read/huge",
        &[("range", "bytes=190999998-")],
    )
    .await;
    assert_eq!(
        (part.status, &part.body[..]),
        (StatusCode::PARTIAL_CONTENT, &[7, 7][..])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instruction_file_opens_is_read_through_the_cdn() {
    let stack = LocalStack::start().await;
    stack
        .put("read/a", "envelope-kms", content(SMALL), &[])
        .await;
    let mut raw = stack.raw("read/a").await;
    // As the S3 Encryption Client lays it out: the wrapped key beside, the commitment on the object.
    let in_file: serde_json::Map<String, serde_json::Value> = ["x-amz-3", "x-amz-w", "x-amz-t"]
        .into_iter()
        .map(|name| (name.to_owned(), raw.metadata.remove(name).unwrap().into()))
        .collect();
    let body = raw.body.clone();
    stack.overwrite_raw("read/a", body.clone(), &raw).await;
    let without = view(&stack, Method::GET, "/read/a", &[]).await;
    assert_eq!(without.code(), "not-found");
    let file = serde_json::to_vec(&in_file).unwrap();
    let marker = [("x-amz-crypto-instr-file", "")];
    stack
        .put_raw("read/a.instruction", Bytes::from(file), &marker)
        .await;
    let read = view(&stack, Method::GET, "/read/a", &[]).await;
    assert_eq!((read.status, read.body), (StatusCode::OK, content(SMALL)));

    let mut flipped = body.to_vec();
    flipped[9] ^= 1;
    stack
        .overwrite_raw("read/a", Bytes::from(flipped), &raw)
        .await;
    assert_eq!(stack.read("read/a", &[]).await.code(), "envelope-invalid");
}
