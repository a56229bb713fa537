//! Multipart uploads: order, sizes, conditions, checksums, and what an abort leaves.

use aws_sdk_s3::{
    Client,
    types::{
        ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart,
        ServerSideEncryption,
    },
};
use md5::{Digest, Md5};

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error, noise};

const PART: usize = 5 * 1024 * 1024;

async fn begin(client: &Client, key: &str) -> String {
    client
        .create_upload(key)
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap()
}

async fn part(client: &Client, key: &str, id: &str, number: i32, body: Vec<u8>) -> CompletedPart {
    let upload = client.part(key).upload_id(id).part_number(number);
    let etag = upload
        .body(body.into())
        .send()
        .await
        .unwrap()
        .e_tag
        .unwrap();
    CompletedPart::builder()
        .part_number(number)
        .e_tag(etag)
        .build()
}

fn list(parts: &[CompletedPart]) -> CompletedMultipartUpload {
    CompletedMultipartUpload::builder()
        .set_parts(Some(parts.to_vec()))
        .build()
}

#[tokio::test]
async fn parts_become_one_object_with_ranges_across_them() {
    let stack = Stack::start().await;
    let client = stack.client();
    let id = begin(&client, "big").await;
    let (a, b, c) = (noise(PART + 3, 1), noise(PART, 2), noise(10, 3));
    let parts = [
        part(&client, "big", &id, 1, a.clone()).await,
        part(&client, "big", &id, 5, b.clone()).await,
        part(&client, "big", &id, 9, c.clone()).await,
    ];
    let complete = client.complete("big").upload_id(&id);
    let done = complete
        .multipart_upload(list(&parts))
        .send()
        .await
        .unwrap();
    assert!(done.e_tag().unwrap().ends_with("-3\""));
    assert_eq!(
        done.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    let whole = [a.as_slice(), &b, &c].concat();
    let got = client
        .get("big")
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == whole);
    let (from, to) = (PART - 100, 2 * PART + 8);
    let got = client
        .get("big")
        .range(format!("bytes={from}-{to}"))
        .send()
        .await
        .unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == whole[from..=to]);
    let second = client.get("big").part_number(5).send().await.unwrap();
    assert_eq!(second.parts_count(), Some(3));
    assert!(second.body.collect().await.unwrap().to_vec() == b);
    assert_eq!(code(client.get("big").part_number(2).send().await).0, 416);
    let gone = client.parts("big").upload_id(&id).send().await;
    assert_eq!(code(gone), error(404, "NoSuchUpload"));
}

#[tokio::test]
async fn plain_multipart_etag_is_the_md5_of_md5s() {
    let stack = Stack::start().await;
    let client = stack.client();
    let create = client
        .create_upload("p")
        .server_side_encryption(ServerSideEncryption::Aes256);
    let id = create.send().await.unwrap().upload_id.unwrap();
    let parts = [part(&client, "p", &id, 1, b"hello".to_vec()).await];
    assert_eq!(
        parts[0].e_tag(),
        Some("\"5d41402abc4b2a76b9719d911017c592\"")
    );
    let complete = client.complete("p").upload_id(&id);
    let done = complete
        .multipart_upload(list(&parts))
        .send()
        .await
        .unwrap();
    let md5 = Md5::digest(hex::decode("5d41402abc4b2a76b9719d911017c592").unwrap());
    let expected = format!("\"{}-1\"", hex::encode(md5));
    assert_eq!(done.e_tag(), Some(expected.as_str()));
}

