//! ListObjectVersions.

use std::collections::BTreeSet;

use aws_sdk_s3::{Client, types::EncodingType};

use super::{hide, keeping, write};
use crate::calls::BucketCalls;
use crate::raw::Raw;

/// Every page of a listing: keys and ids of versions and markers, and common prefixes with an empty id.
async fn pages(
    client: &Client,
    size: i32,
    prefix: &str,
    delimiter: Option<&str>,
) -> Vec<BTreeSet<(String, String)>> {
    let mut pages = Vec::new();
    let (mut key, mut id) = (None, None);
    loop {
        let page = client.versions().max_keys(size).prefix(prefix);
        let page = page.set_delimiter(delimiter.map(str::to_owned));
        let page = page.set_key_marker(key).set_version_id_marker(id);
        let page = page.send().await.unwrap();
        let mut lines = BTreeSet::new();
        for one in page.versions() {
            lines.insert((one.key.clone().unwrap(), one.version_id.clone().unwrap()));
        }
        for one in page.delete_markers() {
            lines.insert((one.key.clone().unwrap(), one.version_id.clone().unwrap()));
        }
        for one in page.common_prefixes() {
            lines.insert((one.prefix.clone().unwrap(), String::new()));
        }
        assert!(lines.len() <= usize::try_from(size).unwrap());
        pages.push(lines);
        if page.is_truncated != Some(true) {
            return pages;
        }
        (key, id) = (page.next_key_marker, page.next_version_id_marker);
    }
}

#[tokio::test]
async fn pages_go_on_behind_a_version_even_if_it_was_removed() {
    let stack = keeping().await;
    let client = stack.client();
    let mut ids = Vec::new();
    for n in 0..5 {
        ids.push(write(&client, "k", &n.to_string()).await.unwrap());
    }
    let page = client.versions().max_keys(2).send().await.unwrap();
    assert_eq!(page.next_key_marker.as_deref(), Some("k"));
    assert_eq!(page.next_version_id_marker.as_ref(), Some(&ids[3]));
    client.delete("k").version_id(&ids[3]).send().await.unwrap();
    let next = client.versions().key_marker("k").version_id_marker(&ids[3]);
    let next = next.send().await.unwrap();
    let found: Vec<_> = next
        .versions()
        .iter()
        .map(|one| one.version_id.clone().unwrap())
        .collect();
    assert_eq!(found, [&*ids[2], &*ids[1], &*ids[0]]);
    let behind = client.versions().key_marker("k").send().await.unwrap();
    assert!(
        behind.versions().is_empty(),
        "a key alone is all its versions"
    );
}

#[tokio::test]
async fn small_pages_have_what_one_page_has() {
    let stack = keeping().await;
    let client = stack.client();
    for key in ["a", "a/1", "a/2", "b", "b\u{fc}/\u{1f600}", "c+ d"] {
        for n in 0..3 {
            write(&client, key, &n.to_string()).await;
        }
        hide(&client, key).await;
    }
    for (prefix, delimiter, count) in [
        ("", None, 24),
        ("a/", None, 8),
        ("", Some("/"), 14),
        ("b", Some("/"), 5),
    ] {
        let whole = pages(&client, 1000, prefix, delimiter).await;
        assert_eq!((whole.len(), whole[0].len()), (1, count));
        for size in [1, 2, 3, 7] {
            let small = pages(&client, size, prefix, delimiter).await;
            let all: Vec<_> = small.into_iter().flatten().collect();
            assert_eq!(all.len(), count, "{prefix} {delimiter:?} {size}");
            assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), whole[0]);
        }
    }
    let none = client.versions().max_keys(0).send().await.unwrap();
    assert_eq!(none.is_truncated, Some(false));
}

#[tokio::test]
async fn names_are_encoded_where_that_is_asked_for() {
    let stack = keeping().await;
    let client = stack.client();
    for key in ["a b/\u{1}", "a b/\u{2}"] {
        write(&client, key, "1").await;
    }
    let page = client.versions().encoding_type(EncodingType::Url);
    let page = page.prefix("a b/").max_keys(1).send().await.unwrap();
    assert_eq!(page.versions()[0].key.as_deref(), Some("a%20b/%01"));
    assert_eq!(page.next_key_marker.as_deref(), Some("a%20b/%01"));
    assert_eq!(page.prefix.as_deref(), Some("a%20b/"));
}

#[tokio::test]
async fn the_document_has_what_amazons_has() {
    let stack = keeping().await;
    let client = stack.client();
    let id = write(&client, "k", "abc").await.unwrap();
    let raw = stack.sign(Raw::get("/docs?versions"));
    let document = raw.send(stack.address).await.text();
    for part in [
        "<ListVersionsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">",
        "<KeyMarker></KeyMarker>",
        "<VersionIdMarker></VersionIdMarker>",
        "<MaxKeys>1000</MaxKeys>",
        "<IsTruncated>false</IsTruncated>",
        "<IsLatest>true</IsLatest>",
        "<Size>3</Size>",
        "<StorageClass>STANDARD</StorageClass>",
        &format!("<VersionId>{id}</VersionId>"),
    ] {
        assert!(document.contains(part), "{part} in {document}");
    }
}
