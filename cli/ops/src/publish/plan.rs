//! How each object of a release comes into its tree: it is there, is copied on the server, or is sent. Bytes that are on the server
//! already, or that are sent for another path, never travel.

use std::collections::{BTreeMap, HashMap, HashSet};

use keyfront_releases::{Manifest, ReleaseId, Tree, TreeObject};

use super::earlier::Sources;

/// An object that is there.
pub(super) type Present = HashSet<(Tree, String, u64)>;

/// A copy: from this path, to this object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copy<'a> {
    pub(super) from_path: &'a str,
    pub(super) to: TreeObject<'a>,
}

/// What is to be done.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan<'a> {
    /// Objects that are there.
    pub(super) present: usize,
    pub(super) uploads: Vec<TreeObject<'a>>,
    /// By the release that has them.
    pub(super) copies: BTreeMap<ReleaseId, Vec<Copy<'a>>>,
    /// Within the release itself, once everything else is there.
    pub(super) duplicates: Vec<Copy<'a>>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(manifest: &'a Manifest, present: &Present, sources: &Sources<'a>) -> Self {
        let mut plan = Self::default();
        let mut own = HashMap::new();
        let mut absent = Vec::new();
        let is_present = |object: &TreeObject<'_>| {
            // Most releases begin with nothing.
            !present.is_empty()
                && present.contains(&(object.tree, object.path.to_owned(), object.size))
        };
        for object in manifest.objects() {
            if is_present(&object) {
                plan.present += 1;
                own.entry((object.tree, object.sha256))
                    .or_insert(object.path);
            } else {
                absent.push(object);
            }
        }
        for object in absent {
            if let Some((id, from_path)) = sources.find(&object) {
                let copy = Copy {
                    from_path,
                    to: object,
                };
                plan.copies.entry(id).or_default().push(copy);
            } else if let Some(from_path) = own.get(&(object.tree, object.sha256)) {
                plan.duplicates.push(Copy {
                    from_path,
                    to: object,
                });
            } else {
                own.insert((object.tree, object.sha256), object.path);
                plan.uploads.push(object);
            }
        }
        plan
    }

    /// What travels.
    pub(super) fn bytes(&self) -> u64 {
        let sizes = self.uploads.iter().map(|object| object.size);
        sizes.fold(0, u64::saturating_add)
    }

    /// Copies on the server.
    pub(super) fn copied(&self) -> usize {
        self.copies.values().map(Vec::len).sum::<usize>() + self.duplicates.len()
    }
}

/// S3's requests for a plan, and their price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cost {
    /// PUT, COPY, POST and LIST.
    pub(super) writes: u64,
    /// GET and HEAD: each object is looked at once, before it may be served.
    pub(super) reads: u64,
    pub(super) dollars: f64,
}

/// $0.005 for 1,000 writes and $0.0004 for 1,000 reads (S3 Standard, us-east-1 and Europe, November 2026); KMS with bucket keys,
/// functions and storage left out.
const WRITE: f64 = 0.000_005;
const READ: f64 = 0.000_000_4;
/// Up to which an object is one request.
const ONE_REQUEST: u64 = 64 << 20;
/// The manifest, the record, the pointer, the log, and what is listed.
const FIXED_WRITES: u64 = 6;

impl Cost {
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        let sent = plan.uploads.iter().map(|object| match object.size {
            small if small <= ONE_REQUEST => 1,
            large => 2 + large.div_ceil(ONE_REQUEST),
        });
        let copied = plan.copied() as u64;
        let writes = FIXED_WRITES + sent.sum::<u64>() + copied;
        let objects = (plan.present + plan.uploads.len()) as u64 + copied;
        // A copy looks at its source.
        let reads = objects + copied;
        #[allow(clippy::cast_precision_loss)] // Of cents.
        let dollars = writes as f64 * WRITE + reads as f64 * READ;
        Self {
            writes,
            reads,
            dollars,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use keyfront_releases::{File, Sha256Digest, SiteName};

    use super::*;

    fn manifest(files: &[(&str, &str)]) -> Manifest {
        let files = files.iter().map(|(path, content)| File {
            path: (*path).into(),
            sha256: Sha256Digest::of(content.as_bytes()),
            size: content.len() as u64,
            media_type: "text/plain".into(),
            cache: "public".into(),
            csp: None,
            variants: None,
        });
        let site = SiteName::new("docs").unwrap();
        Manifest::new(site, files.collect(), Vec::new()).unwrap()
    }

    fn paths<'a>(objects: impl IntoIterator<Item = &'a TreeObject<'a>>) -> Vec<&'a str> {
        objects.into_iter().map(|object| object.path).collect()
    }

    #[test]
    fn the_same_bytes_travel_once() {
        let manifest = manifest(&[("a", "1"), ("b", "1"), ("c", "2"), ("d", "1")]);
        let plan = Plan::new(&manifest, &Present::new(), &Sources::default());
        assert_eq!(paths(&plan.uploads), ["a", "c"]);
        assert_eq!(
            paths(plan.duplicates.iter().map(|copy| &copy.to)),
            ["b", "d"]
        );
        assert!(plan.duplicates.iter().all(|copy| copy.from_path == "a"));
        assert_eq!((plan.bytes(), plan.copied()), (2, 2));
    }

    #[test]
    fn what_is_there_is_left_alone_and_is_a_source() {
        let manifest = manifest(&[("a", "1"), ("b", "1"), ("c", "2")]);
        let present = Present::from([
            (Tree::Files, "b".to_owned(), 1),
            (Tree::Br, "c".to_owned(), 1),
        ]);
        let plan = Plan::new(&manifest, &present, &Sources::default());
        assert_eq!(plan.present, 1);
        assert_eq!(paths(&plan.uploads), ["c"]);
        assert_eq!(plan.duplicates[0].from_path, "b");
        // Of another size it is another object, which verification finds.
        let cut = Present::from([(Tree::Files, "c".to_owned(), 7)]);
        let plan = Plan::new(&manifest, &cut, &Sources::default());
        assert_eq!(plan.present, 0);
    }

    #[test]
    fn a_plan_has_its_price() {
        let manifest = manifest(&[("a", "1"), ("b", "1")]);
        let plan = Plan::new(&manifest, &Present::new(), &Sources::default());
        let cost = Cost::of(&plan);
        assert_eq!((cost.writes, cost.reads), (FIXED_WRITES + 2, 3));
        assert!((cost.dollars - 0.000_041_2).abs() < 1e-9);
    }
}
