//! What an earlier version of the store wrote still opens, and what it would have written is still written so.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use keyfront_dev_ground::state::State;
use keyfront_dev_s3_store::catalog::{
    Catalog, CatalogError, Deletion, Millis, Version, VersionEntry, VersionId, VersionListQuery,
    VersionRemoval, Versioning, WriteCondition,
};
use redb::TableDefinition;

const BUCKETS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("s3/buckets");
const OBJECTS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("s3/objects");
const VERSIONS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("s3/versions");

/// Records as they were written in November 2026, before there were versions.
const BUCKET: &str = r#"{"created":1,"default":"s3","policy":null,"public_access_block":null,"object_lock":null,"customer_keys":"blocked","cors":[]}"#;
const OBJECT: &str = r#"{"size":1,"etag":"e","modified":1000,"headers":{"cache_control":null,"content_disposition":null,"content_encoding":null,"content_language":null,"content_type":"text/plain","expires":null,"website_redirect":null},"metadata":{},"tags":{},"protection":{"s3":{"key":"AQ=="}},"pieces":[{"blob":"00000000000000000000000000000001","key":"Ag==","size":1}],"checksum":null,"parts":[],"lock":{"retention":null,"legal_hold":null}}"#;

fn of_an_earlier_version() -> (Arc<State>, Catalog) {
    let state = Arc::new(State::ephemeral().unwrap());
    let write = state.begin_write().unwrap();
    let mut buckets = write.open_table(BUCKETS).unwrap();
    buckets.insert(b"b".as_slice(), BUCKET.as_bytes()).unwrap();
    drop(buckets);
    let mut objects = write.open_table(OBJECTS).unwrap();
    objects
        .insert(b"b\0k".as_slice(), OBJECT.as_bytes())
        .unwrap();
    drop(objects);
    write.commit().unwrap();
    let catalog = Catalog::open(Arc::clone(&state)).unwrap();
    (state, catalog)
}

fn row(state: &State, table: TableDefinition<'static, &[u8], &[u8]>, key: &[u8]) -> String {
    let read = state.begin_read().unwrap();
    let found = read.open_table(table).unwrap().get(key).unwrap();
    String::from_utf8(found.unwrap().value().to_vec()).unwrap()
}

#[tokio::test]
async fn a_bucket_without_versions_is_recorded_as_before_to_the_byte() {
    let (state, catalog) = of_an_earlier_version();
    let object = catalog.object("b", "k").unwrap().unwrap();
    let always = WriteCondition::Always;
    let put = catalog.put_object("b".into(), "again".into(), object, always.clone());
    let (id, retired) = put.await.unwrap();
    assert_eq!((id, retired), (VersionId::NULL, Vec::new()));
    catalog.change_bucket("b".into(), |_| ()).await.unwrap();
    assert_eq!(row(&state, OBJECTS, b"b\0again"), OBJECT);
    assert_eq!(row(&state, BUCKETS, b"b"), BUCKET);
    let at = Millis::from(UNIX_EPOCH + Duration::from_secs(2));
    let deleted = catalog.delete_object("b".into(), "again".into(), at, always);
    assert!(matches!(deleted.await.unwrap(), Deletion::Deleted(bodies) if bodies.len() == 1));
    let read = state.begin_read().unwrap();
    let versions = read.open_table(VERSIONS).unwrap();
    assert!(
        redb::ReadableTable::iter(&versions)
            .unwrap()
            .next()
            .is_none()
    );
}

#[tokio::test]
async fn an_object_of_an_earlier_state_becomes_the_null_version() {
    let (_, catalog) = of_an_earlier_version();
    let enable = |bucket: &mut keyfront_dev_s3_store::catalog::Bucket| {
        bucket.versioning = Versioning::Enabled;
    };
    catalog.change_bucket("b".into(), enable).await.unwrap();
    let old = catalog.object("b", "k").unwrap().unwrap();
    let put = catalog.put_object("b".into(), "k".into(), old, WriteCondition::Always);
    let (id, retired) = put.await.unwrap();
    assert!(retired.is_empty());
    let query = VersionListQuery {
        limit: 10,
        ..VersionListQuery::default()
    };
    let page = catalog.list_versions("b", &query).unwrap();
    let ids: Vec<_> = page
        .entries
        .iter()
        .map(|entry| match entry {
            VersionEntry::Version { version, .. } => version.stamp().id.clone(),
            VersionEntry::Group(group) => panic!("{group}"),
        })
        .collect();
    assert_eq!(ids, [id, VersionId::NULL]);
    let null = catalog.version("b", "k", &VersionId::NULL).unwrap();
    assert!(matches!(null, Some(Version::Object(object)) if object.etag == "e"));
}

#[tokio::test]
async fn a_removal_that_is_refused_changes_nothing() {
    let (_, catalog) = of_an_earlier_version();
    let removal = |condition| VersionRemoval {
        bucket: "b".into(),
        key: "k".into(),
        id: VersionId::NULL,
        condition,
    };
    let refused = catalog.remove_version(removal(WriteCondition::Always), |_| {
        Err(CatalogError::Locked)
    });
    assert!(matches!(refused.await, Err(CatalogError::Locked)));
    let other = removal(WriteCondition::Etag("other".into()));
    let refused = catalog.remove_version(other, |_| Ok(()));
    assert!(matches!(
        refused.await,
        Err(CatalogError::PreconditionFailed)
    ));
    assert_eq!(catalog.referenced_blobs().unwrap().len(), 1);
    let removed = catalog.remove_version(removal(WriteCondition::Etag("e".into())), |_| Ok(()));
    assert!(removed.await.unwrap().is_some());
    assert_eq!(catalog.referenced_blobs().unwrap(), HashSet::new());
}
