//! The operations, one file per family, and the table of those there are.
//!
//! Each operation finds the bucket, asks the authority, then acts. s3s answers 501 for the rest.

mod attributes;
mod buckets;
mod checksum_fields;
mod complete;
mod copy;
mod cors;
mod delete;
mod fixed_settings;
mod listing;
mod lock;
mod multipart;
mod multipart_listing;
mod policies;
mod read;
mod receive;
mod selection;
mod settings;
mod tagging;
mod version_listing;
mod versioning;
mod versions;
mod write;

use keyfront_dev_s3_wire::error_response::{internal, refused};
use std::sync::Arc;

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_s3_store::{
    blobs::{BlobError, BlobStore},
    catalog::{Bucket, Catalog, CatalogError, CompletionRefusal, Millis},
};
use keyfront_iam::Account;
use s3s::{
    S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result,
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
        CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketEncryptionInput,
        DeleteBucketEncryptionOutput, DeleteBucketInput, DeleteBucketOutput,
        DeleteBucketPolicyInput, DeleteBucketPolicyOutput, DeleteObjectInput, DeleteObjectOutput,
        DeleteObjectTaggingInput, DeleteObjectTaggingOutput, DeleteObjectsInput,
        DeleteObjectsOutput, DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput,
        GetBucketAclInput, GetBucketAclOutput, GetBucketCorsInput, GetBucketCorsOutput,
        GetBucketEncryptionInput, GetBucketEncryptionOutput, GetBucketLocationInput,
        GetBucketLocationOutput, GetBucketLoggingInput, GetBucketLoggingOutput,
        GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput, GetBucketPolicyInput,
        GetBucketPolicyOutput, GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput,
        GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectAttributesInput,
        GetObjectAttributesOutput, GetObjectInput, GetObjectLegalHoldInput,
        GetObjectLegalHoldOutput, GetObjectLockConfigurationInput,
        GetObjectLockConfigurationOutput, GetObjectOutput, GetObjectRetentionInput,
        GetObjectRetentionOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
        GetPublicAccessBlockInput, GetPublicAccessBlockOutput, HeadBucketInput, HeadBucketOutput,
        HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
        ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectVersionsInput,
        ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
        ListObjectsV2Output, ListPartsInput, ListPartsOutput, Owner, PutBucketCorsInput,
        PutBucketCorsOutput, PutBucketEncryptionInput, PutBucketEncryptionOutput,
        PutBucketPolicyInput, PutBucketPolicyOutput, PutBucketVersioningInput,
        PutBucketVersioningOutput, PutObjectInput, PutObjectLockConfigurationInput,
        PutObjectLockConfigurationOutput, PutObjectOutput, PutObjectTaggingInput,
        PutObjectTaggingOutput, PutPublicAccessBlockInput, PutPublicAccessBlockOutput,
        UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
    },
};

use keyfront_dev_s3_access::{
    authority::{Authority, Caller, Permission, bucket_arn, object_arn},
    keyring::Keyring,
};

/// Everything the operations work with.
pub(crate) struct Operations {
    pub(crate) account: Account,
    pub(crate) clock: Clock,
    pub(crate) authority: Authority,
    pub(crate) catalog: Catalog,
    pub(crate) blobs: Arc<BlobStore>,
    pub(crate) keyring: Keyring,
}

/// Writes the delegation of s3s's trait and the table of supported operations from one list.
macro_rules! supported {
    ($($method:ident: $name:literal, $input:ty => $output:ty;)*) => {
        /// The names of the supported operations, as AWS spells them.
        pub const SUPPORTED_OPERATIONS: &[&str] = &[$($name),*];

        #[async_trait::async_trait]
        impl S3 for Operations {$(
            async fn $method(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                let caller = Caller::of(&request)?;
                self.$method(&caller, request).await
            }
        )*}
    };
}

