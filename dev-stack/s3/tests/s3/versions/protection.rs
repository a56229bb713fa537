//! Who may do what with versions, and the keys of each.

use super::{hide, keeping, read, write};
use crate::calls::BucketCalls;
use crate::stack::{BUCKET, code, error};

fn allow(actions: &[&str]) -> String {
    let actions: Vec<String> = actions
        .iter()
        .map(|action| format!("\"{action}\""))
        .collect();
    let actions = actions.join(",");
    format!(r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"*"}}"#)
}

#[tokio::test]
async fn objects_and_versions_have_permissions_of_their_own() {
    let stack = keeping().await;
    let admin = stack.client();
    let id = write(&admin, "k", "1").await.unwrap();
    let denied = error(403, "AccessDenied");
    let of_objects = [
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:PutObject",
        "s3:ListBucket",
        "s3:GetObjectTagging",
        "kms:*",
    ];
    let objects = stack.client_of(&stack.session("objects", &allow(&of_objects)));
    assert_eq!(read(&objects, "k", None).await, "1");
    let get = objects.get("k").version_id(&id);
    assert_eq!(code(get.send().await), denied);
    let delete = objects.delete("k").version_id(&id);
    assert_eq!(code(delete.send().await), denied);
    let copy = objects
        .copy_to("c")
        .copy_source(format!("docs/k?versionId={id}"));
    assert_eq!(code(copy.send().await), denied);
    let tags = objects.get_object_tagging().bucket(BUCKET).key("k");
    assert_eq!(code(tags.version_id(&id).send().await), denied);
    assert_eq!(code(objects.versions().send().await), denied);

    let of_versions = [
        "s3:GetObjectVersion",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
        "kms:*",
    ];
    let versions = stack.client_of(&stack.session("versions", &allow(&of_versions)));
    assert_eq!(read(&versions, "k", Some(&id)).await, "1");
    assert_eq!(code(versions.get("k").send().await), denied);
    assert_eq!(code(versions.delete("k").send().await), denied);
    assert_eq!(
        versions.versions().send().await.unwrap().versions().len(),
        1
    );
    // As a missing object, a missing version is not told to those who may not list.
    let missing = versions.get("k").version_id("null").send().await;
    assert_eq!(code(missing), denied);
    versions.delete("k").version_id(&id).send().await.unwrap();
}

#[tokio::test]
async fn a_hidden_object_looks_absent_only_to_those_who_may_list() {
    let stack = keeping().await;
    write(&stack.client(), "k", "1").await;
    hide(&stack.client(), "k").await;
    let blind = stack.client_of(&stack.session("blind", &allow(&["s3:GetObject"])));
    assert_eq!(
        code(blind.get("k").send().await),
        error(403, "AccessDenied")
    );
}

#[tokio::test]
async fn a_version_keeps_its_kms_key_and_needs_the_right_to_it() {
    let stack = keeping().await;
    let admin = stack.client();
    let id = write(&admin, "k", "1").await.unwrap();
    let put = admin.put("k").body(b"2".to_vec().into());
    let put = put.server_side_encryption(aws_sdk_s3::types::ServerSideEncryption::Aes256);
    put.send().await.unwrap();
    let head = admin.head("k").version_id(&id).send().await.unwrap();
    assert_eq!(head.ssekms_key_id.as_ref(), Some(&stack.key_arn));
    let keyless = ["s3:GetObject", "s3:GetObjectVersion"];
    let keyless = stack.client_of(&stack.session("keyless", &allow(&keyless)));
    assert_eq!(read(&keyless, "k", None).await, "2");
    let refused = keyless.get("k").version_id(&id).send().await;
    assert_eq!(code(refused), error(403, "AccessDenied"));
    assert_eq!(read(&admin, "k", Some(&id)).await, "1");
}

#[tokio::test]
async fn tags_belong_to_a_version() {
    use aws_sdk_s3::types::{Tag, Tagging};
    let stack = keeping().await;
    let client = stack.client();
    let first = write(&client, "k", "1").await.unwrap();
    let second = write(&client, "k", "2").await.unwrap();
    let tags = |value: &str| {
        let tag = Tag::builder().key("t").value(value).build().unwrap();
        Tagging::builder().tag_set(tag).build().unwrap()
    };
    let put = client.put_object_tagging().bucket(BUCKET).key("k");
    let put = put.version_id(&first).tagging(tags("old")).send().await;
    assert_eq!(put.unwrap().version_id.as_ref(), Some(&first));
    let put = client.put_object_tagging().bucket(BUCKET).key("k");
    let put = put.tagging(tags("new")).send().await;
    assert_eq!(put.unwrap().version_id.as_ref(), Some(&second));
    for (id, value) in [(Some(&first), "old"), (Some(&second), "new"), (None, "new")] {
        let got = client.get_object_tagging().bucket(BUCKET).key("k");
        let got = got.set_version_id(id.cloned()).send().await.unwrap();
        assert_eq!(got.tag_set()[0].value, value);
    }
    let delete = client.delete_object_tagging().bucket(BUCKET).key("k");
    delete.version_id(&first).send().await.unwrap();
    let got = client.get_object_tagging().bucket(BUCKET).key("k");
    assert!(
        got.version_id(&first)
            .send()
            .await
            .unwrap()
            .tag_set()
            .is_empty()
    );
    let got = client.get_object_tagging().bucket(BUCKET).key("k");
    assert_eq!(got.send().await.unwrap().tag_set().len(), 1);
}
