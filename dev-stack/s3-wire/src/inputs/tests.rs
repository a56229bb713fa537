//! The table compared with what s3s reads of each request.
//!
//! A field that another version of s3s adds does not compile here before it is in a list; then it must be in the table, or
//! be named as one that is refused.

#![allow(clippy::unwrap_used)]

use s3s::dto;

use super::{
    operation::{Operation, Payload},
    table::OPERATIONS,
};

macro_rules! fields {
    ($($name:ident $input:ident { $($field:ident)* })*) => {
        const FIELDS: &[(&str, &[&str])] = &[$((stringify!($name), &[$(stringify!($field)),*])),*];
        $(const _: fn(dto::$input) = |dto::$input { $($field: _),* }| ();)*
    };
}

fields! {
    AbortMultipartUpload AbortMultipartUploadInput {
        bucket expected_bucket_owner if_match_initiated_time key request_payer upload_id
    }
    CompleteMultipartUpload CompleteMultipartUploadInput {
        bucket checksum_crc32 checksum_crc32c checksum_crc64nvme checksum_sha1 checksum_sha256 checksum_type
        expected_bucket_owner if_match if_none_match key mpu_object_size multipart_upload request_payer
        sse_customer_algorithm sse_customer_key sse_customer_key_md5 upload_id
    }
    CopyObject CopyObjectInput {
        acl bucket bucket_key_enabled cache_control checksum_algorithm content_disposition content_encoding
        content_language content_type copy_source copy_source_if_match copy_source_if_modified_since
        copy_source_if_none_match copy_source_if_unmodified_since copy_source_sse_customer_algorithm
        copy_source_sse_customer_key copy_source_sse_customer_key_md5 expected_bucket_owner
        expected_source_bucket_owner expires grant_full_control grant_read grant_read_acp grant_write_acp key
        metadata metadata_directive object_lock_legal_hold_status object_lock_mode object_lock_retain_until_date
        request_payer sse_customer_algorithm sse_customer_key sse_customer_key_md5 ssekms_encryption_context
        ssekms_key_id server_side_encryption storage_class tagging tagging_directive website_redirect_location
    }
    CreateBucket CreateBucketInput {
        acl bucket create_bucket_configuration grant_full_control grant_read grant_read_acp grant_write
        grant_write_acp object_lock_enabled_for_bucket object_ownership
    }
    CreateMultipartUpload CreateMultipartUploadInput {
        acl bucket bucket_key_enabled cache_control checksum_algorithm checksum_type content_disposition
        content_encoding content_language content_type expected_bucket_owner expires grant_full_control grant_read
        grant_read_acp grant_write_acp key metadata object_lock_legal_hold_status object_lock_mode
        object_lock_retain_until_date request_payer sse_customer_algorithm sse_customer_key sse_customer_key_md5
        ssekms_encryption_context ssekms_key_id server_side_encryption storage_class tagging
        website_redirect_location
    }
    DeleteBucket DeleteBucketInput { bucket expected_bucket_owner }
    DeleteBucketCors DeleteBucketCorsInput { bucket expected_bucket_owner }
    DeleteBucketEncryption DeleteBucketEncryptionInput { bucket expected_bucket_owner }
    DeleteBucketPolicy DeleteBucketPolicyInput { bucket expected_bucket_owner }
    DeleteObject DeleteObjectInput {
        bucket bypass_governance_retention expected_bucket_owner if_match if_match_last_modified_time if_match_size
        key mfa request_payer version_id
    }
    DeleteObjects DeleteObjectsInput {
        bucket bypass_governance_retention checksum_algorithm delete expected_bucket_owner mfa request_payer
    }
    DeleteObjectTagging DeleteObjectTaggingInput { bucket expected_bucket_owner key version_id }
    DeletePublicAccessBlock DeletePublicAccessBlockInput { bucket expected_bucket_owner }
    GetBucketAcl GetBucketAclInput { bucket expected_bucket_owner }
    GetBucketCors GetBucketCorsInput { bucket expected_bucket_owner }
    GetBucketEncryption GetBucketEncryptionInput { bucket expected_bucket_owner }
    GetBucketLocation GetBucketLocationInput { bucket expected_bucket_owner }
    GetBucketLogging GetBucketLoggingInput { bucket expected_bucket_owner }
    GetBucketOwnershipControls GetBucketOwnershipControlsInput { bucket expected_bucket_owner }
    GetBucketPolicy GetBucketPolicyInput { bucket expected_bucket_owner }
    GetBucketPolicyStatus GetBucketPolicyStatusInput { bucket expected_bucket_owner }
    GetBucketVersioning GetBucketVersioningInput { bucket expected_bucket_owner }
    GetObject GetObjectInput {
        bucket checksum_mode expected_bucket_owner if_match if_modified_since if_none_match if_unmodified_since key
        part_number range request_payer response_cache_control response_content_disposition
        response_content_encoding response_content_language response_content_type response_expires
        sse_customer_algorithm sse_customer_key sse_customer_key_md5 version_id
    }
    GetObjectAttributes GetObjectAttributesInput {
        bucket expected_bucket_owner key max_parts object_attributes part_number_marker request_payer
        sse_customer_algorithm sse_customer_key sse_customer_key_md5 version_id
    }
    GetObjectLegalHold GetObjectLegalHoldInput { bucket expected_bucket_owner key request_payer version_id }
    GetObjectLockConfiguration GetObjectLockConfigurationInput { bucket expected_bucket_owner }
    GetObjectRetention GetObjectRetentionInput { bucket expected_bucket_owner key request_payer version_id }
    GetObjectTagging GetObjectTaggingInput { bucket expected_bucket_owner key request_payer version_id }
    GetPublicAccessBlock GetPublicAccessBlockInput { bucket expected_bucket_owner }
    HeadBucket HeadBucketInput { bucket expected_bucket_owner }
    HeadObject HeadObjectInput {
        bucket checksum_mode expected_bucket_owner if_match if_modified_since if_none_match if_unmodified_since key
        part_number range request_payer response_cache_control response_content_disposition
        response_content_encoding response_content_language response_content_type response_expires
        sse_customer_algorithm sse_customer_key sse_customer_key_md5 version_id
    }
    ListBuckets ListBucketsInput { bucket_region continuation_token max_buckets prefix }
    ListMultipartUploads ListMultipartUploadsInput {
        bucket delimiter encoding_type expected_bucket_owner key_marker max_uploads prefix request_payer
        upload_id_marker
    }
    ListObjects ListObjectsInput {
        bucket delimiter encoding_type expected_bucket_owner marker max_keys optional_object_attributes prefix
        request_payer
    }
    ListObjectsV2 ListObjectsV2Input {
        bucket continuation_token delimiter encoding_type expected_bucket_owner fetch_owner max_keys
        optional_object_attributes prefix request_payer start_after
    }
    ListObjectVersions ListObjectVersionsInput {
        bucket delimiter encoding_type expected_bucket_owner key_marker max_keys optional_object_attributes prefix
        request_payer version_id_marker
    }
    ListParts ListPartsInput {
        bucket expected_bucket_owner key max_parts part_number_marker request_payer sse_customer_algorithm
        sse_customer_key sse_customer_key_md5 upload_id
    }
    PutBucketCors PutBucketCorsInput {
        bucket cors_configuration checksum_algorithm content_md5 expected_bucket_owner
    }
    PutBucketEncryption PutBucketEncryptionInput {
        bucket checksum_algorithm content_md5 expected_bucket_owner server_side_encryption_configuration
    }
    PutBucketPolicy PutBucketPolicyInput {
        bucket checksum_algorithm confirm_remove_self_bucket_access content_md5 expected_bucket_owner policy
    }
    PutBucketVersioning PutBucketVersioningInput {
        bucket checksum_algorithm content_md5 expected_bucket_owner mfa versioning_configuration
    }
    PutObject PutObjectInput {
        acl body bucket bucket_key_enabled cache_control checksum_algorithm checksum_crc32 checksum_crc32c
        checksum_crc64nvme checksum_sha1 checksum_sha256 content_disposition content_encoding content_language
        content_length content_md5 content_type expected_bucket_owner expires grant_full_control grant_read
        grant_read_acp grant_write_acp if_match if_none_match key metadata object_lock_legal_hold_status
        object_lock_mode object_lock_retain_until_date request_payer sse_customer_algorithm sse_customer_key
        sse_customer_key_md5 ssekms_encryption_context ssekms_key_id server_side_encryption storage_class tagging
        website_redirect_location write_offset_bytes
    }
    PutObjectLockConfiguration PutObjectLockConfigurationInput {
        bucket checksum_algorithm content_md5 expected_bucket_owner object_lock_configuration request_payer token
    }
    PutObjectTagging PutObjectTaggingInput {
        bucket checksum_algorithm content_md5 expected_bucket_owner key request_payer tagging version_id
    }
    PutPublicAccessBlock PutPublicAccessBlockInput {
        bucket checksum_algorithm content_md5 expected_bucket_owner public_access_block_configuration
    }
    UploadPart UploadPartInput {
        body bucket checksum_algorithm checksum_crc32 checksum_crc32c checksum_crc64nvme checksum_sha1
        checksum_sha256 content_length content_md5 expected_bucket_owner key part_number request_payer
        sse_customer_algorithm sse_customer_key sse_customer_key_md5 upload_id
    }
    UploadPartCopy UploadPartCopyInput {
        bucket copy_source copy_source_if_match copy_source_if_modified_since copy_source_if_none_match
        copy_source_if_unmodified_since copy_source_range copy_source_sse_customer_algorithm
        copy_source_sse_customer_key copy_source_sse_customer_key_md5 expected_bucket_owner
        expected_source_bucket_owner key part_number request_payer sse_customer_algorithm sse_customer_key
        sse_customer_key_md5 upload_id
    }
}

