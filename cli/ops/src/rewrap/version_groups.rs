//! The versions of a bucket, object by object, as S3 lists them.

use std::collections::BTreeMap;

use anyhow::Context as _;
use aws_sdk_s3::types::EncodingType;
use futures::{Stream, TryStreamExt as _, stream};
use keyfront_origin_core::form_encoding;

use crate::{aws::call_error, bucket_target::BucketTarget};

/// All versions of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) key: String,
    /// Ids, newest first; delete markers are left out.
    pub(super) versions: Vec<String>,
    /// Whether a delete marker is current: there is no object to be seen.
    pub(super) deleted: bool,
}

/// Where the listing stands.
struct Cursor {
    key: Option<String>,
    version: Option<String>,
    /// The group that may go on with the next page.
    open: Option<Group>,
    end: bool,
}

/// The groups below `prefix` after the key `after`, in the order of S3.
pub(super) fn groups<'a>(
    target: &'a BucketTarget,
    prefix: &'a str,
    after: Option<String>,
) -> impl Stream<Item = anyhow::Result<Group>> + 'a {
    let start = Cursor {
        key: after,
        version: None,
        open: None,
        end: false,
    };
    stream::try_unfold(start, move |cursor| page(target, prefix, cursor))
        .map_ok(|groups| stream::iter(groups.into_iter().map(Ok)))
        .try_flatten()
}

async fn page(
    target: &BucketTarget,
    prefix: &str,
    mut cursor: Cursor,
) -> anyhow::Result<Option<(Vec<Group>, Cursor)>> {
    if cursor.end {
        return Ok(None);
    }
    let call = target
        .s3
        .list_object_versions()
        .bucket(target.bucket.as_str());
    let answer = call
        .prefix(prefix)
        .encoding_type(EncodingType::Url)
        .set_key_marker(cursor.key.take())
        .set_version_id_marker(cursor.version.take())
        .send()
        .await
        .map_err(|error| call_error(error).context("the versions cannot be listed"))?;
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let name = |key: Option<&str>| -> anyhow::Result<String> {
        let key = key.context("a listed version has no key")?;
        if encoded {
            return form_encoding::decode(key).context("a listed key cannot be decoded");
        }
        Ok(key.to_owned())
    };
    let mut groups = BTreeMap::new();
    if let Some(open) = cursor.open.take() {
        groups.insert(open.key.clone(), open);
    }
    // Versions and delete markers are listed apart, so that only the keys order them.
    let of = |groups: &mut BTreeMap<String, Group>, key: String, add: &dyn Fn(&mut Group)| {
        let group = groups.entry(key.clone()).or_default();
        group.key = key;
        add(group);
    };
    for version in answer.versions() {
        let id = version.version_id().unwrap_or("null").to_owned();
        of(&mut groups, name(version.key())?, &|group| {
            group.versions.push(id.clone());
        });
    }
    for marker in answer.delete_markers() {
        let latest = marker.is_latest() == Some(true);
        of(&mut groups, name(marker.key())?, &|group| {
            group.deleted |= latest;
        });
    }
    if answer.is_truncated() == Some(true) {
        let key = answer
            .next_key_marker()
            .context("S3 returned a truncated page without a marker")?;
        cursor.key = Some(name(Some(key))?);
        cursor.version = answer.next_version_id_marker().map(str::to_owned);
        cursor.open = groups.pop_last().map(|(_, group)| group);
    } else {
        cursor.end = true;
    }
    Ok(Some((groups.into_values().collect(), cursor)))
}
