//! Asks the CDN as a viewer, and reads the answer. It decides nothing but which headers are not a viewer's.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use httpdate::fmt_http_date;
use keyfront_contract::{header as contract_header, problem_type::TYPE_PREFIX};
use keyfront_edge::{http_date::from_imf_fixdate, keeps_response_header};
use serde::Deserialize;
use time::OffsetDateTime;

use super::evidence::Viewed;
use crate::{
    s3_document::S3Document,
    web_target::{ExchangeError, Question, Reply, Route, Target, exchange},
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a copy of the CDN's will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copies {
    Taken,
    /// By a condition that always holds and that a cache leaves to the origin. A CDN that answers from its copy all the
    /// same says so in `X-Cache`.
    Avoided,
}

/// Asks for the target; no credentials and no body are sent, so that nothing can change.
pub(super) async fn view(
    route: &Route,
    target: &Target,
    method: &str,
    past: Copies,
) -> Result<Viewed, ExchangeError> {
    let agent = concat!("keyfront-doctor/", env!("CARGO_PKG_VERSION"));
    let mut headers = vec![
        ("host".to_owned(), target.authority.clone()),
        ("user-agent".to_owned(), agent.to_owned()),
        ("accept".to_owned(), "*/*".to_owned()),
    ];
    if past == Copies::Avoided {
        let tomorrow = fmt_http_date(SystemTime::now() + DAY);
        headers.push(("if-unmodified-since".to_owned(), tomorrow));
    }
    let question = Question {
        method: method.to_owned(),
        target: target.on_the_wire(),
        headers,
    };
    let reply = exchange(route, &question).await?;
    Ok(read(reply))
}

/// RFC 9457, as the edge and the origin write it.
#[derive(Deserialize)]
struct Problem {
    #[serde(rename = "type")]
    kind: String,
    code: Option<String>,
}

fn read(reply: Reply) -> Viewed {
    let text = |name: &str| header(&reply.headers, name).map(str::to_owned);
    Viewed {
        status: reply.status.as_u16(),
        code: problem(&reply),
        request_id: text(contract_header::REQUEST_ID),
        x_cache: text("x-cache"),
        age: header(&reply.headers, "age").and_then(|age| age.parse().ok()),
        release: text(contract_header::RELEASE),
        etag: text("etag"),
        location: text("location").map(|location| {
            location.parse::<Target>().map_or(
                // Relative, or no URL: its path alone.
                location.split('?').next().unwrap_or_default().to_owned(),
                |target| target.to_string(),
            )
        }),
        s3: S3Document::read(&reply.beginning),
        leaking: leaking(&reply.headers),
        clock_ahead: clock_ahead(&reply.headers),
        connection: Some(reply.made),
    }
}

fn problem(reply: &Reply) -> Option<String> {
    let kind = header(&reply.headers, "content-type")?;
    if !kind.starts_with("application/problem+json") {
        return None;
    }
    let problem: Problem = serde_json::from_slice(&reply.beginning).ok()?;
    let code = problem.code?;
    (problem.kind.strip_prefix(TYPE_PREFIX) == Some(&code)).then_some(code)
}

/// Seconds by which whoever wrote `Date` is ahead; a copy's date is old, and says nothing.
pub(super) fn clock_ahead(headers: &HeaderMap) -> Option<i64> {
    if headers.contains_key("age") {
        return None;
    }
    let theirs = from_imf_fixdate(header(headers, "date")?)?;
    Some(theirs - OffsetDateTime::now_utc().unix_timestamp())
}

/// Headers that describe the bucket, its key or the way to them: everything of S3's and Lambda's that cleaning keeps
/// from viewers. What other headers a CDN adds is its operator's choice.
fn leaking(headers: &HeaderMap) -> Vec<String> {
    let leaks = |name: &str, value: &str| match name {
        "server" => value == "AmazonS3",
        "x-amz-cf-id" | "x-amz-cf-pop" => false,
        name if name.starts_with("x-amz-") => {
            !keeps_response_header(keyfront_edge::Route::Bucket, name)
        }
        name => {
            name.starts_with("x-amzn-")
                || matches!(
                    name,
                    contract_header::SITE
                        | contract_header::RESPONSE_FACTS
                        | contract_header::AUTHORIZATION
                )
        }
    };
    let mut names: Vec<String> = headers
        .iter()
        .filter(|(name, value)| leaks(name.as_str(), value.to_str().unwrap_or_default()))
        .map(|(name, _)| name.as_str().to_owned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn what_is_the_buckets_own_leaks_and_a_cdns_headers_do_not() {
        let found = leaking(&headers(&[
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "arn"),
            ("x-amz-version-id", "1"),
            ("x-amz-meta-x-amz-key-v2", "k"),
            ("x-amzn-requestid", "1"),
            ("server", "AmazonS3"),
        ]));
        assert_eq!(found.len(), 6);
        let kept = leaking(&headers(&[
            ("x-amz-cf-id", "1"),
            ("x-amz-cf-pop", "LOC"),
            ("x-amz-meta-author", "me"),
            (contract_header::REQUEST_ID, "1"),
            ("server", "CloudFront"),
            ("strict-transport-security", "max-age=1"),
            ("etag", "\"1\""),
        ]));
        assert!(kept.is_empty(), "{kept:?}");
    }

    #[test]
    fn the_date_of_a_copy_is_not_used_as_a_clock() {
        let date = ("date", "Thu, 01 Jan 2026 00:00:00 GMT");
        assert!(clock_ahead(&headers(&[date])).unwrap() < 0);
        assert_eq!(clock_ahead(&headers(&[date, ("age", "7")])), None);
        assert_eq!(clock_ahead(&headers(&[("date", "today")])), None);
    }
}
