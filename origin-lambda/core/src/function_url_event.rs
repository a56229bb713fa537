//! Function URL events (payload format 2.0), and the requests they are of.
//!
//! The conversion is our own because the general one panics on a `+` in a query, which
//! Lambda hands over as a raw space, and resolves dot segments before anyone can refuse them. Whom to believe is not
//! decided here.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header::COOKIE};
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::Error;

/// The parts of an event that matter. [`Event::into_request`] refuses an event without those it needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The path as it was sent, percent-encoded.
    #[serde(default, deserialize_with = "nullable")]
    pub raw_path: String,
    /// The query without `?`; a `+` of the wire is a space here.
    #[serde(default, deserialize_with = "nullable")]
    pub raw_query_string: String,
    /// Headers; repeated ones joined by comma.
    #[serde(default, deserialize_with = "nullable")]
    pub headers: BTreeMap<String, String>,
    /// The pairs of the `Cookie` headers, which are not among the others.
    #[serde(default, deserialize_with = "nullable")]
    pub cookies: Vec<String>,
    /// Who called, and how.
    #[serde(default, deserialize_with = "nullable")]
    pub request_context: RequestContext,
    /// The body, as text or base64.
    pub body: Option<String>,
    /// Whether the body is base64.
    #[serde(default, deserialize_with = "nullable")]
    pub is_base64_encoded: bool,
}

/// `requestContext` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// The id of the invocation's request.
    pub request_id: Option<String>,
    /// The HTTP request line.
    #[serde(default, deserialize_with = "nullable")]
    pub http: Http,
    /// Whom AWS verified.
    pub authorizer: Option<Authorizer>,
}

/// `requestContext.http` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Http {
    /// The method.
    #[serde(default, deserialize_with = "nullable")]
    pub method: String,
}

/// `requestContext.authorizer` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorizer {
    /// Present if the URL demands IAM and the signature was good.
    pub iam: Option<Iam>,
}

/// `requestContext.authorizer.iam` of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Iam {
    /// The caller's ARN; `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` for a role.
    pub user_arn: Option<String>,
    /// The caller's unique id, followed by `:SESSION` for a role.
    pub user_id: Option<String>,
}

/// Absent and `null` are the same: hosts differ in which of them they write.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Event {
    /// The request, as the client sent it.
    ///
    /// # Errors
    /// [`Error::Event`] of an event without a usable path, method, header or body.
    pub fn into_request(self) -> Result<Request<Vec<u8>>, Error> {
        let method = self.request_context.http.method;
        let method =
            Method::from_bytes(method.as_bytes()).map_err(|_| Error::Event("no usable method"))?;
        let mut headers = headers_of(&self.headers)?;
        if !self.cookies.is_empty() {
            let cookies = HeaderValue::try_from(self.cookies.join("; "));
            let cookies = cookies.map_err(|_| Error::Event("a cookie is not usable"))?;
            headers.insert(COOKIE, cookies);
        }
        let body = match (self.body, self.is_base64_encoded) {
            (None, _) => Vec::new(),
            (Some(text), false) => text.into_bytes(),
            (Some(text), true) => STANDARD
                .decode(text)
                .map_err(|_| Error::Event("the body is not base64"))?,
        };
        let mut request = Request::new(body);
        *request.uri_mut() = uri_of(self.raw_path, &self.raw_query_string)?;
        *request.method_mut() = method;
        *request.headers_mut() = headers;
        Ok(request)
    }
}

fn uri_of(mut target: String, query: &str) -> Result<Uri, Error> {
    if !target.starts_with('/') {
        return Err(Error::Event("no path"));
    }
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query.replace(' ', "+"));
    }
    Uri::try_from(target).map_err(|_| Error::Event("no usable path or query"))
}

fn headers_of(event: &BTreeMap<String, String>) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::with_capacity(event.len());
    for (name, value) in event {
        let name = HeaderName::try_from(name.as_str());
        let value = HeaderValue::try_from(value.as_str());
        let (Ok(name), Ok(value)) = (name, value) else {
            return Err(Error::Event("a header is not usable"));
        };
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cookies_stand_apart_in_an_event_and_are_one_header_of_its_request() {
        let event = |cookies: serde_json::Value| -> Event {
            let context = json!({"http": {"method": "GET"}});
            let event = json!({"rawPath": "/", "requestContext": context, "cookies": cookies});
            serde_json::from_value(event).unwrap()
        };
        let request = event(json!(["a=1", "b=x=y"])).into_request().unwrap();
        assert_eq!(request.headers()[COOKIE], "a=1; b=x=y");
        for none in [json!([]), json!(null)] {
            let request = event(none).into_request().unwrap();
            assert!(request.headers().get(COOKIE).is_none());
        }
        assert!(event(json!(["a=\n"])).into_request().is_err());
    }
}
