//! Enabled, suspended, never.

use aws_sdk_s3::types::BucketVersioningStatus as Status;

use super::{hide, keeping, listed, read, set, write};
use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error};

#[tokio::test]
async fn a_bucket_says_whether_it_keeps_versions() {
    let stack = Stack::start().await;
    let client = stack.client();
    let status = async || {
        let got = client.get_bucket_versioning().bucket(BUCKET).send().await;
        got.unwrap().status
    };
    assert_eq!(status().await, None);
    for set_to in [Status::Suspended, Status::Enabled, Status::Suspended] {
        set(&client, set_to.clone()).await;
        assert_eq!(status().await, Some(set_to));
    }
}

#[tokio::test]
async fn where_versions_were_never_kept_nothing_names_one() {
    let stack = Stack::start().await;
    let client = stack.client();
    assert_eq!(write(&client, "k", "1").await, None);
    assert_eq!(write(&client, "k", "2").await, None);
    let got = client.get("k").send().await.unwrap();
    assert_eq!((got.version_id, got.delete_marker), (None, None));
    let got = client.get("k").version_id("null").send().await.unwrap();
    assert_eq!(got.version_id, None);
    assert_eq!(listed(&client).await, ["*k null"]);
    let deleted = client.delete("k").send().await.unwrap();
    assert_eq!((deleted.version_id, deleted.delete_marker), (None, None));
    assert!(listed(&client).await.is_empty());
    write(&client, "k", "3").await;
    let deleted = client.delete("k").version_id("null").send().await.unwrap();
    assert_eq!((deleted.version_id, deleted.delete_marker), (None, None));
    assert!(listed(&client).await.is_empty());
}

#[tokio::test]
async fn what_was_there_before_is_the_null_version() {
    let stack = Stack::start().await;
    let client = stack.client();
    write(&client, "k", "before").await;
    set(&client, Status::Enabled).await;
    let got = client.head("k").send().await.unwrap();
    assert_eq!(got.version_id.as_deref(), Some("null"));
    let id = write(&client, "k", "after").await.unwrap();
    assert_eq!(id.len(), 32);
    assert_eq!(
        listed(&client).await,
        [format!("*k {id}"), "k null".to_owned()]
    );
    assert_eq!(read(&client, "k", None).await, "after");
    assert_eq!(read(&client, "k", Some("null")).await, "before");
}

#[tokio::test]
async fn a_suspended_bucket_writes_the_null_version_and_keeps_the_others() {
    let stack = keeping().await;
    let client = stack.client();
    let first = write(&client, "k", "1").await.unwrap();
    set(&client, Status::Suspended).await;
    assert_eq!(write(&client, "k", "2").await, None, "as AWS answers");
    let got = client.get("k").send().await.unwrap();
    assert_eq!(got.version_id.as_deref(), Some("null"));
    write(&client, "k", "3").await;
    assert_eq!(
        listed(&client).await,
        ["*k null".to_owned(), format!("k {first}")]
    );
    assert_eq!(hide(&client, "k").await, "null");
    assert_eq!(
        listed(&client).await,
        [format!("k {first}"), "*k null -".to_owned()],
        "the marker took the place of the null version"
    );
    set(&client, Status::Enabled).await;
    let last = write(&client, "k", "4").await.unwrap();
    assert_eq!(
        listed(&client).await,
        [
            format!("*k {last}"),
            format!("k {first}"),
            "k null -".to_owned()
        ]
    );
    set(&client, Status::Suspended).await;
    write(&client, "k", "5").await;
    assert_eq!(
        listed(&client).await,
        [
            "*k null".to_owned(),
            format!("k {last}"),
            format!("k {first}")
        ],
        "the former null version goes, wherever it stood"
    );
}

#[tokio::test]
async fn a_bucket_with_versions_or_markers_is_not_empty() {
    let stack = keeping().await;
    let client = stack.client();
    let version = write(&client, "k", "1").await.unwrap();
    let marker = hide(&client, "k").await;
    let delete = || client.delete_bucket().bucket(BUCKET).send();
    for id in [version, marker] {
        assert_eq!(code(delete().await), error(409, "BucketNotEmpty"));
        client.delete("k").version_id(id).send().await.unwrap();
    }
    delete().await.unwrap();
}

#[tokio::test]
async fn a_bucket_with_object_lock_keeps_versions_and_cannot_stop() {
    let stack = Stack::start().await;
    let client = stack.client();
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder();
    let create = client.create_bucket().bucket("locked");
    let create = create
        .create_bucket_configuration(location.location_constraint("eu-central-1".into()).build())
        .object_lock_enabled_for_bucket(true);
    create.send().await.unwrap();
    let got = client.get_bucket_versioning().bucket("locked");
    assert_eq!(got.send().await.unwrap().status, Some(Status::Enabled));
    let suspended = aws_sdk_s3::types::VersioningConfiguration::builder();
    let put = client.put_bucket_versioning().bucket("locked");
    let put = put.versioning_configuration(suspended.status(Status::Suspended).build());
    assert_eq!(code(put.send().await), error(409, "InvalidBucketState"));
}
