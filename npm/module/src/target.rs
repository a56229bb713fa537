//! Path and query in the one spelling that survives `URL`, `fetch` and the service's own canonical form.
//!
//! `URL` leaves characters raw that services escape when they verify (`!'()*+`), and silently moves to another path
//! where it meets dot segments, backslashes or line breaks. The first are respelled here, the second refused. It validates
//! no keys.

use alloc::string::String;

use keyfront_sigv4::{Profile, uri_encoding::append_respelled_component};

use crate::refused::Refused;

/// The path to send. `given` is the path as the caller wrote it, `""` if only a parsed URL is known; `parsed` is what
/// `URL` made of it.
pub(crate) fn path(given: &str, parsed: &str, profile: Profile) -> Result<String, Refused> {
    let path = respelled_path(parsed, profile)?;
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(Refused::DotSegment);
    }
    if !given.is_empty() && respelled_path(given, profile)? != path {
        return Err(Refused::PathChanged);
    }
    Ok(path)
}

/// Segment by segment, so that an escaped slash stays within its segment; to S3 it is a slash like any other.
fn respelled_path(path: &str, profile: Profile) -> Result<String, Refused> {
    let mut respelled = String::with_capacity(path.len() + 16);
    for (place, segment) in path.split('/').enumerate() {
        if place > 0 {
            respelled.push('/');
        }
        append_respelled_component(&mut respelled, segment).map_err(|_| Refused::PathEscape)?;
    }
    Ok(match profile {
        Profile::S3 => respelled.replace("%2F", "/"),
        Profile::Standard { .. } => respelled,
    })
}

/// The query to send, in the order given. `+` is a space, as `URLSearchParams` writes it; it leaves as `%20`, which
/// has one reading.
pub(crate) fn query(parsed: &str) -> Result<String, Refused> {
    let mut query = String::with_capacity(parsed.len() + 16);
    for parameter in parsed.split('&').filter(|parameter| !parameter.is_empty()) {
        if !query.is_empty() {
            query.push('&');
        }
        for (place, component) in parameter.splitn(2, '=').enumerate() {
            if place > 0 {
                query.push('=');
            }
            let spaced = component.replace('+', " ");
            append_respelled_component(&mut query, &spaced).map_err(|_| Refused::QueryEscape)?;
        }
    }
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(given: &str, parsed: &str) -> Result<String, Refused> {
        path(given, parsed, Profile::S3)
    }

    #[test]
    fn what_url_leaves_raw_is_escaped() {
        assert_eq!(s3("", "/a!'()*+b").as_deref(), Ok("/a%21%27%28%29%2A%2Bb"));
        assert_eq!(
            s3("/é a%7e", "/%C3%A9%20a%7e").as_deref(),
            Ok("/%C3%A9%20a~")
        );
    }

    #[test]
    fn an_escaped_slash_is_a_slash_to_s3_only() {
        assert_eq!(s3("", "/a%2Fb").as_deref(), Ok("/a/b"));
        assert_eq!(
            path("", "/a%2fb", Profile::STANDARD).as_deref(),
            Ok("/a%2Fb")
        );
    }

    #[test]
    fn a_path_that_url_moved_is_refused() {
        for (given, parsed) in [
            ("/a/../b", "/b"),
            ("/a/%2e%2E/b", "/b"),
            ("/a\\b", "/a/b"),
            ("/a\tb", "/ab"),
        ] {
            assert_eq!(s3(given, parsed), Err(Refused::PathChanged), "{given}");
        }
    }

    #[test]
    fn dot_segments_behind_escaped_slashes_are_refused() {
        assert_eq!(s3("", "/a%2F..%2Fb"), Err(Refused::DotSegment));
    }

    #[test]
    fn broken_escapes_are_refused() {
        assert_eq!(s3("", "/100%"), Err(Refused::PathEscape));
        assert_eq!(query("a=%zz"), Err(Refused::QueryEscape));
    }

    #[test]
    fn a_plus_in_a_query_leaves_as_a_space() {
        assert_eq!(
            query("a+b=c+%2B&&acl&d=").as_deref(),
            Ok("a%20b=c%20%2B&acl&d=")
        );
    }
}
