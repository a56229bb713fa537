//! Former objects for a publisher: the versions of one, what was deleted, and bringing a version back.
//!
//! What is shown is what the rules let the publisher list or describe; what comes back is what they let it write and read.

use aws_sdk_s3::primitives::DateTime;
use keyfront_envelope::{INSTRUCTION_FILE_MARKER, Recognised, instruction_file_key, recognise};
use keyfront_names::ObjectKey;
use keyfront_origin_core::{
    listing::scans,
    versions::{
        DeletedCursor, DeletedObject, DeletedObjects, ListedVersion, Position, VersionKind,
    },
};

use crate::{
    encryption::{EncryptionMode, ServerSide},
    error::Error,
    media_type::MediaType,
    object::{ATTACHMENT, Precondition, SANDBOX_METADATA, UPLOAD_ID_METADATA, sandbox_mark},
    publisher::{Method, Overwrite, Publisher, Rule},
    store::{FormerObject, ObjectDescription, Restored, Store},
};

/// Calls to S3 one page may cost.
const CALLS: usize = 8;
/// The same where the object of a deletion is still to come: others are behind a thousand more deletions.
const MOST_CALLS: usize = 16;
/// Versions that S3 lists in one call.
const VERSIONS_A_CALL: u16 = 1000;

/// A version as S3 lists it.
pub type Version = ListedVersion<Option<DateTime>>;
/// A deleted object.
pub type Deleted = DeletedObject<Option<DateTime>>;

/// Versions of one key.
#[derive(Debug)]
pub struct History {
    /// The newest first.
    pub versions: Vec<Version>,
    /// The id of the last one, where older ones follow.
    pub next: Option<String>,
}

/// Part of a listing of deleted objects.
#[derive(Debug)]
pub struct DeletedPage {
    /// In the order of their keys' bytes. A page may hold fewer than the limit, even none.
    pub objects: Vec<Deleted>,
    /// Where the next page starts; `None` after the last one.
    pub next: Option<DeletedCursor>,
}

/// What a page of deleted objects lists.
#[derive(Debug)]
pub struct DeletedScope<'a> {
    /// Whose rules decide.
    pub publisher: &'a Publisher,
    /// Beginning of the keys.
    pub prefix: &'a str,
    /// Where the page starts.
    pub cursor: Option<&'a DeletedCursor>,
    /// Objects at most, 1..=1000.
    pub limit: u16,
}

/// The versions of one key, up to `limit` (1..=1000), behind the version `after`.
///
/// # Errors
/// [`Error::NotFound`] where there never was such an object; what S3 returned.
pub async fn versions(
    store: &Store,
    key: &ObjectKey,
    after: Option<&str>,
    limit: u16,
) -> Result<History, Error> {
    let after = after.map(|version| Position {
        key: key.as_str().to_owned(),
        version: Some(version.to_owned()),
    });
    let page = store
        .list_versions(key.as_str(), after.as_ref(), limit)
        .await?;
    let own = |version: &Version| version.key == key.as_str();
    // The key itself is the first of those that begin with it.
    let next = page.next.filter(|next| next.key == key.as_str());
    let versions: Vec<_> = page.versions.into_iter().filter(own).collect();
    if versions.is_empty() && after.is_none() {
        return Err(Error::NotFound);
    }
    Ok(History {
        next: next.and_then(|next| next.version),
        versions,
    })
}

