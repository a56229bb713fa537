//! Which version a request is about, who may read it, and what is said where it is none that can be read.

use http::{HeaderMap, HeaderValue, header};
use keyfront_dev_s3_store::{
    blobs::Lease,
    catalog::{
        Bucket as BucketRecord, CatalogError, DeleteMarker, Object as ObjectRecord, Version,
        VersionId,
    },
};
use keyfront_dev_s3_wire::error_response::{invalid_argument, refused};
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::{Operations, catalog_error};
use crate::preconditions::http_date;
use keyfront_dev_s3_access::authority::Caller;

const VERSION_ID: &str = "x-amz-version-id";
const DELETE_MARKER: &str = "x-amz-delete-marker";

/// The action on an object as it is, and the one on a version that is named.
pub(super) type Actions = [&'static str; 2];
/// Reading an object or a version.
pub(super) const READ: Actions = ["s3:GetObject", "s3:GetObjectVersion"];

/// The object, or the version of it, that a request names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: &'a str,
    pub(super) version: Option<&'a VersionId>,
}

/// The `versionId` of a request.
///
/// # Errors
/// `InvalidArgument` for an id that no version can have.
pub(super) fn requested_version(text: Option<&str>) -> S3Result<Option<VersionId>> {
    match text {
        None => Ok(None),
        Some("") => Err(invalid_argument("Version id cannot be the empty string")),
        Some(text) => match VersionId::parse(text) {
            Ok(id) => Ok(Some(id)),
            Err(_) => Err(invalid_argument("Invalid version id specified")),
        },
    }
}

/// What a read says of the version it is of: nothing where the bucket never kept any.
pub(super) fn shown_version(bucket: &BucketRecord, id: &VersionId) -> Option<String> {
    (!bucket.versioning.is_off()).then(|| id.to_string())
}

/// What a write says of the version it made: nothing where that is the `null` version.
pub(super) fn made_version(id: &VersionId) -> Option<String> {
    (!id.is_null()).then(|| id.to_string())
}

/// What is where a request looks.
enum Found {
    Object(Box<ObjectRecord>),
    Marker(DeleteMarker),
    Nothing,
}

impl Target<'_> {
    /// What the caller must be allowed.
    pub(super) const fn action(self, [of_object, of_version]: Actions) -> &'static str {
        match self.version {
            None => of_object,
            Some(_) => of_version,
        }
    }
}

impl Operations {
    /// The bucket, if the caller may do this to the object or the version.
    pub(super) fn permitted_target(
        &self,
        caller: &Caller,
        actions: Actions,
        target: Target<'_>,
    ) -> S3Result<BucketRecord> {
        self.permitted_object(caller, target.action(actions), target.bucket, target.key)
    }

    /// The record of the object or the version.
    ///
    /// # Errors
    /// `NoSuchKey`, `NoSuchVersion`, or `AccessDenied` for those who may not list; `MethodNotAllowed` for a delete marker.
    pub(super) fn find_object(
        &self,
        caller: &Caller,
        target: Target<'_>,
        bucket: &BucketRecord,
    ) -> S3Result<ObjectRecord> {
        match self.look(target, bucket).map_err(catalog_error)? {
            Found::Object(object) => Ok(*object),
            Found::Marker(marker) => Err(self.absent(caller, target, bucket, Some(&marker))),
            Found::Nothing => Err(self.absent(caller, target, bucket, None)),
        }
    }

    /// The same with a hold on its bodies.
    pub(super) fn hold_object(
        &self,
        caller: &Caller,
        target: Target<'_>,
        bucket: &BucketRecord,
    ) -> S3Result<(ObjectRecord, Lease)> {
        let held = self.blobs.hold(|| {
            let found = self.look(target, bucket)?;
            let blobs = match &found {
                Found::Object(object) => object.blobs(),
                Found::Marker(_) | Found::Nothing => Vec::new(),
            };
            Ok::<_, CatalogError>((found, blobs))
        });
        let (found, lease) = held.map_err(catalog_error)?;
        match found {
            Found::Object(object) => Ok((*object, lease)),
            Found::Marker(marker) => Err(self.absent(caller, target, bucket, Some(&marker))),
            Found::Nothing => Err(self.absent(caller, target, bucket, None)),
        }
    }

    fn look(&self, target: Target<'_>, bucket: &BucketRecord) -> Result<Found, CatalogError> {
        let Target {
            bucket: name,
            key,
            version,
        } = target;
        if let Some(id) = version {
            return Ok(match self.catalog.version(name, key, id)? {
                Some(Version::Object(object)) => Found::Object(object),
                Some(Version::Marker(marker)) => Found::Marker(marker),
                None => Found::Nothing,
            });
        }
        if let Some(object) = self.catalog.object(name, key)? {
            return Ok(Found::Object(Box::new(object)));
        }
        if bucket.versioning.is_off() {
            return Ok(Found::Nothing);
        }
        let marker = self.catalog.hiding_marker(name, key)?;
        Ok(marker.map_or(Found::Nothing, Found::Marker))
    }

    /// The refusal of a request for what is not there, or is a delete marker.
    pub(super) fn absent(
        &self,
        caller: &Caller,
        target: Target<'_>,
        bucket: &BucketRecord,
        marker: Option<&DeleteMarker>,
    ) -> S3Error {
        match (target.version, marker) {
            (Some(_), Some(marker)) => {
                let message = "The specified method is not allowed against this resource.";
                let mut headers = marker_headers(marker);
                headers.insert(header::ALLOW, HeaderValue::from_static("DELETE"));
                let mut error = refused(S3ErrorCode::MethodNotAllowed, message);
                error.set_headers(headers);
                error
            }
            (Some(_), None) => match self.may_list(caller, target.bucket, bucket) {
                Ok(()) => refused(
                    S3ErrorCode::NoSuchVersion,
                    "The specified version does not exist.",
                ),
                Err(denied) => denied,
            },
            (None, marker) => {
                let mut error = self.missing_object(caller, target.bucket, bucket);
                if let Some(marker) = marker.filter(|_| *error.code() == S3ErrorCode::NoSuchKey) {
                    error.set_headers(marker_headers(marker));
                }
                error
            }
        }
    }
}

fn marker_headers(marker: &DeleteMarker) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(DELETE_MARKER, HeaderValue::from_static("true"));
    for (name, value) in [
        (VERSION_ID, Some(marker.stamp.id.to_string())),
        ("last-modified", http_date(marker.modified.to_seconds())),
    ] {
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}
