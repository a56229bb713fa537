//! What cleaning an answer depends on, decided with the request, and its form as a request header.
//!
//! The response function of a CDN sees neither the site nor the environment, but it sees the request as it was
//! sent. The header cannot come from a viewer: every `x-keyfront-*` of a viewer is dropped before the edge
//! writes its own. The origin sees it and ignores it. It holds no secret.

use alloc::{borrow::ToOwned, string::String};

use crate::cors::Grant;
use crate::origin_request::OriginKind;
use crate::site::DeniedAs;
use crate::text::{joined, split_once};

/// The facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseFacts {
    /// Who answers.
    pub origin: OriginKind,
    /// How a 403 is told.
    pub denied_as: DeniedAs,
    /// What the site's cross-origin rules grant.
    pub grant: Grant,
}

impl ResponseFacts {
    /// The request header that carries the facts.
    pub const HEADER: &'static str = "x-keyfront-response";

    /// What is assumed of an answer whose request carries no facts: the least that can be shown.
    #[must_use]
    pub fn strictest() -> Self {
        Self {
            origin: OriginKind::Bucket,
            denied_as: DeniedAs::Denied,
            grant: Grant::Unruled,
        }
    }

    /// `v1 ORIGIN DENIED CORS`, four words.
    #[must_use]
    pub fn written(&self) -> String {
        let origin = match self.origin {
            OriginKind::Bucket => "bucket",
            OriginKind::Reader => "reader",
            OriginKind::Publish => "publish",
        };
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
        joined(&["v1 ", origin, " ", denied, " ", cors])
    }

    /// Reads the header's value; a value this version did not write counts as none.
    #[must_use]
    pub fn read(value: Option<&str>) -> Self {
        value.and_then(Self::parse).unwrap_or_else(Self::strictest)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split(' ');
        let (Some("v1"), Some(origin), Some(denied), Some(cors), None) = (
            words.next(),
            words.next(),
            words.next(),
            words.next(),
            words.next(),
        ) else {
            return None;
        };
        Some(Self {
            origin: match origin {
                "bucket" => OriginKind::Bucket,
                "reader" => OriginKind::Reader,
                "publish" => OriginKind::Publish,
                _ => return None,
            },
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
        })
    }
}
