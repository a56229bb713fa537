//! The issuer's paths, and the methods that each answers.

use http::Method;

use super::refusal::Refusal;

/// An endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    Metadata,
    Keys,
    Authorize,
    Confirm,
    Token,
    Logout,
}

const ALL: [Route; 6] = [
    Route::Metadata,
    Route::Keys,
    Route::Authorize,
    Route::Confirm,
    Route::Token,
    Route::Logout,
];

impl Route {
    /// # Errors
    /// [`Refusal::UnknownPath`]
    pub(super) fn of(path: &str) -> Result<Self, Refusal> {
        let found = ALL.into_iter().find(|route| route.path() == path);
        found.ok_or_else(|| Refusal::UnknownPath(path.to_owned()))
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Metadata => "/.well-known/openid-configuration",
            Self::Keys => "/.well-known/jwks.json",
            Self::Authorize => "/authorize",
            Self::Confirm => "/authorize/confirm",
            Self::Token => "/token",
            Self::Logout => "/logout",
        }
    }

    /// # Errors
    /// [`Refusal::Method`]
    pub(super) fn check_method(self, method: &Method) -> Result<(), Refusal> {
        let allowed = match self {
            Self::Metadata | Self::Keys => "GET, HEAD",
            Self::Authorize | Self::Logout => "GET, POST",
            Self::Confirm | Self::Token => "POST",
        };
        if allowed.split(", ").any(|name| name == method.as_str()) {
            return Ok(());
        }
        Err(Refusal::Method {
            method: method.clone(),
            allowed,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_path_has_its_methods() {
        for (path, answered) in [
            ("/.well-known/openid-configuration", [true, true, false]),
            ("/.well-known/jwks.json", [true, true, false]),
            ("/authorize", [true, false, true]),
            ("/authorize/confirm", [false, false, true]),
            ("/token", [false, false, true]),
            ("/logout", [true, false, true]),
        ] {
            let route = Route::of(path).unwrap();
            let methods = [Method::GET, Method::HEAD, Method::POST];
            let found = methods.map(|method| route.check_method(&method).is_ok());
            assert_eq!(found, answered, "{path}");
            assert!(route.check_method(&Method::PUT).is_err());
        }
    }

    #[test]
    fn other_paths_are_unknown() {
        for path in [
            "/",
            "",
            "/Token",
            "/token/",
            "//authorize",
            "/authorize/../token",
        ] {
            let refused = Route::of(path);
            assert!(matches!(refused, Err(Refusal::UnknownPath(_))), "{path}");
        }
    }
}
