//! Reading versions, and what is said of delete markers.

use super::{hide, keeping, read, write};
use crate::calls::BucketCalls;
use crate::{
    raw::{Answer, Raw},
    stack::{BUCKET, Stack, code, error},
};

#[tokio::test]
async fn every_write_makes_a_version_that_its_id_reads() {
    let stack = keeping().await;
    let client = stack.client();
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(write(&client, "k", &n.to_string()).await.unwrap());
    }
    let begun = client.create_upload("k").send().await.unwrap();
    let upload = begun.upload_id.unwrap();
    let part = client.part("k").upload_id(&upload).part_number(1);
    let part = part.body(b"4".to_vec().into()).send().await.unwrap();
    let completed = aws_sdk_s3::types::CompletedPart::builder();
    let completed = completed.part_number(1).e_tag(part.e_tag.unwrap()).build();
    let parts = aws_sdk_s3::types::CompletedMultipartUpload::builder().parts(completed);
    let complete = client.complete("k").upload_id(&upload);
    let complete = complete.multipart_upload(parts.build());
    let first = complete.clone().send().await.unwrap().version_id.unwrap();
    let again = complete.send().await.unwrap().version_id.unwrap();
    assert_eq!(
        first, again,
        "a completion that is repeated makes no version"
    );
    ids.push(first);
    for (n, id) in ids.iter().enumerate() {
        assert_eq!(read(&client, "k", Some(id)).await, n.to_string());
        let head = client.head("k").version_id(id).send().await.unwrap();
        assert_eq!(head.version_id.as_ref(), Some(id));
    }
    let got = client.get("k").send().await.unwrap();
    assert_eq!(got.version_id.as_ref(), ids.last());
    let range = client.get("k").version_id(&ids[2]).range("bytes=0-0");
    assert_eq!(range.send().await.unwrap().content_length, Some(1));
    let attributes = client.get_object_attributes().bucket(BUCKET).key("k");
    let attributes = attributes
        .version_id(&ids[0])
        .object_attributes(aws_sdk_s3::types::ObjectAttributes::ObjectSize);
    let attributes = attributes.send().await.unwrap();
    assert_eq!(attributes.version_id.as_ref(), Some(&ids[0]));
}

async fn answered(stack: &Stack, method: &'static str, target: &str) -> Answer {
    let raw = stack.sign(Raw::new(method, target, b""));
    raw.send(stack.address).await
}

#[tokio::test]
async fn a_delete_marker_is_404_where_it_hides_and_405_by_its_id() {
    let stack = keeping().await;
    let client = stack.client();
    write(&client, "k", "1").await;
    let marker = hide(&client, "k").await;
    for method in ["GET", "HEAD"] {
        let hidden = answered(&stack, method, "/docs/k").await;
        assert_eq!(hidden.status, 404, "{method}");
        assert_eq!(hidden.header("x-amz-delete-marker"), "true");
        assert_eq!(hidden.header("x-amz-version-id"), marker);
        let by_id = answered(&stack, method, &format!("/docs/k?versionId={marker}")).await;
        assert_eq!(by_id.status, 405, "{method}");
        assert_eq!(by_id.header("x-amz-delete-marker"), "true");
        assert_eq!(by_id.header("allow"), "DELETE");
        assert!(by_id.header("last-modified").ends_with(" GMT"));
        let never = answered(&stack, method, "/docs/never").await;
        assert_eq!(never.status, 404, "{method}");
        assert!(!never.headers.contains_key("x-amz-delete-marker"));
    }
    assert_eq!(code(client.get("k").send().await), error(404, "NoSuchKey"));
    let by_id = client.get("k").version_id(&marker).send().await;
    assert_eq!(code(by_id), error(405, "MethodNotAllowed"));
    let tags = client.get_object_tagging().bucket(BUCKET).key("k");
    assert_eq!(
        code(tags.version_id(&marker).send().await),
        error(405, "MethodNotAllowed")
    );
}

#[tokio::test]
async fn a_version_of_another_key_or_one_that_is_gone_is_404_and_no_id_400() {
    let stack = keeping().await;
    let client = stack.client();
    let id = write(&client, "k", "1").await.unwrap();
    write(&client, "other", "1").await;
    for (key, id, answer) in [
        ("other", id.as_str(), error(404, "NoSuchVersion")),
        ("none", &id, error(404, "NoSuchVersion")),
        ("k", "null", error(404, "NoSuchVersion")),
        ("k", &id[1..], error(400, "InvalidArgument")),
        (
            "k",
            "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD",
            error(400, "InvalidArgument"),
        ),
    ] {
        let got = client.get(key).version_id(id).send().await;
        assert_eq!(code(got), answer, "{key} {id}");
    }
    client.delete("k").version_id(&id).send().await.unwrap();
    let got = client.get("k").version_id(&id).send().await;
    assert_eq!(code(got), error(404, "NoSuchVersion"));
}

#[tokio::test]
async fn a_delete_marker_is_no_object_for_conditional_writes() {
    let stack = keeping().await;
    let client = stack.client();
    let put = || client.put("k").body(b"1".to_vec().into());
    put().send().await.unwrap();
    let etag = client.head("k").send().await.unwrap().e_tag.unwrap();
    let refused = put().if_none_match("*").send().await;
    assert_eq!(code(refused), error(412, "PreconditionFailed"));
    hide(&client, "k").await;
    for condition in ["*", etag.as_str()] {
        let refused = put().if_match(condition).send().await;
        assert_eq!(code(refused), error(404, "NoSuchKey"), "{condition}");
        let refused = client.delete("k").if_match(condition).send().await;
        assert_eq!(code(refused), error(404, "NoSuchKey"), "{condition}");
    }
    put().if_none_match("*").send().await.unwrap();
    client.head("k").send().await.unwrap();
}
