//! The cookies that a login sets (RFC 6265bis). Only what is below `/_viewer/` gets the login's own; the signed ones go with
//! every request for their folder.

use keyfront_viewers::Cookie;

use super::pending_login::LIFETIME;

/// A login under way, sealed.
pub const LOGIN_COOKIE: &str = "__Secure-kf-login";

pub(super) const ATTRIBUTES: &str = "Secure; HttpOnly; SameSite=Lax";

/// Sets the cookie of a login under way.
#[must_use]
pub fn login_cookie(sealed: &str) -> String {
    format!("{LOGIN_COOKIE}={sealed}; Path=/_viewer/; Max-Age={LIFETIME}; {ATTRIBUTES}")
}

/// Removes it.
#[must_use]
pub fn expired_login_cookie() -> String {
    format!("{LOGIN_COOKIE}=; Path=/_viewer/; Max-Age=0; {ATTRIBUTES}")
}

/// Sets one signed cookie of a folder.
#[must_use]
pub fn folder_cookie(folder: &str, cookie: &Cookie, seconds: u64) -> String {
    let Cookie { name, value } = cookie;
    format!("{name}={value}; Path=/{folder}; Max-Age={seconds}; {ATTRIBUTES}")
}

/// Removes all signed cookies of a folder.
pub fn expired_folder_cookies(folder: &str) -> impl Iterator<Item = String> {
    let names = Cookie::NAMES.into_iter();
    names.map(move |name| format!("{name}=; Path=/{folder}; Max-Age=0; {ATTRIBUTES}"))
}

/// The value of a cookie in a request's `Cookie` headers; `None` too where it stands twice, since who set which is not known.
#[must_use]
pub fn cookie_named<'c>(headers: impl Iterator<Item = &'c str>, name: &str) -> Option<&'c str> {
    let mut values = headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
        .filter(|(given, _)| *given == name)
        .map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}
