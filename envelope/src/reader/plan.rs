//! How a request is answered: status, headers, and which bytes of the body are fetched and how they are opened.
//!
//! It is decided before a byte of content is decrypted; it fetches and opens nothing.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::conditions::ConditionResult;
use super::failure::ReadFailure;
use super::object::StoredObject;
use super::policy::{Delivery, OverLimit, ReaderPolicy};
use super::request::{ReadMethod, ReadRequest};
use crate::open::Unlocked;
use crate::range::PlannedRange;

/// How a request is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum ReadPlan {
    /// Without a body: 304, or the answer to `HEAD`.
    Headers(ResponseHead),
    /// With content.
    Content(ResponseHead, BodyPlan),
    /// By the reader that serves what is over this one's limit.
    Elsewhere,
}

/// Status and headers of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHead {
    /// 200, 206 or 304.
    pub status: u16,
    /// Names in lower case; `content-length` is not among them.
    pub headers: Vec<(&'static str, String)>,
    /// The `Content-Length`; `None` for 304.
    pub content_length: Option<u64>,
}

/// How the body is fetched and opened. `None` means all of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPlan {
    /// All of the body is fetched and verified in memory, then the range of it is sent.
    Verified(Option<PlannedRange>),
    /// What [`Self::fetch`] names is fetched and sent as it is decrypted.
    Streamed(Option<PlannedRange>),
}

impl BodyPlan {
    /// First and last byte of the body to fetch; `None`: all of it. The object must still have the same entity tag.
    #[must_use]
    pub fn fetch(&self) -> Option<(u64, u64)> {
        match self {
            Self::Verified(_) => None,
            Self::Streamed(range) => range.as_ref().map(PlannedRange::fetch),
        }
    }
}

/// The object's headers that are shown for its plaintext, as they are.
const SHOWN: [&str; 5] = [
    "content-type",
    "content-encoding",
    "content-disposition",
    "content-language",
    "last-modified",
];

impl ReadRequest {
    /// Decides.
    ///
    /// # Errors
    /// [`ReadFailure::PreconditionFailed`], [`ReadFailure::RangeNotSatisfiable`], [`ReadFailure::UseRange`], and
    /// [`ReadFailure::EnvelopeInvalid`] for a body that cannot be the envelope's.
    pub fn plan(
        &self,
        policy: &ReaderPolicy,
        object: &StoredObject<'_>,
        unlocked: &Unlocked,
    ) -> Result<ReadPlan, ReadFailure> {
        let length = unlocked.plaintext_length(object.size())?;
        let delivery = policy.delivery(length);
        match self
            .conditions
            .evaluate(object.etag(), object.last_modified())
        {
            ConditionResult::Holds => {}
            ConditionResult::Fails => return Err(ReadFailure::PreconditionFailed),
            ConditionResult::NotModified => {
                let head = head(304, object, delivery, None);
                return Ok(ReadPlan::Headers(head));
            }
        }
        if self.method == ReadMethod::Head {
            let head = head(200, object, delivery, Some(length));
            return Ok(ReadPlan::Headers(head));
        }
        let range = self.counted_range(object, unlocked)?;
        let content_length = range.map_or(length, |range| range.length());
        if let Some(limit) = self.limit.filter(|limit| content_length > *limit) {
            return Err(ReadFailure::UseRange { limit });
        }
        let body = match (delivery, policy.over_limit) {
            (Delivery::Verified, _) => BodyPlan::Verified(range),
            (Delivery::Streamed, OverLimit::Elsewhere) => return Ok(ReadPlan::Elsewhere),
            (Delivery::Streamed, OverLimit::RangesOnly) if range.is_none() => {
                let limit = policy.verify_limit;
                return Err(ReadFailure::UseRange { limit });
            }
            (Delivery::Streamed, OverLimit::Stream | OverLimit::RangesOnly) => {
                BodyPlan::Streamed(range)
            }
        };
        let status = if range.is_some() { 206 } else { 200 };
        let mut head = head(status, object, delivery, Some(content_length));
        if let Some(range) = range {
            let (first, last) = (range.first(), range.last());
            let place = format!("bytes {first}-{last}/{length}");
            head.headers.push(("content-range", place));
        }
        Ok(ReadPlan::Content(head, body))
    }

    /// The range, if it counts: `If-Range` may say that it does not.
    fn counted_range(
        &self,
        object: &StoredObject<'_>,
        unlocked: &Unlocked,
    ) -> Result<Option<PlannedRange>, ReadFailure> {
        let counts = self
            .conditions
            .range_counts(object.etag(), object.last_modified());
        let range = self.range.filter(|_| counts);
        let planned = range.map(|range| unlocked.plan_range(range, object.size()));
        Ok(planned.transpose()?)
    }
}

fn head(
    status: u16,
    object: &StoredObject<'_>,
    delivery: Delivery,
    content_length: Option<u64>,
) -> ResponseHead {
    let cache_control = match delivery {
        Delivery::Verified => object.header("cache-control").unwrap_or("no-cache"),
        Delivery::Streamed => "no-store",
    };
    let own = [
        ("etag", object.etag()),
        ("accept-ranges", "bytes"),
        ("cache-control", cache_control),
    ];
    let shown = SHOWN.map(|name| object.header(name).map(|value| (name, value)));
    let headers = shown.into_iter().flatten().chain(own);
    ResponseHead {
        status,
        headers: headers
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
        content_length,
    }
}
