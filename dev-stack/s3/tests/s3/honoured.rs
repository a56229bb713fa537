//! Inputs are honoured or refused, never ignored: what an S3 of less care answers as if it had not been asked.

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{
        ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart, ObjectAttributes,
        ObjectOwnership,
    },
};

use crate::calls::BucketCalls;
use crate::raw::{Raw, element};
use crate::stack::{BUCKET, Stack, code};

const PART: usize = 5 << 20;

#[tokio::test]
async fn every_attribute_that_is_asked_for_is_answered_and_an_unknown_one_refused() {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("k")
        .body(ByteStream::from_static(b"abc"))
        .send()
        .await
        .unwrap();
    let call = client.get_object_attributes().bucket(BUCKET).key("k");
    let all = [
        ObjectAttributes::Etag,
        ObjectAttributes::ObjectSize,
        ObjectAttributes::StorageClass,
        ObjectAttributes::Checksum,
    ];
    let asked = call
        .set_object_attributes(Some(all.to_vec()))
        .send()
        .await
        .unwrap();
    assert_eq!(asked.object_size(), Some(3));
    assert!(
        asked.e_tag().is_some() && asked.storage_class().is_some() && asked.checksum().is_some()
    );

    let attributes = |list: &str| {
        stack.sign(
            Raw::get(&format!("/{BUCKET}/k?attributes")).header("x-amz-object-attributes", list),
        )
    };
    let two = stack.answer(&attributes("ETag, ObjectSize")).await;
    assert_eq!(
        (two.status, element(&two.text(), "ObjectSize")),
        (200, "3".to_owned())
    );
    let unknown = stack.answer(&attributes("ETag,Colour")).await;
    assert_eq!(unknown.error(), (400, "InvalidArgument".to_owned()));
}

/// An object of two parts, with their checksums.
async fn completed(client: &Client) -> Vec<CompletedPart> {
    let begun = client.create_multipart_upload().bucket(BUCKET).key("m");
    let begun = begun
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .send()
        .await
        .unwrap();
    let id = begun.upload_id().unwrap();
    let mut parts = Vec::new();
    for (number, length) in [(1, PART), (2, 10)] {
        let part = client
            .upload_part()
            .bucket(BUCKET)
            .key("m")
            .upload_id(id)
            .part_number(number);
        let part = part.checksum_algorithm(ChecksumAlgorithm::Sha256);
        let part = part.body(vec![7; length].into()).send().await.unwrap();
        let done = CompletedPart::builder().part_number(number);
        let done = done
            .set_e_tag(part.e_tag)
            .set_checksum_sha256(part.checksum_sha256);
        parts.push(done.build());
    }
    let all = CompletedMultipartUpload::builder()
        .set_parts(Some(parts.clone()))
        .build();
    let call = client
        .complete_multipart_upload()
        .bucket(BUCKET)
        .key("m")
        .upload_id(id);
    call.multipart_upload(all).send().await.unwrap();

    parts
}

#[tokio::test]
async fn a_part_is_read_with_its_own_checksum() {
    let stack = Stack::start().await;
    let client = stack.client();
    let parts = completed(&client).await;
    for (at, part) in parts.iter().enumerate() {
        let number = i32::try_from(at + 1).unwrap();
        let get = client
            .get_object()
            .bucket(BUCKET)
            .key("m")
            .part_number(number);
        let get = get
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(get.checksum_sha256(), part.checksum_sha256());
        let head = client
            .head_object()
            .bucket(BUCKET)
            .key("m")
            .part_number(number);
        let head = head
            .checksum_mode(ChecksumMode::Enabled)
            .send()
            .await
            .unwrap();
        assert_eq!(head.checksum_sha256(), part.checksum_sha256());
    }
    let range = client
        .get_object()
        .bucket(BUCKET)
        .key("m")
        .range("bytes=0-1");
    let range = range
        .checksum_mode(ChecksumMode::Enabled)
        .send()
        .await
        .unwrap();
    assert_eq!(range.checksum_sha256(), None);
}

#[tokio::test]
async fn a_bucket_whose_acls_would_count_is_refused() {
    let stack = Stack::start().await;
    for (at, ownership) in [
        ObjectOwnership::ObjectWriter,
        ObjectOwnership::BucketOwnerPreferred,
    ]
    .into_iter()
    .enumerate()
    {
        let call = stack.client().create_bucket().bucket(format!("owned-{at}"));
        let created = call.object_ownership(ownership).send().await;
        assert_eq!(code(created), (501, "NotImplemented".to_owned()));
    }
}
