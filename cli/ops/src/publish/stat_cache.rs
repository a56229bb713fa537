//! Hashes of files that were read before, by what the file system says of them.
//!
//! A file whose times are not clearly before the moment at which it was read may have changed since without a trace; such a
//! racy entry is read again, as git does it.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use keyfront_releases::Sha256Digest;

use super::survey::{Found, Stamp};

const HEAD: &str = "keyfront-stat-cache 1";
/// The coarsest clock of a file system (FAT), in nanoseconds.
const COARSEST: i64 = 2_000_000_000;

/// What is known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CachedHash {
    pub(super) stamp: Stamp,
    /// When reading began, in nanoseconds since 1970.
    pub(super) read_at: i64,
    pub(super) sha256: Sha256Digest,
}

/// The cache of one folder.
#[derive(Debug, Default)]
pub(super) struct StatCache {
    place: Option<PathBuf>,
    known: HashMap<String, CachedHash>,
}

impl CachedHash {
    /// Whether the file can have been changed since without changing its stamp.
    fn is_racy(&self) -> bool {
        let latest = self.stamp.modified.max(self.stamp.changed);
        latest.saturating_add(COARSEST) >= self.read_at
    }
}

impl StatCache {
    /// The cache of `root` in `folder`. One that cannot be read is empty.
    pub(super) fn load(folder: Option<&Path>, root: &Path) -> Self {
        let name = Sha256Digest::of(root.as_os_str().as_encoded_bytes());
        let place = folder.map(|folder| folder.join("stat").join(name.to_string()));
        let known = place.as_deref().and_then(read).unwrap_or_default();
        Self { place, known }
    }

    /// The hash of a file that has not changed since it was read.
    pub(super) fn hash(&self, file: &Found) -> Option<CachedHash> {
        let known = self.known.get(&file.path)?;
        (known.stamp == file.stamp && !known.is_racy()).then_some(*known)
    }

    /// Replaces what is known, whole or not at all. Without a cache everything is read again.
    pub(super) fn save<'a>(&self, known: impl Iterator<Item = (&'a str, CachedHash)>) {
        if let Some(place) = &self.place {
            let _ = write(place, known);
        }
    }
}

/// `SHA256 SIZE MODIFIED CHANGED INODE DEVICE READ_AT PATH`; paths have no line ends.
fn read(place: &Path) -> Option<HashMap<String, CachedHash>> {
    let mut lines = BufReader::new(fs::File::open(place).ok()?).lines();
    if lines.next()?.ok()? != HEAD {
        return None;
    }
    let mut known = HashMap::new();
    for line in lines {
        let line = line.ok()?;
        let mut fields = line.splitn(8, ' ');
        let sha256 = fields.next()?.parse().ok()?;
        let stamp = Stamp {
            size: fields.next()?.parse().ok()?,
            modified: fields.next()?.parse().ok()?,
            changed: fields.next()?.parse().ok()?,
            inode: fields.next()?.parse().ok()?,
            device: fields.next()?.parse().ok()?,
        };
        let read_at = fields.next()?.parse().ok()?;
        let entry = CachedHash {
            stamp,
            read_at,
            sha256,
        };
        known.insert(fields.next()?.to_owned(), entry);
    }
    Some(known)
}

fn write<'a>(
    place: &Path,
    known: impl Iterator<Item = (&'a str, CachedHash)>,
) -> std::io::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    writeln!(file, "{HEAD}")?;
    for (path, known) in known {
        let Stamp {
            size,
            modified,
            changed,
            inode,
            device,
        } = known.stamp;
        let CachedHash {
            sha256, read_at, ..
        } = known;
        writeln!(
            file,
            "{sha256} {size} {modified} {changed} {inode} {device} {read_at} {path}"
        )?;
    }
    let file = file
        .into_inner()
        .map_err(std::io::IntoInnerError::into_error)?;
    file.persist(place)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const STAMP: Stamp = Stamp {
        size: 1,
        modified: 1_000_000_000_000,
        changed: 1_000_000_000_000,
        inode: 7,
        device: 8,
    };

    fn found(stamp: Stamp) -> Found {
        Found {
            path: "a b".to_owned(),
            stamp,
        }
    }

    fn saved(folder: &Path, read_at: i64) -> CachedHash {
        let known = CachedHash {
            stamp: STAMP,
            read_at,
            sha256: Sha256Digest::of(b"x"),
        };
        let cache = StatCache::load(Some(folder), Path::new("/site"));
        cache.save([("a b", known)].into_iter());
        known
    }

    #[test]
    fn a_file_is_known_as_long_as_its_stamp_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let known = saved(folder.path(), STAMP.changed + COARSEST + 1);
        let cache = StatCache::load(Some(folder.path()), Path::new("/site"));
        assert_eq!(cache.hash(&found(STAMP)), Some(known));
        let changes: [fn(&mut Stamp); 5] = [
            |stamp| stamp.size += 1,
            |stamp| stamp.modified += 1,
            |stamp| stamp.changed += 1,
            |stamp| stamp.inode += 1,
            |stamp| stamp.device += 1,
        ];
        for change in changes {
            let mut stamp = STAMP;
            change(&mut stamp);
            assert_eq!(cache.hash(&found(stamp)), None);
        }
        let other = StatCache::load(Some(folder.path()), Path::new("/other"));
        assert_eq!(other.hash(&found(STAMP)), None);
    }

    #[test]
    fn a_racy_entry_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        // Just written; and read by a clock that was set back since.
        for read_at in [STAMP.changed + COARSEST, STAMP.changed - 1] {
            saved(folder.path(), read_at);
            let cache = StatCache::load(Some(folder.path()), Path::new("/site"));
            assert_eq!(cache.hash(&found(STAMP)), None);
        }
    }

    #[test]
    fn a_cache_that_is_none_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        saved(folder.path(), i64::MAX);
        let entry = fs::read_dir(folder.path().join("stat")).unwrap().next();
        let place = entry.unwrap().unwrap().path();
        let text = fs::read_to_string(&place).unwrap();
        for wrong in [&text[1..], &text[..text.len() / 2], ""] {
            fs::write(&place, wrong).unwrap();
            let cache = StatCache::load(Some(folder.path()), Path::new("/site"));
            assert_eq!(cache.hash(&found(STAMP)), None);
        }
    }
}
