//! `keyfront releases get`: a release back into a folder, each file verified.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use clap::Args;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_cli::report;
use keyfront_releases::{File, ReleaseId, Sha256Digest, Tree};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{
    download::download,
    existing::{Existing, existing_at},
    named::{manifest, named},
    site_arguments::SiteArguments,
};
use crate::{publish::amount, release_api::ReleaseApi, status_line::StatusLine};

/// Requests that are asked for at once: each works for some minutes.
const BATCH: usize = 100;
const AT_ONCE: usize = 16;

/// Write the files of a release into a folder
///
/// Identical files are kept, other files of the same name are replaced, and files that the release does not have are left alone.
/// A symbolic link in the path of a file is refused. A release does not record modification times: files get the time at which
/// they are written.
#[derive(Debug, Args)]
pub(super) struct GetArguments {
    /// The release
    #[arg(value_name = "ID")]
    id: String,

    /// The folder, created if it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    #[command(flatten)]
    site: SiteArguments,
}

pub(super) async fn run(arguments: &GetArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let id = named(&api, &arguments.id).await?;
    let manifest = manifest(&api, id).await?;
    let folder = &arguments.folder;
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let line = StatusLine::begin();
    let (mut fetched, mut bytes, mut same) = (0, 0_u64, 0);
    for batch in manifest.files().chunks(BATCH) {
        let mut missing = Vec::new();
        for file in batch {
            match is_there(folder, file)? {
                true => same += 1,
                false => missing.push(file),
            }
        }
        fetch(&api, id, &missing, folder).await?;
        fetched += missing.len();
        let sizes = missing.iter().map(|file| file.size);
        bytes = sizes.fold(bytes, u64::saturating_add);
        line.show(&format!(
            "Fetched {fetched} of {} files, {}",
            manifest.files().len(),
            amount(bytes)
        ));
    }
    line.end();
    match arguments.site.json {
        true => report::line(json!({
            "site": api.site, "release": id, "fetched": fetched, "bytes": bytes, "present": same,
        })),
        false => report::line(format_args!(
            "Release {id} is in {}: {fetched} files fetched ({}), {same} there already; all verified",
            folder.display(),
            amount(bytes)
        )),
    }
    Ok(())
}

async fn fetch(
    api: &ReleaseApi,
    id: ReleaseId,
    files: &[&File],
    folder: &Path,
) -> anyhow::Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let wanted: Vec<_> = files
        .iter()
        .map(|file| (Tree::Files, &*file.path))
        .collect();
    let grants = api.downloads(id, &wanted).await?;
    ensure!(
        grants.len() == files.len(),
        "the API returned {} files where {} were requested",
        grants.len(),
        files.len()
    );
    let downloads = files.iter().zip(grants).map(|(file, grant)| async move {
        download(api, &grant.url, file, &folder.join(&*file.path))
            .await
            .with_context(|| format!("{} cannot be fetched", file.path))
    });
    stream::iter(downloads.collect::<Vec<_>>())
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Whether this very file is there: an interrupted run goes on behind it.
fn is_there(folder: &Path, file: &File) -> anyhow::Result<bool> {
    if existing_at(folder, &file.path)? == Existing::Nothing {
        return Ok(false);
    }
    let place = folder.join(&*file.path);
    let mut found =
        fs::File::open(&place).with_context(|| format!("{} cannot be read", place.display()))?;
    if found.metadata()?.len() != file.size {
        return Ok(false);
    }
    let mut hash = Hasher(Sha256::new());
    io::copy(&mut found, &mut hash)?;
    Ok(Sha256Digest::from_bytes(hash.0.finalize().into()) == file.sha256)
}

struct Hasher(Sha256);

impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
