//! Where a viewer goes after a login: a path of the same site, and never another site's.

use serde::{Deserialize, Serialize};

const MAX_LENGTH: usize = 2_048;
/// What answers logins itself would lead in a circle.
const LOGINS: &str = "/_viewer";

/// A path with its query, as browsers write it. Anything else becomes the site's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The path and its query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path alone.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.split('?').next().unwrap_or(&self.0)
    }
}

impl From<String> for ReturnPath {
    fn from(text: String) -> Self {
        // Browsers take a backslash for a slash, and two of them for the beginning of a host (WHATWG URL, 4.4).
        let legal = text.len() <= MAX_LENGTH
            && text.starts_with('/')
            && !text.starts_with("//")
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\' && byte != b'#');
        let circle = text
            .strip_prefix(LOGINS)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']));
        Self(if legal && !circle {
            text
        } else {
            "/".to_owned()
        })
    }
}

impl From<ReturnPath> for String {
    fn from(path: ReturnPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_leaves_the_site() {
        for (text, path) in [
            ("/members/a%20b?x=1&y=%2F", "/members/a%20b?x=1&y=%2F"),
            ("/", "/"),
            ("/_viewers/a", "/_viewers/a"),
            ("", "/"),
            ("members/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("\\\\evil.example", "/"),
            ("https://evil.example/", "/"),
            ("javascript:alert(1)", "/"),
            ("/a\r\nSet-Cookie: a=b", "/"),
            ("/a b", "/"),
            ("/a#b", "/"),
            ("/\u{e9}", "/"),
            ("/_viewer", "/"),
            ("/_viewer/login?to=/", "/"),
            ("/_viewer?x", "/"),
        ] {
            assert_eq!(ReturnPath::from(text.to_owned()).as_str(), path, "{text:?}");
        }
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        assert_eq!(ReturnPath::from(long).as_str(), "/");
        let path = ReturnPath::from("/a?b?c".to_owned());
        assert_eq!(path.path(), "/a");
    }
}
