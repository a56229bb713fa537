//! What cleaning an answer depends on, decided with the request, and its form as a request header, `contract::header::RESPONSE_FACTS`.
//!
//! The response function of a CDN sees neither the site nor the environment, but it sees the request as it was
//! sent. The header cannot come from a viewer: every `x-keyfront-*` of a viewer is dropped before the edge
//! writes its own. The origin sees it and ignores it. It holds no secret.

use alloc::{borrow::ToOwned, string::String};

use keyfront_contract::{Route, route::FACTS_VERSION};

use crate::cors::Grant;
use crate::folder::Folder;
use crate::release::ReleaseFacts;
use crate::site::DeniedAs;
use crate::text::{joined, split_once};

/// The facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseFacts {
    /// Which origin answers.
    pub route: Route,
    /// How a 403 is reported.
    pub denied_as: DeniedAs,
    /// What the site's cross-origin rules grant.
    pub grant: Grant,
    /// What a 400 of the bucket means, where its error document cannot be read.
    pub bad_request: BadRequest,
    /// Where the viewer is sent if there is no such object.
    pub folder: Option<Folder>,
    /// From which release the answer is, if the site has releases.
    pub release: Option<ReleaseFacts>,
}

/// What a bucket refuses with 400 although the edge signed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRequest {
    /// Nothing is known: the request carries no condition, or one tag, or a date in HTTP's preferred format, which every
    /// bucket reads.
    Unexplained,
    /// A condition that the viewer wrote in another form.
    Condition,
    /// An object under a customer key, of which the site says that it has some.
    CustomerKey,
}

impl ResponseFacts {
    /// What is assumed of an answer whose request carries no facts: the least that can be shown.
    #[must_use]
    pub fn strictest() -> Self {
        Self {
            route: Route::Bucket,
            denied_as: DeniedAs::Denied,
            grant: Grant::Unruled,
            bad_request: BadRequest::Unexplained,
            folder: None,
            release: None,
        }
    }

    /// `v1 ROUTE DENIED CORS`, four words; where a 400 can be explained `unusual` (a condition) or `customer-key`; where a
    /// folder may be meant the word of it, which begins with a digit; and that of a release, which begins with `r`.
    #[must_use]
    pub fn written(&self) -> String {
        let denied = match self.denied_as {
            DeniedAs::Denied => "denied",
            DeniedAs::Missing => "missing",
        };
        let cors = match &self.grant {
            Grant::Unruled => "unruled",
            Grant::Nobody => "nobody",
            Grant::Anyone => "*",
            Grant::Origin(origin) => origin,
        };
        let mut written = joined(&[
            FACTS_VERSION,
            " ",
            self.route.as_str(),
            " ",
            denied,
            " ",
            cors,
            match self.bad_request {
                BadRequest::Unexplained => "",
                BadRequest::Condition => " unusual",
                BadRequest::CustomerKey => " customer-key",
            },
        ]);
        if let Some(folder) = &self.folder {
            written.push(' ');
            folder.append_to(&mut written);
        }
        if let Some(release) = &self.release {
            written.push(' ');
            release.append_to(&mut written);
        }
        written
    }

    /// Reads the header's value; a value this version did not write counts as none.
    #[must_use]
    pub fn read(value: Option<&str>) -> Self {
        value.and_then(Self::parse).unwrap_or_else(Self::strictest)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split(' ');
        let (Some(FACTS_VERSION), Some(route), Some(denied), Some(cors)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return None;
        };
        let mut word = words.next();
        let bad_request = match word {
            Some("unusual") => BadRequest::Condition,
            Some("customer-key") => BadRequest::CustomerKey,
            _ => BadRequest::Unexplained,
        };
        if bad_request != BadRequest::Unexplained {
            word = words.next();
        }
        let folder = match word {
            Some(word) if !word.starts_with('r') => Some(Folder::read(word)?),
            _ => None,
        };
        if folder.is_some() {
            word = words.next();
        }
        let release = match word {
            Some(word) => Some(ReleaseFacts::read(word)?),
            None => None,
        };
        if words.next().is_some() {
            return None;
        }
        Some(Self {
            route: Route::from_name(route)?,
            denied_as: match denied {
                "denied" => DeniedAs::Denied,
                "missing" => DeniedAs::Missing,
                _ => return None,
            },
            grant: match cors {
                "unruled" => Grant::Unruled,
                "nobody" => Grant::Nobody,
                "*" => Grant::Anyone,
                origin
                    if split_once(origin, "://").is_some()
                        && origin.bytes().all(|byte| byte.is_ascii_graphic()) =>
                {
                    Grant::Origin(origin.to_owned())
                }
                _ => return None,
            },
            bad_request,
            folder,
            release,
        })
    }
}
