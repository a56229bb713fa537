//! A bucket's default encryption and its public access block.

use keyfront_dev_s3_store::catalog::{BucketDefault, PublicAccessBlock};
use keyfront_dev_s3_wire::error_response::{coded, invalid_argument, not_implemented, refused};
use s3s::{
    S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        DeleteBucketEncryptionInput, DeleteBucketEncryptionOutput, DeletePublicAccessBlockInput,
        DeletePublicAccessBlockOutput, GetBucketEncryptionInput, GetBucketEncryptionOutput,
        GetPublicAccessBlockInput, GetPublicAccessBlockOutput, PublicAccessBlockConfiguration,
        PutBucketEncryptionInput, PutBucketEncryptionOutput, PutPublicAccessBlockInput,
        PutPublicAccessBlockOutput, ServerSideEncryption, ServerSideEncryptionByDefault,
        ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    },
};

use super::{Operations, catalog_error};
use crate::blocked_encryption::BlockedTypes;
use keyfront_dev_s3_access::authority::Caller;

impl Operations {
    pub(super) async fn get_bucket_encryption(
        &self,
        caller: &Caller,
        request: S3Request<GetBucketEncryptionInput>,
    ) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
        let bucket = self.permitted_bucket(
            caller,
            "s3:GetEncryptionConfiguration",
            &request.input.bucket,
        )?;
        let (algorithm, key_id, bucket_key) = match bucket.default {
            BucketDefault::S3 => (ServerSideEncryption::AES256, None, false),
            BucketDefault::Kms { key_id, bucket_key } => {
                (ServerSideEncryption::AWS_KMS, key_id, bucket_key)
            }
        };
        let rule = ServerSideEncryptionRule {
            apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
                kms_master_key_id: key_id,
                sse_algorithm: ServerSideEncryption::from_static(algorithm),
            }),
            bucket_key_enabled: Some(bucket_key),
        };
        let mut response = S3Response::new(GetBucketEncryptionOutput {
            server_side_encryption_configuration: Some(ServerSideEncryptionConfiguration {
                rules: vec![rule],
            }),
        });
        let blocked = BlockedTypes(bucket.customer_keys);
        response.extensions.insert(blocked);
        Ok(response)
    }

    pub(super) async fn put_bucket_encryption(
        &self,
        caller: &Caller,
        request: S3Request<PutBucketEncryptionInput>,
    ) -> S3Result<S3Response<PutBucketEncryptionOutput>> {
        let blocked = request.extensions.get::<BlockedTypes>().copied();
        let input = request.input;
        self.permitted_bucket(caller, "s3:PutEncryptionConfiguration", &input.bucket)?;
        let default = read_default(input.server_side_encryption_configuration)?;
        let settle = move |bucket: &mut keyfront_dev_s3_store::catalog::Bucket| {
            bucket.default = default;
            if let Some(BlockedTypes(keys)) = blocked {
                bucket.customer_keys = keys;
            }
        };
        self.catalog
            .change_bucket(input.bucket, settle)
            .await
            .map_err(catalog_error)?;
        Ok(S3Response::new(PutBucketEncryptionOutput::default()))
    }

    pub(super) async fn delete_bucket_encryption(
        &self,
        caller: &Caller,
        request: S3Request<DeleteBucketEncryptionInput>,
    ) -> S3Result<S3Response<DeleteBucketEncryptionOutput>> {
        let name = request.input.bucket;
        self.permitted_bucket(caller, "s3:PutEncryptionConfiguration", &name)?;
        let settle = |bucket: &mut keyfront_dev_s3_store::catalog::Bucket| {
            bucket.default = BucketDefault::S3;
        };
        self.catalog
            .change_bucket(name, settle)
            .await
            .map_err(catalog_error)?;
        Ok(S3Response::new(DeleteBucketEncryptionOutput::default()))
    }

    pub(super) async fn get_public_access_block(
        &self,
        caller: &Caller,
        request: S3Request<GetPublicAccessBlockInput>,
    ) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
        let bucket = self.permitted_bucket(
            caller,
            "s3:GetBucketPublicAccessBlock",
            &request.input.bucket,
        )?;
        let Some(block) = bucket.public_access_block else {
            return Err(coded(
                http::StatusCode::NOT_FOUND,
                "NoSuchPublicAccessBlockConfiguration",
                "The public access block configuration was not found",
            ));
        };
        Ok(S3Response::new(GetPublicAccessBlockOutput {
            public_access_block_configuration: Some(PublicAccessBlockConfiguration {
                block_public_acls: Some(block.block_acls),
                block_public_policy: Some(block.block_policy),
                ignore_public_acls: Some(block.ignore_acls),
                restrict_public_buckets: Some(block.restrict_buckets),
            }),
        }))
    }

    pub(super) async fn put_public_access_block(
        &self,
        caller: &Caller,
        request: S3Request<PutPublicAccessBlockInput>,
    ) -> S3Result<S3Response<PutPublicAccessBlockOutput>> {
        let input = request.input;
        let requested = input.public_access_block_configuration;
        let block = PublicAccessBlock {
            block_acls: requested.block_public_acls.unwrap_or(false),
            ignore_acls: requested.ignore_public_acls.unwrap_or(false),
            block_policy: requested.block_public_policy.unwrap_or(false),
            restrict_buckets: requested.restrict_public_buckets.unwrap_or(false),
        };
        self.settle_access_block(caller, input.bucket, Some(block))
            .await?;
        Ok(S3Response::new(PutPublicAccessBlockOutput::default()))
    }

    pub(super) async fn delete_public_access_block(
        &self,
        caller: &Caller,
        request: S3Request<DeletePublicAccessBlockInput>,
    ) -> S3Result<S3Response<DeletePublicAccessBlockOutput>> {
        self.settle_access_block(caller, request.input.bucket, None)
            .await?;
        Ok(S3Response::new(DeletePublicAccessBlockOutput::default()))
    }

    async fn settle_access_block(
        &self,
        caller: &Caller,
        name: String,
        block: Option<PublicAccessBlock>,
    ) -> S3Result<()> {
        self.permitted_bucket(caller, "s3:PutBucketPublicAccessBlock", &name)?;
        let settle = move |bucket: &mut keyfront_dev_s3_store::catalog::Bucket| {
            bucket.public_access_block = block;
        };
        self.catalog
            .change_bucket(name, settle)
            .await
            .map_err(catalog_error)
    }
}

