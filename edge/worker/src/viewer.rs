//! A viewer's request as the runtime has it, read once.

use std::ops::Range;

use crate::wire;

/// Method, URL and head.
pub(crate) struct Viewer {
    /// As it crossed, and where in it what is.
    text: String,
    method: usize,
    url: Range<usize>,
    headers_at: usize,
    id: String,
}

impl Viewer {
    pub(crate) fn read(request: &web_sys::Request) -> Self {
        let text = wire::arrived(request);
        let (method, rest) = text.split_once('\n').unwrap_or_default();
        let (url, header_text) = rest.split_once('\n').unwrap_or_default();
        let ray = wire::headers(header_text)
            .into_iter()
            .find(|(name, value)| *name == "cf-ray" && is_id(value))
            .map(|(_, value)| value.to_owned());
        Self {
            id: ray.unwrap_or_else(wire::random_id),
            url: method.len() + 1..method.len() + 1 + url.len(),
            headers_at: text.len() - header_text.len(),
            method: method.len(),
            text,
        }
    }

    /// The request's headers, names in lower case.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        wire::headers(self.text.get(self.headers_at..).unwrap_or_default())
    }

    /// As on the request line.
    pub(crate) fn method(&self) -> &str {
        self.text.get(..self.method).unwrap_or_default()
    }

    /// As the runtime received it.
    pub(crate) fn url(&self) -> &str {
        self.text.get(self.url.clone()).unwrap_or_default()
    }

    /// The id that is shown and logged: Cloudflare's own where it has one.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

/// What may stand in a log line and a header.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