supported! {
    abort_multipart_upload: "AbortMultipartUpload", AbortMultipartUploadInput => AbortMultipartUploadOutput;
    complete_multipart_upload: "CompleteMultipartUpload", CompleteMultipartUploadInput => CompleteMultipartUploadOutput;
    copy_object: "CopyObject", CopyObjectInput => CopyObjectOutput;
    create_bucket: "CreateBucket", CreateBucketInput => CreateBucketOutput;
    create_multipart_upload: "CreateMultipartUpload", CreateMultipartUploadInput => CreateMultipartUploadOutput;
    delete_bucket: "DeleteBucket", DeleteBucketInput => DeleteBucketOutput;
    delete_bucket_cors: "DeleteBucketCors", DeleteBucketCorsInput => DeleteBucketCorsOutput;
    delete_bucket_encryption: "DeleteBucketEncryption", DeleteBucketEncryptionInput => DeleteBucketEncryptionOutput;
    delete_bucket_policy: "DeleteBucketPolicy", DeleteBucketPolicyInput => DeleteBucketPolicyOutput;
    delete_object: "DeleteObject", DeleteObjectInput => DeleteObjectOutput;
    delete_object_tagging: "DeleteObjectTagging", DeleteObjectTaggingInput => DeleteObjectTaggingOutput;
    delete_objects: "DeleteObjects", DeleteObjectsInput => DeleteObjectsOutput;
    delete_public_access_block: "DeletePublicAccessBlock", DeletePublicAccessBlockInput => DeletePublicAccessBlockOutput;
    get_bucket_acl: "GetBucketAcl", GetBucketAclInput => GetBucketAclOutput;
    get_bucket_cors: "GetBucketCors", GetBucketCorsInput => GetBucketCorsOutput;
    get_bucket_encryption: "GetBucketEncryption", GetBucketEncryptionInput => GetBucketEncryptionOutput;
    get_bucket_location: "GetBucketLocation", GetBucketLocationInput => GetBucketLocationOutput;
    get_bucket_logging: "GetBucketLogging", GetBucketLoggingInput => GetBucketLoggingOutput;
    get_bucket_ownership_controls: "GetBucketOwnershipControls", GetBucketOwnershipControlsInput => GetBucketOwnershipControlsOutput;
    get_bucket_policy: "GetBucketPolicy", GetBucketPolicyInput => GetBucketPolicyOutput;
    get_bucket_policy_status: "GetBucketPolicyStatus", GetBucketPolicyStatusInput => GetBucketPolicyStatusOutput;
    get_bucket_versioning: "GetBucketVersioning", GetBucketVersioningInput => GetBucketVersioningOutput;
    get_object: "GetObject", GetObjectInput => GetObjectOutput;
    get_object_attributes: "GetObjectAttributes", GetObjectAttributesInput => GetObjectAttributesOutput;
    get_object_legal_hold: "GetObjectLegalHold", GetObjectLegalHoldInput => GetObjectLegalHoldOutput;
    get_object_lock_configuration: "GetObjectLockConfiguration", GetObjectLockConfigurationInput => GetObjectLockConfigurationOutput;
    get_object_retention: "GetObjectRetention", GetObjectRetentionInput => GetObjectRetentionOutput;
    get_object_tagging: "GetObjectTagging", GetObjectTaggingInput => GetObjectTaggingOutput;
    get_public_access_block: "GetPublicAccessBlock", GetPublicAccessBlockInput => GetPublicAccessBlockOutput;
    head_bucket: "HeadBucket", HeadBucketInput => HeadBucketOutput;
    head_object: "HeadObject", HeadObjectInput => HeadObjectOutput;
    list_buckets: "ListBuckets", ListBucketsInput => ListBucketsOutput;
    list_multipart_uploads: "ListMultipartUploads", ListMultipartUploadsInput => ListMultipartUploadsOutput;
    list_object_versions: "ListObjectVersions", ListObjectVersionsInput => ListObjectVersionsOutput;
    list_objects: "ListObjects", ListObjectsInput => ListObjectsOutput;
    list_objects_v2: "ListObjectsV2", ListObjectsV2Input => ListObjectsV2Output;
    list_parts: "ListParts", ListPartsInput => ListPartsOutput;
    put_bucket_cors: "PutBucketCors", PutBucketCorsInput => PutBucketCorsOutput;
    put_bucket_encryption: "PutBucketEncryption", PutBucketEncryptionInput => PutBucketEncryptionOutput;
    put_bucket_policy: "PutBucketPolicy", PutBucketPolicyInput => PutBucketPolicyOutput;
    put_bucket_versioning: "PutBucketVersioning", PutBucketVersioningInput => PutBucketVersioningOutput;
    put_object: "PutObject", PutObjectInput => PutObjectOutput;
    put_object_lock_configuration: "PutObjectLockConfiguration", PutObjectLockConfigurationInput => PutObjectLockConfigurationOutput;
    put_object_tagging: "PutObjectTagging", PutObjectTaggingInput => PutObjectTaggingOutput;
    put_public_access_block: "PutPublicAccessBlock", PutPublicAccessBlockInput => PutPublicAccessBlockOutput;
    upload_part: "UploadPart", UploadPartInput => UploadPartOutput;
    upload_part_copy: "UploadPartCopy", UploadPartCopyInput => UploadPartCopyOutput;
}

impl Operations {
    fn now(&self) -> Millis {
        self.clock.now().into()
    }

