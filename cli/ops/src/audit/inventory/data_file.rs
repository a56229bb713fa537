//! Fetches a data file into a nameless file on the disk: Parquet is read from its end, and a reader that is slower than S3
//! must not hold a connection for hours.

use std::{
    fs::File,
    io::{Seek as _, SeekFrom, Write as _},
};

use anyhow::{Context as _, ensure};
use md5::{Digest as _, Md5};

use super::manifest::{DataFile, Inventory};
use crate::{aws::call_error, bucket_target::BucketTarget};

/// The file, at its beginning. Its length and MD5 are those the manifest says.
///
/// # Errors
/// It cannot be read, or is another one.
pub(super) async fn fetch(
    target: &BucketTarget,
    inventory: &Inventory,
    data: &DataFile,
) -> anyhow::Result<File> {
    let name = format!("s3://{}/{}", inventory.bucket, data.key);
    let call = target.s3.get_object().bucket(&inventory.bucket);
    let answer = call.key(&data.key).send().await;
    let mut body = answer
        .map_err(|error| {
            call_error(error).context(format!("the inventory's file {name} cannot be read"))
        })?
        .body;
    let full = || format!("the inventory's file {name} does not fit in the temporary folder");
    let mut file = tempfile::tempfile().with_context(full)?;
    let (mut digest, mut size) = (Md5::new(), 0);
    while let Some(chunk) = body
        .try_next()
        .await
        .with_context(|| format!("the download of {name} was interrupted"))?
    {
        digest.update(&chunk);
        size += chunk.len() as u64;
        ensure!(
            size <= data.size,
            "the inventory's file {name} is longer than its manifest lists"
        );
        file.write_all(&chunk).with_context(full)?;
    }
    ensure!(
        size == data.size && hex::encode(digest.finalize()) == data.md5.to_ascii_lowercase(),
        "the inventory's file {name} does not match its checksum in the manifest"
    );
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}
