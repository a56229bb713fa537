//! What comes back from behind the cache: the origin's response, or a function's.

use http::StatusCode;
use http::header::HeaderMap;

use super::body::Body;
use super::edge::EdgeFailure;
use super::refusal::Refusal;

/// Who made an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnsweredBy {
    /// The origin, perhaps changed by the origin-response function.
    Origin,
    /// The origin-request function, in the origin's place.
    Function,
}

/// What came back.
pub(super) struct UpstreamResponse {
    pub(super) by: AnsweredBy,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Body,
}

/// A function returned what CloudFront does not accept.
pub(super) fn invalid(reason: &str) -> Refusal {
    Refusal::Function(EdgeFailure::Invalid(reason.to_owned()))
}
