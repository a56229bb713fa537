//! Multipart uploads nobody goes on with: their parts cost and show nowhere.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyfront_names::ObjectKey;

use crate::{
    error::Error,
    publisher::{Method, Publisher},
    store::Store,
};

/// The age at which an upload of the same key is taken for abandoned when a new one begins.
pub const STALE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Uploads given up by one call at most; the next call goes on.
const BATCH: usize = 100;

/// Gives up the uploads of a publisher's keys under `prefix` that are at least as old as `age`, 100
/// at most, and counts them.
///
/// # Errors
/// What S3 returned.
pub async fn abort_stale(
    store: &Store,
    publisher: &Publisher,
    prefix: &str,
    age: Duration,
) -> Result<usize, Error> {
    abort(store, prefix, age, |key| {
        ObjectKey::new(key).is_ok_and(|key| publisher.authorise(Method::Delete, &key).is_ok())
    })
    .await
}

/// Gives up what was abandoned under this very key. A failure costs nothing but the parts' storage.
pub(super) async fn abort_abandoned(store: &Store, key: &ObjectKey) {
    let same = |other: &str| other == key.as_str();
    if let Err(error) = abort(store, key.as_str(), STALE, same).await {
        tracing::warn!(%error, "abandoned uploads of the key could not be aborted");
    }
}

async fn abort(
    store: &Store,
    prefix: &str,
    age: Duration,
    concerned: impl Fn(&str) -> bool,
) -> Result<usize, Error> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let begun_before = i64::try_from(now.saturating_sub(age.as_secs())).unwrap_or(i64::MAX);
    let mut aborted = 0;
    for upload in store.multiparts_under_way(prefix).await? {
        let old = upload
            .initiated()
            .is_some_and(|begun| begun.secs() <= begun_before);
        let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else {
            continue;
        };
        if old && concerned(key) && aborted < BATCH {
            store.abort_multipart(key, id).await?;
            aborted += 1;
        }
    }
    Ok(aborted)
}
