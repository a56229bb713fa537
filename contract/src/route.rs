//! The routes of a site, and the mark by which the origin recognises a request of the edge.

/// Where the edge sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the bucket.
    Bucket,
    /// To what the origin serves viewers: its reader, which opens envelopes, and listings of folders.
    Reader,
    /// To the publishers' API.
    Publish,
}

/// Paths of the publishers' API that need no credential.
pub const PUBLIC_PATHS: [&str; 2] = ["/healthz", "/openapi.json"];

/// The documents of the publishers' page, which need no credential on a host of its own: the page, and that of who got a link to a
/// sealed file.
pub const PAGE_DOCUMENTS: [&str; 2] = ["/", "/open"];

/// What the paths begin with of all that those documents load before anybody is known.
pub const PAGE_FILES: &str = "/page/";

/// Where that page exchanges the code of a login, before anybody is known.
pub const PAGE_LOGIN: &str = "/page/login";

/// What the paths of viewers' logins begin with on the content's host.
pub const LOGINS: &str = "/_viewer";

/// Those of them that need no credential, behind [`LOGINS`].
pub const LOGIN_PAGES: [&str; 5] = [
    "/login",
    "/login/callback",
    "/login-required",
    "/logout",
    "/logged-out",
];

/// `WWW-Authenticate` of an answer 401.
pub const CHALLENGE: &str = "Bearer realm=\"keyfront\"";

/// What the paths of shared links begin with: behind it stands the path that is shared.
pub const SHARED: &str = "/_share";

/// What the paths begin with, below a site's own, under which a site with releases shows what is active: `release.json` (the
/// pointer), `manifest.json` and `signature.json`.
pub const RELEASE_DOCUMENTS: &str = ".well-known/keyfront/";

/// The version of the response facts, their first word.
pub const FACTS_VERSION: &str = "v1";

impl Route {
    /// Every route.
    pub const ALL: [Self; 3] = [Self::Bucket, Self::Reader, Self::Publish];

    /// The route's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Reader => "reader",
            Self::Publish => "publish",
        }
    }

    /// The route of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "bucket" => Self::Bucket,
            "reader" => Self::Reader,
            "publish" => Self::Publish,
            _ => return None,
        })
    }

    /// The route that a value of [`RESPONSE_FACTS`](crate::header::RESPONSE_FACTS) names: `v1 ROUTE ...`. `None` for anything else.
    ///
    /// It may be trusted on a request that the edge signed, and on no other: the edge alone writes the header.
    #[must_use]
    pub fn of_response_facts(value: &str) -> Option<Self> {
        let mut words = value.split(' ');
        let (version, route) = (words.next()?, words.next()?);
        // More words follow: a value that ends here was not written by the edge.
        words.next()?;
        (version == FACTS_VERSION)
            .then(|| Self::from_name(route))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_read_back_by_its_name() {
        for route in Route::ALL {
            assert_eq!(Route::from_name(route.as_str()), Some(route));
        }
    }

    #[test]
    fn only_what_the_edge_writes_names_a_route() {
        assert_eq!(
            Route::of_response_facts("v1 reader denied *"),
            Some(Route::Reader)
        );
        for value in [
            "",
            "v1",
            "v1 reader",
            "v2 reader denied *",
            "v1 readers denied *",
            "v1  reader denied",
            " v1 reader denied",
        ] {
            assert_eq!(Route::of_response_facts(value), None, "{value:?}");
        }
    }
}
