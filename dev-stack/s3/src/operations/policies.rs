//! The bucket policy.

use keyfront_dev_s3_wire::error_response::refused;
use keyfront_iam::{Policy as PolicyDocument, PolicyKind};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        DeleteBucketPolicyInput, DeleteBucketPolicyOutput, GetBucketPolicyInput,
        GetBucketPolicyOutput, PutBucketPolicyInput, PutBucketPolicyOutput,
    },
};

use super::{Operations, catalog_error};
use keyfront_dev_s3_access::authority::{Caller, bucket_arn};

/// AWS's limit.
const MAX_POLICY: usize = 20 * 1024;

impl Operations {
    pub(super) async fn get_bucket_policy(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketPolicyInput>,
    ) -> S3Result<S3Response<GetBucketPolicyOutput>> {
        let bucket = self.permitted_bucket(caller, "s3:GetBucketPolicy", &request.input.bucket)?;
        match bucket.policy {
            Some(policy) => Ok(S3Response::new(GetBucketPolicyOutput {
                policy: Some(policy),
            })),
            None => Err(refused(
                S3ErrorCode::NoSuchBucketPolicy,
                "The bucket policy does not exist",
            )),
        }
    }

    pub(super) async fn put_bucket_policy(
        &self,
        caller: &Caller,
        request: S3Request<PutBucketPolicyInput>,
    ) -> S3Result<S3Response<PutBucketPolicyOutput>> {
        let PutBucketPolicyInput { bucket, policy, .. } = request.input;
        self.permitted_bucket(caller, "s3:PutBucketPolicy", &bucket)?;
        check_policy(&policy, &bucket)?;
        self.settle_policy(bucket, Some(policy)).await?;
        Ok(S3Response::new(PutBucketPolicyOutput::default()))
    }

    pub(super) async fn delete_bucket_policy(
        &self,
        caller: &Caller,
        request: S3Request<DeleteBucketPolicyInput>,
    ) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
        self.permitted_bucket(caller, "s3:DeleteBucketPolicy", &request.input.bucket)?;
        self.settle_policy(request.input.bucket, None).await?;
        Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
    }

    async fn settle_policy(&self, name: String, policy: Option<String>) -> S3Result<()> {
        let settle =
            move |bucket: &mut keyfront_dev_s3_store::catalog::Bucket| bucket.policy = policy;
        self.catalog
            .change_bucket(name, settle)
            .await
            .map_err(catalog_error)
    }
}

/// A policy that the evaluator does not understand completely is refused when it is put.
fn check_policy(text: &str, bucket: &str) -> S3Result<()> {
    let malformed = |message: String| refused(S3ErrorCode::MalformedPolicy, message);
    if text.len() > MAX_POLICY {
        return Err(malformed("Policies must be at most 20 KB".to_owned()));
    }
    let policy = PolicyDocument::parse(text, PolicyKind::Resource).map_err(|error| {
        let detail = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        malformed(format!("{error}{}", detail.unwrap_or_default()))
    })?;
    if !policy.resources_within(&bucket_arn(bucket)) {
        return Err(malformed("Policy has invalid resource".to_owned()));
    }
    Ok(())
}
