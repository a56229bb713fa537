//! Putting, reading, copying and deleting objects with the AWS SDK.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode, Delete, MetadataDirective, ObjectIdentifier},
};

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error, noise};

async fn put(stack: &Stack, key: &str, body: &[u8]) -> String {
    let answer = stack
        .client()
        .put(key)
        .body(body.to_vec().into())
        .send()
        .await
        .unwrap();
    answer.e_tag.unwrap()
}

async fn body_of(stack: &Stack, key: &str) -> Vec<u8> {
    let answer = stack.client().get(key).send().await.unwrap();
    answer.body.collect().await.unwrap().to_vec()
}

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
async fn conditional_writes_are_evaluated_when_the_body_is_there() {
    let stack = Stack::start().await;
    let client = stack.client();
    let write = |body: &'static [u8]| client.put("w").body(ByteStream::from_static(body));
    assert_eq!(
        code(write(b"0").if_match("\"x\"").send().await),
        error(404, "NoSuchKey")
    );
    write(b"1").if_none_match("*").send().await.unwrap();
    assert_eq!(
        code(write(b"2").if_none_match("*").send().await),
        error(412, "PreconditionFailed")
    );
    let etag = client.head("w").send().await.unwrap().e_tag.unwrap();
    assert_eq!(
        code(write(b"3").if_match("\"x\"").send().await),
        error(412, "PreconditionFailed")
    );
    write(b"4").if_match(&etag).send().await.unwrap();
    assert_eq!(body_of(&stack, "w").await, b"4");
    assert_eq!(
        code(write(b"5").if_none_match("\"x\"").send().await),
        error(501, "NotImplemented")
    );
}

