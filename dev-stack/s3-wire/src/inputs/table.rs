//! The operations and what each takes, as the API reference lists it, but for what the dev stack does not implement.

use http::Method;

use super::{
    operation::{Operation, Payload, row},
    schema,
};
use crate::address::Place::{self, Bucket, Object, Service};

const ALGORITHM: &[&str] = &["x-amz-checksum-algorithm"];
const ATTRIBUTES: &[&str] = &[
    "x-amz-max-parts",
    "x-amz-object-attributes",
    "x-amz-part-number-marker",
];
const BODY: &[&str] = &[
    "content-md5",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];
const BYPASS: &[&str] = &["x-amz-bypass-governance-retention"];
const CHECKSUMS: &[&str] = &[
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];
const COMPLETION: &[&str] = &["content-md5", "x-amz-mp-object-size"];
const CONDITIONS: &[&str] = &[
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
];
/// A policy that locks its author out is taken with or without it.
const CONFIRMATION: &[&str] = &["x-amz-confirm-remove-self-bucket-access"];
const CREATE: &[&str] = &[
    "x-amz-acl",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-object-ownership",
];
const CUSTOMER_KEY: &[&str] = &[
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
];
const DELETE_CONDITIONS: &[&str] = &["if-match"];
const DIRECTIVES: &[&str] = &["x-amz-metadata-directive", "x-amz-tagging-directive"];
/// Reads refuse these in words of their own.
const ENCRYPTION: &[&str] = &[
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-server-side-encryption-context",
];
/// Nothing is ever restored, so that there is no status to list.
const LISTED: &[&str] = &["x-amz-optional-object-attributes"];
const LOCK: &[&str] = &[
    "x-amz-object-lock-legal-hold",
    "x-amz-object-lock-mode",
    "x-amz-object-lock-retain-until-date",
];
/// The owner pays: nothing here is charged.
const PAYER: &[&str] = &["x-amz-request-payer"];
const RANGE: &[&str] = &["x-amz-copy-source-range"];
const READ: &[&str] = &["if-range", "range", "x-amz-checksum-mode"];
const SOURCE: &[&str] = &[
    "x-amz-copy-source",
    "x-amz-copy-source-if-match",
    "x-amz-copy-source-if-modified-since",
    "x-amz-copy-source-if-none-match",
    "x-amz-copy-source-if-unmodified-since",
    "x-amz-copy-source-server-side-encryption-customer-algorithm",
    "x-amz-copy-source-server-side-encryption-customer-key",
    "x-amz-copy-source-server-side-encryption-customer-key-md5",
    "x-amz-source-expected-bucket-owner",
];
/// Parts refuse it in words of their own.
const SSE: &[&str] = &["x-amz-server-side-encryption"];
const STORED: &[&str] = &[
    "x-amz-acl",
    "x-amz-meta-",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
];
const TAGGING: &[&str] = &["x-amz-tagging"];
const TYPE: &[&str] = &["x-amz-checksum-type"];
const WRITE_CONDITIONS: &[&str] = &["if-match", "if-none-match"];
const OVERRIDES: &[&str] = &[
    "partNumber",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "versionId",
];

/// Parameters that ask for what no operation here has.
const OF_OTHERS: &[&str] = &[
    "abac",
    "accelerate",
    "analytics",
    "intelligent-tiering",
    "inventory",
    "lifecycle",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "select",
    "session",
    "torrent",
    "website",
];

