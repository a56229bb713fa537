//! Whether a bucket keeps versions.

use keyfront_dev_s3_store::catalog::{Bucket as BucketRecord, Versioning};
use keyfront_dev_s3_wire::error_response::refused;
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        BucketVersioningStatus, GetBucketVersioningInput, GetBucketVersioningOutput,
        PutBucketVersioningInput, PutBucketVersioningOutput,
    },
};

use super::{Operations, catalog_error};
use keyfront_dev_s3_access::authority::Caller;

impl Operations {
    pub(super) async fn get_bucket_versioning(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let bucket =
            self.permitted_bucket(caller, "s3:GetBucketVersioning", &request.input.bucket)?;
        let status = match bucket.versioning {
            Versioning::Off => None,
            Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
            Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
        };
        Ok(S3Response::new(GetBucketVersioningOutput {
            status: status.map(BucketVersioningStatus::from_static),
            ..GetBucketVersioningOutput::default()
        }))
    }

    pub(super) async fn put_bucket_versioning(
        &self,
        caller: &Caller,
        request: S3Request<PutBucketVersioningInput>,
    ) -> S3Result<S3Response<PutBucketVersioningOutput>> {
        let input = request.input;
        let bucket = self.permitted_bucket(caller, "s3:PutBucketVersioning", &input.bucket)?;
        let status = input.versioning_configuration.status.as_ref();
        let versioning = match status.map(BucketVersioningStatus::as_str) {
            Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
            Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
            Some(_) => {
                return Err(refused(
                    S3ErrorCode::MalformedXML,
                    "The XML you provided was not well-formed or did not validate against our published schema",
                ));
            }
            None => {
                return Err(refused(
                    S3ErrorCode::IllegalVersioningConfigurationException,
                    "The Versioning element must be specified",
                ));
            }
        };
        if versioning == Versioning::Suspended && bucket.object_lock.is_some() {
            return Err(refused(
                S3ErrorCode::InvalidBucketState,
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
            ));
        }
        let settle = move |bucket: &mut BucketRecord| bucket.versioning = versioning;
        self.catalog
            .change_bucket(input.bucket, settle)
            .await
            .map_err(catalog_error)?;
        Ok(S3Response::new(PutBucketVersioningOutput::default()))
    }
}
