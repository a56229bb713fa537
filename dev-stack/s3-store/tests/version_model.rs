//! Versions held against a model of a few lines: random writes, deletions, restorations, suspensions, clocks and pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use keyfront_dev_ground::state::State;
use keyfront_dev_s3_store::{
    blobs::BlobId,
    catalog::{
        Bucket, BucketDefault, Catalog, ContentHeaders, CustomerKeys, Deletion, Millis, Object,
        ObjectLockState, Protection, SealedBytes, Stamp, StoredPiece, Version, VersionEntry,
        VersionId, VersionListQuery, VersionRemoval, VersionResume, Versioning, WriteCondition,
    },
};
use proptest::prelude::*;

const BUCKET: &str = "b";
const KEYS: [&str; 6] = ["a", "a/1", "a/2", "a/2/x", "ab", "\u{fc}"];

#[derive(Clone, Debug)]
enum Step {
    Put(usize),
    PutIfAbsent(usize),
    Delete(usize),
    /// The version to remove: this one of the key's, or one that is not there.
    Remove(usize, usize),
    /// The version to write again as the newest.
    Restore(usize, usize),
    Set(Versioning),
    /// The clock goes to this second, also backwards.
    Clock(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = 0..KEYS.len();
    let one = prop_oneof![
        6 => key.clone().prop_map(Step::Put),
        1 => key.clone().prop_map(Step::PutIfAbsent),
        3 => key.clone().prop_map(Step::Delete),
        4 => (key.clone(), 0..5usize).prop_map(|(key, nth)| Step::Remove(key, nth)),
        2 => (key, 0..5usize).prop_map(|(key, nth)| Step::Restore(key, nth)),
        1 => Just(Step::Set(Versioning::Enabled)),
        1 => Just(Step::Set(Versioning::Suspended)),
        1 => (1..100u64).prop_map(Step::Clock),
    ];
    proptest::collection::vec(one, 1..60)
}

/// A version of the model: its id, and its body unless it is a delete marker.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    id: VersionId,
    body: Option<BlobId>,
}

/// Each key's versions, newest first.
#[derive(Default)]
struct Model {
    keys: BTreeMap<&'static str, Vec<Known>>,
    versioning: Versioning,
}

impl Model {
    fn of(&mut self, key: usize) -> &mut Vec<Known> {
        self.keys.entry(KEYS[key]).or_default()
    }

    fn push(&mut self, key: usize, new: Known) {
        let replaces = self.versioning != Versioning::Enabled;
        let versions = self.of(key);
        if replaces {
            assert!(new.id.is_null(), "{:?}", new.id);
            versions.retain(|one| !one.id.is_null());
        } else {
            assert!(!new.id.is_null());
        }
        versions.insert(0, new);
    }

    fn bodies(&self) -> HashSet<BlobId> {
        let versions = self.keys.values().flatten();
        versions.filter_map(|one| one.body).collect()
    }

    /// The lines of a listing: key, version, whether it is the latest; or a common prefix.
    fn listing(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
    ) -> Vec<(String, Option<(Known, bool)>)> {
        let mut lines: Vec<(String, Option<(Known, bool)>)> = Vec::new();
        for (key, versions) in self.keys.iter().filter(|(key, _)| key.starts_with(prefix)) {
            let rest = &key[prefix.len()..];
            let end = delimiter.and_then(|delimiter| rest.find(delimiter));
            if let Some(end) = end.filter(|_| !versions.is_empty()) {
                let group = format!("{prefix}{}/", &rest[..end]);
                if lines.last().is_none_or(|(last, _)| *last != group) {
                    lines.push((group, None));
                }
                continue;
            }
            for (at, version) in versions.iter().enumerate() {
                lines.push(((*key).to_owned(), Some((version.clone(), at == 0))));
            }
        }
        lines
    }
}

fn object(second: u64) -> Object {
    let blob = BlobId::generate().unwrap();
    Object {
        size: 1,
        etag: blob.to_string(),
        modified: Millis::from(UNIX_EPOCH + Duration::from_secs(second)),
        headers: ContentHeaders::default(),
        metadata: BTreeMap::new(),
        tags: BTreeMap::new(),
        protection: Protection::S3 {
            key: SealedBytes(vec![1]),
        },
        pieces: vec![StoredPiece {
            blob,
            key: SealedBytes(vec![2]),
            size: 1,
        }],
        checksum: None,
        parts: Vec::new(),
        lock: ObjectLockState::default(),
        stamp: Stamp::default(),
    }
}

fn bucket() -> Bucket {
    Bucket {
        created: Millis::from(UNIX_EPOCH),
        default: BucketDefault::S3,
        policy: None,
        public_access_block: None,
        object_lock: None,
        customer_keys: CustomerKeys::Blocked,
        cors: Vec::new(),
        versioning: Versioning::Off,
    }
}

/// The catalog beside the model, and the bodies that were written and not given back.
struct Trial {
    catalog: Catalog,
    model: Model,
    kept: HashSet<BlobId>,
    second: u64,
}

impl Trial {
    async fn new() -> Self {
        let catalog = Catalog::open(Arc::new(State::ephemeral().unwrap())).unwrap();
        catalog
            .create_bucket(BUCKET.into(), bucket())
            .await
            .unwrap();
        Self {
            catalog,
            model: Model::default(),
            kept: HashSet::new(),
            second: 50,
        }
    }

    fn retire(&mut self, bodies: Vec<BlobId>) {
        for body in bodies {
            assert!(self.kept.remove(&body), "retired twice");
        }
    }

