//! Where an issuer sends a browser back to. Both are registered there, and never made of what a request says.

use keyfront_contract::route::LOGINS;

/// Behind the login: the `redirect_uri` of the content's host.
#[must_use]
pub fn redirect_uri(host: &str) -> String {
    format!("https://{host}{LOGINS}/login/callback")
}

/// Behind the logout: the `post_logout_redirect_uri`.
#[must_use]
pub fn logged_out_uri(host: &str) -> String {
    format!("https://{host}{LOGINS}/logged-out")
}
