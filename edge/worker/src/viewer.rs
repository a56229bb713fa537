//! A viewer's request as the runtime has it, read once.

use std::ops::Range;

use keyfront_viewers::{query_for_origin, without_credential_cookies};

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
        Self::of(wire::arrived(request))
    }

    fn of(text: String) -> Self {
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

    /// This request without a signed URL's parameters and without signed cookies, which no cache key and no origin is to
    /// see.
    pub(crate) fn without_credentials(&self) -> Self {
        let url = match self.url().split_once('?') {
            None => self.url().to_owned(),
            Some((path, query)) => match query_for_origin(query) {
                None => path.to_owned(),
                Some(query) => [path, "?", &query].concat(),
            },
        };
        let mut text = [self.method(), "\n", &url, "\n"].concat();
        let headers_at = text.len();
        for (name, value) in self.headers() {
            if name != "cookie" {
                wire::push(&mut text, name, value);
            } else if let Some(kept) = without_credential_cookies(value)
                // Of repeated headers the runtime makes one with commas, in which cookies cannot be told apart.
                && !kept.contains("CloudFront-")
            {
                wire::push(&mut text, name, &kept);
            }
        }
        Self {
            method: self.method,
            url: self.method + 1..self.method + 1 + url.len(),
            headers_at,
            id: self.id.clone(),
            text,
        }
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

#[cfg(test)]
mod tests {
    use super::Viewer;

    #[test]
    fn a_signature_is_taken_off_a_request_and_nothing_else() {
        let viewer = |url: &str, cookies: &str| {
            Viewer::of(format!(
                "GET\n{url}\naccept\n*/*\ncf-ray\n1\n{cookies}user-agent\nx\n"
            ))
        };
        let cookie = |value: &str| format!("cookie\n{value}\n");
        for (url, cookies, bare_url, bare_cookies) in [
            ("https://h/a", String::new(), "https://h/a", String::new()),
            ("https://h/a?", String::new(), "https://h/a?", String::new()),
            (
                "https://h/a?x=1&Expires=1&Signature=s&Key-Pair-Id=k&y",
                cookie("a=1; CloudFront-Policy=p; b=2"),
                "https://h/a?x=1&y",
                cookie("a=1; b=2"),
            ),
            (
                "https://h/a%3F?Policy=p&Hash-Algorithm=SHA256",
                cookie("CloudFront-Signature=s"),
                "https://h/a%3F",
                String::new(),
            ),
            // Two headers, as the runtime joins them.
            (
                "https://h/a",
                cookie("a=1, CloudFront-Policy=p"),
                "https://h/a",
                String::new(),
            ),
        ] {
            let bare = viewer(url, &cookies).without_credentials();
            let expected = viewer(bare_url, &bare_cookies);
            assert_eq!(bare.text, expected.text);
            assert_eq!(
                (bare.method(), bare.url(), bare.id()),
                ("GET", bare_url, "1")
            );
            assert_eq!(bare.headers(), expected.headers());
        }
    }
}
