//! A viewer's request as the runtime has it, read once.

use crate::wire;

/// Method, URL and head.
pub(crate) struct Viewer {
    method: String,
    url: String,
    heads: String,
    id: String,
}

impl Viewer {
    pub(crate) fn read(request: &web_sys::Request) -> Self {
        let heads = wire::heads(&request.headers());
        let ray = wire::headers(&heads)
            .into_iter()
            .find(|(name, value)| *name == "cf-ray" && is_id(value))
            .map(|(_, value)| value.to_owned());
        Self {
            method: request.method(),
            url: request.url(),
            id: ray.unwrap_or_else(wire::random_id),
            heads,
        }
    }

    /// The request's headers, names in lower case.
    pub(crate) fn headers(&self) -> Vec<(&str, &str)> {
        wire::headers(&self.heads)
    }

    /// As on the request line.
    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// As the runtime received it.
    pub(crate) fn url(&self) -> &str {
        &self.url
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