/// Fields that no row has, beside those of ACL grants.
const REFUSED: [(&str, &str); 8] = [
    ("AbortMultipartUpload", "if_match_initiated_time"),
    ("DeleteObject", "if_match_last_modified_time"),
    ("DeleteObject", "if_match_size"),
    ("DeleteObject", "mfa"),
    ("DeleteObjects", "mfa"),
    ("PutBucketVersioning", "mfa"),
    ("PutObject", "write_offset_bytes"),
    ("PutObjectLockConfiguration", "token"),
];

/// How a field comes.
enum Input {
    Path,
    Query(String),
    Header(String),
    Body,
}

fn input_of(operation: &str, field: &str) -> Input {
    let hyphens = field.replace('_', "-");
    let of_amazon = |name: &str| Input::Header(format!("x-amz-{name}"));
    match field {
        "bucket" | "key" => Input::Path,
        "body"
        | "cors_configuration"
        | "create_bucket_configuration"
        | "delete"
        | "multipart_upload"
        | "object_lock_configuration"
        | "policy"
        | "public_access_block_configuration"
        | "server_side_encryption_configuration"
        | "versioning_configuration" => Input::Body,
        "tagging" if operation == "PutObjectTagging" => Input::Body,
        "part_number" => Input::Query("partNumber".to_owned()),
        "upload_id" => Input::Query("uploadId".to_owned()),
        "version_id" => Input::Query("versionId".to_owned()),
        "max_parts" | "part_number_marker" if operation == "ListParts" => Input::Query(hyphens),
        "bucket_region" | "continuation_token" | "delimiter" | "encoding_type" | "fetch_owner"
        | "key_marker" | "marker" | "max_buckets" | "max_keys" | "max_uploads" | "prefix"
        | "start_after" | "upload_id_marker" | "version_id_marker" => Input::Query(hyphens),
        name if name.starts_with("response_") => Input::Query(hyphens),
        "cache_control"
        | "content_disposition"
        | "content_encoding"
        | "content_language"
        | "content_length"
        | "content_md5"
        | "content_type"
        | "expires"
        | "if_match"
        | "if_modified_since"
        | "if_none_match"
        | "if_unmodified_since"
        | "range" => Input::Header(hyphens),
        "bucket_key_enabled" => of_amazon("server-side-encryption-bucket-key-enabled"),
        "checksum_algorithm" if ["CopyObject", "CreateMultipartUpload"].contains(&operation) => {
            of_amazon("checksum-algorithm")
        }
        "checksum_algorithm" => of_amazon("sdk-checksum-algorithm"),
        "expected_source_bucket_owner" => of_amazon("source-expected-bucket-owner"),
        "metadata" => of_amazon("meta-a"),
        "mpu_object_size" => of_amazon("mp-object-size"),
        "object_lock_enabled_for_bucket" => of_amazon("bucket-object-lock-enabled"),
        "object_lock_legal_hold_status" => of_amazon("object-lock-legal-hold"),
        "ssekms_encryption_context" => of_amazon("server-side-encryption-context"),
        "ssekms_key_id" => of_amazon("server-side-encryption-aws-kms-key-id"),
        "token" => of_amazon("bucket-object-lock-token"),
        _ => of_amazon(&hyphens.replace("sse-customer", "server-side-encryption-customer")),
    }
}

