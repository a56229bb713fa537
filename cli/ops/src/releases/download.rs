//! One file of a release on its way to a folder: under another name until it is whole and verified. A connection that breaks is made
//! again, and goes on where the last one ended.

use std::{cell::RefCell, fs, io::Write as _, path::Path};

use anyhow::{Context as _, ensure};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use keyfront_releases::{File, Sha256Digest};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::{
    http_client::{Arrived, Failure, with_attempts},
    release_api::ReleaseApi,
};

/// What has come so far.
struct Received {
    file: NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

/// Fetches a file to `place`.
///
/// # Errors
/// S3 refuses, the bytes are others than the manifest's, or the disk is full.
pub(super) async fn download(
    api: &ReleaseApi,
    url: &str,
    file: &File,
    place: &Path,
) -> anyhow::Result<()> {
    let folder = place.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .with_context(|| format!("{} cannot be created", folder.display()))?;
    let fresh = NamedTempFile::new_in(folder);
    let received = RefCell::new(Received {
        file: fresh.with_context(|| format!("{} cannot be written to", folder.display()))?,
        hash: Sha256::new(),
        bytes: 0,
    });
    with_attempts(async || {
        let begun = received.borrow().bytes;
        let arrived = api.read_presigned(url, range_from(begun)).await;
        let arrived = arrived.map_err(Failure::of_transport)?;
        let expected = if begun == 0 {
            StatusCode::OK
        } else {
            StatusCode::PARTIAL_CONTENT
        };
        if arrived.status != expected {
            let error = refusal(arrived.status);
            return Err(Failure::of(arrived.status, &arrived.headers, error));
        }
        take(arrived, &received, file.size).await
    })
    .await?;
    let Received {
        file: fresh,
        hash,
        bytes,
    } = received.into_inner();
    let sha256 = Sha256Digest::from_bytes(hash.finalize().into());
    ensure!(
        bytes == file.size && sha256 == file.sha256,
        "the stored file was altered: it has {bytes} bytes and the SHA-256 {sha256}, the manifest says {} and {}",
        file.size,
        file.sha256
    );
    fresh.as_file().sync_all()?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs::set_permissions(fresh.path(), mode)?;
    fresh.persist(place)?;
    Ok(())
}

/// The manifest may be known here although the release is gone.
fn refusal(status: StatusCode) -> anyhow::Error {
    match status {
        StatusCode::NOT_FOUND => anyhow::anyhow!(
            "it is not in the bucket: the release was removed, or somebody deleted the file"
        ),
        status => anyhow::anyhow!("S3 returned {status}"),
    }
}

async fn take(
    mut arrived: Arrived,
    received: &RefCell<Received>,
    size: u64,
) -> Result<(), Failure> {
    loop {
        let part = arrived.body.next().await;
        let Some(part) = part.map_err(Failure::of_transport)? else {
            return Ok(());
        };
        let mut received = received.borrow_mut();
        received.bytes += part.len() as u64;
        if received.bytes > size {
            let error = anyhow::anyhow!("it is longer than the manifest says");
            return Err(Failure::Final(error));
        }
        received.hash.update(&part);
        let written = received.file.write_all(&part);
        written.map_err(|error| Failure::Final(error.into()))?;
    }
}

fn range_from(begun: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if begun > 0
        && let Ok(range) = HeaderValue::try_from(format!("bytes={begun}-"))
    {
        headers.insert(header::RANGE, range);
    }
    headers
}
