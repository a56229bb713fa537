//! The event a function is invoked with: payload format 2.0 with the caller AWS verified.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>. Pure.

use std::collections::BTreeMap;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, COOKIE, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Version};
use keyfront_iam::Requester;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

/// Bodies of these types are handed over as text, all others as base64.
const TEXT_TYPES: [&str; 3] = [
    "application/json",
    "application/javascript",
    "application/xml",
];

/// What an event is made of.
pub(super) struct Invocation<'a> {
    pub(super) head: &'a Parts,
    pub(super) body: &'a [u8],
    pub(super) requester: &'a Requester,
    pub(super) host: &'a str,
    pub(super) request_id: &'a str,
}

impl Invocation<'_> {
    pub(super) fn event(&self) -> Value {
        let uri = &self.head.uri;
        let query = uri.query().unwrap_or_default();
        let (body, is_base64) = body(&self.head.headers, self.body);
        let mut event = json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": uri.path(),
            // Lambda hands a `+` over as the space it stands for in a form.
            "rawQueryString": query.replace('+', " "),
            "headers": self.headers(),
            "requestContext": self.context(),
            "isBase64Encoded": is_base64,
        });
        if !query.is_empty() {
            event["queryStringParameters"] = json!(parameters(query));
        }
        let cookies = cookies(&self.head.headers);
        if !cookies.is_empty() {
            event["cookies"] = json!(cookies);
        }
        if let Some(body) = body {
            event["body"] = body.into();
        }
        event
    }

    fn context(&self) -> Value {
        let account = self.requester.principal.account().unwrap_or_default();
        let (id, _) = self.host.split_once('.').unwrap_or((self.host, ""));
        let user_id = self.requester.principal.user_id();
        json!({
            "accountId": account,
            "apiId": id,
            "authentication": null,
            "authorizer": {"iam": {
                "accessKey": access_key(&self.head.headers),
                "accountId": account,
                "callerId": user_id,
                "cognitoIdentity": null,
                "principalOrgId": null,
                "userArn": self.requester.principal.arn(),
                "userId": user_id,
            }},
            "domainName": self.host,
            "domainPrefix": id,
            "http": {
                "method": self.head.method.as_str(),
                "path": self.head.uri.path(),
                "protocol": match self.head.version {
                    Version::HTTP_10 => "HTTP/1.0",
                    Version::HTTP_2 => "HTTP/2.0",
                    _ => "HTTP/1.1",
                },
                "sourceIp": self.source_ip(),
                "userAgent": text(&self.head.headers, &USER_AGENT),
            },
            "requestId": self.request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": clf_time(self.requester.time),
            "timeEpoch": epoch_millis(self.requester.time),
        })
    }

    fn source_ip(&self) -> String {
        self.requester
            .source_ip
            .map(|address| address.to_string())
            .unwrap_or_default()
    }

    /// Repeated headers are joined by comma. The caller's signature stays outside, cookies have a field of their own.
    fn headers(&self) -> BTreeMap<String, String> {
        let mut lines: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in &self.head.headers {
            if *name == AUTHORIZATION || *name == COOKIE {
                continue;
            }
            let value = String::from_utf8_lossy(value.as_bytes());
            lines
                .entry(name.as_str().to_owned())
                .and_modify(|joined| {
                    joined.push(',');
                    joined.push_str(&value);
                })
                .or_insert_with(|| value.into_owned());
        }
        lines.insert("x-forwarded-proto".to_owned(), "https".to_owned());
        lines.insert("x-forwarded-port".to_owned(), "443".to_owned());
        lines
            .entry("x-forwarded-for".to_owned())
            .and_modify(|list| {
                list.push_str(", ");
                list.push_str(&self.source_ip());
            })
            .or_insert_with(|| self.source_ip());
        lines
    }
}

/// The body as it stands in the event, and whether it is base64.
fn body(headers: &HeaderMap, bytes: &[u8]) -> (Option<String>, bool) {
    if bytes.is_empty() {
        return (None, false);
    }
    match str::from_utf8(bytes) {
        Ok(text) if is_text(headers) => (Some(text.to_owned()), false),
        _ => (Some(STANDARD.encode(bytes)), true),
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let value = text(headers, &CONTENT_TYPE).to_ascii_lowercase();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    let textual = media_type.starts_with("text/") || TEXT_TYPES.contains(&media_type);
    textual && !headers.contains_key(CONTENT_ENCODING)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        lines
            .entry(name.into_owned())
            .and_modify(|joined| {
                joined.push(',');
                joined.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    lines
}

fn cookies(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(';'))
        .map(str::trim)
        .filter(|cookie| !cookie.is_empty())
        .collect()
}

/// The access key of a verified `Authorization`.
fn access_key(headers: &HeaderMap) -> &str {
    let authorization = text(headers, &AUTHORIZATION);
    let scope = authorization
        .split_once("Credential=")
        .map_or("", |(_, scope)| scope);
    scope.split('/').next().unwrap_or_default()
}

/// `12/Mar/2020:19:03:58 +0000`
fn clf_time(time: SystemTime) -> String {
    let format = format_description!(
        "[day]/[month repr:short]/[year]:[hour]:[minute]:[second] [offset_hour sign:mandatory][offset_minute]"
    );
    // Only years beyond the calendar have no such form.
    OffsetDateTime::from(time)
        .format(&format)
        .unwrap_or_default()
}

fn epoch_millis(time: SystemTime) -> u64 {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