/// Lists objects that were deleted and can be brought back, of those that the publisher may list.
///
/// # Errors
/// No rule allows any key with this prefix; what S3 returned.
pub async fn deleted(store: &Store, scope: DeletedScope<'_>) -> Result<DeletedPage, Error> {
    let DeletedScope {
        publisher,
        prefix,
        cursor,
        limit,
    } = scope;
    let mut page = DeletedPage {
        objects: Vec::new(),
        next: None,
    };
    let mut calls = 0;
    for scan in scans(publisher, prefix)? {
        let mut after = match cursor.map(|cursor| cursor.start_in(scan)) {
            None => None,
            Some(Some(start)) => start.cloned(),
            Some(None) => continue,
        };
        let mut found = DeletedObjects::default();
        loop {
            // A key whose deletion was seen is looked through until its newest object has come, within reason.
            if calls >= CALLS && (!found.is_looking() || calls >= MOST_CALLS) {
                page.next = Some(match after {
                    Some(position) => DeletedCursor::Behind(position),
                    None => DeletedCursor::From {
                        prefix: scan.to_owned(),
                    },
                });
                return Ok(page);
            }
            calls += 1;
            let listing = store
                .list_versions(scan, after.as_ref(), VERSIONS_A_CALL)
                .await?;
            for version in listing.versions {
                let Some(object) = found.take(version) else {
                    continue;
                };
                let behind = Position {
                    key: object.key.clone(),
                    version: None,
                };
                let key = ObjectKey::new(object.key.clone());
                let is_listed =
                    key.is_ok_and(|key| publisher.authorise(Method::List, &key).is_ok());
                page.objects.extend(is_listed.then_some(object));
                if page.objects.len() == usize::from(limit) {
                    page.next = Some(DeletedCursor::Behind(behind));
                    return Ok(page);
                }
            }
            match listing.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(page)
}

/// What restoring an object needs to know beforehand.
#[derive(Debug)]
pub struct Restoration {
    /// The version, with what it is to be stored with.
    former: ObjectDescription,
    /// What is there now.
    pub current: Option<ObjectDescription>,
}

/// Looks at a version and at what is there now, and whether the publisher may put the one in the place of the other.
///
/// # Errors
/// The publisher's rules; [`Error::NotFound`]; [`Error::CustomerKeyRequired`]; what S3 returned.
pub async fn admit(
    store: &Store,
    publisher: &Publisher,
    key: &ObjectKey,
    version: &str,
) -> Result<Restoration, Error> {
    let rule = publisher.authorise(Method::Put, key)?;
    publisher.authorise(Method::Read, key)?;
    let former = store.describe_version(key, version).await?;
    let current = match store.describe(key).await {
        Ok(current) => Some(current),
        Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let overwrite = match current {
        Some(_) => Overwrite::Allow,
        None => Overwrite::Refuse,
    };
    // What another writer stored may have no type, or none that is one: rules about types cannot hold of it.
    let media_type = match former.content_type.as_deref() {
        None => MediaType::unknown(),
        Some(written) => MediaType::parse(written).map_err(|_| {
            Error::UploadRefused("the version has a content type that is none".to_owned())
        })?,
    };
    rule.admit_upload(&media_type, Some(former.size), overwrite)?;
    rule.admit_encryption(Some(mode(&former)))?;
    Ok(Restoration {
        former: stored_again(rule, &media_type, former),
        current,
    })
}

/// How an object is encrypted. What another writer encrypted otherwise comes back under the configured key.
fn mode(former: &ObjectDescription) -> EncryptionMode {
    let server_side = former.encryption.unwrap_or(ServerSide::Kms);
    let envelope = match recognise(&former.metadata) {
        Ok(Recognised::Envelope(envelope)) => Some(envelope),
        Ok(Recognised::Nothing | Recognised::InInstructionFile) | Err(_) => None,
    };
    EncryptionMode::of_stored(server_side, envelope.as_ref())
}

/// The object as the rule has it stored now: it may have become stricter since, and how browsers open what a publisher stores
/// is the rule's to say. It is no longer an upload's, whose completion would compare it with what was planned then.
fn stored_again(
    rule: &Rule,
    media_type: &MediaType,
    former: ObjectDescription,
) -> ObjectDescription {
    let mut metadata = former.metadata;
    metadata.retain(|name, _| ![SANDBOX_METADATA, UPLOAD_ID_METADATA].contains(&name.as_str()));
    metadata.extend(sandbox_mark(rule.sandboxes(media_type)));
    let attached = rule.forces_attachment(media_type);
    ObjectDescription {
        content_type: Some(media_type.as_str().to_owned()),
        content_disposition: attached.then(|| ATTACHMENT.to_owned()),
        cache_control: rule.caching_again(former.cache_control),
        metadata,
        ..former
    }
}

/// Brings a version back, with the instruction file that was deleted with it.
///
/// # Errors
/// [`Error::Precondition`] if the object is another one by now; [`Error::Encryption`]; what S3 returned.
pub async fn restore(
    store: &Store,
    key: &ObjectKey,
    version: &str,
    restoration: &Restoration,
) -> Result<Restored, Error> {
    let Restoration { former, current } = restoration;
    let precondition = match current {
        None => Precondition::Absent,
        Some(ObjectDescription {
            etag: Some(etag), ..
        }) => Precondition::Matches(etag.clone()),
        Some(_) => Precondition::None,
    };
    // First, so that nobody finds the object without it.
    if matches!(
        recognise(&former.metadata),
        Ok(Recognised::Nothing | Recognised::InInstructionFile)
    ) {
        restore_companion(store, key).await?;
    }
    let former = FormerObject {
        key,
        version,
        described: former,
    };
    store.restore(&former, &precondition).await
}

/// Brings the instruction file back that belongs to an object, if it had one and has none now.
async fn restore_companion(store: &Store, key: &ObjectKey) -> Result<(), Error> {
    // A key with no room for the suffix has no instruction file.
    let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
        return Ok(());
    };
    let history = match versions(store, &companion, None, VERSIONS_A_CALL).await {
        Ok(history) => history.versions,
        Err(Error::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    let is_deleted = history
        .first()
        .is_some_and(|newest| newest.kind == VersionKind::Deletion);
    let mut objects = history.iter();
    let newest = objects.find(|version| version.kind != VersionKind::Deletion);
    let Some(newest) = newest.filter(|_| is_deleted) else {
        return Ok(());
    };
    let described = store.describe_version(&companion, &newest.id).await?;
    // Only what is marked as one: a publisher may have given a file such a name.
    if !described.metadata.contains_key(INSTRUCTION_FILE_MARKER) {
        return Ok(());
    }
    let former = FormerObject {
        key: &companion,
        version: &newest.id,
        described: &described,
    };
    match store.restore(&former, &Precondition::Absent).await {
        Ok(_) | Err(Error::AlreadyExists) => Ok(()),
        Err(error) => Err(error),
    }
}
