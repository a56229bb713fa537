//! SHA-256 of many files at a time. A file that changes while it is read is read again.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use keyfront_releases::Sha256Digest;
use sha2::{Digest as _, Sha256};

use super::{
    stat_cache::{CachedHash, StatCache},
    survey::{Found, Problem, Stamp},
};

const BLOCK: usize = 256 * 1024;
/// Readings of a file that changes while it is read.
const READINGS: u32 = 3;

/// A file and its hash.
#[derive(Debug, Clone)]
pub(super) struct Hashed {
    pub(super) path: String,
    pub(super) known: CachedHash,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    /// In the order of the files.
    pub(super) files: Vec<Hashed>,
    pub(super) problems: Vec<Problem>,
    /// How many had to be read.
    pub(super) read: usize,
}

/// Hashes the files of `root`, or takes the hash that the cache has.
pub(super) fn hash_all(root: &Path, files: Vec<Found>, cache: &StatCache) -> Hashes {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let next = AtomicUsize::new(0);
    let read = AtomicUsize::new(0);
    let outcomes: Mutex<Vec<(usize, Result<CachedHash, String>)>> = Mutex::default();
    let work = || {
        let mut block = vec![0; BLOCK];
        let mut own = Vec::new();
        while let Some((at, file)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            files.get(at).map(|file| (at, file))
        } {
            let outcome = match cache.hash(file) {
                Some(known) => Ok(known),
                None => {
                    read.fetch_add(1, Ordering::Relaxed);
                    hash(&root.join(&file.path), &mut block)
                }
            };
            own.push((at, outcome));
        }
        let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.append(&mut own);
    };
    std::thread::scope(|scope| {
        for _ in 0..workers.min(files.len()) {
            scope.spawn(work);
        }
    });
    let mut outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_unstable_by_key(|(at, _)| *at);
    let mut hashes = Hashes {
        read: read.into_inner(),
        ..Hashes::default()
    };
    for (file, (_, outcome)) in files.into_iter().zip(outcomes) {
        match outcome {
            Ok(known) => hashes.files.push(Hashed {
                path: file.path,
                known,
            }),
            Err(reason) => hashes.problems.push(Problem {
                name: file.path,
                reason,
            }),
        }
    }
    hashes
}

fn hash(path: &Path, block: &mut [u8]) -> Result<CachedHash, String> {
    for _ in 0..READINGS {
        match hash_once(path, block) {
            Ok(Some(known)) => return Ok(known),
            Ok(None) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Err("it changed while it was read".to_owned())
}

/// `None` if it changed meanwhile.
fn hash_once(path: &Path, block: &mut [u8]) -> io::Result<Option<CachedHash>> {
    let read_at = now();
    let mut file = File::open(path)?;
    let stamp = Stamp::of(&file.metadata()?);
    let mut hash = Sha256::new();
    let mut size = 0;
    loop {
        let read = match file.read(block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if read == 0 {
            break;
        }
        hash.update(&block[..read]);
        size += read as u64;
    }
    let same = size == stamp.size && Stamp::of(&file.metadata()?) == stamp;
    Ok(same.then(|| CachedHash {
        stamp,
        read_at,
        sha256: Sha256Digest::from_bytes(hash.finalize().into()),
    }))
}

/// Nanoseconds since 1970; 0 by a clock that stands before, by which every entry is racy.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use super::*;
    use crate::publish::survey::{Hidden, survey};

    #[test]
    fn files_are_hashed_once_and_then_known() {
        let (folder, caches) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for number in 0..20_u8 {
            fs::write(folder.path().join(format!("{number:02}")), [number; 3]).unwrap();
        }
        let long_ago = SystemTime::now() - std::time::Duration::from_secs(3600);
        let hash = || {
            let files = survey(folder.path(), Hidden::LeftOut).unwrap().files;
            let cache = StatCache::load(Some(caches.path()), folder.path());
            let hashes = hash_all(folder.path(), files, &cache);
            cache.save(hashes.files.iter().map(|file| {
                // As if everything had been written and read a while ago.
                let known = CachedHash {
                    read_at: i64::MAX,
                    ..file.known
                };
                (&*file.path, known)
            }));
            hashes
        };
        let first = hash();
        assert_eq!((first.files.len(), first.read), (20, 20));
        assert_eq!(first.files[7].known.sha256, Sha256Digest::of(&[7; 3]));
        assert_eq!(hash().read, 0);
        // Another content of the same size, with its old time put back: the inode's own time gives it away.
        fs::write(folder.path().join("07"), [77; 3]).unwrap();
        let file = File::options()
            .write(true)
            .open(folder.path().join("07"))
            .unwrap();
        file.set_modified(long_ago).unwrap();
        let again = hash();
        assert_eq!(again.read, 1);
        assert_eq!(again.files[7].known.sha256, Sha256Digest::of(&[77; 3]));
    }

    #[test]
    fn what_cannot_be_read_is_a_problem_and_the_rest_is_hashed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "a").unwrap();
        fs::write(folder.path().join("b"), "b").unwrap();
        let files = survey(folder.path(), Hidden::LeftOut).unwrap().files;
        fs::remove_file(folder.path().join("a")).unwrap();
        let hashes = hash_all(folder.path(), files, &StatCache::default());
        assert_eq!(hashes.files.len(), 1);
        assert_eq!(hashes.problems[0].name, "a");
    }
}
