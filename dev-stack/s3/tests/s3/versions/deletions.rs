//! Delete markers, versions that are removed, and what is left on the disk.

use aws_sdk_s3::types::{
    BucketVersioningStatus as Status, Delete, ObjectIdentifier, ObjectLockMode,
};

use super::{hide, keeping, listed, read, set, write};
use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error};

#[tokio::test]
async fn a_marker_that_is_removed_brings_the_object_back() {
    let stack = keeping().await;
    let client = stack.client();
    let first = write(&client, "k", "1").await.unwrap();
    let [one, two] = [hide(&client, "k").await, hide(&client, "k").await];
    assert!(client.list().send().await.unwrap().contents().is_empty());
    assert_eq!(
        listed(&client).await,
        [
            format!("k {first}"),
            format!("*k {two} -"),
            format!("k {one} -")
        ]
    );
    for marker in [&one, &two] {
        assert_eq!(code(client.get("k").send().await), error(404, "NoSuchKey"));
        let removed = client.delete("k").version_id(marker).send().await.unwrap();
        assert_eq!(removed.delete_marker, Some(true));
        assert_eq!(removed.version_id.as_ref(), Some(marker));
    }
    assert_eq!(read(&client, "k", None).await, "1");
    assert_eq!(listed(&client).await, [format!("*k {first}")]);
}

#[tokio::test]
async fn a_version_that_is_removed_uncovers_the_one_before() {
    let stack = keeping().await;
    let client = stack.client();
    let [a, b, c] = [
        write(&client, "k", "a").await.unwrap(),
        write(&client, "k", "b").await.unwrap(),
        write(&client, "k", "c").await.unwrap(),
    ];
    let remove = async |id: &str| {
        let removed = client.delete("k").version_id(id).send().await.unwrap();
        assert_eq!(removed.version_id.as_deref(), Some(id));
        assert_eq!(removed.delete_marker, None);
    };
    remove(&b).await;
    assert_eq!(read(&client, "k", None).await, "c");
    remove(&c).await;
    assert_eq!(read(&client, "k", None).await, "a");
    let marker = hide(&client, "k").await;
    remove(&a).await;
    remove(&a).await;
    assert_eq!(listed(&client).await, [format!("*k {marker} -")]);
}

#[tokio::test]
async fn a_list_of_deletions_says_what_became_of_each() {
    let stack = keeping().await;
    let client = stack.client();
    let version = write(&client, "k", "1").await.unwrap();
    let marker = hide(&client, "m").await;
    let one = |key: &str, id: Option<&str>| {
        let one = ObjectIdentifier::builder().key(key);
        one.set_version_id(id.map(str::to_owned)).build().unwrap()
    };
    let list = Delete::builder()
        .objects(one("k", None))
        .objects(one("k", Some(&version)))
        .objects(one("m", Some(&marker)))
        .objects(one("m", Some("abc")));
    let delete = client.delete_objects().bucket(BUCKET);
    let answer = delete.delete(list.build().unwrap()).send().await.unwrap();
    let [made, removed, unmade] = answer.deleted() else {
        panic!("{answer:?}");
    };
    assert_eq!(made.delete_marker, Some(true));
    assert!(made.delete_marker_version_id.is_some() && made.version_id.is_none());
    assert_eq!(removed.version_id.as_ref(), Some(&version));
    assert_eq!(
        (removed.delete_marker, &removed.delete_marker_version_id),
        (None, &None)
    );
    assert_eq!(unmade.version_id.as_ref(), Some(&marker));
    assert_eq!(unmade.delete_marker_version_id.as_ref(), Some(&marker));
    let [refused] = answer.errors() else {
        panic!("{answer:?}");
    };
    assert_eq!(refused.code.as_deref(), Some("NoSuchVersion"));
    assert_eq!(refused.version_id.as_deref(), Some("abc"));
}

#[tokio::test]
async fn bodies_of_removed_versions_leave_the_disk_and_the_others_outlast_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = || {
        std::fs::read_dir(folder.path().join("s3/blobs"))
            .unwrap()
            .count()
    };
    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    write(&client, "k", "null").await;
    set(&client, Status::Enabled).await;
    let first = write(&client, "k", "1").await.unwrap();
    let second = write(&client, "k", "2").await.unwrap();
    hide(&client, "k").await;
    assert_eq!(blobs(), 3);
    stack.stop().await;

    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    assert_eq!(blobs(), 3, "none of them is garbage");
    assert_eq!(read(&client, "k", Some(&first)).await, "1");
    assert_eq!(read(&client, "k", Some("null")).await, "null");
    client.delete("k").version_id(&first).send().await.unwrap();
    assert_eq!(blobs(), 2);
    set(&client, Status::Suspended).await;
    write(&client, "k", "null again").await;
    assert_eq!(blobs(), 2, "the former null version made room");
    hide(&client, "k").await;
    assert_eq!(blobs(), 1);
    assert_eq!(read(&client, "k", Some(&second)).await, "2");
}

#[tokio::test]
async fn a_reader_of_a_version_that_is_removed_reads_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    set(&client, Status::Enabled).await;
    let body = crate::stack::noise(8_000_000, 1);
    let put = client.put("k").body(body.clone().into()).send().await;
    let id = put.unwrap().version_id.unwrap();
    let got = client.get("k").version_id(&id).send().await.unwrap();
    client.delete("k").version_id(&id).send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == body);
    let blobs = folder.path().join("s3/blobs");
    for _ in 0..500 {
        if std::fs::read_dir(&blobs).unwrap().count() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the body stays");
}

#[tokio::test]
async fn a_locked_version_is_not_removed_before_its_time() {
    let stack = Stack::start().await;
    let client = stack.client();
    let location = aws_sdk_s3::types::CreateBucketConfiguration::builder();
    let create = client.create_bucket().bucket("locked");
    let create = create
        .create_bucket_configuration(location.location_constraint("eu-central-1".into()).build())
        .object_lock_enabled_for_bucket(true);
    create.send().await.unwrap();
    let put = |mode| {
        let until = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
        let put = client.put_object().bucket("locked").key("k");
        put.body(b"1".to_vec().into())
            .object_lock_mode(mode)
            .object_lock_retain_until_date(until.into())
            .send()
    };
    let governed = put(ObjectLockMode::Governance).await.unwrap();
    let [governed, kept] = [governed, put(ObjectLockMode::Compliance).await.unwrap()]
        .map(|put| put.version_id.unwrap());
    let remove = |id: &str| {
        client
            .delete_object()
            .bucket("locked")
            .key("k")
            .version_id(id)
    };
    for id in [&governed, &kept] {
        assert_eq!(code(remove(id).send().await), error(403, "AccessDenied"));
    }
    let hidden = client
        .delete_object()
        .bucket("locked")
        .key("k")
        .send()
        .await;
    assert_eq!(
        hidden.unwrap().delete_marker,
        Some(true),
        "a marker locks nothing"
    );
    let bypassed = remove(&kept).bypass_governance_retention(true).send().await;
    assert_eq!(code(bypassed), error(403, "AccessDenied"));
    let bypassed = remove(&governed).bypass_governance_retention(true);
    bypassed.send().await.unwrap();
    stack.let_pass(std::time::Duration::from_secs(7200));
    remove(&kept).send().await.unwrap();
}
