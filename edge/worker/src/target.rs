//! A request's URL, taken apart.
//!
//! Nothing is decoded, normalised or parsed by the rules browsers have: what the runtime received reaches the core as
//! it was received, and the core decides once.

/// Scheme, host, path and query of an absolute URL, as they stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'u> {
    /// `https` or `http`.
    pub scheme: &'u str,
    /// With the port, if there is one.
    pub host: &'u str,
    /// From the slash on.
    pub path: &'u str,
    /// Without the question mark; `""` if there is none.
    pub query: &'u str,
}

impl<'u> Target<'u> {
    /// Takes apart `scheme://host/path?query`; `None` if it is nothing like it.
    #[must_use]
    pub fn of(url: &'u str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(end);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = if path.is_empty() { "/" } else { path };
        Some(Self {
            scheme,
            host,
            path,
            query,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn a_url_is_taken_apart_and_nothing_is_changed() {
        for (url, scheme, host, path, query) in [
            ("https://h/", "https", "h", "/", ""),
            ("https://h", "https", "h", "/", ""),
            ("https://h?q", "https", "h", "/", "q"),
            (
                "http://h:8787/a/../b%2F?x=/?y",
                "http",
                "h:8787",
                "/a/../b%2F",
                "x=/?y",
            ),
            ("https://h//a//?", "https", "h", "//a//", ""),
            ("https://h/a#b?c", "https", "h", "/a#b", "c"),
        ] {
            let expected = Target {
                scheme,
                host,
                path,
                query,
            };
            assert_eq!(Target::of(url), Some(expected), "{url}");
        }
        assert_eq!(Target::of("/path"), None);
    }
}
