//! Every way a CloudFront call fails, with AWS's code for it.

use keyfront_dev_ground::aws_error::AwsError;
use keyfront_dev_ground::request_auth::AuthError;
use keyfront_iam::Denial;
use thiserror::Error;

/// A refused CloudFront call. All of these are the caller's fault.
#[derive(Debug, Error)]
pub enum CloudFrontError {
    /// The request is not signed, or signed wrongly; sign for `cloudfront` in `us-east-1`.
    #[error("request is not authenticated")]
    Unauthenticated(#[from] AuthError),
    /// The caller's policies do not allow it.
    #[error(transparent)]
    AccessDenied(#[from] Denial),
    /// The operation does not exist or is not offered here; docs/dev-stack.md lists what is.
    #[error("operation {0:?} is not supported")]
    UnknownOperation(String),
    /// The distribution is not the stack's.
    #[error("distribution {0:?} does not exist")]
    NoSuchDistribution(String),
    /// No behaviour of the stack's distribution has this cache policy.
    #[error("cache policy {0:?} does not exist")]
    NoSuchCachePolicy(String),
    /// The body is not an invalidation batch.
    #[error("xml of the invalidation batch is malformed")]
    Malformed(#[from] quick_xml::DeError),
    /// The batch breaks a rule; the text says which.
    #[error("{0}")]
    InvalidArgument(&'static str),
    /// The number of paths is not the number that was announced.
    #[error("quantity is not the number of items")]
    InconsistentQuantities,
    /// More paths than CloudFront takes at once.
    #[error("batch has too many paths")]
    TooManyPaths,
    /// The caller reference was used for other paths.
    #[error("caller reference was used for another batch")]
    AlreadyExists,
}

impl CloudFrontError {
    /// The error as clients see it.
    pub fn describe(&self) -> AwsError {
        let described = |status, code| AwsError::new(status, code, self.to_string());
        match self {
            Self::Unauthenticated(error) => error.in_xml_protocol(),
            Self::AccessDenied(denial) => AwsError::new(403, "AccessDenied", denial.aws_message()),
            Self::UnknownOperation(_) => described(404, "UnknownOperationException"),
            Self::NoSuchDistribution(_) => described(404, "NoSuchDistribution"),
            Self::NoSuchCachePolicy(_) => described(404, "NoSuchCachePolicy"),
            Self::Malformed(_) => described(400, "MalformedXML"),
            Self::InvalidArgument(_) => described(400, "InvalidArgument"),
            Self::InconsistentQuantities => described(400, "InconsistentQuantities"),
            Self::TooManyPaths => described(400, "TooManyInvalidationsInProgress"),
            Self::AlreadyExists => described(400, "InvalidationBatchAlreadyExists"),
        }
    }
}
