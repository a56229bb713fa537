//! Objects over the limit of one copy.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption as Sse},
};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_envelope::{Envelope, Format};
use keyfront_tests::{
    fault_proxy::{Fault, Rule},
    local_stack::content,
    rewrap::Rewrapped,
};

use super::reported;

async fn put_in_parts(
    rewrapped: &Rewrapped,
    object: &str,
    envelope: &Envelope,
    body: &Bytes,
    size: usize,
) {
    let (s3, bucket) = (rewrapped.s3(), rewrapped.bucket());
    let metadata = envelope.metadata().unwrap().into_iter();
    let metadata = metadata
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    let begun = s3.create_multipart_upload().bucket(bucket).key(object);
    let begun = begun
        .set_metadata(Some(metadata))
        .server_side_encryption(Sse::Aes256);
    let id = begun.send().await.unwrap().upload_id.unwrap();
    let mut parts = Vec::new();
    for (number, part) in (1..).zip(body.chunks(size)) {
        let sent = s3
            .upload_part()
            .bucket(bucket)
            .key(object)
            .upload_id(&id)
            .part_number(number);
        let sent = sent
            .body(ByteStream::from(Bytes::copy_from_slice(part)))
            .send()
            .await
            .unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .build(),
        );
    }
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let done = s3
        .complete_multipart_upload()
        .bucket(bucket)
        .key(object)
        .upload_id(id);
    done.multipart_upload(parts).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_over_the_copy_limit_is_copied_in_the_parts_it_has_or_its_upload_is_aborted() {
    let rewrapped = Rewrapped::start().await;
    let plain = content((11 << 20) + 7);
    let line = [
        "--from",
        &rewrapped.other_key,
        "--to",
        rewrapped.key(),
        "--copy-limit",
        "1000000",
    ];
    let (envelope, body) = rewrapped
        .seal_by_kms(Format::V3, &rewrapped.other_key, "read/p", &plain)
        .await;
    put_in_parts(&rewrapped, "read/p", &envelope, &body, 5 << 20).await;
    let before = rewrapped.head("read/p").await;
    assert!(before.e_tag().unwrap().ends_with("-3\""), "{before:?}");

    rewrapped.proxy.fail(Rule {
        method: Method::PUT,
        about: "partNumber=2",
        fault: Fault::Answer(StatusCode::FORBIDDEN, ""),
        times: usize::MAX,
    });
    let report = rewrapped.run("read/p", &line).await;
    assert_eq!(reported(&report), [("failed", "read/p")], "{report:?}");
    assert!(rewrapped.proxy.heal() > 0);
    assert_eq!(rewrapped.head("read/p").await.metadata(), before.metadata());
    let uploads = rewrapped
        .s3()
        .list_multipart_uploads()
        .bucket(rewrapped.bucket());
    assert!(uploads.send().await.unwrap().uploads().is_empty());

    let report = rewrapped.run("read/p", &line).await;
    assert_eq!(report.code, 0, "{report:?}");
    assert_eq!(reported(&report), [("rewrapped", "read/p")]);
    let after = rewrapped.head("read/p").await;
    assert_eq!(after.e_tag(), before.e_tag(), "the same parts");
    assert_ne!(after.metadata(), before.metadata());
    rewrapped.set_key("DisableKey", &rewrapped.other_key).await;
    let viewed = rewrapped.stack.try_view("/read/p").await.unwrap();
    assert_eq!(viewed, plain);
}
