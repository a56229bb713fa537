//! What a folder of a site holds, for its viewers.

use keyfront_origin_core::folder::{File, Folder, Page};
use serde::Serialize;
use time::format_description::well_known::Rfc3339;

/// A page of what a folder of a site holds.
#[derive(Debug, Serialize)]
pub(crate) struct FolderPage {
    /// The folder's path for viewers, as on the request line.
    path: String,
    /// Names of folders in it, each with its slash.
    folders: Vec<String>,
    files: Vec<FolderFile>,
    /// `after` of the next page; null after the last one.
    next_after: Option<String>,
}

/// An object of a folder.
#[derive(Debug, Serialize)]
struct FolderFile {
    name: String,
    /// Where viewers read it, as on the request line.
    path: String,
    /// Bytes as stored.
    size: u64,
    /// RFC 3339.
    last_modified: Option<String>,
}

impl FolderPage {
    pub(crate) fn of(folder: &Folder, page: Page) -> Self {
        let file = |file: File| FolderFile {
            path: folder.path_of(&file.name),
            name: file.name,
            size: file.size,
            last_modified: file
                .last_modified
                .and_then(|time| time.format(&Rfc3339).ok()),
        };
        Self {
            path: folder.path_of(""),
            folders: page.folders,
            files: page.files.into_iter().map(file).collect(),
            next_after: page.next,
        }
    }
}
