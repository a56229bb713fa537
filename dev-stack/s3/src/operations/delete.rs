//! DeleteObject and DeleteObjects.

use keyfront_dev_s3_store::catalog::{Bucket as BucketRecord, Deletion, WriteCondition};
use keyfront_dev_s3_wire::error_response::{not_implemented, refused};
use s3s::{
    S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
        DeletedObject, ETagCondition, Error, ObjectIdentifier,
    },
};

use super::{
    Operations, refuse_version,
    write::{see_through, write_condition},
};
use crate::authority::Caller;

/// AWS's limit for one DeleteObjects.
const MAX_KEYS: usize = 1000;
/// Nothing is held back here, but to ask for it needs the permission.
const BYPASS: &str = "s3:BypassGovernanceRetention";

impl Operations {
    pub(super) async fn delete_object(
        &self,
        caller: &Caller,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        refuse_version(input.version_id.as_deref())?;
        if input.if_match_last_modified_time.is_some() || input.if_match_size.is_some() {
            return Err(not_implemented(
                "x-amz-if-match-last-modified-time and x-amz-if-match-size",
            ));
        }
        let condition = write_condition(input.if_match, None)?;
        let bucket = self.permitted_object(caller, "s3:DeleteObject", &input.bucket, &input.key)?;
        if input.bypass_governance_retention == Some(true) {
            self.require_object(caller, BYPASS, &input.bucket, &input.key, &bucket)?;
        }
        self.remove(input.bucket, input.key, condition).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
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
        let bypasses = bypass_governance_retention == Some(true);
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
            let key = object.key.clone();
            let place = (&*name, &bucket);
            match self.delete_listed(caller, place, object, bypasses).await {
                Ok(()) if quiet => {}
                Ok(()) => deleted.push(DeletedObject {
                    key: Some(key),
                    ..DeletedObject::default()
                }),
                Err(error) => errors.push(failed(key, &error)),
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
        (name, bucket): (&str, &BucketRecord),
        object: ObjectIdentifier,
        bypasses: bool,
    ) -> S3Result<()> {
        refuse_version(object.version_id.as_deref())?;
        if object.last_modified_time.is_some() || object.size.is_some() {
            return Err(not_implemented(
                "LastModifiedTime and Size in DeleteObjects",
            ));
        }
        self.require_object(caller, "s3:DeleteObject", name, &object.key, bucket)?;
        if bypasses {
            self.require_object(caller, BYPASS, name, &object.key, bucket)?;
        }
        let condition = write_condition(object.e_tag.map(ETagCondition::ETag), None)?;
        self.remove(name.to_owned(), object.key, condition).await
    }

    /// Deletes what is there; deleting nothing is no error, unless something had to match.
    async fn remove(&self, name: String, key: String, condition: WriteCondition) -> S3Result<()> {
        let (catalog, blobs) = (self.catalog.clone(), std::sync::Arc::clone(&self.blobs));
        see_through(async move {
            if let Deletion::Deleted(bodies) = catalog.delete_object(name, key, condition).await? {
                blobs.retire(bodies);
            }
            Ok(())
        })
        .await
    }
}

fn failed(key: String, error: &S3Error) -> Error {
    Error {
        code: Some(error.code().as_str().to_owned()),
        key: Some(key),
        message: error.message().map(str::to_owned),
        version_id: None,
    }
}
