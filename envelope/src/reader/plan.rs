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
use crate::error::Error;
use crate::open::Unlocked;
use crate::range::{PlannedRange, RequestedRange};

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

/// How a request for an object that is no envelope is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum PlainPlan {
    /// Without a body: 304, or the answer to `HEAD`.
    Headers(ResponseHead),
    /// With these bytes of the body, or all of it.
    Content(ResponseHead, Option<(u64, u64)>),
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
        let body_less = self.without_body(object, delivery, length)?;
        if let Some(head) = body_less {
            return Ok(ReadPlan::Headers(head));
        }
        let range =
            self.counted_range(object, |range| unlocked.plan_range(range, object.size()))?;
        self.check_length(range.map_or(length, |range| range.length()))?;
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
        let head = content_head(object, delivery, length, range);
        Ok(ReadPlan::Content(head, body))
    }

    /// Decides for an object that is stored as it is, and that the bucket authenticates itself.
    ///
    /// # Errors
    /// [`ReadFailure::PreconditionFailed`], [`ReadFailure::RangeNotSatisfiable`], [`ReadFailure::UseRange`].
    pub fn plan_plain(&self, object: &StoredObject<'_>) -> Result<PlainPlan, ReadFailure> {
        let length = object.size();
        if let Some(head) = self.without_body(object, Delivery::Verified, length)? {
            return Ok(PlainPlan::Headers(head));
        }
        let range = self.counted_range(object, |range| PlannedRange::new(range, length))?;
        self.check_length(range.map_or(length, |range| range.length()))?;
        let head = content_head(object, Delivery::Verified, length, range);
        let fetched = range.map(|range| (range.first(), range.last()));
        Ok(PlainPlan::Content(head, fetched))
    }

    /// The answer, where the conditions or the method leave no body.
    fn without_body(
        &self,
        object: &StoredObject<'_>,
        delivery: Delivery,
        length: u64,
    ) -> Result<Option<ResponseHead>, ReadFailure> {
        let conditions = &self.conditions;
        match conditions.evaluate(object.etag(), object.last_modified()) {
            ConditionResult::Fails => Err(ReadFailure::PreconditionFailed),
            ConditionResult::NotModified => Ok(Some(head(304, object, delivery, None))),
            ConditionResult::Holds if self.method == ReadMethod::Head => {
                Ok(Some(head(200, object, delivery, Some(length))))
            }
            ConditionResult::Holds => Ok(None),
        }
    }

    fn check_length(&self, content_length: u64) -> Result<(), ReadFailure> {
        match self.limit.filter(|limit| content_length > *limit) {
            Some(limit) => Err(ReadFailure::UseRange { limit }),
            None => Ok(()),
        }
    }

    /// The range, if it counts: `If-Range` may say that it does not.
    fn counted_range(
        &self,
        object: &StoredObject<'_>,
        plan: impl FnOnce(RequestedRange) -> Result<PlannedRange, Error>,
    ) -> Result<Option<PlannedRange>, ReadFailure> {
        let counts = self
            .conditions
            .range_counts(object.etag(), object.last_modified());
        let range = self.range.filter(|_| counts);
        Ok(range.map(plan).transpose()?)
    }
}

fn content_head(
    object: &StoredObject<'_>,
    delivery: Delivery,
    length: u64,
    range: Option<PlannedRange>,
) -> ResponseHead {
    let Some(range) = range else {
        return head(200, object, delivery, Some(length));
    };
    let mut head = head(206, object, delivery, Some(range.length()));
    let (first, last) = (range.first(), range.last());
    let place = format!("bytes {first}-{last}/{length}");
    head.headers.push(("content-range", place));
    head
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
