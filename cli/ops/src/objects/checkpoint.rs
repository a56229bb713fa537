//! The file an interrupted run goes on from.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const VERSION: u32 = 1;

/// What a run is about: another one must not go on where this one stopped.
pub(crate) trait Task: Clone + PartialEq + Serialize + DeserializeOwned {
    /// The run in errors: "an audit".
    const RUN: &'static str;

    /// The first thing that differs, by its name.
    fn difference(&self, other: &Self) -> &'static str;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<T, P> {
    v: u32,
    task: T,
    progress: P,
}

/// A checkpoint file of one task.
#[derive(Debug)]
pub(crate) struct Checkpoint<T> {
    path: PathBuf,
    task: T,
}

impl<T: Task> Checkpoint<T> {
    pub(crate) const fn new(path: PathBuf, task: T) -> Self {
        Self { path, task }
    }

    /// How far an earlier run came; `None` if there was none.
    ///
    /// # Errors
    /// The file is no checkpoint, or that of another run.
    pub(crate) fn load<P: DeserializeOwned>(&self) -> anyhow::Result<Option<P>> {
        let path = self.path.display();
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be read")),
        };
        let way_out = "remove it, choose another --checkpoint, or start over with --restart";
        let found: Document<T, P> = serde_json::from_slice(&text)
            .with_context(|| format!("{path} is not a checkpoint of {}; {way_out}", T::RUN))?;
        if found.v != VERSION {
            bail!("{path} is a checkpoint of another version; {way_out}");
        }
        if found.task != self.task {
            let differs = self.task.difference(&found.task);
            bail!(
                "{path} belongs to {} with another {differs}; {way_out}",
                T::RUN
            );
        }
        Ok(Some(found.progress))
    }

    /// Replaces the file: whole, or not at all.
    pub(crate) fn save<P: Clone + Serialize>(&self, progress: &P) -> anyhow::Result<()> {
        let document = Document {
            v: VERSION,
            task: self.task.clone(),
            progress: progress.clone(),
        };
        let text = serde_json::to_vec(&document)?;
        self.replace(&text)
            .with_context(|| format!("checkpoint {} cannot be written", self.path.display()))
    }

    fn replace(&self, text: &[u8]) -> std::io::Result<()> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let fresh = beside(&self.path);
        let mut file = File::create(&fresh)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    /// Removes the file of a run that came to its end.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error)
                .with_context(|| format!("checkpoint {} cannot be removed", self.path.display())),
            _ => Ok(()),
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}
