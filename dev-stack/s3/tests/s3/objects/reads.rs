//! Reading: sizes, keys, ranges, conditions, attributes.

use aws_sdk_s3::primitives::ByteStream;

use super::{body_of, put};
use crate::calls::BucketCalls as _;
use crate::stack::{BUCKET, Stack, code, error, noise};

#[tokio::test]
async fn sizes_around_the_segment_boundary_come_back_byte_for_byte() {
    let stack = Stack::start().await;
    for (seed, size) in [0, 1, 65_535, 65_536, 65_537, 131_072, 1_048_576, 3_000_001]
        .into_iter()
        .enumerate()
    {
        let body = noise(size, seed as u64);
        put(&stack, "sized", &body).await;
        assert!(body_of(&stack, "sized").await == body, "{size}");
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn nasty_keys_are_kept_byte_for_byte() {
    let stack = Stack::start().await;
    let client = stack.client();
    let long = "k".repeat(1024);
    let cyrillic = "ф".repeat(512);
    let keys = [
        "a b",
        "a+b",
        "a%2Bb",
        "a%b",
        "100%",
        "a=b&c=d",
        "a?b",
        "a#b",
        "a\"b'c",
        "(a)[b]{c}",
        "ключ",
        "emoji 🦀",
        "e\u{301}",
        "\u{e9}",
        "a//b",
        "//a",
        "/a",
        "a/",
        "a//",
        ".",
        "..",
        "a/../b",
        "./a",
        "%41",
        "%2e%2e",
        "a\\b",
        "a|b",
        "a^b`c",
        "a<b>c",
        "a&amp;b",
        "~a-b_c.d",
        "a:b;c,d",
        "a@b$c!d*e",
        "\u{200b}zero",
        long.as_str(),
        cyrillic.as_str(),
    ];
    for (seed, key) in keys.iter().enumerate() {
        put(&stack, key, &noise(100, seed as u64)).await;
    }
    for (seed, key) in keys.iter().enumerate() {
        assert_eq!(body_of(&stack, key).await, noise(100, seed as u64), "{key}");
    }
    let mut listed = Vec::new();
    let mut pages = client.list().max_keys(7).into_paginator().send();
    while let Some(page) = pages.next().await {
        listed.extend(
            page.unwrap()
                .contents()
                .iter()
                .map(|object| object.key().unwrap().to_owned()),
        );
    }
    let mut expected: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    expected.sort();
    assert_eq!(listed, expected);
    let too_long = client
        .put("k".repeat(1025))
        .body(ByteStream::from_static(b"x"));
    assert_eq!(code(too_long.send().await), error(400, "KeyTooLongError"));
}

#[tokio::test]
async fn every_kind_of_range_is_answered_as_s3_does() {
    let stack = Stack::start().await;
    let client = stack.client();
    let body = noise(200_000, 1);
    put(&stack, "ranged", &body).await;
    for (range, bytes) in [
        ("bytes=0-0", 0..1),
        ("bytes=65535-65536", 65_535..65_537),
        ("bytes=65536-131071", 65_536..131_072),
        ("bytes=199999-", 199_999..200_000),
        ("bytes=100000-999999999", 100_000..200_000),
        ("bytes=-1", 199_999..200_000),
        ("bytes=-999999", 0..200_000),
    ] {
        let answer = client.get("ranged").range(range).send().await.unwrap();
        let content_range = format!("bytes {}-{}/200000", bytes.start, bytes.end - 1);
        assert_eq!(
            answer.content_range(),
            Some(content_range.as_str()),
            "{range}"
        );
        assert!(
            answer.body.collect().await.unwrap().to_vec() == body[bytes],
            "{range}"
        );
        let head = client.head("ranged").range(range).send().await.unwrap();
        assert_eq!(head.content_range(), Some(content_range.as_str()));
    }
    for range in ["bytes=0-1,5-6", "bytes=9-3", "items=0-1", "bytes=x"] {
        let answer = client.get("ranged").range(range).send().await.unwrap();
        assert_eq!(
            (answer.content_range(), answer.content_length()),
            (None, Some(200_000)),
            "{range}"
        );
    }
    for range in ["bytes=200000-", "bytes=-0"] {
        let past = client.get("ranged").range(range).send().await;
        assert_eq!(code(past), error(416, "InvalidRange"), "{range}");
    }
    put(&stack, "empty", b"").await;
    let empty = client.get("empty").range("bytes=0-").send().await;
    assert_eq!(code(empty), error(416, "InvalidRange"));
}

#[tokio::test]
async fn conditional_reads_answer_304_and_412() {
    let stack = Stack::start().await;
    let client = stack.client();
    let etag = put(&stack, "c", b"x").await;
    let get = || client.get("c");
    get().if_match(&etag).send().await.unwrap();
    get().if_none_match("\"other\"").send().await.unwrap();
    assert_eq!(code(get().if_match("\"other\"").send().await).0, 412);
    assert_eq!(code(get().if_none_match(&etag).send().await).0, 304);
    assert_eq!(code(get().if_none_match("*").send().await).0, 304);
    let modified = get().send().await.unwrap().last_modified.unwrap();
    assert_eq!(code(get().if_modified_since(modified).send().await).0, 304);
    get().if_unmodified_since(modified).send().await.unwrap();
    let head = client.head("c").if_none_match(&etag).send().await;
    assert_eq!(code(head).0, 304);
}

#[tokio::test]
async fn a_reader_finishes_what_was_overwritten_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let old = noise(8_000_000, 1);
    put(&stack, "k", &old).await;
    let reading = stack.client().get("k").send().await.unwrap();
    put(&stack, "k", b"new").await;
    assert!(reading.body.collect().await.unwrap().to_vec() == old);
    assert_eq!(body_of(&stack, "k").await, b"new");
    assert_eq!(
        std::fs::read_dir(folder.path().join("s3/blobs"))
            .unwrap()
            .count(),
        1
    );
}

#[tokio::test]
async fn attributes_return_size_etag_and_checksum() {
    use aws_sdk_s3::types::ObjectAttributes;
    let stack = Stack::start().await;
    put(&stack, "a", b"12345").await;
    let ask = stack
        .client()
        .get_object_attributes()
        .bucket(BUCKET)
        .key("a");
    let ask = ask
        .object_attributes(ObjectAttributes::ObjectSize)
        .object_attributes(ObjectAttributes::Checksum);
    let answer = ask.send().await.unwrap();
    assert_eq!(answer.object_size(), Some(5));
    assert!(answer.checksum().is_some());
    assert_eq!(answer.e_tag(), None);
}
