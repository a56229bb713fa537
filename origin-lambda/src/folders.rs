//! Listing a folder for viewers.
//!
//! Which keys are shown, and where a page starts, is decided in [`keyfront_origin_core::folder`].

use keyfront_names::MAX_KEY_BYTES;
use keyfront_origin_core::folder::{File, Folder, PAGE, Page};
use time::OffsetDateTime;

use crate::{
    error::Error,
    store::{FolderContents, Store},
};

/// A page of a folder, behind the name `after`.
///
/// # Errors
/// [`Error::NotFound`] if nothing lies in the folder, and it is not the site's own; [`Error::Query`]; what S3 returned.
pub async fn page(store: &Store, folder: &Folder, after: Option<&str>) -> Result<Page, Error> {
    let start = after.map(|name| folder.start_after(name));
    // Behind all that is in a folder stands one character more than a key may have.
    if start
        .as_ref()
        .is_some_and(|key| key.len() > MAX_KEY_BYTES + char::MAX.len_utf8())
    {
        return Err(Error::Query("after is longer than a key".to_owned()));
    }
    let contents = store.list_folder(&folder.prefix, start.as_deref(), PAGE);
    let contents = contents.await?;
    if contents.is_empty && after.is_none() && !folder.path.is_empty() {
        return Err(Error::NotFound);
    }
    Ok(shown(folder, contents))
}

fn shown(folder: &Folder, contents: FolderContents) -> Page {
    let name = |key: &str| folder.name_of(key).map(str::to_owned);
    let prefixes = contents.prefixes.iter();
    let folders: Vec<String> = prefixes.filter_map(|prefix| name(prefix)).collect();
    let objects = contents.objects.iter();
    let files: Vec<File> = objects
        .filter_map(|object| {
            Some(File {
                name: name(object.key.as_str())?,
                size: object.size,
                last_modified: object.last_modified.and_then(utc),
            })
        })
        .collect();
    let next = contents.more_after.map(|last| {
        // What is not shown is not named either, unless nothing else tells where the page ends.
        let shown = folders.last().max(files.last().map(|file| &file.name));
        let hidden = || {
            last.strip_prefix(folder.prefix.as_str())
                .unwrap_or_default()
        };
        shown.map_or_else(|| hidden().to_owned(), Clone::clone)
    });
    Page {
        folders,
        files,
        next,
    }
}

fn utc(time: aws_sdk_s3::primitives::DateTime) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(time.secs()).ok()
}
