//! What the edge's role may do with the buckets and keys of the sites: read below each site's prefix, and no more.
//!
//! The template's own bucket is not here: the role may read it already.

use keyfront_names::{KeyArn, Partition, arn::of_bucket, host};

use super::{
    all::Sites,
    entry::{ExistingBucket, SiteEntry},
};

/// Keyfront's own documents in the template's bucket besides releases, behind `.keyfront/`.
const DOCUMENTS: [&str; 2] = ["publishers.json", "viewers.json"];

/// Keys of the template's bucket behind `.keyfront/`, where sites have releases.
pub(super) struct Releases {
    pub(super) read: Vec<String>,
    pub(super) reserved: Vec<String>,
}

impl Releases {
    pub(super) const fn is_empty(&self) -> bool {
        self.read.is_empty()
    }
}

/// The resources of the statements.
pub(super) struct Grants<'s> {
    sites: &'s Sites,
}

impl<'s> Grants<'s> {
    pub(super) const fn of(sites: &'s Sites) -> Self {
        Self { sites }
    }

    /// The objects of every site, as ARNs with a star.
    pub(super) fn objects(&self) -> Vec<String> {
        let all = self
            .existing()
            .map(|(bucket, entry)| objects(bucket, entry));
        sorted(all)
    }

    /// Buckets in which the edge has to see that an object is missing. Who answers denials with 404 needs no list.
    pub(super) fn listed(&self) -> Vec<String> {
        let all = self
            .existing()
            .filter(|(_, entry)| !entry.denied_as_missing);
        sorted(all.map(|(bucket, _)| arn(bucket)))
    }

    /// Keyfront's own documents in buckets that a site serves as a whole.
    pub(super) fn reserved(&self) -> Vec<String> {
        let whole = self.existing().filter(|(_, entry)| entry.prefix.is_empty());
        sorted(whole.map(|(bucket, _)| format!("{}/.keyfront/*", arn(bucket))))
    }

    /// What the edge reads of releases, and what lies beside them that it does not read: policies allow, but have no word for
    /// "all but these", so each is named.
    pub(super) fn releases(&self) -> Releases {
        let names = || {
            let entries = self.sites.entries.iter();
            entries.filter_map(|entry| entry.release.as_deref())
        };
        let below = |what: &[&str]| {
            let keys = names().flat_map(|name| {
                let keys = what.iter();
                keys.map(move |key| format!("sites/{name}/{key}"))
            });
            keys.collect::<Vec<_>>()
        };
        let documents = DOCUMENTS.map(str::to_owned).into_iter();
        Releases {
            read: below(&["current.json", "releases/*"]),
            reserved: documents
                .chain(below(&["log/*", "invalidated/*"]))
                .collect(),
        }
    }

    /// Each key once, in the order of the buckets.
    pub(super) fn keys(&self) -> Vec<&'s KeyArn> {
        let mut keys: Vec<&KeyArn> = Vec::new();
        for bucket in self.sites.existing_buckets() {
            if !keys.contains(&&bucket.key) {
                keys.push(&bucket.key);
            }
        }
        keys
    }

    /// S3's encryption contexts of what a key may decrypt: the bucket's ARN with a bucket key, the object's without.
    pub(super) fn contexts(&self, key: &KeyArn) -> Vec<String> {
        let of_key = self.existing().filter(|(bucket, _)| bucket.key == *key);
        sorted(of_key.flat_map(|(bucket, entry)| [arn(bucket), objects(bucket, entry)]))
    }

    /// The same, of one bucket.
    pub(super) fn objects_in(&self, name: &ExistingBucket) -> Vec<String> {
        let within = self
            .existing()
            .filter(|(bucket, _)| bucket.name == name.name);
        sorted(within.map(|(bucket, entry)| objects(bucket, entry)))
    }

    /// Whether the edge has to see what is missing in the bucket.
    pub(super) fn lists(&self, bucket: &ExistingBucket) -> bool {
        self.listed().contains(&arn(bucket))
    }

    fn existing(&self) -> impl Iterator<Item = (&'s ExistingBucket, &'s SiteEntry)> {
        let entries = self.sites.entries.iter();
        entries.filter_map(|entry| Some((entry.existing()?, entry)))
    }
}

/// The name of S3 in a key's Region, as KMS knows it.
pub(super) fn via_service(key: &KeyArn) -> String {
    host::of_service("s3", key.region())
}

pub(super) fn arn(bucket: &ExistingBucket) -> String {
    // `document` takes keys of this partition alone, where CloudFront is.
    of_bucket(Partition::Standard, bucket.name.as_str())
}

fn objects(bucket: &ExistingBucket, entry: &SiteEntry) -> String {
    format!("{}/{}*", arn(bucket), entry.prefix)
}

fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<_> = texts.collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}
