//! What a folder holds: the files to publish, and what cannot be.
//!
//! Symbolic links are followed as long as they stay in the folder; what they show is published in their place. It reads no file's
//! content.

use std::{
    collections::BTreeMap,
    fs::{self, Metadata},
    io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context as _;
use ignore::{DirEntry, WalkBuilder, gitignore::GitignoreBuilder};
use keyfront_releases::validate_path;
use unicode_normalization::UnicodeNormalization as _;

/// Says what is left out, in the syntax of gitignore.
pub(super) const IGNORE_FILE: &str = ".keyfrontignore";
/// Published although its name begins with a dot (RFC 8615).
const WELL_KNOWN: &str = ".well-known";

/// Whether names that begin with a dot are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hidden {
    Published,
    LeftOut,
}

/// What a file's content is the same as long as this is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) size: u64,
    /// Nanoseconds since 1970.
    pub(super) modified: i64,
    /// The same, of the inode.
    pub(super) changed: i64,
    pub(super) inode: u64,
    pub(super) device: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            size: metadata.size(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }
}

/// A file to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Relative to the folder.
    pub(super) path: String,
    pub(super) stamp: Stamp,
}

/// Something that cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    pub(super) name: String,
    pub(super) reason: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Sorted by path.
    pub(super) files: Vec<Found>,
    pub(super) problems: Vec<Problem>,
    /// Names that begin with a dot, left out.
    pub(super) hidden: usize,
    /// What somebody should know, although it is published.
    pub(super) warnings: Vec<String>,
}

/// Walks a folder.
///
/// # Errors
/// It is none, or an ignore file in it cannot be read or understood.
pub(super) fn survey(folder: &Path, hidden: Hidden) -> anyhow::Result<Survey> {
    let root =
        fs::canonicalize(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    anyhow::ensure!(root.is_dir(), "{} is not a folder", folder.display());
    demand_ignore_file(&root)?;
    let sifted = Arc::new(Mutex::new(Sifted::default()));
    let sieve = Sieve {
        root: root.clone(),
        hidden,
        sifted: Arc::clone(&sifted),
    };
    let mut walk = WalkBuilder::new(&root);
    walk.standard_filters(false)
        .follow_links(true)
        .add_custom_ignore_filename(IGNORE_FILE)
        .filter_entry(move |entry| sieve.passes(entry));
    let mut survey = Survey::default();
    for entry in walk.build() {
        match entry {
            Ok(entry) => survey.take(&root, &entry),
            Err(error) => survey.problems.push(problem_of(&root, &error)),
        }
    }
    let sifted = std::mem::take(&mut *sifted.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(fault) = sifted.fault {
        return Err(fault);
    }
    survey.problems.extend(sifted.problems);
    survey.hidden = sifted.hidden;
    survey.problems.sort_unstable();
    survey
        .files
        .sort_unstable_by(|one, other| one.path.cmp(&other.path));
    survey.warnings = alike(&survey.files);
    Ok(survey)
}

/// An ignore file that is not read to its end would publish what was to be left out; the walk itself passes over it.
fn demand_ignore_file(folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(IGNORE_FILE);
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // A folder that may not be entered: nothing in it can be read.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(()),
        _ => {}
    }
    let unreadable = || format!("the ignore file {} cannot be read", path.display());
    // Of a link's target. A pipe would never end.
    let metadata = fs::metadata(&path).with_context(unreadable)?;
    anyhow::ensure!(metadata.is_file(), "{}: it is not a file", unreadable());
    // `Gitignore::new` passes over lines that cannot be read.
    let mut rules = GitignoreBuilder::new(folder);
    let fault = rules.add(&path).or_else(|| rules.build().err());
    fault.map_or(Ok(()), |error| {
        Err(error).with_context(|| format!("{} is not a valid ignore file", path.display()))
    })
}

/// What the walk leaves out, beside what is ignored.
struct Sieve {
    root: PathBuf,
    hidden: Hidden,
    sifted: Arc<Mutex<Sifted>>,
}

#[derive(Default)]
struct Sifted {
    problems: Vec<Problem>,
    hidden: usize,
    /// The first ignore file that cannot be obeyed.
    fault: Option<anyhow::Error>,
}

impl Sieve {
    fn passes(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        let name = entry.file_name().as_encoded_bytes();
        let well_known = entry.depth() == 1 && name == WELL_KNOWN.as_bytes();
        let ours = name == IGNORE_FILE.as_bytes() || name == b".git";
        if ours {
            return false;
        }
        if self.hidden == Hidden::LeftOut && name.starts_with(b".") && !well_known {
            self.sifted().hidden += 1;
            return false;
        }
        if entry.path_is_symlink() && !self.stays_inside(entry.path()) {
            let problem = Problem {
                name: relative(&self.root, entry.path()),
                reason: "a symbolic link that leads out of the folder, or nowhere".to_owned(),
            };
            self.sifted().problems.push(problem);
            return false;
        }
        // Before the walk goes into it.
        if entry.file_type().is_some_and(|kind| kind.is_dir())
            && let Err(fault) = demand_ignore_file(entry.path())
        {
            self.sifted().fault.get_or_insert(fault);
            return false;
        }
        true
    }

    fn stays_inside(&self, link: &Path) -> bool {
        fs::canonicalize(link).is_ok_and(|target| target.starts_with(&self.root))
    }

    fn sifted(&self) -> std::sync::MutexGuard<'_, Sifted> {
        self.sifted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Survey {
    fn take(&mut self, root: &Path, entry: &DirEntry) {
        if entry.depth() == 0 || entry.file_type().is_some_and(|kind| kind.is_dir()) {
            return;
        }
        match found(root, entry) {
            Ok(file) => self.files.push(file),
            Err(reason) => self.problems.push(Problem {
                name: relative(root, entry.path()),
                reason,
            }),
        }
    }
}

fn found(root: &Path, entry: &DirEntry) -> Result<Found, String> {
    // Of a link's target.
    let metadata = fs::metadata(entry.path()).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("neither a file nor a folder".to_owned());
    }
    let path = entry
        .path()
        .strip_prefix(root)
        .map_err(|error| error.to_string())?;
    let path = path
        .to_str()
        .ok_or("its name is not UTF-8, as keys in S3 must be")?;
    validate_path(path).map_err(|error| format!("{:#}", anyhow::Error::new(error)))?;
    Ok(Found {
        path: path.to_owned(),
        stamp: Stamp::of(&metadata),
    })
}

fn problem_of(root: &Path, error: &ignore::Error) -> Problem {
    let mut inner = error;
    let mut name = String::new();
    loop {
        inner = match inner {
            ignore::Error::WithPath { path, err } => {
                name = relative(root, path);
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            ignore::Error::Loop { child, .. } => {
                return Problem {
                    name: relative(root, child),
                    reason: "a symbolic link to a folder that it is in".to_owned(),
                };
            }
            other => {
                return Problem {
                    name,
                    reason: other.to_string(),
                };
            }
        };
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// Files that one of many file systems takes for the same.
fn alike(files: &[Found]) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files {
        // ASCII is its own normal form: of most sites nothing is kept here but names with capitals.
        let folded: String = file.path.nfc().flat_map(char::to_lowercase).collect();
        groups.entry(folded).or_default().push(&file.path);
    }
    let several = groups.into_values().filter(|group| group.len() > 1);
    several
        .map(|group| {
            format!(
                "{} differ only by case or normalisation: some systems can store only one of them",
                group.join(" and ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests;
