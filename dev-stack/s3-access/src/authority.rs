//! May this caller do this? Every operation asks here, with its IAM action, resource and conditions.
//!
//! The verdict is IAM's; this module knows S3's ARNs, the condition keys a request fills, and the
//! bucket policy.

use keyfront_dev_s3_wire::{
    error_response::{internal, refused},
    screen::AUTH_PARAMETERS,
};
use std::sync::Arc;

use http::{HeaderMap, Method};
use keyfront_dev_s3_store::catalog::Bucket;
use keyfront_iam::{Call, Context, Iam, Policy, PolicyKind, Requester, ResourcePolicy};
use s3s::{S3ErrorCode, S3Request, S3Result};

/// Whoever sent a verified request, and the condition keys the request filled.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Whose keys signed it.
    pub requester: Requester,
    /// The condition keys.
    pub context: Context,
}

impl Caller {
    /// The caller of a request that came through the gate; nothing else has one.
    ///
    /// # Errors
    /// `AccessDenied` if it did not.
    pub fn of<T>(request: &S3Request<T>) -> S3Result<Self> {
        let found = request.extensions.get::<Self>().cloned();
        found.ok_or_else(|| refused(S3ErrorCode::AccessDenied, "Access Denied"))
    }
}

/// The condition keys that follow from a request alone.
pub fn request_context(
    account: &str,
    method: &Method,
    headers: &HeaderMap,
    query: &[(String, String)],
    now: std::time::SystemTime,
) -> Context {
    let in_query = |wanted: &str| {
        query
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.as_str())
    };
    let presigned = in_query(AUTH_PARAMETERS[0]).is_some();
    let mut context = Context::new()
        .with("s3:ResourceAccount", account)
        .with("s3:signatureversion", "AWS4-HMAC-SHA256")
        .with(
            "s3:authType",
            if presigned {
                "REST-QUERY-STRING"
            } else {
                "REST-HEADER"
            },
        );
    if let Some(age) = in_query("X-Amz-Date").and_then(|signed| age_in_millis(signed, now)) {
        context = context.with("s3:signatureAge", age.to_string());
    }
    let mut filled = vec![
        "x-amz-acl",
        "x-amz-content-sha256",
        "x-amz-copy-source",
        "x-amz-metadata-directive",
        "x-amz-server-side-encryption",
        "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-customer-algorithm",
        "x-amz-storage-class",
    ];
    if matches!(*method, Method::PUT | Method::POST) {
        filled.extend(["if-match", "if-none-match"]);
    }
    for name in filled {
        if let Some(value) = headers.get(name).and_then(|value| value.to_str().ok()) {
            context = context.with(&format!("s3:{name}"), value);
        }
    }
    context
}

fn age_in_millis(signed: &str, now: std::time::SystemTime) -> Option<i128> {
    let format = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let signed = time::PrimitiveDateTime::parse(signed, &format)
        .ok()?
        .assume_utc();
    Some(
        (time::OffsetDateTime::from(now) - signed)
            .whole_milliseconds()
            .max(0),
    )
}

/// `arn:aws:s3:::BUCKET`
pub fn bucket_arn(bucket: &str) -> String {
    format!("arn:aws:s3:::{bucket}")
}

/// `arn:aws:s3:::BUCKET/KEY`
pub fn object_arn(bucket: &str, key: &str) -> String {
    format!("arn:aws:s3:::{bucket}/{key}")
}

/// Asks IAM.
#[derive(Debug)]
pub struct Authority {
    iam: Arc<Iam>,
}

/// One thing a caller wants to do.
pub struct Permission<'a> {
    /// Such as `s3:GetObject`.
    pub action: &'static str,
    /// An ARN, or `*`.
    pub resource: &'a str,
    /// The bucket whose policy counts.
    pub bucket: Option<&'a Bucket>,
}

impl Authority {
    /// Over the rules of one account.
    #[must_use]
    pub fn new(iam: Arc<Iam>) -> Self {
        Self { iam }
    }

    /// Demands a permission.
    ///
    /// # Errors
    /// `AccessDenied` with AWS's sentence; `InternalError` if the stored bucket policy does not parse.
    pub fn require(&self, caller: &Caller, permission: &Permission<'_>) -> S3Result<()> {
        let policy = match permission
            .bucket
            .and_then(|bucket| bucket.policy.as_deref())
        {
            Some(text) => {
                Some(Policy::parse(text, PolicyKind::Resource).map_err(|error| internal(&error))?)
            }
            None => None,
        };
        let call = Call {
            requester: &caller.requester,
            action: permission.action,
            resource: permission.resource,
            context: &caller.context,
        };
        let resource_policy = policy
            .as_ref()
            .map_or(ResourcePolicy::None, ResourcePolicy::Bucket);
        self.iam
            .authorize(&call, resource_policy)
            .map_err(|denial| {
                tracing::info!(%denial, "s3 refused a call");
                refused(S3ErrorCode::AccessDenied, denial.aws_message())
            })
    }
}