pub(super) const OPERATIONS: &[Operation] = &[
    row("ListBuckets", "GET", Service, &[]).query(&[
        "bucket-region",
        "continuation-token",
        "max-buckets",
        "prefix",
    ]),
    row("CreateBucket", "PUT", Bucket, &[])
        .headers(&[BODY, CHECKSUMS, CREATE])
        .payload(Payload::Document(&schema::BUCKET)),
    row("DeleteBucket", "DELETE", Bucket, &[]),
    row("HeadBucket", "HEAD", Bucket, &[]),
    row("GetBucketAcl", "GET", Bucket, &["acl"]),
    row("GetBucketCors", "GET", Bucket, &["cors"]),
    row("GetBucketEncryption", "GET", Bucket, &["encryption"]),
    row("GetBucketLocation", "GET", Bucket, &["location"]),
    row("GetBucketLogging", "GET", Bucket, &["logging"]),
    row(
        "GetBucketOwnershipControls",
        "GET",
        Bucket,
        &["ownershipControls"],
    ),
    row("GetBucketPolicy", "GET", Bucket, &["policy"]),
    row("GetBucketPolicyStatus", "GET", Bucket, &["policyStatus"]),
    row("GetBucketVersioning", "GET", Bucket, &["versioning"]),
    row(
        "GetObjectLockConfiguration",
        "GET",
        Bucket,
        &["object-lock"],
    ),
    row(
        "GetPublicAccessBlock",
        "GET",
        Bucket,
        &["publicAccessBlock"],
    ),
    row("PutBucketCors", "PUT", Bucket, &["cors"])
        .headers(&[BODY, CHECKSUMS])
        .payload(Payload::Document(&schema::CORS)),
    row("PutBucketEncryption", "PUT", Bucket, &["encryption"])
        .headers(&[BODY, CHECKSUMS])
        .payload(Payload::Document(&schema::ENCRYPTION)),
    row("PutBucketVersioning", "PUT", Bucket, &["versioning"])
        .headers(&[BODY, CHECKSUMS])
        .payload(Payload::Document(&schema::VERSIONING)),
    row("PutBucketPolicy", "PUT", Bucket, &["policy"])
        .headers(&[BODY, CHECKSUMS, CONFIRMATION])
        .payload(Payload::Policy),
    row(
        "PutObjectLockConfiguration",
        "PUT",
        Bucket,
        &["object-lock"],
    )
    .headers(&[BODY, CHECKSUMS, PAYER])
    .payload(Payload::Document(&schema::LOCK)),
    row(
        "PutPublicAccessBlock",
        "PUT",
        Bucket,
        &["publicAccessBlock"],
    )
    .headers(&[BODY, CHECKSUMS])
    .payload(Payload::Document(&schema::ACCESS_BLOCK)),
    row("DeleteBucketCors", "DELETE", Bucket, &["cors"]),
    row("DeleteBucketEncryption", "DELETE", Bucket, &["encryption"]),
    row("DeleteBucketPolicy", "DELETE", Bucket, &["policy"]),
    row(
        "DeletePublicAccessBlock",
        "DELETE",
        Bucket,
        &["publicAccessBlock"],
    ),
    row("ListMultipartUploads", "GET", Bucket, &["uploads"])
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-uploads",
            "prefix",
            "upload-id-marker",
        ])
        .headers(&[PAYER]),
    row("ListObjectVersions", "GET", Bucket, &["versions"])
        .query(&[
            "delimiter",
            "encoding-type",
            "key-marker",
            "max-keys",
            "prefix",
            "version-id-marker",
        ])
        .headers(&[PAYER, LISTED]),
    row("ListObjects", "GET", Bucket, &[])
        .query(&["delimiter", "encoding-type", "marker", "max-keys", "prefix"])
        .headers(&[PAYER, LISTED]),
    row("ListObjectsV2", "GET", Bucket, &["list-type"])
        .query(&[
            "continuation-token",
            "delimiter",
            "encoding-type",
            "fetch-owner",
            "max-keys",
            "prefix",
            "start-after",
        ])
        .headers(&[PAYER, LISTED]),
    row("DeleteObjects", "POST", Bucket, &["delete"])
        .headers(&[BODY, CHECKSUMS, PAYER, BYPASS])
        .payload(Payload::Document(&schema::DELETE)),
    row("GetObject", "GET", Object, &[])
        .query(OVERRIDES)
        .for_viewers()
        .headers(&[READ, CONDITIONS, PAYER, CUSTOMER_KEY, ENCRYPTION]),
    row("HeadObject", "HEAD", Object, &[])
        .query(OVERRIDES)
        .for_viewers()
        .headers(&[READ, CONDITIONS, PAYER, CUSTOMER_KEY, ENCRYPTION]),
    row("PutObject", "PUT", Object, &[])
        .headers(&[
            BODY,
            CHECKSUMS,
            STORED,
            TAGGING,
            LOCK,
            WRITE_CONDITIONS,
            PAYER,
            CUSTOMER_KEY,
            ENCRYPTION,
        ])
        .payload(Payload::Bytes),
    row("CopyObject", "PUT", Object, &[]).copying().headers(&[
        SOURCE,
        DIRECTIVES,
        STORED,
        TAGGING,
        LOCK,
        WRITE_CONDITIONS,
        PAYER,
        CUSTOMER_KEY,
        ENCRYPTION,
        ALGORITHM,
    ]),
    row("DeleteObject", "DELETE", Object, &[])
        .query(&["versionId"])
        .headers(&[PAYER, BYPASS, DELETE_CONDITIONS]),
    row("GetObjectAttributes", "GET", Object, &["attributes"])
        .query(&["versionId"])
        .headers(&[ATTRIBUTES, PAYER, CUSTOMER_KEY]),
    row("GetObjectLegalHold", "GET", Object, &["legal-hold"])
        .query(&["versionId"])
        .headers(&[PAYER]),
    row("GetObjectRetention", "GET", Object, &["retention"])
        .query(&["versionId"])
        .headers(&[PAYER]),
    row("GetObjectTagging", "GET", Object, &["tagging"])
        .query(&["versionId"])
        .headers(&[PAYER]),
    row("PutObjectTagging", "PUT", Object, &["tagging"])
        .query(&["versionId"])
        .headers(&[BODY, CHECKSUMS, PAYER])
        .payload(Payload::Document(&schema::TAGGING)),
    row("DeleteObjectTagging", "DELETE", Object, &["tagging"]).query(&["versionId"]),
    row("CreateMultipartUpload", "POST", Object, &["uploads"]).headers(&[
        STORED,
        TAGGING,
        LOCK,
        PAYER,
        CUSTOMER_KEY,
        ENCRYPTION,
        ALGORITHM,
        TYPE,
    ]),
    row("UploadPart", "PUT", Object, &["partNumber", "uploadId"])
        .headers(&[BODY, CHECKSUMS, PAYER, CUSTOMER_KEY, SSE])
        .payload(Payload::Bytes),
    row("UploadPartCopy", "PUT", Object, &["partNumber", "uploadId"])
        .copying()
        .headers(&[SOURCE, RANGE, PAYER, CUSTOMER_KEY]),
    row("ListParts", "GET", Object, &["uploadId"])
        .query(&["max-parts", "part-number-marker"])
        .headers(&[PAYER, CUSTOMER_KEY]),
    row("CompleteMultipartUpload", "POST", Object, &["uploadId"])
        .headers(&[
            COMPLETION,
            CHECKSUMS,
            TYPE,
            WRITE_CONDITIONS,
            PAYER,
            CUSTOMER_KEY,
        ])
        .payload(Payload::Completion(&schema::COMPLETION)),
    row("AbortMultipartUpload", "DELETE", Object, &["uploadId"]).headers(&[PAYER]),
];

/// The operation that a request means; `None` if the table has none.
///
/// Where a query would select several, either is right: the parameters that select the other are unknown to it.
#[must_use]
pub fn operation_of(
    method: &Method,
    place: Place,
    query: &[(String, String)],
    copies: bool,
) -> Option<&'static Operation> {
    let asked = |name: &&str| query.iter().any(|(asked, _)| asked == name);
    OPERATIONS
        .iter()
        .filter(|row| row.method == method.as_str() && row.place == place)
        .filter(|row| row.selecting.iter().all(&asked) && (copies || !row.copies))
        .max_by_key(|row| (row.selecting.len(), row.copies))
}

/// Whether a parameter makes a request another operation, here or in AWS.
pub(super) fn selects(name: &str) -> bool {
    let mut rows = OPERATIONS.iter();
    OF_OTHERS.contains(&name) || rows.any(|row| row.selecting.contains(&name))
}
