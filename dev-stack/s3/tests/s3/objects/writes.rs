//! Writing and deleting: conditions, metadata, checksums, copies.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, ChecksumMode, Delete, MetadataDirective, ObjectIdentifier},
};

use super::{body_of, put};
use crate::calls::BucketCalls as _;
use crate::stack::{BUCKET, Stack, code, error, noise};

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
