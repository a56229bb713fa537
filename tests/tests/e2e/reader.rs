//! The reader, in front of the stack's own S3 and KMS: whole objects, ranges, conditions, and what it
//! refuses. The stack runs in this process, so that its KMS can be counted and made to fail.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_dev_kms::Operation;
use keyfront_tests::local_stack::{LocalStack, content};

const SMALL: usize = 100_000;
/// Over the limit up to which objects are verified before they leave.
const LARGE: usize = 9 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn every_envelope_mode_is_read_back_decrypted_and_rests_sealed() {
    let stack = LocalStack::start().await;
    let plain = content(SMALL);
    for mode in [
        "envelope-kms",
        "envelope-kms-v2",
        "envelope-key",
        "envelope-key-v2",
    ] {
        let key = format!("docs/{mode}");
        let stored = stack.put(&key, mode, plain.clone(), &[]).await;
        assert_eq!(stored.status, StatusCode::CREATED, "{mode}: {stored:?}");
        let raw = stack.raw(&key).await;
        assert_eq!(raw.body.len(), SMALL + 16, "{mode}");
        assert!(!contains(&raw.body, &plain[..32]), "{mode}");
        assert_eq!(raw.server_side_encryption, "aws:kms", "{mode}");
        let read = stack.read(&key, &[]).await;
        assert_eq!(read.status, StatusCode::OK, "{mode}: {read:?}");
        assert_eq!(read.body, plain, "{mode}");
        assert_eq!(read.header("content-length"), SMALL.to_string());
        assert_eq!(read.header("accept-ranges"), "bytes");
        assert_eq!(read.header("cache-control"), "public, max-age=60");
        let head = stack.send(Method::HEAD, &key, &[]).await;
        assert_eq!(head.header("content-length"), SMALL.to_string());
        assert_eq!(head.header("etag"), read.header("etag"));
        assert!(head.body.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_count_on_the_plaintext_whether_it_is_verified_first_or_streamed() {
    let stack = LocalStack::start().await;
    for (key, length, cache) in [
        ("small", SMALL, "public, max-age=60"),
        ("large", LARGE, "no-store"),
    ] {
        let plain = content(length);
        stack.put(key, "envelope-kms", plain.clone(), &[]).await;
        let last = length - 1;
        for (range, first, end) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=17-4242".to_owned(), 17, 4243),
            (format!("bytes={last}-"), last, length),
            ("bytes=-33".to_owned(), length - 33, length),
            (format!("bytes=5-{}", length + 100), 5, length),
        ] {
            let part = stack.read(key, &[("range", &range)]).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key} {range}");
            assert_eq!(part.body, plain.slice(first..end), "{key} {range}");
            let content_range = format!("bytes {first}-{}/{length}", end - 1);
            assert_eq!(part.header("content-range"), content_range);
            assert_eq!(part.header("cache-control"), cache);
        }
        let beyond = stack
            .read(key, &[("range", &format!("bytes={length}-"))])
            .await;
        assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(beyond.header("content-range"), format!("bytes */{length}"));
        let several = stack.read(key, &[("range", "bytes=0-1,4-5")]).await;
        assert_eq!((several.status, several.body), (StatusCode::OK, plain));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_evaluated_on_a_strong_entity_tag() {
    let stack = LocalStack::start().await;
    stack.put("a", "envelope-kms", content(SMALL), &[]).await;
    let first = stack.read("a", &[]).await;
    let (etag, modified) = (first.header("etag"), first.header("last-modified"));
    assert!(etag.starts_with('"'));
    for (name, value, status) in [
        ("if-none-match", etag, StatusCode::NOT_MODIFIED),
        ("if-none-match", "\"other\"", StatusCode::OK),
        ("if-match", etag, StatusCode::OK),
        ("if-match", "\"other\"", StatusCode::PRECONDITION_FAILED),
        ("if-modified-since", modified, StatusCode::NOT_MODIFIED),
        ("if-unmodified-since", modified, StatusCode::OK),
    ] {
        let answer = stack.read("a", &[(name, value)]).await;
        assert_eq!(answer.status, status, "{name}: {value}");
    }
    for (if_range, status) in [
        (etag, StatusCode::PARTIAL_CONTENT),
        ("\"other\"", StatusCode::OK),
    ] {
        let headers = [("range", "bytes=0-9"), ("if-range", if_range)];
        let answer = stack.read("a", &headers).await;
        assert_eq!(answer.status, status, "{if_range}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bit_flipped_or_truncated_envelope_gives_no_plaintext() {
    let stack = LocalStack::start().await;
    for mode in [
        "envelope-kms",
        "envelope-kms-v2",
        "envelope-key",
        "envelope-key-v2",
    ] {
        stack.put(mode, mode, content(SMALL), &[]).await;
        let raw = stack.raw(mode).await;
        let flipped = [0, 500, SMALL - 1, SMALL, SMALL + 15].map(|at| {
            let mut body = raw.body.to_vec();
            body[at] ^= 1;
            Bytes::from(body)
        });
        let truncated =
            [0, 15, 16, SMALL - 1, SMALL, SMALL + 15].map(|length| raw.body.slice(..length));
        let extended = Bytes::from([&raw.body[..], &[0]].concat());
        for body in flipped.into_iter().chain(truncated).chain([extended]) {
            let length = body.len();
            stack.overwrite_raw(mode, body, &raw).await;
            // Of a plaintext this short no such range could be had anyway.
            let range = (length > 16).then_some(("range", "bytes=0-9"));
            for range in [None, range] {
                let read = stack.read(mode, range.as_slice()).await;
                assert_eq!(read.status, StatusCode::BAD_GATEWAY, "{mode} {length}");
                assert_eq!(read.code(), "envelope-invalid", "{mode} {length}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_with_any_part_of_its_metadata_altered_gives_no_plaintext() {
    let stack = LocalStack::start().await;
    for (mode, parts) in [
        (
            "envelope-kms",
            &[
                "x-amz-c", "x-amz-3", "x-amz-w", "x-amz-d", "x-amz-i", "x-amz-t",
            ][..],
        ),
        (
            "envelope-kms-v2",
            &[
                "x-amz-key-v2",
                "x-amz-iv",
                "x-amz-matdesc",
                "x-amz-wrap-alg",
                "x-amz-cek-alg",
                "x-amz-tag-len",
            ],
        ),
    ] {
        stack.put(mode, mode, content(SMALL), &[]).await;
        let good = stack.raw(mode).await;
        for part in parts {
            let value = good.metadata[*part].clone();
            for altered in [None, Some(flipped(&value)), Some(value[1..].to_owned())] {
                let mut like = stack.raw(mode).await;
                like.metadata = good.metadata.clone();
                match &altered {
                    Some(altered) => like.metadata.insert((*part).to_owned(), altered.clone()),
                    None => like.metadata.remove(*part),
                };
                stack.overwrite_raw(mode, good.body.clone(), &like).await;
                let read = stack.read(mode, &[]).await;
                // Which says nothing: the cipher has one tag length.
                if *part == "x-amz-tag-len" && altered.is_none() {
                    assert_eq!(read.body, content(SMALL));
                    continue;
                }
                assert!(
                    [StatusCode::BAD_GATEWAY, StatusCode::NOT_FOUND].contains(&read.status),
                    "{mode} {part} {altered:?}: {}",
                    read.status
                );
                assert!(!contains(&read.body, &content(SMALL)[..8]));
            }
        }
        stack.overwrite_raw(mode, good.body.clone(), &good).await;
        assert_eq!(stack.read(mode, &[]).await.body, content(SMALL));
    }
}

/// A text in which one character in the middle is another one of its kind.
fn flipped(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] = match bytes[middle] {
        b'A' => b'B',
        b'1' => b'2',
        byte if byte.is_ascii_digit() => b'1',
        _ => b'A',
    };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_envelope_streams_unstored_and_a_failed_tag_aborts_it() {
    let stack = LocalStack::start().await;
    let plain = content(LARGE);
    stack.put("large", "envelope-kms", plain.clone(), &[]).await;
    let read = stack.read("large", &[]).await;
    assert_eq!(read.header("cache-control"), "no-store");
    assert_eq!(read.body, plain);
    let raw = stack.raw("large").await;
    let mut flipped = raw.body.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    stack
        .overwrite_raw("large", Bytes::from(flipped), &raw)
        .await;
    assert!(stack.try_read("large").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_moved_to_another_key_is_refused() {
    let stack = LocalStack::start().await;
    stack.put("a", "envelope-kms", content(64), &[]).await;
    let raw = stack.raw("a").await;
    stack.overwrite_raw("b", raw.body.clone(), &raw).await;
    let moved = stack.read("b", &[]).await;
    assert_eq!(moved.status, StatusCode::BAD_GATEWAY);
    assert_eq!(moved.code(), "envelope-refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_envelope_is_not_read() {
    let stack = LocalStack::start().await;
    stack.put("plain", "sse-kms", content(64), &[]).await;
    let plain = stack.read("plain", &[]).await;
    assert_eq!(plain.code(), "not-found");
    assert_eq!(
        stack.read("absent", &[]).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_needs_a_publishers_token_natively() {
    let stack = LocalStack::start().await;
    stack.put("a", "envelope-kms", content(64), &[]).await;
    let answer = stack.wire().get("/read/a").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    // What the edge writes counts only when AWS verified the edge.
    let headers = [("x-keyfront-response", "v1 reader denied unruled")];
    let answer = stack
        .wire()
        .send(Method::GET, "/read/a", &headers, Bytes::new())
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seeking_reader_unwraps_a_data_key_once_a_minute() {
    let stack = LocalStack::start().await;
    stack.put("a", "envelope-kms", content(SMALL), &[]).await;
    let opened = || stack.kms().calls().of(Operation::Decrypt);
    stack.read("a", &[]).await;
    let after_first = opened();
    for _ in 0..5 {
        stack.read("a", &[("range", "bytes=1-2")]).await;
    }
    // S3 keeps its bucket key, the reader its data key.
    assert_eq!(opened(), after_first);
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_passes_and_a_disabled_key_is_reported() {
    let stack = LocalStack::start().await;
    stack.kms().throttle_next(2);
    let stored = stack.put("a", "envelope-kms", content(64), &[]).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    stack.disable_key().await;
    let stored = stack.put("b", "envelope-kms", content(64), &[]).await;
    assert_eq!(stored.status, StatusCode::BAD_GATEWAY);
    assert_eq!(stored.code(), "kms-disabled");
    let read = stack.read("a", &[]).await;
    assert_eq!(read.status, StatusCode::BAD_GATEWAY);
    assert_eq!(read.code(), "kms-disabled");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