#[tokio::test]
async fn wrong_lists_of_parts_are_refused_and_change_nothing() {
    let stack = Stack::start().await;
    let client = stack.client();
    let id = begin(&client, "k").await;
    let small = part(&client, "k", &id, 1, b"small".to_vec()).await;
    let last = part(&client, "k", &id, 2, b"last".to_vec()).await;
    let never = CompletedPart::builder()
        .part_number(3)
        .e_tag("\"x\"")
        .build();
    let other_etag = CompletedPart::builder()
        .part_number(1)
        .e_tag("\"x\"")
        .build();
    for (parts, expected) in [
        (vec![small.clone(), last.clone()], "EntityTooSmall"),
        (vec![last.clone(), small.clone()], "InvalidPartOrder"),
        (vec![small.clone(), small.clone()], "InvalidPartOrder"),
        (vec![small.clone(), never], "InvalidPart"),
        (vec![other_etag], "InvalidPart"),
        (vec![], "MalformedXML"),
    ] {
        let complete = client.complete("k").upload_id(&id);
        let refused = complete.multipart_upload(list(&parts)).send().await;
        assert_eq!(code(refused), error(400, expected));
    }
    let parts = client.parts("k").upload_id(&id).send().await.unwrap();
    assert_eq!(parts.parts().len(), 2);
    assert_eq!(code(client.head("k").send().await).0, 404);
    let complete = client.complete("k").upload_id(&id);
    complete
        .multipart_upload(list(&[last]))
        .send()
        .await
        .unwrap();
    let got = client.get("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"last");
}

#[tokio::test]
async fn completing_obeys_conditions() {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("k")
        .body(b"first".to_vec().into())
        .send()
        .await
        .unwrap();
    let id = begin(&client, "k").await;
    let parts = [part(&client, "k", &id, 1, b"second".to_vec()).await];
    let complete = || {
        client
            .complete("k")
            .upload_id(&id)
            .multipart_upload(list(&parts))
    };
    assert_eq!(
        code(complete().if_none_match("*").send().await),
        error(412, "PreconditionFailed")
    );
    complete().send().await.unwrap();
}

#[tokio::test]
async fn uploads_are_listed_and_aborted_without_remains() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    let first = begin(&client, "a/1").await;
    let second = begin(&client, "a/1").await;
    begin(&client, "b/2").await;
    part(&client, "a/1", &first, 1, noise(100_000, 1)).await;
    part(&client, "a/1", &first, 1, noise(100_000, 2)).await;
    let uploads = client.uploads().prefix("a/").send().await.unwrap();
    let ids: Vec<_> = uploads
        .uploads()
        .iter()
        .map(|upload| upload.upload_id().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids.contains(&first.as_str()) && ids.contains(&second.as_str()));
    let page = client.uploads().max_uploads(2).send().await.unwrap();
    assert_eq!(page.is_truncated(), Some(true));
    let next = client.uploads().key_marker(page.next_key_marker().unwrap());
    let next = next
        .upload_id_marker(page.next_upload_id_marker().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(next.uploads().len(), 1);
    assert_eq!(next.uploads()[0].key(), Some("b/2"));
    assert_eq!(
        std::fs::read_dir(folder.path().join("s3/blobs"))
            .unwrap()
            .count(),
        1
    );
    assert_eq!(
        code(client.delete_bucket().bucket(BUCKET).send().await),
        error(409, "BucketNotEmpty")
    );
    client.abort("a/1").upload_id(&first).send().await.unwrap();
    assert_eq!(
        std::fs::read_dir(folder.path().join("s3/blobs"))
            .unwrap()
            .count(),
        0
    );
    let again = client.abort("a/1").upload_id(&first).send().await;
    assert_eq!(code(again), error(404, "NoSuchUpload"));
    let foreign = client.abort("other").upload_id(&second).send().await;
    assert_eq!(code(foreign), error(404, "NoSuchUpload"));
}

#[tokio::test]
async fn part_checksums_are_verified_and_combined() {
    let stack = Stack::start().await;
    let client = stack.client();
    for (algorithm, suffix) in [
        (ChecksumAlgorithm::Crc64Nvme, ""),
        (ChecksumAlgorithm::Crc32, "-2"),
        (ChecksumAlgorithm::Sha256, "-2"),
    ] {
        let create = client
            .create_upload("s")
            .checksum_algorithm(algorithm.clone());
        let id = create.send().await.unwrap().upload_id.unwrap();
        let bodies = [noise(PART, 1), noise(5, 2)];
        let mut parts = Vec::new();
        for (number, body) in (1..).zip(&bodies) {
            let upload = client.part("s").upload_id(&id).part_number(number);
            let upload = upload
                .checksum_algorithm(algorithm.clone())
                .body(body.clone().into());
            let answer = upload.send().await.unwrap();
            parts.push(
                CompletedPart::builder()
                    .part_number(number)
                    .e_tag(answer.e_tag.unwrap())
                    .build(),
            );
        }
        let complete = client.complete("s").upload_id(&id);
        let done = complete
            .multipart_upload(list(&parts))
            .send()
            .await
            .unwrap();
        let value = match algorithm {
            ChecksumAlgorithm::Crc64Nvme => done.checksum_crc64_nvme(),
            ChecksumAlgorithm::Crc32 => done.checksum_crc32(),
            _ => done.checksum_sha256(),
        };
        assert!(value.unwrap().ends_with(suffix), "{algorithm:?} {value:?}");
        let got = client
            .get("s")
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert!(
            got.body.collect().await.unwrap().to_vec() == bodies.concat(),
            "{algorithm:?}"
        );
    }
}

#[tokio::test]
async fn parts_are_copied_from_objects() {
    let stack = Stack::start().await;
    let client = stack.client();
    let body = noise(PART + 1000, 4);
    client
        .put("src")
        .body(body.clone().into())
        .send()
        .await
        .unwrap();
    let id = begin(&client, "dst").await;
    let copy = |number: i32, range: String| {
        client
            .copy_part("dst")
            .upload_id(&id)
            .part_number(number)
            .copy_source("docs/src")
            .copy_source_range(range)
    };
    let mut parts = Vec::new();
    for (number, range) in [
        (1, format!("bytes=0-{}", PART - 1)),
        (2, format!("bytes={PART}-{}", PART + 999)),
    ] {
        let answer = copy(number, range).send().await.unwrap();
        let etag = answer.copy_part_result.unwrap().e_tag.unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .e_tag(etag)
                .build(),
        );
    }
    assert_eq!(
        code(copy(3, format!("bytes=0-{}", PART + 1000)).send().await),
        error(400, "InvalidArgument")
    );
    client
        .complete("dst")
        .upload_id(&id)
        .multipart_upload(list(&parts))
        .send()
        .await
        .unwrap();
    let got = client.get("dst").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == body);
}

