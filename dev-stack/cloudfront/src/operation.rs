//! Which operation a request is, and the action and resource IAM authorizes.

use http::Method;

use super::CloudFrontError;

/// The supported operations, with the id each is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    CreateInvalidation(&'a str),
    GetDistributionConfig(&'a str),
    GetCachePolicy(&'a str),
}

impl<'a> Operation<'a> {
    pub(super) fn parse(method: &Method, path: &'a str) -> Result<Self, CloudFrontError> {
        let segments: Vec<&str> = path.split('/').collect();
        match (method, segments.as_slice()) {
            (&Method::POST, ["", "2020-05-31", "distribution", id, "invalidation"]) => {
                Ok(Self::CreateInvalidation(id))
            }
            (&Method::GET, ["", "2020-05-31", "distribution", id, "config"]) => {
                Ok(Self::GetDistributionConfig(id))
            }
            (&Method::GET, ["", "2020-05-31", "cache-policy", id]) => Ok(Self::GetCachePolicy(id)),
            _ => Err(CloudFrontError::UnknownOperation(format!(
                "{method} {path}"
            ))),
        }
    }

    pub(super) fn action(self) -> &'static str {
        match self {
            Self::CreateInvalidation(_) => "cloudfront:CreateInvalidation",
            Self::GetDistributionConfig(_) => "cloudfront:GetDistributionConfig",
            Self::GetCachePolicy(_) => "cloudfront:GetCachePolicy",
        }
    }

    /// The ARN it is about.
    pub(super) fn resource(self, account: &str) -> String {
        let (kind, id) = match self {
            Self::CreateInvalidation(id) | Self::GetDistributionConfig(id) => ("distribution", id),
            Self::GetCachePolicy(id) => ("cache-policy", id),
        };
        format!("arn:aws:cloudfront::{account}:{kind}/{id}")
    }
}
