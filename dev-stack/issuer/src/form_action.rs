//! Where a page's form may lead, as a source list of its Content-Security-Policy.
//!
//! Chromium applies `form-action` to the redirects after a form as well, so the login form must allow the client's address.

/// Sources of the directive `form-action`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FormAction(String);

impl FormAction {
    /// For a page without a form.
    pub(super) fn none() -> Self {
        Self("'none'".to_owned())
    }

    /// For a form of the issuer that is answered by a redirect to `uri`.
    pub(super) fn then(uri: &str) -> Self {
        Self(format!("'self' {}", source(uri)))
    }

    pub(super) fn sources(&self) -> &str {
        &self.0
    }
}

/// The origin of `uri`. Policies have no syntax for IPv6 addresses, nor for some characters of hosts (CSP Level 3, 2.3.1):
/// there it is the scheme.
fn source(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or((uri, ""));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    if !authority.is_empty() && authority.bytes().all(named) {
        format!("{scheme}://{authority}")
    } else {
        format!("{scheme}:")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_the_origin_of_the_client() {
        for (uri, sources) in [
            (
                "https://localhost:8443/cb?x=1",
                "'self' https://localhost:8443",
            ),
            ("http://127.0.0.1:1", "'self' http://127.0.0.1:1"),
            ("http://app.test?x", "'self' http://app.test"),
        ] {
            assert_eq!(FormAction::then(uri).sources(), sources);
        }
    }

    #[test]
    fn what_a_policy_cannot_name_is_allowed_by_its_scheme() {
        for uri in [
            "http://[::1]:80/cb",
            "http://a;b/",
            "http://a_b/",
            "http://a'b/",
        ] {
            assert_eq!(FormAction::then(uri).sources(), "'self' http:", "{uri}");
        }
    }
}
