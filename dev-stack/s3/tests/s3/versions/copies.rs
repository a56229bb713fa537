//! Copies of versions: restoring one, and parts of uploads.

use super::{hide, keeping, listed, read, write};
use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error};

#[tokio::test]
async fn a_version_copied_onto_its_key_is_restored() {
    let stack = keeping().await;
    let client = stack.client();
    let put = client.put("a b/\u{fc}").body(b"old".to_vec().into());
    let put = put.metadata("from", "v1").content_type("text/x");
    let old = put.send().await.unwrap();
    let (id, etag) = (old.version_id.unwrap(), old.e_tag.unwrap());
    write(&client, "a b/\u{fc}", "new").await;
    hide(&client, "a b/\u{fc}").await;
    let source = format!("{BUCKET}/a%20b/%C3%BC?versionId={id}");
    let copy = || client.copy_to("a b/\u{fc}").copy_source(&source);
    let refused = copy().copy_source_if_match("\"other\"").send().await;
    assert_eq!(code(refused), error(412, "PreconditionFailed"));
    let refused = copy().if_match("*").send().await;
    assert_eq!(
        code(refused),
        error(404, "NoSuchKey"),
        "a marker is no object"
    );
    let restored = copy()
        .copy_source_if_match(&etag)
        .if_none_match("*")
        .send()
        .await
        .unwrap();
    assert_eq!(restored.copy_source_version_id.as_ref(), Some(&id));
    let made = restored.version_id.unwrap();
    assert_ne!(made, id);
    let got = client.get("a b/\u{fc}").send().await.unwrap();
    assert_eq!(got.version_id, Some(made));
    assert_eq!(got.metadata.as_ref().unwrap()["from"], "v1");
    assert_eq!(got.content_type.as_deref(), Some("text/x"));
    assert_eq!(read(&client, "a b/\u{fc}", None).await, "old");
    let refused = copy().if_none_match("*").send().await;
    assert_eq!(code(refused), error(412, "PreconditionFailed"));
    assert_eq!(listed(&client).await.len(), 4);
}

#[tokio::test]
async fn a_marker_or_a_version_that_is_not_there_is_no_source() {
    let stack = keeping().await;
    let client = stack.client();
    let id = write(&client, "k", "1").await.unwrap();
    let marker = hide(&client, "k").await;
    let from = |source: String| client.copy_to("copy").copy_source(source).send();
    for (source, answer) in [
        ("docs/k".to_owned(), error(404, "NoSuchKey")),
        (
            format!("docs/k?versionId={marker}"),
            error(400, "InvalidRequest"),
        ),
        (
            format!("docs/none?versionId={id}"),
            error(404, "NoSuchVersion"),
        ),
        (
            "docs/k?versionId=".to_owned(),
            error(400, "InvalidArgument"),
        ),
    ] {
        assert_eq!(code(from(source.clone()).await), answer, "{source}");
    }
    from(format!("docs/k?versionId={id}")).await.unwrap();
}

#[tokio::test]
async fn a_part_is_copied_from_a_version() {
    let stack = keeping().await;
    let client = stack.client();
    let id = write(&client, "k", "0123456789").await.unwrap();
    write(&client, "k", "new").await;
    let begun = client.create_upload("parts").send().await.unwrap();
    let upload = begun.upload_id.unwrap();
    let part = client.copy_part("parts").upload_id(&upload).part_number(1);
    let part = part
        .copy_source(format!("docs/k?versionId={id}"))
        .copy_source_range("bytes=2-4");
    let part = part.send().await.unwrap();
    assert_eq!(part.copy_source_version_id.as_ref(), Some(&id));
    let etag = part.copy_part_result.unwrap().e_tag.unwrap();
    let listed = aws_sdk_s3::types::CompletedPart::builder();
    let listed = listed.part_number(1).e_tag(etag).build();
    let parts = aws_sdk_s3::types::CompletedMultipartUpload::builder().parts(listed);
    let complete = client.complete("parts").upload_id(&upload);
    let complete = complete.multipart_upload(parts.build()).send().await;
    assert!(complete.unwrap().version_id.is_some());
    assert_eq!(read(&client, "parts", None).await, "234");
}

#[tokio::test]
async fn an_unversioned_object_is_restored_to_nothing_but_itself() {
    let stack = Stack::start().await;
    let client = stack.client();
    write(&client, "k", "1").await;
    let copy = client.copy_to("k").copy_source("docs/k");
    assert_eq!(code(copy.send().await), error(400, "InvalidRequest"));
    let copied = client.copy_to("other").copy_source("docs/k").send().await;
    assert_eq!(copied.unwrap().copy_source_version_id, None);
}
