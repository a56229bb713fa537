//! Which test needs which grant of the template: the matrix of `make policy-report`, and what
//! `tests/least_privilege.rs` holds true by taking each grant away.

use keyfront_dev_stack::Grant;

/// What shows that a grant is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exercise {
    /// Without the grant this scenario fails, with it it succeeds.
    By(Scenario),
    /// Nothing on this machine makes the call.
    NotHere(&'static str),
}

/// Something a viewer or a publisher does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scenario {
    /// A viewer reads an object from the CDN.
    ReadFromCdn,
    /// A viewer asks the CDN for an object that does not exist, and is told so.
    MissingOnCdn,
    /// A publisher uploads through the CDN.
    PublishThroughCdn,
    /// A publisher uploads an object.
    Put,
    /// A publisher deletes an object.
    Delete,
    /// A publisher deletes an object, and the CDN forgets it.
    Invalidate,
    /// A publisher lists objects.
    List,
    /// A publisher lists the versions of an object.
    ListVersions,
    /// A publisher brings a former version of an object back.
    RestoreVersion,
    /// A publisher asks how far a multipart upload is.
    ResumeUpload,
    /// A publisher gives a multipart upload up.
    AbortUpload,
    /// A publisher gives stale uploads up.
    SweepUploads,
    /// A publisher uploads an envelope.
    SealEnvelope,
    /// A publisher reads an envelope back.
    OpenEnvelope,
    /// A publisher uploads an object under the system's customer key.
    PutUnderCustomerKey,
    /// A publisher uploads an object under its own customer key.
    PutUnderOwnKey,
    /// A publisher activates a release, whose invalidation is held back.
    ActivateRelease,
    /// The invalidation of an activation is carried out.
    SettleRelease,
    /// And is carried out once.
    SettleReleaseOnce,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ReadFromCdn,
        Self::MissingOnCdn,
        Self::PublishThroughCdn,
        Self::Put,
        Self::Delete,
        Self::Invalidate,
        Self::List,
        Self::ListVersions,
        Self::RestoreVersion,
        Self::ResumeUpload,
        Self::AbortUpload,
        Self::SweepUploads,
        Self::SealEnvelope,
        Self::OpenEnvelope,
        Self::PutUnderCustomerKey,
        Self::PutUnderOwnKey,
        Self::ActivateRelease,
        Self::SettleRelease,
        Self::SettleReleaseOnce,
    ];
}

/// `(holder, statement, action)` and what exercises it.
const MATRIX: &[(&str, &str, &str, Exercise)] = {
    use Exercise::{By, NotHere};
    const LOGS: Exercise = NotHere("functions log to the terminal here");
    &[
        (
            "EdgeRole",
            "ReadObjects",
            "s3:GetObject",
            By(Scenario::ReadFromCdn),
        ),
        (
            "EdgeRole",
            "KnowWhatIsMissing",
            "s3:ListBucket",
            By(Scenario::MissingOnCdn),
        ),
        (
            "EdgeRole",
            "DecryptThroughS3",
            "kms:Decrypt",
            By(Scenario::ReadFromCdn),
        ),
        ("EdgeRole", "LogWhereverItRuns", "logs:CreateLogGroup", LOGS),
        (
            "EdgeRole",
            "LogWhereverItRuns",
            "logs:CreateLogStream",
            LOGS,
        ),
        ("EdgeRole", "LogWhereverItRuns", "logs:PutLogEvents", LOGS),
        (
            "OriginFunction",
            "EdgeMayCallOriginUrl",
            "lambda:InvokeFunctionUrl",
            By(Scenario::PublishThroughCdn),
        ),
        (
            "OriginFunction",
            "EdgeMayInvokeOriginByItsUrl",
            "lambda:InvokeFunction",
            By(Scenario::PublishThroughCdn),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:PutObject",
            By(Scenario::Put),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:GetObject",
            By(Scenario::OpenEnvelope),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:GetObjectVersion",
            By(Scenario::RestoreVersion),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:DeleteObject",
            By(Scenario::Delete),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:AbortMultipartUpload",
            By(Scenario::AbortUpload),
        ),
        (
            "OriginRole",
            "WriteReadAndDeleteObjects",
            "s3:ListMultipartUploadParts",
            By(Scenario::ResumeUpload),
        ),
        (
            "OriginRole",
            "ListObjectsAndUploads",
            "s3:ListBucket",
            By(Scenario::List),
        ),
        (
            "OriginRole",
            "ListObjectsAndUploads",
            "s3:ListBucketVersions",
            By(Scenario::ListVersions),
        ),
        (
            "OriginRole",
            "ListObjectsAndUploads",
            "s3:ListBucketMultipartUploads",
            By(Scenario::SweepUploads),
        ),
        (
            "OriginRole",
            "UseTheKeyThroughS3",
            "kms:Decrypt",
            By(Scenario::OpenEnvelope),
        ),
        (
            "OriginRole",
            "UseTheKeyThroughS3",
            "kms:GenerateDataKey",
            By(Scenario::Put),
        ),
        (
            "OriginRole",
            "SealAndOpenEnvelopes",
            "kms:Decrypt",
            By(Scenario::OpenEnvelope),
        ),
        (
            "OriginRole",
            "SealAndOpenEnvelopes",
            "kms:GenerateDataKey",
            By(Scenario::SealEnvelope),
        ),
        (
            "OriginRole",
            "ReadTheCustomerKey",
            "ssm:GetParameter",
            By(Scenario::PutUnderCustomerKey),
        ),
        (
            "OriginRole",
            "ReadPublishersKeys",
            "ssm:GetParameter",
            By(Scenario::PutUnderOwnKey),
        ),
        (
            "OriginRole",
            "DecryptCustomerKeys",
            "kms:Decrypt",
            By(Scenario::PutUnderCustomerKey),
        ),
        (
            "OriginRole",
            "FindTheDistribution",
            "ssm:GetParameter",
            By(Scenario::Invalidate),
        ),
        (
            "OriginRole",
            "InvalidateTheDistribution",
            "cloudfront:CreateInvalidation",
            By(Scenario::Invalidate),
        ),
        (
            "OriginRole",
            "HoldInvalidationsBack",
            "sqs:SendMessage",
            By(Scenario::ActivateRelease),
        ),
        (
            "OriginRole",
            "TakeInvalidations",
            "sqs:ReceiveMessage",
            By(Scenario::SettleRelease),
        ),
        (
            "OriginRole",
            "TakeInvalidations",
            "sqs:DeleteMessage",
            By(Scenario::SettleReleaseOnce),
        ),
        (
            "OriginRole",
            "TakeInvalidations",
            "sqs:GetQueueAttributes",
            NotHere("Lambda asks how long its queue is when it chooses how many read it"),
        ),
        ("OriginRole", "Log", "logs:CreateLogStream", LOGS),
        ("OriginRole", "Log", "logs:PutLogEvents", LOGS),
    ]
};

/// What exercises a grant; `None` for one the matrix does not know.
#[must_use]
pub fn exercise(grant: &Grant) -> Option<Exercise> {
    let row = MATRIX.iter().find(|(holder, statement, action, _)| {
        grant.holder == *holder && grant.statement == *statement && grant.action == *action
    });
    row.map(|&(.., exercise)| exercise)
}

/// How many rows the matrix has.
#[must_use]
pub fn rows() -> usize {
    MATRIX.len()
}