    fn bucket(&self, name: &str) -> S3Result<Bucket> {
        let found = self.catalog.bucket(name).map_err(catalog_error)?;
        found.ok_or_else(|| {
            refused(
                S3ErrorCode::NoSuchBucket,
                "The specified bucket does not exist",
            )
        })
    }

    /// The bucket, if the caller may do `action` to it.
    fn permitted_bucket(
        &self,
        caller: &Caller,
        action: &'static str,
        name: &str,
    ) -> S3Result<Bucket> {
        let bucket = self.bucket(name)?;
        self.authority.require(
            caller,
            &Permission {
                action,
                resource: &bucket_arn(name),
                bucket: Some(&bucket),
            },
        )?;
        Ok(bucket)
    }

    /// The object's bucket, if the caller may do `action` to the object.
    fn permitted_object(
        &self,
        caller: &Caller,
        action: &'static str,
        name: &str,
        key: &str,
    ) -> S3Result<Bucket> {
        let bucket = self.bucket(name)?;
        self.require_object(caller, action, name, key, &bucket)?;
        Ok(bucket)
    }

    fn require_object(
        &self,
        caller: &Caller,
        action: &'static str,
        name: &str,
        key: &str,
        bucket: &Bucket,
    ) -> S3Result<()> {
        let permission = Permission {
            action,
            resource: &object_arn(name, key),
            bucket: Some(bucket),
        };
        self.authority.require(caller, &permission)
    }

    fn may_list(&self, caller: &Caller, name: &str, bucket: &Bucket) -> S3Result<()> {
        let permission = Permission {
            action: "s3:ListBucket",
            resource: &bucket_arn(name),
            bucket: Some(bucket),
        };
        self.authority.require(caller, &permission)
    }

    /// A missing object is reported only to those who may list.
    fn missing_object(&self, caller: &Caller, name: &str, bucket: &Bucket) -> S3Error {
        match self.may_list(caller, name, bucket) {
            Ok(()) => refused(S3ErrorCode::NoSuchKey, "The specified key does not exist."),
            Err(denied) => denied,
        }
    }

    /// The account's canonical user id.
    fn owner(&self) -> Owner {
        use sha2::{Digest, Sha256};
        Owner {
            display_name: None,
            id: Some(hex::encode(Sha256::digest(self.account.id()))),
        }
    }
}

/// A body that cannot be stored or read is this machine's failure.
#[allow(clippy::needless_pass_by_value)] // the shape that `map_err` takes
fn blob_error(error: BlobError) -> S3Error {
    internal(&error)
}

fn catalog_error(error: CatalogError) -> S3Error {
    use S3ErrorCode as Code;
    match error {
        CatalogError::NoSuchBucket => {
            refused(Code::NoSuchBucket, "The specified bucket does not exist")
        }
        CatalogError::BucketNotEmpty => refused(
            Code::BucketNotEmpty,
            "The bucket you tried to delete is not empty",
        ),
        CatalogError::BucketExists => refused(
            Code::BucketAlreadyOwnedByYou,
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        CatalogError::NoObjectToMatch => {
            refused(Code::NoSuchKey, "The specified key does not exist.")
        }
        CatalogError::PreconditionFailed => precondition_failed(),
        CatalogError::NoSuchUpload => no_such_upload(),
        CatalogError::Completion(refusal) => completion_refused(&refusal),
        CatalogError::Locked => refused(
            Code::AccessDenied,
            "Access Denied because object protected by object lock.",
        ),
        CatalogError::State(_)
        | CatalogError::NoRandomness(_)
        | CatalogError::Corrupt(_)
        | CatalogError::Stopped => internal(&error),
    }
}

fn precondition_failed() -> S3Error {
    let message = "At least one of the pre-conditions you specified did not hold";
    refused(S3ErrorCode::PreconditionFailed, message)
}

fn no_such_upload() -> S3Error {
    refused(
        S3ErrorCode::NoSuchUpload,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or \
         completed.",
    )
}

fn completion_refused(refusal: &CompletionRefusal) -> S3Error {
    use S3ErrorCode as Code;
    match refusal {
        CompletionRefusal::NoParts => refused(
            Code::MalformedXML,
            "The XML you provided was not well-formed or did not validate against our published schema",
        ),
        CompletionRefusal::PartOrder => refused(
            Code::InvalidPartOrder,
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        ),
        CompletionRefusal::InvalidPart(_) => refused(
            Code::InvalidPart,
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
             specified entity tag may not match the part's entity tag.",
        ),
        CompletionRefusal::TooSmall { .. } => refused(
            Code::EntityTooSmall,
            "Your proposed upload is smaller than the minimum allowed size",
        ),
        CompletionRefusal::Checksum => refused(
            Code::BadDigest,
            "The checksum you specified did not match the calculated checksum.",
        ),
    }
}
