//! Responses: what of an origin's answer a viewer may see.
//!
//! Headers pass by an allow-list, error bodies never pass from S3, and every error has a cause. Since the edge
//! function that sees a response no longer sees the site, what the answer depends on ([`ResponseFacts`]) is
//! decided with the request and travels with it. It does not read bodies of objects and caches nothing.

mod answered;
mod cause;
mod error_document;
mod facts;
mod lifetime;
mod released;

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

use keyfront_contract::{Route, content_encoding, header};

use crate::answer::Answer;
use crate::header::Header;
use crate::redirect::{self, Lasting};
use crate::refusal::{BodyOf, Refusal, plain_status};
use crate::release::facts::Part;
use crate::release::tags::{Comparison, Tags};
use crate::site::DeniedAs;
use crate::text::append_item;

pub use self::answered::{AnsweredRequest, OriginResponse, RELEVANT_RESPONSE_HEADERS};
pub use self::error_document::cause_of_document;
pub use self::facts::{BadRequest, ResponseFacts};

/// What the viewer gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cleaned {
    /// The origin's answer: its status and body, its headers for which [`keeps_response_header`] holds, and
    /// these set over them.
    Pass {
        /// Headers the edge writes; one without a value leaves out the origin's.
        headers: Vec<Header>,
    },
    /// The edge's own answer in place of the origin's.
    Answer {
        /// Complete but for `Content-Length`.
        answer: Answer,
        /// For the operator's log.
        log: Option<String>,
    },
}

/// Cleans one answer. `stated` is what its body says, where the host can read an error's: see [`cause_of_document`].
#[must_use]
pub fn clean(
    request: &AnsweredRequest<'_>,
    response: &OriginResponse<'_>,
    stated: Option<Refusal>,
) -> Cleaned {
    let body = BodyOf::method(request.method);
    let verdict = match request.facts.route {
        Route::Bucket => verdict_of_bucket(response),
        Route::Reader | Route::Publish => verdict_of_function(response),
    };
    match verdict {
        Verdict::Object => object(request, response, body),
        Verdict::Problem => {
            let missing = response.status == 404;
            match to_folder(request).filter(|_| missing) {
                Some(answer) => Cleaned::Answer { answer, log: None },
                None => Cleaned::Pass {
                    headers: passing(request.facts, response, Some("no-store")),
                },
            }
        }
        Verdict::Status(title) => {
            let mut answer = plain_status(response.status, title, request.request_id, body);
            // 416 names the object's size, which the next range request needs.
            let size = response
                .header("content-range")
                .filter(|value| is_unsatisfied_range(value));
            answer
                .headers
                .extend(size.map(|value| Header::new("content-range", value.to_owned())));
            replaced(request.facts, answer, None)
        }
        Verdict::Failed => {
            let cause = stated.unwrap_or_else(|| cause::of(request, response));
            let log = cause.log_line(request.request_id);
            let shown = shown(request.facts, response.status, cause);
            let missing = matches!(shown, Refusal::NotFound);
            match to_folder(request).filter(|_| missing) {
                Some(answer) => Cleaned::Answer { answer, log },
                None => replaced(request.facts, shown.answer(request.request_id, body), log),
            }
        }
    }
}

/// An object's answer: as it is, unless a condition that the bucket could not compare says otherwise.
fn object(request: &AnsweredRequest<'_>, response: &OriginResponse<'_>, body: BodyOf) -> Cleaned {
    let facts = request.facts;
    let release = facts.release.as_ref();
    if release.is_none_or(|release| released::matches(release, response)) {
        let cache = release.and_then(released::lifetime);
        return Cleaned::Pass {
            headers: passing(facts, response, cache),
        };
    }
    let refused = Refusal::PreconditionFailed.answer(request.request_id, body);
    replaced(facts, refused, None)
}

/// What a viewer's `If-None-Match` makes of a cleaned answer, on a host that kept it from the bucket (see
/// [`compares_by_itself`](crate::OriginRequest::compares_by_itself)): 304, if it names the object. A CDN that sends the
/// condition on compares by itself.
#[must_use]
pub fn not_modified<'v>(cleaned: Cleaned, if_none_match: impl Iterator<Item = &'v str>) -> Cleaned {
    let mut named = Tags::default();
    for value in if_none_match {
        named.add(value, Comparison::Weak);
    }
    let Cleaned::Pass { headers } = cleaned else {
        return cleaned;
    };
    let tag = headers.iter().find(|header| header.name == "etag");
    let hash = tag.map_or("", |tag| tag.value.trim_matches('"'));
    if hash.is_empty() || !named.name(hash) {
        return Cleaned::Pass { headers };
    }
    let described =
        |header: &Header| header.value.is_empty() || header.name.starts_with("content-");
    let answer = Answer {
        status: 304,
        headers: headers
            .into_iter()
            .filter(|header| !described(header))
            .collect(),
        body: String::new(),
    };
    Cleaned::Answer { answer, log: None }
}

/// The redirect to the folder that the viewer of a missing object may have meant.
fn to_folder(request: &AnsweredRequest<'_>) -> Option<Answer> {
    let path = request.facts.folder.as_ref()?.path(request.path)?;
    Some(redirect::to(
        path,
        request.query,
        Lasting::Now,
        &request.facts.grant,
    ))
}

