//! Listing and deleting objects for a publisher, page by page, across the prefixes its rules allow.
//!
//! Which prefixes those are, and where a page starts, is decided in [`keyfront_origin_core::listing`].

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use keyfront_envelope::{INSTRUCTION_FILE_MARKER, instruction_file_key};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    listing::{Cursor, behind_folder, folders_above, scans, shows_folder},
    sealed_metadata::MetadataRead,
};

use crate::{
    customer_keys::{CustomerKeys, Holder},
    error::Error,
    publisher::{Method, Publisher},
    sealed_metadata::SealedMetadata,
    store::{ListedObject, Store},
};

/// Calls to S3 one page may cost.
const CALLS: usize = 8;
/// Objects of a page that are described at the same time.
const CONCURRENT_HEAD_REQUESTS: usize = 16;

/// What a page lists.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Whose rules decide.
    pub publisher: &'a Publisher,
    /// Beginning of the keys.
    pub prefix: &'a str,
    /// Where the page starts.
    pub cursor: Option<&'a Cursor>,
    /// Objects at most, 1..=1000.
    pub limit: u16,
}

/// Part of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Objects in the order of their keys' bytes. A page may hold fewer than the limit, even none.
    pub entries: Vec<ListedObject>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<Cursor>,
}

/// Lists objects that the publisher may `GET`.
///
/// # Errors
/// No rule allows any key with this prefix; what S3 returned.
pub async fn list(store: &Store, scope: Scope<'_>) -> Result<Page, Error> {
    let Scope {
        publisher,
        prefix,
        cursor,
        limit,
    } = scope;
    let scans = scans(publisher, prefix)?;
    let mut page = Page {
        entries: Vec::new(),
        next: None,
    };
    let mut calls = 0;
    for scan in scans {
        let mut after = match cursor.map(|cursor| cursor.start_in(scan)) {
            None => None,
            Some(Some(start)) => start.map(str::to_owned),
            Some(None) => continue,
        };
        loop {
            let room = limit
                - u16::try_from(page.entries.len())
                    .unwrap_or(limit)
                    .min(limit);
            if room == 0 || calls == CALLS {
                page.next =
                    Some(after.map_or_else(|| Cursor::From(scan.to_owned()), Cursor::After));
                return Ok(page);
            }
            calls += 1;
            let listing = store.list(scan, after.as_deref(), room).await?;
            let readable =
                |entry: &ListedObject| publisher.authorise(Method::List, &entry.key).is_ok();
            page.entries
                .extend(listing.entries.into_iter().filter(readable));
            match listing.more_after {
                Some(key) => after = Some(key),
                None => break,
            }
        }
    }
    Ok(page)
}

/// What opening the metadata of a page needs of the system.
#[derive(Debug, Clone, Copy)]
pub struct MetadataContext<'a> {
    /// The bucket.
    pub store: &'a Store,
    /// Opens what only publishers may know.
    pub metadata: &'a SealedMetadata,
    /// Customer keys.
    pub customer_keys: &'a CustomerKeys,
}

/// What an object of a page has besides what S3 lists.
#[derive(Debug)]
pub struct Details {
    /// What was sealed with it for publishers only.
    pub metadata: MetadataRead,
    /// User metadata as stored, named without `x-amz-meta-`: whether it is an envelope, and under whose key, stands there.
    pub stored: HashMap<String, String>,
}

impl Details {
    /// Of an object that is gone, or cannot be looked at.
    fn absent() -> Self {
        Self {
            metadata: MetadataRead::Absent,
            stored: HashMap::new(),
        }
    }
}

/// Looks at a page's objects one by one, in their order. An object that is gone by now has nothing.
///
/// # Errors
/// One of the objects is listed, and the publisher may not `HEAD` it; what S3 or KMS returned.
pub async fn details(
    system: &MetadataContext<'_>,
    publisher: &Publisher,
    entries: &[ListedObject],
) -> Result<Vec<Details>, Error> {
    let MetadataContext {
        store,
        metadata,
        customer_keys,
    } = *system;
    for entry in entries {
        publisher.authorise(Method::Head, &entry.key)?;
    }
    let look = |entry: &ListedObject| {
        let key = entry.key.clone();
        async move {
            let holder = Holder::Publisher(publisher);
            match customer_keys.describe(store, &key, holder).await {
                Ok(described) => {
                    let stored = described.object.metadata;
                    let metadata = metadata.open(&key, &stored).await?;
                    Ok(Details { metadata, stored })
                }
                // Under another publisher's customer key nothing of it can be seen.
                Err(Error::NotFound | Error::CustomerKeyRequired) => Ok(Details::absent()),
                Err(error) => Err(error),
            }
        }
    };
    stream::iter(entries.iter().map(look))
        .buffered(CONCURRENT_HEAD_REQUESTS)
        .try_collect()
        .await
}

/// What lies directly in a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct FolderPage {
    /// Whole prefixes, each with its slash, in the order of their bytes.
    pub folders: Vec<String>,
    /// As [`Page::entries`].
    pub entries: Vec<ListedObject>,
    /// As [`Page::next`].
    pub next: Option<Cursor>,
}

/// Lists the objects directly in the folder that the prefix names, and the folders in it, as far as the publisher may list them.
///
/// # Errors
/// As [`list`]; [`Error::Query`] where the prefix does not end with a slash.
pub async fn list_folder(store: &Store, scope: Scope<'_>) -> Result<FolderPage, Error> {
    let Scope {
        publisher,
        prefix,
        cursor,
        limit,
    } = scope;
    if !(prefix.is_empty() || prefix.ends_with('/')) {
        return Err(Error::Query(
            "folders are listed of a prefix that is empty or ends with a slash".to_owned(),
        ));
    }
    let scans = scans(publisher, prefix)?;
    if scans != [prefix] {
        return Ok(FolderPage {
            folders: folders_above(&scans, prefix),
            entries: Vec::new(),
            next: None,
        });
    }
    let start = cursor.and_then(|cursor| cursor.start_in(prefix)).flatten();
    let contents = store.list_folder(prefix, start, limit).await?;
    let is_servable =
        |folder: &String| ObjectKey::new(folder.clone()).is_ok() && shows_folder(publisher, folder);
    let is_listed = |entry: &ListedObject| publisher.authorise(Method::List, &entry.key).is_ok();
    let next = contents.more_after.map(|last| match last.ends_with('/') {
        true => behind_folder(&last),
        false => last,
    });
    Ok(FolderPage {
        folders: contents.prefixes.into_iter().filter(is_servable).collect(),
        entries: contents.objects.into_iter().filter(is_listed).collect(),
        next: next.map(Cursor::After),
    })
}

/// Deletes an object, and the instruction file that belongs to it.
///
/// # Errors
/// As [`Store::delete`]. After a failure the same call may be made again.
pub async fn delete(store: &Store, key: &ObjectKey, if_match: Option<&str>) -> Result<(), Error> {
    store.delete(key, if_match).await?;
    // A key with no room for the suffix has no instruction file.
    let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
        return Ok(());
    };
    match store.describe(&companion).await {
        // Only what is marked as one: a publisher may have given a file such a name.
        Ok(found) if found.metadata.contains_key(INSTRUCTION_FILE_MARKER) => {
            store.delete(&companion, None).await
        }
        // Instruction files are under no customer key.
        Ok(_) | Err(Error::NotFound | Error::CustomerKeyRequired) => Ok(()),
        Err(error) => Err(error),
    }
}
