//! What a site was before: the active release, the one before it, and which files stay for pages that are open still.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use keyfront_releases::{
    Difference, File, Kept, LogEntry, Manifest, ReleaseId, Sha256Digest, Tree, TreeObject,
};

use crate::release_api::{LogPage, ReleaseApi, read_manifest};

/// Pages of the log that are read in search of releases that are still young.
const PAGES: u32 = 20;

/// The releases that a publication builds on.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    pub(super) active: Option<ReleaseId>,
    /// The newest first.
    log: Vec<LogEntry>,
    /// The active one first.
    releases: Vec<(ReleaseId, Manifest)>,
}

impl Earlier {
    /// Reads what is there; the log as far back as files are kept.
    ///
    /// # Errors
    /// The API refuses.
    pub(super) async fn read(api: &ReleaseApi, kept_since: Option<u64>) -> anyhow::Result<Self> {
        let LogPage {
            active,
            mut log,
            mut next_cursor,
            ..
        } = api.log(None).await?;
        for _ in 1..PAGES {
            let young = |entry: &LogEntry| is_young(entry, kept_since);
            let (Some(cursor), true) = (&next_cursor, log.last().is_some_and(young)) else {
                break;
            };
            let page = api.log(Some(cursor)).await?;
            log.extend(page.log);
            next_cursor = page.next_cursor;
        }
        let mut earlier = Self {
            active,
            log,
            releases: Vec::new(),
        };
        let before = earlier.log.first().and_then(|entry| entry.replaced);
        for id in active.into_iter().chain(before) {
            let known = earlier.releases.iter().any(|(known, _)| *known == id);
            if !known && let Some(manifest) = read_manifest(api, id).await? {
                earlier.releases.push((id, manifest));
            }
        }
        Ok(earlier)
    }

    /// The active release's manifest.
    pub(super) fn manifest(&self) -> Option<&Manifest> {
        let (id, manifest) = self.releases.first()?;
        (Some(*id) == self.active).then_some(manifest)
    }

    /// The active release, if its files are these. What it keeps of others grows old by itself and does not count, unless
    /// nothing is to be kept.
    pub(super) fn unchanged(
        &self,
        difference: &Difference<'_>,
        kept_since: Option<u64>,
    ) -> Option<ReleaseId> {
        let keeps = self
            .manifest()
            .is_some_and(|manifest| !manifest.keep().is_empty());
        let same = difference.is_empty() && !(keeps && kept_since.is_none());
        self.active.filter(|_| same)
    }

    /// The immutable files of earlier releases that a page may still ask for: of the active release, and of those that were
    /// replaced after `kept_since`.
    pub(super) fn kept(&self, files: &[File], kept_since: Option<u64>) -> Vec<Kept> {
        if kept_since.is_none() {
            return Vec::new();
        }
        let young = self.young(kept_since);
        let mut taken: HashSet<&str> = files.iter().map(|file| &*file.path).collect();
        let mut kept = Vec::new();
        for (id, manifest) in &self.releases {
            let own = manifest.files().iter().map(|file| (*id, file));
            let inherited = manifest.keep().iter().map(|kept| (kept.from, &kept.file));
            for (from, file) in own.chain(inherited) {
                if young.contains(&from) && file.is_immutable() && taken.insert(&file.path) {
                    kept.push(Kept {
                        from,
                        file: file.clone(),
                    });
                }
            }
        }
        kept
    }

    /// The releases that viewers may have pages of.
    fn young(&self, kept_since: Option<u64>) -> HashSet<ReleaseId> {
        // An entry replaces what the one behind it activated.
        let replaced = self.log.iter().filter_map(|entry| {
            let young = is_young(entry, kept_since);
            entry.replaced.filter(|_| young)
        });
        self.active.into_iter().chain(replaced).collect()
    }

    /// Where bytes are already.
    pub(super) fn sources(&self) -> Sources<'_> {
        let mut sources = Sources::default();
        for (id, manifest) in &self.releases {
            for object in manifest.objects() {
                sources.add(*id, &object);
            }
        }
        sources
    }
}

/// Objects by their bytes.
#[derive(Debug, Default)]
pub(super) struct Sources<'a>(HashMap<(Tree, Sha256Digest), (ReleaseId, &'a str)>);

impl<'a> Sources<'a> {
    /// The first one that has the bytes is the source.
    fn add(&mut self, id: ReleaseId, object: &TreeObject<'a>) {
        let bytes = (object.tree, object.sha256);
        self.0.entry(bytes).or_insert((id, object.path));
    }

    /// A release and a path with these bytes.
    pub(super) fn find(&self, object: &TreeObject<'_>) -> Option<(ReleaseId, &'a str)> {
        self.0.get(&(object.tree, object.sha256)).copied()
    }
}

/// Seconds since 1970 before which nothing is kept; `None` if nothing is kept at all.
pub(super) fn kept_since(now: u64, keep_assets: Duration) -> Option<u64> {
    let some = !keep_assets.is_zero();
    some.then(|| now.saturating_sub(keep_assets.as_secs()))
}

