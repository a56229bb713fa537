//! Options of a site that are one of a few words.

use super::error::{SiteError, field};

/// How a 403 of the origin is reported to the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeniedAs {
    /// 502 `origin-denied`: with `s3:ListBucket` a 403 never means that the object is missing.
    Denied,
    /// 404 `not-found`: the site option `denied_as_missing`.
    Missing,
}

/// How a path is answered that could be a folder's but has no slash at its end, where no object has that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailingSlash {
    /// 404
    AsRequested,
    /// By a redirect to the folder: the site option `"trailing_slash":"redirect"`.
    Redirect,
}

/// What several slashes behind one another mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slashes {
    /// Themselves, as in S3's keys.
    Kept,
    /// One, by a redirect: the site option `"slashes":"merge"`.
    Merged,
}

/// How a path is served that is not written in the one spelling copies are kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// By a redirect to that spelling.
    Redirect,
    /// As it is: the site option `"spelling":"accept"`, for a CDN that does not show the edge the path it was sent.
    Accept,
}

pub(super) fn trailing_slash(option: Option<&str>) -> Result<TrailingSlash, SiteError> {
    match option {
        None => Ok(TrailingSlash::AsRequested),
        Some("redirect") => Ok(TrailingSlash::Redirect),
        Some(_) => Err(field("trailing_slash", "must be redirect")),
    }
}

pub(super) fn slashes(option: Option<&str>) -> Result<Slashes, SiteError> {
    match option {
        None => Ok(Slashes::Kept),
        Some("merge") => Ok(Slashes::Merged),
        Some(_) => Err(field("slashes", "must be merge")),
    }
}

pub(super) fn spelling(option: Option<&str>) -> Result<Spelling, SiteError> {
    match option {
        None | Some("redirect") => Ok(Spelling::Redirect),
        Some("accept") => Ok(Spelling::Accept),
        Some(_) => Err(field("spelling", "must be redirect or accept")),
    }
}