#[tokio::test]
async fn part_numbers_and_headers_have_limits() {
    let stack = Stack::start().await;
    let client = stack.client();
    let id = begin(&client, "k").await;
    for number in [0, 10_001, -1] {
        let upload = client
            .part("k")
            .upload_id(&id)
            .part_number(number)
            .body(b"x".to_vec().into());
        assert_eq!(
            code(upload.send().await),
            error(400, "InvalidArgument"),
            "{number}"
        );
    }
    for id in ["x", &"0".repeat(44)] {
        let upload = client
            .part("k")
            .upload_id(id)
            .part_number(1)
            .body(b"x".to_vec().into());
        assert_eq!(code(upload.send().await), error(404, "NoSuchUpload"));
    }
}

#[tokio::test]
async fn a_repeated_completion_is_answered_like_the_first() {
    let stack = Stack::start().await;
    let client = stack.client();
    let id = begin(&client, "k").await;
    let parts = [part(&client, "k", &id, 1, b"one".to_vec()).await];
    let complete = || {
        client
            .complete("k")
            .upload_id(&id)
            .multipart_upload(list(&parts))
            .send()
    };
    let first = complete().await.unwrap();
    let again = complete().await.unwrap();
    assert_eq!(first.e_tag(), again.e_tag());
    let parts = client.parts("k").upload_id(&id).send().await;
    assert_eq!(code(parts), error(404, "NoSuchUpload"));
}