fn is_young(entry: &LogEntry, kept_since: Option<u64>) -> bool {
    kept_since.is_some_and(|since| entry.at.epoch_seconds() >= since)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use keyfront_releases::{Encoded, SiteName, Timestamp};

    use super::*;

    const NOW: u64 = 1_000_000;

    fn file(path: &str, cache: &str) -> File {
        File {
            path: path.into(),
            sha256: Sha256Digest::of(path.as_bytes()),
            size: 1,
            media_type: "text/css".into(),
            cache: cache.into(),
            csp: None,
            variants: None,
        }
    }

    fn release(files: &[&str], keep: Vec<Kept>) -> (ReleaseId, Manifest) {
        let files = files.iter().map(|path| {
            let cache = if path.contains('-') {
                "immutable"
            } else {
                "max-age=60"
            };
            file(path, cache)
        });
        let site = SiteName::new("docs").unwrap();
        let manifest = Manifest::new(site, files.collect(), keep).unwrap();
        (manifest.id().unwrap(), manifest)
    }

    fn earlier(releases: Vec<(ReleaseId, Manifest)>, activated: &[(ReleaseId, u64)]) -> Earlier {
        let mut log: Vec<LogEntry> = Vec::new();
        for (id, at) in activated {
            let at = Timestamp::from_epoch_seconds(*at).unwrap();
            let entry = match log.first() {
                None => LogEntry::first(*id, Encoded::default(), "ada".into(), at),
                Some(last) => last.next(*id, Encoded::default(), "ada".into(), at),
            };
            log.insert(0, entry);
        }
        Earlier {
            active: log.first().map(|entry| entry.release),
            log,
            releases,
        }
    }

    fn kept(earlier: &Earlier, files: &[&str]) -> Vec<String> {
        let files: Vec<_> = files.iter().map(|path| file(path, "immutable")).collect();
        let since = kept_since(NOW, Duration::from_secs(1000));
        let kept = earlier.kept(&files, since).into_iter();
        kept.map(|kept| kept.file.path.to_string()).collect()
    }

    #[test]
    fn immutable_files_of_the_active_release_stay_and_others_go() {
        let one = release(&["a-1", "b-1", "index.html"], Vec::new());
        let activated = [(one.0, 10)];
        let earlier = earlier(vec![one], &activated);
        assert_eq!(kept(&earlier, &["b-1"]), ["a-1"]);
    }

    #[test]
    fn what_was_kept_goes_once_its_release_was_replaced_long_ago() {
        let old = release(&["old-1"], Vec::new());
        let young = release(&["young-1"], Vec::new());
        let keep = [(&old, "old-1"), (&young, "young-1")].map(|((from, manifest), path)| Kept {
            from: *from,
            file: manifest.file(path).unwrap().clone(),
        });
        let active = release(&["a-1"], keep.to_vec());
        // `old` was replaced at NOW - 1500, `young` at NOW - 500.
        let activated = [(old.0, 10), (young.0, NOW - 1500), (active.0, NOW - 500)];
        let earlier = earlier(vec![active, young], &activated);
        assert_eq!(kept(&earlier, &[]), ["a-1", "young-1"]);
    }

    #[test]
    fn after_a_rollback_the_files_of_what_was_rolled_back_stay() {
        let first = release(&["a-1"], Vec::new());
        let second = release(&["a-2"], Vec::new());
        let activated = [(first.0, 10), (second.0, NOW - 50), (first.0, NOW - 10)];
        let earlier = earlier(vec![first, second], &activated);
        assert_eq!(kept(&earlier, &[]), ["a-1", "a-2"]);
    }

    #[test]
    fn a_span_of_nothing_keeps_nothing_and_takes_away_what_was_kept() {
        let old = release(&["old-1"], Vec::new());
        let kept = Kept {
            from: old.0,
            file: old.1.file("old-1").unwrap().clone(),
        };
        let active = release(&["a-1"], vec![kept]);
        let (id, manifest) = active.clone();
        let earlier = earlier(vec![active], &[(old.0, NOW - 50), (id, NOW)]);
        let nothing = kept_since(NOW, Duration::ZERO);
        assert!(earlier.kept(&[], nothing).is_empty());
        let same = Difference::between(Some(&manifest), &manifest);
        assert_eq!(earlier.unchanged(&same, nothing), None);
        let some = kept_since(NOW, Duration::from_secs(1));
        assert_eq!(earlier.unchanged(&same, some), Some(id));
        let other = release(&["b-1"], Vec::new()).1;
        let changed = Difference::between(Some(&manifest), &other);
        assert_eq!(earlier.unchanged(&changed, some), None);
    }

    #[test]
    fn a_site_without_releases_has_nothing_to_build_on() {
        let none = Earlier::default();
        assert!(kept(&none, &["a"]).is_empty());
        assert!(none.manifest().is_none());
    }
}
