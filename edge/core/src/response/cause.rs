//! Why an origin did not serve an object, from what can be seen of its answer.
//!
//! By the status and the two clocks, where the body does not say it or the host cannot read it.

use keyfront_contract::Route;

use super::answered::{AnsweredRequest, OriginResponse};
use super::facts::BadRequest;
use crate::http_date;
use crate::refusal::Refusal;

/// S3 refuses signatures older than this many seconds.
const LARGEST_SKEW: u64 = 15 * 60;

pub(super) fn of(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>) -> Refusal {
    match response.status {
        404 => Refusal::NotFound,
        403 if is_skewed(request, response) => Refusal::ClockSkew,
        400 | 501 if request.facts.bad_request == BadRequest::Condition => Refusal::HeaderInvalid,
        400 if request.facts.bad_request == BadRequest::CustomerKey => Refusal::CustomerKeyRequired,
        400 | 401 | 403 => Refusal::OriginDenied,
        // Lambda's front door, before the function.
        413 if request.facts.route == Route::Publish => Refusal::BodyTooLarge,
        429 | 503 => Refusal::Throttled,
        _ => Refusal::OriginFailed,
    }
}

fn is_skewed(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>) -> bool {
    let ours = request.signed_at.and_then(http_date::from_amz_date);
    let theirs = response
        .header("date")
        .and_then(http_date::from_imf_fixdate);
    matches!((ours, theirs), (Some(ours), Some(theirs)) if ours.abs_diff(theirs) > LARGEST_SKEW)
}