fn read_default(configuration: ServerSideEncryptionConfiguration) -> S3Result<BucketDefault> {
    let malformed =
        "The XML you provided was not well-formed or did not validate against our published schema";
    let [rule] = <[ServerSideEncryptionRule; 1]>::try_from(configuration.rules)
        .map_err(|_| refused(S3ErrorCode::MalformedXML, malformed))?;
    let bucket_key = rule.bucket_key_enabled.unwrap_or(false);
    let Some(requested) = rule.apply_server_side_encryption_by_default else {
        return Err(refused(S3ErrorCode::MalformedXML, malformed));
    };
    match requested.sse_algorithm.as_str() {
        ServerSideEncryption::AES256 if requested.kms_master_key_id.is_some() => {
            Err(invalid_argument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ))
        }
        ServerSideEncryption::AES256 if bucket_key => {
            Err(not_implemented("bucket keys of a bucket without SSE-KMS"))
        }
        ServerSideEncryption::AES256 => Ok(BucketDefault::S3),
        ServerSideEncryption::AWS_KMS => Ok(BucketDefault::Kms {
            key_id: requested.kms_master_key_id,
            bucket_key,
        }),
        ServerSideEncryption::AWS_KMS_DSSE => Err(not_implemented("aws:kms:dsse")),
        _ => Err(refused(S3ErrorCode::MalformedXML, malformed)),
    }
}