    async fn put(&mut self, key: usize, condition: WriteCondition) {
        let object = object(self.second);
        let body = object.pieces[0].blob;
        let present = self.model.of(key).first();
        let is_absent = present.is_none_or(|newest| newest.body.is_none());
        let may = condition == WriteCondition::Always || is_absent;
        let put = self
            .catalog
            .put_object(BUCKET.into(), KEYS[key].into(), object, condition);
        let Ok((id, retired)) = put.await else {
            assert!(!may);
            return;
        };
        assert!(may);
        self.kept.insert(body);
        self.retire(retired);
        let body = Some(body);
        self.model.push(key, Known { id, body });
    }

    async fn delete(&mut self, key: usize) {
        let at = Millis::from(UNIX_EPOCH + Duration::from_secs(self.second));
        let always = WriteCondition::Always;
        let deleted = self
            .catalog
            .delete_object(BUCKET.into(), KEYS[key].into(), at, always);
        match deleted.await.unwrap() {
            Deletion::Marked(id, retired) => {
                self.retire(retired);
                self.model.push(key, Known { id, body: None });
            }
            Deletion::Deleted(retired) => {
                assert_eq!(self.model.versioning, Versioning::Off);
                self.retire(retired);
                self.model.of(key).clear();
            }
            Deletion::Absent => assert!(self.model.of(key).is_empty()),
        }
    }

    async fn remove(&mut self, key: usize, nth: usize) {
        let known = self.model.of(key).get(nth).cloned();
        let id = match &known {
            Some(known) => known.id.clone(),
            None => VersionId::generate(7).unwrap(),
        };
        let removal = VersionRemoval {
            bucket: BUCKET.into(),
            key: KEYS[key].into(),
            id,
            condition: WriteCondition::Always,
        };
        let removed = self
            .catalog
            .remove_version(removal, |_| Ok(()))
            .await
            .unwrap();
        assert_eq!(removed.is_some(), known.is_some());
        let (Some(removed), Some(known)) = (removed, known) else {
            return;
        };
        assert_eq!(removed.was_marker, known.body.is_none());
        self.retire(removed.retired);
        self.model.of(key).remove(nth);
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Put(key) => self.put(key, WriteCondition::Always).await,
            Step::PutIfAbsent(key) => self.put(key, WriteCondition::Absent).await,
            Step::Delete(key) => self.delete(key).await,
            Step::Remove(key, nth) => self.remove(key, nth).await,
            Step::Restore(key, nth) => {
                let id = self.model.of(key).get(nth).map(|known| known.id.clone());
                let Some(id) = id else { return };
                let found = self.catalog.version(BUCKET, KEYS[key], &id).unwrap();
                if let Some(Version::Object(_)) = found {
                    self.put(key, WriteCondition::Always).await;
                }
            }
            Step::Set(versioning) => {
                let set = move |bucket: &mut Bucket| bucket.versioning = versioning;
                self.catalog
                    .change_bucket(BUCKET.into(), set)
                    .await
                    .unwrap();
                self.model.versioning = versioning;
            }
            Step::Clock(second) => self.second = second,
        }
    }

    fn check(&self) {
        assert_eq!(self.kept, self.model.bodies(), "bodies are given back");
        assert_eq!(
            self.catalog.referenced_blobs().unwrap(),
            self.kept,
            "and no others"
        );
        for (key, versions) in &self.model.keys {
            let object = self.catalog.object(BUCKET, key).unwrap();
            let newest = versions.first();
            assert_eq!(
                object.map(|object| object.pieces[0].blob),
                newest.and_then(|newest| newest.body)
            );
            let marker = self.catalog.hiding_marker(BUCKET, key).unwrap();
            let hidden = newest.filter(|newest| newest.body.is_none());
            assert_eq!(
                marker.map(|marker| marker.stamp.id),
                hidden.map(|one| one.id.clone())
            );
            for known in versions {
                let found = self.catalog.version(BUCKET, key, &known.id).unwrap();
                assert_eq!(read(&found.unwrap()), *known);
            }
        }
        for (prefix, delimiter) in [("", None), ("", Some("/")), ("a", None), ("a/", Some("/"))] {
            let expected = self.model.listing(prefix, delimiter);
            for limit in [1, 2, 5, 1000] {
                assert_eq!(
                    self.listed(prefix, delimiter, limit),
                    expected,
                    "{prefix} {delimiter:?} {limit}"
                );
            }
        }
    }

    /// All pages of this size.
    fn listed(
        &self,
        prefix: &str,
        delimiter: Option<&str>,
        limit: usize,
    ) -> Vec<(String, Option<(Known, bool)>)> {
        let mut query = VersionListQuery {
            prefix: prefix.to_owned(),
            delimiter: delimiter.map(str::to_owned),
            resume: VersionResume::Start,
            limit,
        };
        let mut lines = Vec::new();
        loop {
            let page = self.catalog.list_versions(BUCKET, &query).unwrap();
            assert!(page.entries.len() <= limit);
            if let Some(last) = page.entries.last() {
                query.resume = match last {
                    VersionEntry::Group(group) => VersionResume::AfterGroup(group.clone()),
                    VersionEntry::Version { key, version, .. } => {
                        VersionResume::AfterVersion(key.clone(), version.stamp().id.clone())
                    }
                };
            }
            for entry in page.entries {
                lines.push(match entry {
                    VersionEntry::Group(group) => (group, None),
                    VersionEntry::Version {
                        key,
                        version,
                        is_latest,
                    } => (key, Some((read(&version), is_latest))),
                });
            }
            if !page.is_truncated {
                return lines;
            }
        }
    }
}

fn read(version: &Version) -> Known {
    Known {
        id: version.stamp().id.clone(),
        body: version.blobs().first().copied(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn versions_are_those_of_the_model(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut trial = Trial::new().await;
            for step in steps {
                trial.step(step).await;
                trial.check();
            }
        });
    }
}
