//! The cookie that says which session a browser has (RFC 6265).
//!
//! Cookies know no ports: the services of other ports of the host get it too, and it means nothing to them.

use http::HeaderMap;
use http::header::COOKIE;

const NAME: &str = "keyfront_dev_issuer";
/// Not `Secure`: the issuer speaks plain HTTP. `Lax`: clients send browsers here from their own sites.
const ATTRIBUTES: &str = "Path=/; HttpOnly; SameSite=Lax";

/// The session's id as the browser sends it.
pub(super) fn read(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(COOKIE).into_iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME).then_some(value))
}

/// The value of `Set-Cookie` that begins a session; it ends with the browser.
pub(super) fn begin(session: &str) -> String {
    format!("{NAME}={session}; {ATTRIBUTES}")
}

/// The value of `Set-Cookie` that ends a session.
pub(super) fn end() -> String {
    format!("{NAME}=; {ATTRIBUTES}; Max-Age=0")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        assert_eq!(read(&headers), None);
        for line in [
            "a=b; c",
            "x_keyfront_dev_issuer=1",
            "d=e;keyfront_dev_issuer=id; f=g",
        ] {
            headers.append(COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(read(&headers), Some("id"));
    }

    #[test]
    fn the_cookie_is_for_no_script_and_no_foreign_form() {
        assert_eq!(
            begin("id"),
            "keyfront_dev_issuer=id; Path=/; HttpOnly; SameSite=Lax"
        );
        assert_eq!(
            end(),
            "keyfront_dev_issuer=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
        );
    }
}
