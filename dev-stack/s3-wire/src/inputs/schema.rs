//! The XML documents that S3 takes, as its API reference has them.

/// An element of a document.
#[derive(Debug)]
pub struct Element {
    pub(super) name: &'static str,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    /// Text alone.
    Text,
    /// These elements, in any order and number: s3s counts them.
    Elements(&'static [Element]),
    /// Something that the dev stack does not implement.
    OfAws,
}

const fn text(name: &'static str) -> Element {
    Element {
        name,
        content: Content::Text,
    }
}

const fn of(name: &'static str, elements: &'static [Element]) -> Element {
    Element {
        name,
        content: Content::Elements(elements),
    }
}

const fn of_aws(name: &'static str) -> Element {
    Element {
        name,
        content: Content::OfAws,
    }
}

pub(super) static ACCESS_BLOCK: Element = of(
    "PublicAccessBlockConfiguration",
    &[
        text("BlockPublicAcls"),
        text("BlockPublicPolicy"),
        text("IgnorePublicAcls"),
        text("RestrictPublicBuckets"),
    ],
);

pub(super) static BUCKET: Element = of(
    "CreateBucketConfiguration",
    &[
        of_aws("Bucket"),
        of_aws("Location"),
        text("LocationConstraint"),
        of_aws("Tags"),
    ],
);

pub(super) static COMPLETION: Element = of(
    "CompleteMultipartUpload",
    &[of(
        "Part",
        &[
            text("ChecksumCRC32"),
            text("ChecksumCRC32C"),
            text("ChecksumCRC64NVME"),
            text("ChecksumSHA1"),
            text("ChecksumSHA256"),
            text("ETag"),
            text("PartNumber"),
        ],
    )],
);

pub(super) static CORS: Element = of(
    "CORSConfiguration",
    &[of(
        "CORSRule",
        &[
            text("AllowedHeader"),
            text("AllowedMethod"),
            text("AllowedOrigin"),
            text("ExposeHeader"),
            text("ID"),
            text("MaxAgeSeconds"),
        ],
    )],
);

/// What the dev stack does not implement of an object here is told for each object by itself.
pub(super) static DELETE: Element = of(
    "Delete",
    &[
        of(
            "Object",
            &[
                text("ETag"),
                text("Key"),
                text("LastModifiedTime"),
                text("Size"),
                text("VersionId"),
            ],
        ),
        text("Quiet"),
    ],
);

pub(super) static ENCRYPTION: Element = of(
    "ServerSideEncryptionConfiguration",
    &[of(
        "Rule",
        &[
            of(
                "ApplyServerSideEncryptionByDefault",
                &[text("KMSMasterKeyID"), text("SSEAlgorithm")],
            ),
            of("BlockedEncryptionTypes", &[text("EncryptionType")]),
            text("BucketKeyEnabled"),
        ],
    )],
);

pub(super) static LOCK: Element = of(
    "ObjectLockConfiguration",
    &[
        text("ObjectLockEnabled"),
        of(
            "Rule",
            &[of(
                "DefaultRetention",
                &[text("Days"), text("Mode"), text("Years")],
            )],
        ),
    ],
);

pub(super) static TAGGING: Element = of(
    "Tagging",
    &[of("TagSet", &[of("Tag", &[text("Key"), text("Value")])])],
);

pub(super) static VERSIONING: Element = of(
    "VersioningConfiguration",
    &[of_aws("MfaDelete"), text("Status")],
);