enum Verdict {
    /// An object, a part of one, or the statement that it did not change.
    Object,
    /// An error that our own origin has already put in our own words.
    Problem,
    /// A precondition or range that did not hold: no error, but S3's body does not pass.
    Status(&'static str),
    /// Anything else.
    Failed,
}

fn verdict_of_bucket(response: &OriginResponse<'_>) -> Verdict {
    match response.status {
        200 | 206 | 304 => Verdict::Object,
        412 => Verdict::Status("precondition failed"),
        416 => Verdict::Status("range not satisfiable"),
        _ => Verdict::Failed,
    }
}

/// Lambda's own errors are JSON as well; only problem details are ours.
fn verdict_of_function(response: &OriginResponse<'_>) -> Verdict {
    let problem = response
        .header("content-type")
        .is_some_and(|value| value.starts_with("application/problem+json"));
    match response.status {
        200..=399 => Verdict::Object,
        400..=599 if problem => Verdict::Problem,
        412 => Verdict::Status("precondition failed"),
        416 => Verdict::Status("range not satisfiable"),
        _ => Verdict::Failed,
    }
}

/// What the viewer sees. `denied_as_missing` hides every 403 of a read, whatever its cause; the log keeps it.
fn shown(facts: &ResponseFacts, status: u16, cause: Refusal) -> Refusal {
    let read = facts.route != Route::Publish;
    if status == 403 && read && facts.denied_as == DeniedAs::Missing {
        Refusal::NotFound
    } else {
        cause
    }
}

fn replaced(facts: &ResponseFacts, mut answer: Answer, log: Option<String>) -> Cleaned {
    facts.grant.append_to(&mut answer.headers);
    Cleaned::Answer { answer, log }
}

fn passing(
    facts: &ResponseFacts,
    response: &OriginResponse<'_>,
    cache: Option<&'static str>,
) -> Vec<Header> {
    let mut headers = vec![Header::new("x-content-type-options", "nosniff")];
    let cache = cache.map_or_else(
        || lifetime::of_object(facts.route, response),
        |value| Some(value.into()),
    );
    headers.extend(cache.map(|value| Header::new("cache-control", value)));
    headers.extend(facts.grant.headers());
    headers.extend(content_encoding(response));
    if response.sandboxed {
        headers.push(Header::new("content-security-policy", "sandbox"));
    }
    let mut varies = facts.grant.varies();
    if let Some(release) = &facts.release {
        released::append_headers(&mut headers, release, response);
        varies |= release.part == Part::Variant;
    }
    if varies {
        headers.push(Header::new("vary", varying(facts, response)));
    }
    headers
}

/// What is left of a `Content-Encoding` that names the framing of an upload.
fn content_encoding(response: &OriginResponse<'_>) -> Option<Header> {
    let given = response.header("content-encoding")?;
    let (mut codings, mut left) = (String::new(), 0);
    for coding in content_encoding::of_content(given) {
        append_item(&mut codings, coding);
        left += 1;
    }
    (left != given.split(',').count()).then(|| Header::new("content-encoding", codings))
}

/// S3 varies only by its own CORS rules, which do not count here; our functions may vary by more.
fn varying(facts: &ResponseFacts, response: &OriginResponse<'_>) -> String {
    let (mut fields, mut names_origin) = (String::new(), !facts.grant.varies());
    let release = facts.release.as_ref();
    if release.is_some_and(|release| release.part == Part::Variant) {
        append_item(&mut fields, "accept-encoding");
    }
    let given = response
        .values("vary")
        .filter(|_| facts.route != Route::Bucket)
        .flat_map(|value| value.split(','))
        .map(str::trim_ascii)
        .filter(|field| is_field_name(field));
    for field in given {
        append_item(&mut fields, field);
        names_origin |= field.eq_ignore_ascii_case("origin");
    }
    if !names_origin {
        append_item(&mut fields, "origin");
    }
    fields
}

fn is_field_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `bytes */LENGTH`
fn is_unsatisfied_range(value: &str) -> bool {
    let length = value.strip_prefix("bytes */");
    length.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Headers that describe an object or its transfer.
const OBJECT_HEADERS: [&str; 16] = [
    "accept-ranges",
    "age",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "transfer-encoding",
    "via",
];

/// What our own functions add.
const FUNCTION_HEADERS: [&str; 8] = [
    "allow",
    "content-security-policy",
    "location",
    "retry-after",
    "set-cookie",
    "vary",
    "www-authenticate",
    header::REQUEST_ID,
];

/// Whether a header (lower-case name) of a passing answer reaches the viewer. Publishers' own metadata does,
/// unless it is an envelope's or Keyfront's.
#[must_use]
pub fn keeps_response_header(route: Route, name: &str) -> bool {
    let function = route != Route::Bucket && FUNCTION_HEADERS.contains(&name);
    function || OBJECT_HEADERS.contains(&name) || is_public_metadata(name)
}

/// Headers that must come back from a response function as they were, even on an answer of the edge's own
/// (CloudFront treats them as read-only).
#[must_use]
pub fn is_transfer_header(name: &str) -> bool {
    matches!(name, "transfer-encoding" | "via")
}

fn is_public_metadata(name: &str) -> bool {
    name.strip_prefix("x-amz-meta-")
        .is_some_and(|own| !own.starts_with("x-amz-") && !own.starts_with("keyfront-"))
}

#[cfg(test)]
mod tests;
