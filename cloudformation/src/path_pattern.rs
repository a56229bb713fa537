//! Which behaviour a path belongs to: CloudFront's path patterns and the normalisation it applies for matching.
//!
//! Matching only. The path that travels to the origin, and the one in the cache key, is the viewer's own, byte for byte.

use serde::Serialize;

/// A CloudFront path pattern: `*` stands for any run of characters (`/` included), `?` for exactly one; case counts.
///
/// A leading `/` is optional, as it is for CloudFront: `/img/*` and `img/*` are the same pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PathPattern(String);

impl PathPattern {
    /// Takes the pattern as it would be written in a distribution's configuration.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a request with this path, as the viewer wrote it, belongs to the pattern's behaviour.
    pub fn covers(&self, raw_path: &str) -> bool {
        self.matches(&normalised(raw_path))
    }

    /// Whether this is the pattern of a default behaviour, which matches every path.
    pub fn is_default(&self) -> bool {
        self.0 == "*"
    }

    /// Whether the pattern matches a path already [`normalised`].
    pub fn matches(&self, normalised_path: &[u8]) -> bool {
        let pattern = self.0.as_bytes();
        glob(
            pattern.strip_prefix(b"/").unwrap_or(pattern),
            normalised_path
                .strip_prefix(b"/")
                .unwrap_or(normalised_path),
        )
    }
}

/// The path CloudFront matches patterns against: unreserved characters decoded, dot segments removed and repeated
/// slashes joined (RFC 3986 section 6.2.2).
pub fn normalised(raw_path: &str) -> Vec<u8> {
    let decoded = decode(raw_path.as_bytes(), |byte| {
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
    });
    let mut segments: Vec<&[u8]> = Vec::new();
    let mut ends_in_directory = false;
    for segment in decoded.split(|byte| *byte == b'/') {
        ends_in_directory = matches!(segment, b"" | b"." | b"..");
        match segment {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            name => segments.push(name),
        }
    }
    let mut path = vec![b'/'];
    path.extend_from_slice(&segments.join(&b'/'));
    if ends_in_directory && !segments.is_empty() {
        path.push(b'/');
    }
    path
}

fn decode(raw: &[u8], decodable: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%'
            && let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (hex_digit(*high), hex_digit(*low))
        {
            let byte = high << 4 | low;
            if decodable(byte) {
                out.push(byte);
            } else {
                out.push(b'%');
                out.extend(tail[..2].iter().map(u8::to_ascii_uppercase));
            }
            rest = after;
        } else {
            out.push(first);
            rest = tail;
        }
    }
    out
}

fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Linear in practice and quadratic at worst: only the last `*` is ever tried again.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&wanted) if wanted == b'?' || wanted == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((after_star, from)) = retry else {
                    return false;
                };
                retry = Some((after_star, from + 1));
                p = after_star;
                t = from + 1;
            }
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn selects(pattern: &str, path: &str) -> bool {
        PathPattern::new(pattern).matches(&normalised(path))
    }

    #[test]
    fn star_spans_slashes_and_question_mark_is_one_character() {
        for (pattern, path, expected) in [
            ("*", "/", true),
            ("*", "/any/thing", true),
            ("/img/*", "/img/a/b.png", true),
            ("img/*", "/img/a/b.png", true),
            ("/img/*", "/imgs", false),
            ("/img/*.jp?", "/img/x.jpg", true),
            ("/img/*.jp?", "/img/x.jpeg", false),
            ("/a?c", "/abc", true),
            ("/a?c", "/ac", false),
            ("*.jpg", "/deep/er/x.jpg", true),
            ("*a*b*c", "/xxaxxbxxbxxc", true),
            ("*a*b*c", "/xxaxxbxx", false),
            ("/exact", "/exact", true),
            ("/exact", "/exact/", false),
        ] {
            assert_eq!(selects(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn patterns_are_case_sensitive() {
        assert!(!selects("/IMG/*", "/img/a"));
    }

    #[test]
    fn dots_doubled_slashes_and_needless_escapes_are_normalised_for_matching() {
        for (path, expected) in [
            ("//_publish//x", "/_publish/x"),
            ("/a/../_publish/x", "/_publish/x"),
            ("/a/%2e%2E/_publish/x", "/_publish/x"),
            ("/%5fpublish/x", "/_publish/x"),
            ("/../../x", "/x"),
            ("/a/./b/", "/a/b/"),
            ("/a/b/..", "/a/"),
            ("/a%2fb", "/a%2Fb"),
            ("/%zz%4", "/%zz%4"),
            ("/", "/"),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&normalised(path)),
                expected,
                "{path}"
            );
        }
        assert!(selects("/_publish/*", "//%5Fpublish/x"));
    }

    /// The definition, without the cleverness.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), None) => naive(rest, text),
            (Some((b'*', rest)), Some((_, tail))) => naive(rest, text) || naive(pattern, tail),
            (Some((p, rest)), Some((t, tail))) => (*p == b'?' || p == t) && naive(rest, tail),
            _ => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn matching_agrees_with_its_definition(pattern in "[ab*?/]{0,8}", text in "[ab/]{0,10}") {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), naive(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn normalised_path_has_no_dots_no_doubled_slashes_and_is_stable(path in "/[a./%2eEfF_-]{0,24}") {
            let once = normalised(&path);
            let text = String::from_utf8(once.clone()).unwrap();
            assert!(text.starts_with('/') && !text.contains("//"), "{text}");
            assert!(text.split('/').all(|segment| segment != "." && segment != ".."), "{text}");
            assert_eq!(normalised(&text), once);
        }
    }
}