#[tokio::test]
async fn of_many_writers_with_if_none_match_one_wins() {
    let stack = Stack::start().await;
    let client = stack.client();
    let writers = (0..12u8).map(|n| {
        let put = client
            .put("one")
            .if_none_match("*")
            .body(vec![n; 70_000].into());
        tokio::spawn(async move { put.send().await.is_ok() })
    });
    let mut won = 0;
    for writer in writers.collect::<Vec<_>>() {
        won += usize::from(writer.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test]
async fn metadata_and_content_headers_come_back_and_can_be_overridden() {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("m")
        .body(ByteStream::from_static(b"x"))
        .content_type("text/plain; charset=utf-8")
        .cache_control("max-age=60")
        .content_disposition("attachment; filename=\"a b\"")
        .content_encoding("gzip")
        .content_language("de")
        .metadata("colour", "blue")
        .metadata("name", "ключ")
        .send()
        .await
        .unwrap();
    let head = client.head("m").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/plain; charset=utf-8"));
    assert_eq!(head.cache_control(), Some("max-age=60"));
    assert_eq!(
        head.content_disposition(),
        Some("attachment; filename=\"a b\"")
    );
    assert_eq!(head.content_encoding(), Some("gzip"));
    assert_eq!(head.content_language(), Some("de"));
    assert_eq!(head.metadata().unwrap()["colour"], "blue");
    let get = client
        .get("m")
        .response_content_type("text/html")
        .send()
        .await
        .unwrap();
    assert_eq!(get.content_type(), Some("text/html"));

    let large = client.put("m2").metadata("a", "x".repeat(2048));
    assert_eq!(code(large.send().await), error(400, "MetadataTooLarge"));
}

#[tokio::test]
async fn checksums_are_verified_kept_and_returned() {
    let stack = Stack::start().await;
    let client = stack.client();
    for algorithm in [
        ChecksumAlgorithm::Crc32,
        ChecksumAlgorithm::Crc32C,
        ChecksumAlgorithm::Crc64Nvme,
        ChecksumAlgorithm::Sha1,
        ChecksumAlgorithm::Sha256,
    ] {
        let body = noise(100_000, 3);
        let put = client.put("sum").checksum_algorithm(algorithm.clone());
        put.body(body.clone().into()).send().await.unwrap();
        let get = client
            .get("sum")
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert!(get.checksum_type().is_some(), "{algorithm:?}");
        assert!(get.body.collect().await.unwrap().to_vec() == body);
    }
    let wrong = client
        .put("sum")
        .checksum_crc32("AAAAAA==")
        .body(b"123".to_vec().into());
    assert_eq!(code(wrong.send().await), error(400, "BadDigest"));
    let wrong = client
        .put("new")
        .content_md5("AAAAAAAAAAAAAAAAAAAAAA==")
        .body(b"123".to_vec().into());
    assert_eq!(code(wrong.send().await), error(400, "BadDigest"));
    assert_eq!(code(client.head("new").send().await).0, 404);
}

#[tokio::test]
async fn a_copy_is_resealed_and_onto_itself_needs_a_change() {
    let stack = Stack::start().await;
    let client = stack.client();
    let body = noise(150_000, 9);
    client
        .put("from +")
        .metadata("a", "b")
        .body(body.clone().into())
        .send()
        .await
        .unwrap();
    let copy = |to: &str| {
        client
            .copy_to(to)
            .copy_source(format!("{BUCKET}/from%20%2B"))
    };
    copy("to").send().await.unwrap();
    assert!(body_of(&stack, "to").await == body);
    let head = client.head("to").send().await.unwrap();
    assert_eq!(head.metadata().unwrap()["a"], "b");
    assert_eq!(
        code(copy("from +").send().await),
        error(400, "InvalidRequest")
    );
    copy("from +")
        .metadata_directive(MetadataDirective::Replace)
        .metadata("c", "d")
        .send()
        .await
        .unwrap();
    copy("from +")
        .server_side_encryption("AES256".into())
        .send()
        .await
        .unwrap();
    let head = client.head("from +").send().await.unwrap();
    assert_eq!(head.server_side_encryption().unwrap().as_str(), "AES256");
    assert_eq!(head.metadata().unwrap()["c"], "d");
    assert!(body_of(&stack, "from +").await == body);
    let unmet = copy("to").copy_source_if_none_match("*").send().await;
    assert_eq!(code(unmet), error(412, "PreconditionFailed"));
}

#[tokio::test]
async fn deleting_is_idempotent_and_many_go_at_once() {
    let stack = Stack::start().await;
    let client = stack.client();
    for key in ["a", "b&c", "d"] {
        put(&stack, key, b"x").await;
    }
    client.delete("a").send().await.unwrap();
    client.delete("a").send().await.unwrap();
    assert_eq!(code(client.get("a").send().await), error(404, "NoSuchKey"));
    let keys =
        ["b&c", "d", "never"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder()
        .set_objects(Some(keys.to_vec()))
        .build()
        .unwrap();
    let answer = client
        .delete_objects()
        .bucket(BUCKET)
        .delete(delete)
        .send()
        .await
        .unwrap();
    assert_eq!((answer.deleted().len(), answer.errors().len()), (3, 0));
    let left = client.list().send().await.unwrap();
    assert_eq!(left.key_count(), Some(0));
    client.delete_bucket().bucket(BUCKET).send().await.unwrap();
    assert_eq!(
        code(client.head_bucket().bucket(BUCKET).send().await).0,
        404
    );
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

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn buckets_are_made_listed_and_kept_to_the_rules() {
    let stack = Stack::start().await;
    let client = stack.client();
    let here = aws_sdk_s3::types::CreateBucketConfiguration::builder()
        .location_constraint("eu-central-1".into())
        .build();
    client
        .create_bucket()
        .bucket("second")
        .create_bucket_configuration(here.clone())
        .send()
        .await
        .unwrap();
    let again = client
        .create_bucket()
        .bucket("second")
        .create_bucket_configuration(here)
        .send()
        .await;
    assert_eq!(code(again), error(409, "BucketAlreadyOwnedByYou"));
    let elsewhere = client.create_bucket().bucket("third").send().await;
    assert_eq!(
        code(elsewhere),
        error(400, "IllegalLocationConstraintException")
    );
    let names: Vec<_> = client
        .list_buckets()
        .send()
        .await
        .unwrap()
        .buckets()
        .iter()
        .map(|b| b.name().unwrap().to_owned())
        .collect();
    assert_eq!(names, [BUCKET, "second"]);
    let location = client
        .get_bucket_location()
        .bucket("second")
        .send()
        .await
        .unwrap();
    assert_eq!(
        location.location_constraint().unwrap().as_str(),
        "eu-central-1"
    );
    let head = client.head_bucket().bucket("second").send().await.unwrap();
    assert_eq!(head.bucket_region(), Some("eu-central-1"));
    put(&stack, "x", b"x").await;
    assert_eq!(
        code(client.delete_bucket().bucket(BUCKET).send().await),
        error(409, "BucketNotEmpty")
    );
    let versioning = client
        .get_bucket_versioning()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert!(versioning.status().is_none());
    let block = client
        .get_public_access_block()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        block
            .public_access_block_configuration()
            .unwrap()
            .block_public_policy(),
        Some(true)
    );
    assert_eq!(
        code(
            client
                .list_objects_v2()
                .bucket("no-such-bucket")
                .send()
                .await
        ),
        error(404, "NoSuchBucket")
    );
}

#[tokio::test]
async fn conditional_deletes_and_writes_tell_a_missing_object_from_a_different_one() {
    let stack = Stack::start().await;
    let client = stack.client();
    put(&stack, "k", b"one").await;
    let delete = |key: &str| client.delete(key).if_match("\"other\"").send();
    assert_eq!(code(delete("missing").await), error(404, "NoSuchKey"));
    assert_eq!(code(delete("k").await), error(412, "PreconditionFailed"));
    let write = |key: &str| {
        let body = b"two".to_vec().into();
        client.put(key).if_match("\"other\"").body(body).send()
    };
    assert_eq!(code(write("missing").await), error(404, "NoSuchKey"));
    assert_eq!(code(write("k").await), error(412, "PreconditionFailed"));
}
