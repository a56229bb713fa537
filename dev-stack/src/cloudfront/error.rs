//! Every way a CloudFront call fails, with AWS's code for it.

use thiserror::Error;

use crate::request_auth::AuthError;
use keyfront_iam::Denial;

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
    /// AWS's name for the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated(error) => error.query_code(),
            Self::AccessDenied(_) => "AccessDenied",
            Self::UnknownOperation(_) => "UnknownOperationException",
            Self::NoSuchDistribution(_) => "NoSuchDistribution",
            Self::NoSuchCachePolicy(_) => "NoSuchCachePolicy",
            Self::Malformed(_) => "MalformedXML",
            Self::InvalidArgument(_) => "InvalidArgument",
            Self::InconsistentQuantities => "InconsistentQuantities",
            Self::TooManyPaths => "TooManyInvalidationsInProgress",
            Self::AlreadyExists => "InvalidationBatchAlreadyExists",
        }
    }

    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated(error) => error.query_status(),
            Self::AccessDenied(_) => 403,
            Self::UnknownOperation(_)
            | Self::NoSuchDistribution(_)
            | Self::NoSuchCachePolicy(_) => 404,
            Self::Malformed(_)
            | Self::InvalidArgument(_)
            | Self::InconsistentQuantities
            | Self::TooManyPaths
            | Self::AlreadyExists => 400,
        }
    }

    /// The message for the client.
    pub fn aws_message(&self) -> String {
        match self {
            Self::Unauthenticated(error) => error.aws_message(),
            Self::AccessDenied(denial) => denial.aws_message(),
            Self::UnknownOperation(_)
            | Self::NoSuchDistribution(_)
            | Self::NoSuchCachePolicy(_)
            | Self::Malformed(_)
            | Self::InvalidArgument(_)
            | Self::InconsistentQuantities
            | Self::TooManyPaths
            | Self::AlreadyExists => self.to_string(),
        }
    }
}
