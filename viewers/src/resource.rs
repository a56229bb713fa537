//! What a policy is about: the URL of one object, or all URLs of a folder.
//!
//! In a custom policy `*` stands for any characters and `?` for any one, and nothing quotes them. So no URL that holds
//! one is ever granted, and a folder's only wildcard stands behind a slash: a pattern such as `https://host/private*`
//! would reach `/private-of-others/`.

use std::fmt;

use keyfront_names::ObjectKey;

/// The resource of a policy that Keyfront makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pattern: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Object,
    Folder,
}

/// Why something cannot be granted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// Not a host with an optional port.
    #[error("invalid host {0:?}: write the name viewers use, such as www.example.com")]
    Host(String),
    /// Not an absolute path in the one spelling that browsers send.
    #[error(
        "invalid path {0:?}: it must start with a slash and be percent-encoded as browsers send it"
    )]
    Path(String),
    /// The path holds `*` or `?`, which a policy takes for wildcards.
    #[error(
        "{0:?} cannot be granted by itself: in a policy its * and ? would stand for other names; rename the object"
    )]
    Wildcard(String),
    /// A folder that does not end with a slash.
    #[error(
        "invalid folder {0:?}: it must end with a slash, so that a grant does not reach names that begin alike"
    )]
    Folder(String),
}

impl Resource {
    /// One object: `https://HOST/PATH`. `path` is the path as browsers send it, with its slash.
    ///
    /// # Errors
    /// [`ResourceError`] if host or path is not one, or the path has a wildcard, as it is or percent-encoded.
    pub fn object(host: &str, path: &str) -> Result<Self, ResourceError> {
        if path.ends_with('/') {
            return Err(ResourceError::Path(path.to_owned()));
        }
        Ok(Self {
            pattern: url(host, path)?,
            kind: Kind::Object,
        })
    }

    /// All that lies below a folder: `https://HOST/FOLDER/*`.
    ///
    /// # Errors
    /// As [`Resource::object`]; and if the folder does not end with a slash.
    pub fn folder(host: &str, path: &str) -> Result<Self, ResourceError> {
        if !path.ends_with('/') {
            return Err(ResourceError::Folder(path.to_owned()));
        }
        let mut pattern = url(host, path)?;
        pattern.push('*');
        Ok(Self {
            pattern,
            kind: Kind::Folder,
        })
    }

    /// Whether it is one object, whose policy a viewer's URL need not carry.
    pub(crate) fn is_object(&self) -> bool {
        self.kind == Kind::Object
    }

    /// The text in the policy.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.pattern)
    }
}

fn url(host: &str, path: &str) -> Result<String, ResourceError> {
    if !keyfront_names::host::is_authority(host) {
        return Err(ResourceError::Host(host.to_owned()));
    }
    let refused = || ResourceError::Path(path.to_owned());
    let encoded = path.strip_prefix('/').ok_or_else(refused)?;
    let key = decoded(encoded).ok_or_else(refused)?;
    if key.contains(['*', '?']) {
        return Err(ResourceError::Wildcard(path.to_owned()));
    }
    // What no key may be, no path is served as.
    if !key.is_empty() && ObjectKey::new(key).is_err() {
        return Err(refused());
    }
    Ok(format!("https://{host}{path}"))
}

/// The key that a path in the one spelling of browsers means: raw `ALPHA DIGIT -._~!$&'()*+,;=:@/`, all else `%XX`.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let high = hex_digit(rest.next()?)?;
                bytes.push(high << 4 | hex_digit(rest.next()?)?);
            }
            byte if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) => {
                bytes.push(byte);
            }
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

/// The value of an upper-case hexadecimal digit.
fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Whether a policy's resource means this URL (Developer Guide, "Use wildcard characters in a custom policy").
pub(crate) fn matches(pattern: &str, url: &str) -> bool {
    let (pattern, url) = (pattern.as_bytes(), url.as_bytes());
    let (mut at, mut position) = (0, 0);
    // Where the last `*` stands, and how far it reaches so far.
    let mut star = None;
    while position < url.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == url[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((place, reach)) = star else {
                    return false;
                };
                star = Some((place, reach + 1));
                (at, position) = (place + 1, reach + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_folders_are_granted_by_their_urls() {
        let object = Resource::object("www.example.com", "/a%20b/c+d.pdf").unwrap();
        assert_eq!(object.as_str(), "https://www.example.com/a%20b/c+d.pdf");
        let folder = Resource::folder("localhost:8443", "/members/").unwrap();
        assert_eq!(folder.as_str(), "https://localhost:8443/members/*");
        assert_eq!(
            Resource::folder("www.example.com", "/").unwrap().as_str(),
            "https://www.example.com/*"
        );
    }

    #[test]
    fn a_wildcard_of_a_name_is_never_granted() {
        for path in ["/a*b", "/a%2Ab", "/a%3Fb", "/*"] {
            assert_eq!(
                Resource::object("www.example.com", path),
                Err(ResourceError::Wildcard(path.to_owned()))
            );
        }
        for path in ["/*/", "/a%3F/"] {
            assert_eq!(
                Resource::folder("www.example.com", path),
                Err(ResourceError::Wildcard(path.to_owned()))
            );
        }
        let not_behind_a_slash = Resource::folder("www.example.com", "/private");
        assert_eq!(
            not_behind_a_slash,
            Err(ResourceError::Folder("/private".to_owned()))
        );
    }

    #[test]
    fn what_browsers_do_not_send_is_refused() {
        for path in [
            "", "a", "/a?b", "/a b", "/a%2fb", "/%", "/%4", "/%zz", "/a\"b", "/a\\b", "/a#b",
            "/%FF", "/../a", "/a/../b",
        ] {
            assert!(Resource::object("www.example.com", path).is_err(), "{path}");
        }
        for host in [
            "",
            "*",
            "www.example.com/",
            "a b",
            "host:",
            "host:x",
            "*.example.com",
            "user@host",
        ] {
            assert!(Resource::object(host, "/a").is_err(), "{host}");
        }
        assert!(Resource::object("www.example.com", "/a/").is_err());
    }

    #[test]
    fn stars_stand_for_any_characters_and_question_marks_for_one() {
        for (pattern, url, expected) in [
            ("https://h/a", "https://h/a", true),
            ("https://h/a", "https://h/ab", false),
            ("https://h/a", "https://H/a", false),
            ("https://h/a", "http://h/a", false),
            ("http*://h/a", "https://h/a", true),
            ("https://h/*", "https://h/", true),
            ("https://h/a/*", "https://h/a", false),
            ("https://h/a/*.jpg", "https://h/a/b.jpg.jpg", true),
            ("https://h/a/*.jpg", "https://h/a/b.jpg?x", false),
            ("https://h/?", "https://h/a", true),
            ("https://h/?", "https://h/", false),
            ("*", "https://h/a", true),
            ("", "https://h/a", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xbxa", false),
        ] {
            assert_eq!(matches(pattern, url), expected, "{pattern} {url}");
        }
    }
}
