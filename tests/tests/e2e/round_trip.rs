//! What goes in by the upload endpoint comes out of the CDN byte for byte, through the built bundle in Node.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_tests::{keys, publisher, stack::Stack};

const AT_ONCE: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_real_files_come_out_byte_for_byte() {
    let files = real_files(320);
    assert!(files.len() >= 300, "only {} files found", files.len());
    let stack = Stack::start();
    stream::iter(&files)
        .for_each_concurrent(AT_ONCE, async |(key, path)| {
            publisher::publish(&stack, key, std::fs::read(path).unwrap()).await;
        })
        .await;
    stream::iter(&files)
        .for_each_concurrent(AT_ONCE, async |(key, path)| {
            let expected = Bytes::from(std::fs::read(path).unwrap());
            let answer = stack.cdn().get(&keys::viewer(key)).await;
            assert_eq!(answer.status, StatusCode::OK, "{key}");
            assert_eq!(answer.body, expected, "{key}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_put_accepts_is_served_whole_in_part_and_by_head() {
    let stack = Stack::start();
    stream::iter(keys::nasty())
        .for_each_concurrent(AT_ONCE, async |key| {
            publisher::publish(&stack, &key, content_of(&key)).await;
        })
        .await;
    stream::iter(keys::nasty())
        .for_each_concurrent(AT_ONCE, async |key| {
            let target = keys::viewer(&key);
            // Before the first GET, so that the edge signs it and the cache cannot answer it.
            let part = fetch(&stack, Method::GET, &target, &[("range", "bytes=3-9")]).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key:?}");
            assert_eq!(part.body, content_of(&key).slice(3..=9), "{key:?}");
            let head = fetch(&stack, Method::HEAD, &target, &[]).await;
            assert_eq!(head.status, StatusCode::OK, "{key:?}");
            assert_eq!(
                head.header("content-length"),
                content_of(&key).len().to_string(),
                "{key:?}"
            );
            let whole = fetch(&stack, Method::GET, &target, &[]).await;
            assert_eq!(
                (whole.status, whole.body),
                (StatusCode::OK, content_of(&key)),
                "{key:?}"
            );
            let over_http2 = stack.cdn().send_http2(Method::GET, &target, &[]).await;
            assert_eq!(over_http2.body, content_of(&key), "{key:?}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_put_refuses_is_refused_at_the_edge() {
    let stack = Stack::start();
    let too_long = "x".repeat(1025);
    let refused = [
        ("a/../b", "path-invalid"),
        ("..", "path-invalid"),
        (".", "path-invalid"),
        ("a/./b", "path-invalid"),
        ("a/%2e%2E/b", "path-invalid"),
        ("%2e", "path-invalid"),
        ("a%00b", "path-invalid"),
        ("tab%09", "path-invalid"),
        ("line%0Afeed", "path-invalid"),
        ("del%7F", "path-invalid"),
        ("%ZZ", "path-invalid"),
        ("half%2", "path-invalid"),
        ("%", "path-invalid"),
        ("%FF%FE", "path-invalid"),
        ("%C0%AE%C0%AE/", "path-invalid"),
        ("%ED%A0%80", "path-invalid"),
        (too_long.as_str(), "key-too-long"),
    ];
    let bearer = stack.bearer();
    for (wire_key, code) in refused {
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "text/plain"),
        ];
        let put = stack
            .origin()
            .send(
                Method::PUT,
                &format!("/objects/{wire_key}"),
                &headers,
                "x".into(),
            )
            .await;
        assert_eq!(
            (put.status.as_u16(), put.code().as_str()),
            (400, code),
            "PUT {wire_key}"
        );
        let read = stack.cdn().get(&format!("/{wire_key}")).await;
        assert_eq!(
            (read.status.as_u16(), read.code().as_str()),
            (400, code),
            "GET {wire_key}"
        );
        assert_eq!(read.header("cache-control"), "no-store", "GET {wire_key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reserved_prefix_is_neither_written_nor_served() {
    let stack = Stack::start();
    let put = publisher::put(&stack, ".keyfront/publishers.json", "{}".into(), &[]).await;
    assert!(put.status.is_client_error(), "{put:?}");
    for target in [
        "/.keyfront/publishers.json",
        "/%2Ekeyfront/publishers.json",
        "/.keyfront%2Fpublishers.json",
    ] {
        let read = stack.cdn().get(target).await;
        assert_eq!(
            (read.status.as_u16(), read.code().as_str()),
            (404, "not-found"),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_exact_whether_the_cache_holds_the_object_or_not() {
    let stack = Stack::start();
    let content: Bytes = (0..100_000_u32).map(|i| (i % 251) as u8).collect();
    let last = content.len() - 1;
    let cases = [
        ("bytes=0-0".to_owned(), 0..=0),
        ("bytes=100-199".to_owned(), 100..=199),
        ("bytes=99990-".to_owned(), 99_990..=last),
        ("bytes=-10".to_owned(), 99_990..=last),
        ("bytes=-999999".to_owned(), 0..=last),
        ("bytes=65530-65546".to_owned(), 65_530..=65_546),
        ("bytes=50000-999999".to_owned(), 50_000..=last),
    ];
    for cached in [false, true] {
        for (n, (range, expected)) in cases.iter().enumerate() {
            // A key of its own for every uncached case: the first full read would fill the cache.
            let key = if cached {
                "cached".to_owned()
            } else {
                format!("fresh-{n}")
            };
            if !cached || n == 0 {
                publisher::publish(&stack, &key, content.clone()).await;
            }
            if cached {
                assert_eq!(
                    stack.cdn().get(&format!("/{key}")).await.status,
                    StatusCode::OK
                );
            }
            let answer = fetch(&stack, Method::GET, &format!("/{key}"), &[("range", range)]).await;
            assert_eq!(
                answer.status,
                StatusCode::PARTIAL_CONTENT,
                "{range} cached: {cached}"
            );
            assert_eq!(
                answer.body,
                content.slice(expected.clone()),
                "{range} cached: {cached}"
            );
            let content_range = format!(
                "bytes {}-{}/{}",
                expected.start(),
                expected.end(),
                content.len()
            );
            assert_eq!(
                answer.header("content-range"),
                content_range,
                "{range} cached: {cached}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_past_the_end_is_416_and_does_not_poison_the_object() {
    let stack = Stack::start();
    publisher::publish(&stack, "short", "0123456789").await;
    for _ in 0..2 {
        let past = fetch(&stack, Method::GET, "/short", &[("range", "bytes=10-20")]).await;
        assert_eq!(past.status, StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(past.header("content-range"), "bytes */10");
        let whole = fetch(&stack, Method::GET, "/short", &[]).await;
        assert_eq!(
            (whole.status, whole.body),
            (StatusCode::OK, Bytes::from("0123456789"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_ranges_never_give_wrong_bytes() {
    let stack = Stack::start();
    publisher::publish(&stack, "multi", "0123456789").await;
    for _ in 0..2 {
        let answer = fetch(&stack, Method::GET, "/multi", &[("range", "bytes=0-1,4-5")]).await;
        // S3 answers the whole object; a cache that holds it may answer multipart/byteranges (RFC 9110, 14.2).
        match answer.status {
            StatusCode::OK => assert_eq!(answer.body, Bytes::from("0123456789")),
            StatusCode::PARTIAL_CONTENT => {
                let text = String::from_utf8(answer.body.to_vec()).unwrap();
                assert!(
                    answer
                        .header("content-type")
                        .starts_with("multipart/byteranges"),
                    "{text}"
                );
                assert!(
                    text.contains("\r\n\r\n01\r\n") && text.contains("\r\n\r\n45\r\n"),
                    "{text}"
                );
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditionals_are_honoured_on_misses_and_hits() {
    let stack = Stack::start();
    publisher::publish(&stack, "conditional", "content").await;
    let first = fetch(&stack, Method::HEAD, "/conditional", &[]).await;
    let (etag, modified) = (
        first.header("etag").to_owned(),
        first.header("last-modified").to_owned(),
    );
    for _ in 0..2 {
        let unchanged = fetch(
            &stack,
            Method::GET,
            "/conditional",
            &[("if-none-match", &etag)],
        )
        .await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
        assert!(unchanged.body.is_empty());
        let unmodified = fetch(
            &stack,
            Method::GET,
            "/conditional",
            &[("if-modified-since", &modified)],
        )
        .await;
        assert_eq!(unmodified.status, StatusCode::NOT_MODIFIED);
        let changed = fetch(
            &stack,
            Method::GET,
            "/conditional",
            &[("if-none-match", "\"other\"")],
        )
        .await;
        assert_eq!(
            (changed.status, changed.body),
            (StatusCode::OK, Bytes::from("content"))
        );
    }
    publisher::publish(&stack, "never-read", "content").await;
    let failed = fetch(
        &stack,
        Method::GET,
        "/never-read",
        &[("if-match", "\"other\"")],
    )
    .await;
    assert_eq!(failed.status, StatusCode::PRECONDITION_FAILED);
    let after = fetch(&stack, Method::GET, "/never-read", &[]).await;
    assert_eq!(
        (after.status, after.body),
        (StatusCode::OK, Bytes::from("content"))
    );
}

async fn fetch(
    stack: &Stack,
    method: Method,
    target: &str,
    headers: &[(&str, &str)],
) -> keyfront_tests::wire::Answer {
    stack
        .cdn()
        .send(method, target, headers, Bytes::new())
        .await
}

fn content_of(key: &str) -> Bytes {
    Bytes::from(format!("the content of {key:?}"))
}

/// Real files of this machine: its documentation, else the toolchain's and the crates' sources.
fn real_files(limit: usize) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"),
        PathBuf::from,
    );
    for root in [Path::new("/usr/share/doc"), &home.join("registry/src")] {
        collect(root, root, limit, &mut files);
    }
    files
}

fn collect(root: &Path, folder: &Path, limit: usize, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if files.len() >= limit {
            return;
        }
        let Ok(metadata) = std::fs::symlink_metadata(&path) else {
            continue;
        };
        if metadata.is_dir() {
            collect(root, &path, limit, files);
        } else if metadata.is_file() && metadata.len() < 4_000_000 {
            let key = format!("tree/{}", path.strip_prefix(root).unwrap().display());
            files.push((key, path));
        }
    }
}