/// Whether a row takes a header, with a value that every header takes.
fn takes_header(row: &Operation, name: &str) -> bool {
    let value = match name {
        "x-amz-checksum-mode" => "ENABLED",
        "x-amz-optional-object-attributes" => "RestoreStatus",
        "x-amz-request-payer" => "requester",
        _ => "1",
    };
    let name = http::HeaderName::try_from(name).unwrap();
    let headers = [(name, http::HeaderValue::from_static(value))];
    row.check_head(&[], &headers.into_iter().collect()).is_ok()
}

#[test]
fn every_field_that_s3s_reads_is_in_the_table_or_refused() {
    for (operation, fields) in FIELDS {
        let row = OPERATIONS.iter().find(|row| row.name == *operation);
        let row = row.unwrap();
        for field in *fields {
            let known = match input_of(operation, field) {
                Input::Path => true,
                Input::Query(name) => row.has_parameter(&name),
                Input::Header(name) => takes_header(row, &name),
                Input::Body => !matches!(row.payload, Payload::None),
            };
            let listed = REFUSED.contains(&(operation, field));
            let refused = listed || field.starts_with("grant_");
            assert_eq!(known, !refused, "{operation} {field}");
        }
    }
}

#[test]
fn the_table_has_the_operations_that_s3s_is_asked_for() {
    let mut rows: Vec<&str> = OPERATIONS.iter().map(|row| row.name).collect();
    let mut listed: Vec<&str> = FIELDS.iter().map(|(operation, _)| *operation).collect();
    rows.sort_unstable();
    listed.sort_unstable();
    assert_eq!(rows, listed);
}
