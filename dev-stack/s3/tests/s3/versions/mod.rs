//! Buckets that keep versions.

mod copies;
mod deletions;
mod listing;
mod protection;
mod reads;
mod settings;

use aws_sdk_s3::{
    Client,
    types::{BucketVersioningStatus, VersioningConfiguration},
};

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack};

/// A stack whose bucket keeps versions.
async fn keeping() -> Stack {
    let stack = Stack::start().await;
    set(&stack.client(), BucketVersioningStatus::Enabled).await;
    stack
}

async fn set(client: &Client, status: BucketVersioningStatus) {
    let configuration = VersioningConfiguration::builder().status(status).build();
    let put = client.put_bucket_versioning().bucket(BUCKET);
    let put = put.versioning_configuration(configuration);
    put.send().await.unwrap();
}

/// Writes an object; the version that the answer names.
async fn write(client: &Client, key: &str, body: &str) -> Option<String> {
    let put = client.put(key).body(body.as_bytes().to_vec().into());
    put.send().await.unwrap().version_id
}

/// Deletes without naming a version; the delete marker's id.
async fn hide(client: &Client, key: &str) -> String {
    let deleted = client.delete(key).send().await.unwrap();
    assert_eq!(deleted.delete_marker, Some(true));
    deleted.version_id.unwrap()
}

async fn read(client: &Client, key: &str, version: Option<&str>) -> String {
    let got = client.get(key).set_version_id(version.map(str::to_owned));
    let body = got.send().await.unwrap().body.collect().await.unwrap();
    String::from_utf8(body.to_vec()).unwrap()
}

/// All versions of the bucket in their order, `*` before the latest of a key, `-` behind delete markers.
async fn listed(client: &Client) -> Vec<String> {
    let listed = client.versions().send().await.unwrap();
    let line = |latest: Option<bool>, key: &Option<String>, id: &Option<String>, end: &str| {
        let mark = if latest.unwrap() { "*" } else { "" };
        let (key, id) = (key.as_deref().unwrap(), id.as_deref().unwrap());
        format!("{mark}{key} {id}{end}")
    };
    let versions = listed.versions().iter();
    let mut lines: Vec<String> = versions
        .map(|one| line(one.is_latest, &one.key, &one.version_id, ""))
        .collect();
    let markers = listed.delete_markers().iter();
    lines.extend(markers.map(|one| line(one.is_latest, &one.key, &one.version_id, " -")));
    lines
}
