//! ListObjectVersions.

use keyfront_dev_s3_store::catalog::{
    DeleteMarker, Object as ObjectRecord, Version, VersionEntry, VersionId, VersionListQuery,
    VersionPage, VersionResume,
};
use keyfront_dev_s3_wire::{checksums::scope_type, error_response::invalid_argument};
use s3s::{
    S3Request, S3Response, S3Result,
    dto::{
        ChecksumAlgorithm, CommonPrefix, DeleteMarkerEntry, ETag, ListObjectVersionsInput,
        ListObjectVersionsOutput, ObjectVersion, ObjectVersionStorageClass, Owner,
    },
};

use super::{
    Operations, catalog_error,
    listing::{Text, asking, is_group, page_size},
};
use keyfront_dev_s3_access::authority::Caller;

impl Operations {
    pub(super) async fn list_object_versions(
        &self,
        caller: &Caller,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        let input = request.input;
        let max_keys = page_size(input.max_keys)?;
        let caller = asking(
            caller,
            input.prefix.as_deref(),
            input.delimiter.as_deref(),
            input.max_keys,
        );
        self.permitted_bucket(&caller, "s3:ListBucketVersions", &input.bucket)?;
        let text = Text::new(input.encoding_type.as_ref())?;
        let prefix = input.prefix.unwrap_or_default();
        let delimiter = input.delimiter;
        let key_marker = input.key_marker.unwrap_or_default();
        let version_marker = input.version_id_marker;
        let query = VersionListQuery {
            resume: resume(
                &key_marker,
                version_marker.as_deref(),
                &prefix,
                delimiter.as_deref(),
            )?,
            prefix,
            delimiter,
            limit: usize::try_from(max_keys).unwrap_or(0),
        };
        let page = self
            .catalog
            .list_versions(&input.bucket, &query)
            .map_err(catalog_error)?;
        let mut answer = ListObjectVersionsOutput {
            is_truncated: Some(page.is_truncated),
            name: Some(input.bucket),
            prefix: Some(text.show(&query.prefix)),
            delimiter: query
                .delimiter
                .as_deref()
                .map(|delimiter| text.show(delimiter)),
            key_marker: Some(text.show(&key_marker)),
            version_id_marker: Some(version_marker.unwrap_or_default()),
            max_keys: Some(max_keys),
            encoding_type: input.encoding_type,
            ..ListObjectVersionsOutput::default()
        };
        show(&mut answer, page, text, &self.owner());
        Ok(S3Response::new(answer))
    }
}

/// Where a page begins: behind a version, behind all versions of a key, or behind a common prefix.
fn resume(
    key: &str,
    version: Option<&str>,
    prefix: &str,
    delimiter: Option<&str>,
) -> S3Result<VersionResume> {
    match version {
        Some("") => Err(invalid_argument("A version-id marker cannot be empty.")),
        Some(_) if key.is_empty() => Err(invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
        )),
        Some(id) => {
            let id = VersionId::parse(id)
                .map_err(|_| invalid_argument("Invalid version id specified"))?;
            Ok(VersionResume::AfterVersion(key.to_owned(), id))
        }
        None if key.is_empty() => Ok(VersionResume::Start),
        None if is_group(key, prefix, delimiter) => Ok(VersionResume::AfterGroup(key.to_owned())),
        None => Ok(VersionResume::AfterKey(key.to_owned())),
    }
}

fn show(answer: &mut ListObjectVersionsOutput, page: VersionPage, text: Text, owner: &Owner) {
    if page.is_truncated {
        match page.entries.last() {
            Some(VersionEntry::Version { key, version, .. }) => {
                answer.next_key_marker = Some(text.show(key));
                answer.next_version_id_marker = Some(version.stamp().id.to_string());
            }
            Some(VersionEntry::Group(prefix)) => answer.next_key_marker = Some(text.show(prefix)),
            None => {}
        }
    }
    let (mut versions, mut markers, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    for entry in page.entries {
        match entry {
            VersionEntry::Group(prefix) => groups.push(CommonPrefix {
                prefix: Some(text.show(&prefix)),
            }),
            VersionEntry::Version {
                key,
                version,
                is_latest,
            } => {
                let key = text.show(&key);
                match version {
                    Version::Object(object) => {
                        versions.push(line(key, &object, is_latest, owner));
                    }
                    Version::Marker(marker) => {
                        markers.push(marker_line(key, &marker, is_latest, owner));
                    }
                }
            }
        }
    }
    answer.versions = Some(versions);
    answer.delete_markers = Some(markers);
    answer.common_prefixes = Some(groups);
}

fn line(key: String, record: &ObjectRecord, is_latest: bool, owner: &Owner) -> ObjectVersion {
    let checksum = record.checksum.as_ref();
    let algorithm = checksum.map(|checksum| ChecksumAlgorithm::from(checksum.algorithm.clone()));
    ObjectVersion {
        checksum_algorithm: algorithm.map(|algorithm| vec![algorithm]),
        checksum_type: checksum.map(|checksum| scope_type(checksum.scope)),
        e_tag: Some(ETag::Strong(record.etag.clone())),
        is_latest: Some(is_latest),
        key: Some(key),
        last_modified: Some(record.modified.to_time().into()),
        owner: Some(owner.clone()),
        restore_status: None,
        size: i64::try_from(record.size).ok(),
        storage_class: Some(ObjectVersionStorageClass::from_static(
            ObjectVersionStorageClass::STANDARD,
        )),
        version_id: Some(record.stamp.id.to_string()),
    }
}

fn marker_line(
    key: String,
    marker: &DeleteMarker,
    is_latest: bool,
    owner: &Owner,
) -> DeleteMarkerEntry {
    DeleteMarkerEntry {
        is_latest: Some(is_latest),
        key: Some(key),
        last_modified: Some(marker.modified.to_time().into()),
        owner: Some(owner.clone()),
        version_id: Some(marker.stamp.id.to_string()),
    }
}
