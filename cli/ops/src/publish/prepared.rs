//! A folder made into a manifest's files: surveyed, hashed, with headers.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use keyfront_releases::File;

use super::{
    compression,
    hashing::{Hashed, hash_all},
    progress::Progress,
    settings::{Headers, Settings},
    stat_cache::StatCache,
    survey::{Hidden, Problem, survey},
};
use crate::release_api::cache_folder;

/// What is read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What has changed since it was read.
    Changed,
    All,
}

/// Whether compressed forms are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Forms {
    Plain,
    Compressed,
}

/// How a folder is read.
pub(super) struct Preparation<'a> {
    pub(super) folder: &'a Path,
    pub(super) hidden: Hidden,
    pub(super) reading: Reading,
    pub(super) forms: Forms,
    pub(super) settings: &'a Settings,
}

/// A folder that was read.
pub(super) struct Prepared {
    pub(super) root: PathBuf,
    pub(super) files: Vec<File>,
    /// What could not be read or cannot be published.
    pub(super) problems: Vec<Problem>,
}

impl Preparation<'_> {
    /// Reads the folder.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn read(&self, progress: &Progress) -> anyhow::Result<Prepared> {
        progress.step("Scanning the folder");
        let root = self.folder.canonicalize().map_err(|error| {
            anyhow::Error::new(error).context(format!("{} cannot be read", self.folder.display()))
        })?;
        let found = survey(&root, self.hidden)?;
        for warning in &found.warnings {
            progress.note(&format!("Warning: {warning}"));
        }
        if found.hidden > 0 {
            progress.note(&format!(
                "{} names that begin with a dot are left out; --hidden publishes them",
                found.hidden
            ));
        }
        progress.step(&format!("Checking {} files", found.files.len()));
        let caches = cache_folder();
        let cache = match self.reading {
            Reading::Changed => StatCache::load(caches.as_deref(), &root),
            Reading::All => StatCache::default(),
        };
        let hashes = hash_all(&root, found.files, &cache);
        if hashes.read > 0 {
            let known = hashes.files.iter().map(|file| (&*file.path, file.known));
            StatCache::load(caches.as_deref(), &root).save(known);
        }
        let mut problems = found.problems;
        problems.extend(hashes.problems);
        let mut files = self.files(hashes.files);
        if self.forms == Forms::Compressed {
            progress.step("Compressing");
            let failed = compression::compress_all(&root, &mut files);
            let names: HashSet<&str> = failed.iter().map(|problem| &*problem.name).collect();
            files.retain(|file| !names.contains(&*file.path));
            problems.extend(failed);
        }
        Ok(Prepared {
            root,
            files,
            problems,
        })
    }

    fn files(&self, hashed: Vec<Hashed>) -> Vec<File> {
        let mut shared = HashSet::new();
        let files = hashed.into_iter().map(|file| {
            let Headers {
                media_type,
                cache,
                csp,
            } = self.settings.headers(&file.path);
            File {
                path: file.path.into(),
                sha256: file.known.sha256,
                size: file.known.stamp.size,
                media_type: once(&mut shared, media_type),
                cache: once(&mut shared, cache),
                csp,
                variants: None,
            }
        });
        files.collect()
    }
}

/// Types and cache controls are few, files are many.
fn once(shared: &mut HashSet<Arc<str>>, text: Arc<str>) -> Arc<str> {
    match shared.get(&text) {
        Some(known) => Arc::clone(known),
        None => {
            shared.insert(Arc::clone(&text));
            text
        }
    }
}
