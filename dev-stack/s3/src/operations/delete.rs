//! DeleteObject and DeleteObjects.
//!
//! Where a bucket keeps versions, a deletion makes a delete marker; one that names a version removes that for good.

use keyfront_dev_s3_store::catalog::{
    Bucket as BucketRecord, CatalogError, Deletion, Object as ObjectRecord, VersionId,
    VersionRemoval, WriteCondition,
};
use keyfront_dev_s3_wire::error_response::{not_implemented, refused};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
        DeletedObject, ETagCondition, Error, ObjectIdentifier,
    },
};

use super::{
    Operations,
    lock::{Bypass, held_back},
    versions::{Actions, Target, requested_version, shown_version},
    write::{see_through, write_condition},
};
use keyfront_dev_s3_access::authority::Caller;

/// AWS's limit for one DeleteObjects.
const MAX_KEYS: usize = 1000;
const BYPASS: &str = "s3:BypassGovernanceRetention";
const DELETE: Actions = ["s3:DeleteObject", "s3:DeleteObjectVersion"];

/// What is to be deleted.
struct Doomed {
    key: String,
    version: Option<VersionId>,
    condition: WriteCondition,
    bypass: Bypass,
}

/// What a deletion says it did.
#[derive(Default)]
struct Deleted {
    /// The version that was removed, or the delete marker that was made.
    version: Option<String>,
    /// Whether that is a delete marker.
    is_marker: bool,
}

impl Operations {
    pub(super) async fn delete_object(
        &self,
        caller: &Caller,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let version = requested_version(input.version_id.as_deref())?;
        if input.if_match_last_modified_time.is_some() || input.if_match_size.is_some() {
            return Err(not_implemented(
                "x-amz-if-match-last-modified-time and x-amz-if-match-size",
            ));
        }
        let bucket = self.bucket(&input.bucket)?;
        let doomed = Doomed {
            key: input.key,
            version,
            condition: write_condition(input.if_match, None)?,
            bypass: Bypass::of(input.bypass_governance_retention),
        };
        let deleted = self.delete(caller, &input.bucket, &bucket, doomed).await?;
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker: deleted.is_marker.then_some(true),
            version_id: deleted.version,
            ..DeleteObjectOutput::default()
        }))
    }

    pub(super) async fn delete_objects(
        &self,
        caller: &Caller,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput {
            bucket: name,
            delete,
            bypass_governance_retention,
            ..
        } = request.input;
        let bypass = Bypass::of(bypass_governance_retention);
        let bucket = self.bucket(&name)?;
        if delete.objects.is_empty() || delete.objects.len() > MAX_KEYS {
            return Err(refused(
                S3ErrorCode::MalformedXML,
                "The XML you provided was not well-formed or did not validate against our published schema",
            ));
        }
        let quiet = delete.quiet.unwrap_or(false);
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in delete.objects {
            let (key, version) = (object.key.clone(), object.version_id.clone());
            match self
                .delete_listed(caller, &name, &bucket, object, bypass)
                .await
            {
                Ok(_) if quiet => {}
                Ok(done) => deleted.push(shown(key, version, done)),
                Err(error) => errors.push(failed(key, version, &error)),
            }
        }
        Ok(S3Response::new(DeleteObjectsOutput {
            deleted: Some(deleted),
            errors: Some(errors),
            request_charged: None,
        }))
    }

    async fn delete_listed(
        &self,
        caller: &Caller,
        name: &str,
        bucket: &BucketRecord,
        object: ObjectIdentifier,
        bypass: Bypass,
    ) -> S3Result<Deleted> {
        // In a list, S3 knows no difference between an id that cannot be and one that is not.
        let version = requested_version(object.version_id.as_deref()).map_err(|_| {
            let message = "The specified version does not exist.";
            refused(S3ErrorCode::NoSuchVersion, message)
        })?;
        if object.last_modified_time.is_some() || object.size.is_some() {
            return Err(not_implemented(
                "LastModifiedTime and Size in DeleteObjects",
            ));
        }
        let doomed = Doomed {
            key: object.key,
            version,
            condition: write_condition(object.e_tag.map(ETagCondition::ETag), None)?,
            bypass,
        };
        self.delete(caller, name, bucket, doomed).await
    }

    /// Deletes what is there, if the caller may; deleting nothing is no error, unless something had to match.
    async fn delete(
        &self,
        caller: &Caller,
        name: &str,
        bucket: &BucketRecord,
        doomed: Doomed,
    ) -> S3Result<Deleted> {
        let target = Target {
            bucket: name,
            key: &doomed.key,
            version: doomed.version.as_ref(),
        };
        self.require_object(caller, target.action(DELETE), name, &doomed.key, bucket)?;
        if doomed.bypass == Bypass::Requested {
            self.require_object(caller, BYPASS, name, &doomed.key, bucket)?;
        }
        match doomed.version.clone() {
            Some(id) => self.remove(name, bucket, doomed, id).await,
            None => self.hide(name, bucket, doomed).await,
        }
    }

    /// Deletes an object, or hides it behind a delete marker.
    async fn hide(&self, name: &str, bucket: &BucketRecord, doomed: Doomed) -> S3Result<Deleted> {
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        let (name, at) = (name.to_owned(), self.now());
        let marker = see_through(async move {
            let deleted = catalog.delete_object(name, doomed.key, at, doomed.condition);
            let (marker, bodies) = match deleted.await? {
                Deletion::Deleted(bodies) => (None, bodies),
                Deletion::Marked(id, bodies) => (Some(id), bodies),
                Deletion::Absent => (None, Vec::new()),
            };
            blobs.retire(bodies);
            Ok(marker)
        })
        .await?;
        Ok(Deleted {
            is_marker: marker.is_some(),
            version: marker.and_then(|id| shown_version(bucket, &id)),
        })
    }

    /// Removes one version for good.
    async fn remove(
        &self,
        name: &str,
        bucket: &BucketRecord,
        doomed: Doomed,
        id: VersionId,
    ) -> S3Result<Deleted> {
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        let version = shown_version(bucket, &id);
        let removal = VersionRemoval {
            bucket: name.to_owned(),
            key: doomed.key,
            id,
            condition: doomed.condition,
        };
        let (now, bypass, kept) = (self.now(), doomed.bypass, !bucket.versioning.is_off());
        let may_go = move |object: &ObjectRecord| match held_back(&object.lock, now, bypass) {
            true if kept => Err(CatalogError::Locked),
            _ => Ok(()),
        };
        let is_marker = see_through(async move {
            let Some(removed) = catalog.remove_version(removal, may_go).await? else {
                return Ok(false);
            };
            blobs.retire(removed.retired);
            Ok(removed.was_marker)
        })
        .await?;
        Ok(Deleted { version, is_marker })
    }
}

fn shown(key: String, named: Option<String>, done: Deleted) -> DeletedObject {
    DeletedObject {
        key: Some(key),
        delete_marker: done.is_marker.then_some(true),
        delete_marker_version_id: done.version.clone().filter(|_| done.is_marker),
        version_id: named.and(done.version),
    }
}

fn failed(key: String, version_id: Option<String>, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id,
    }
}
