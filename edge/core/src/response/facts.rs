//! What cleaning an answer depends on, decided with the request, and its form as a request header, `contract::header::RESPONSE_FACTS`.
//!
//! The response function of a CDN sees neither the site nor the environment, but it sees the request as it was
//! sent. The header cannot come from a viewer: every `x-keyfront-*` of a viewer is dropped before the edge
//! writes its own. The origin sees it and ignores it. It holds no secret.

use alloc::{borrow::ToOwned, string::String};

use keyfront_contract::{Route, route::FACTS_VERSION};

use crate::cors::Grant;
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
    /// Whether the bucket may refuse the request for what the viewer wrote.
    pub conditions: ConditionForms,
}

/// The forms of the conditions a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionForms {
    /// One tag, or a date in HTTP's preferred format: every bucket reads these.
    Usual,
    /// Others; a bucket that does not read them answers 400.
    Unusual,
}

impl ResponseFacts {
    /// What is assumed of an answer whose request carries no facts: the least that can be shown.
    #[must_use]
    pub fn strictest() -> Self {
        Self {
            route: Route::Bucket,
            denied_as: DeniedAs::Denied,
            grant: Grant::Unruled,
            conditions: ConditionForms::Usual,
        }
    }

    /// `v1 ROUTE DENIED CORS`, four words, and a fifth, `unusual`, about the conditions.
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
        joined(&[
            FACTS_VERSION,
            " ",
            self.route.as_str(),
            " ",
            denied,
            " ",
            cors,
            match self.conditions {
                ConditionForms::Usual => "",
                ConditionForms::Unusual => " unusual",
            },
        ])
    }

    /// Reads the header's value; a value this version did not write counts as none.
    #[must_use]
    pub fn read(value: Option<&str>) -> Self {
        value.and_then(Self::parse).unwrap_or_else(Self::strictest)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split(' ');
        let (Some(FACTS_VERSION), Some(route), Some(denied), Some(cors), conditions, None) = (
            words.next(),
            words.next(),
            words.next(),
            words.next(),
            words.next(),
            words.next(),
        ) else {
            return None;
        };
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
            conditions: match conditions {
                None => ConditionForms::Usual,
                Some("unusual") => ConditionForms::Unusual,
                Some(_) => return None,
            },
        })
    }
}
