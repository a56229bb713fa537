//! The way a share leads, and how long it works.

use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, ShareRefusal},
    publisher::{LONGEST_REQUEST, Rule},
    uploads::lifetime,
};

const OF_A_LINK: &str = "a link must work for some time";
const OF_PRESIGNED_REQUESTS: &str = "neither the session that signs a presigned request nor the bucket lets it work for longer; \
                                     share the object with \"via\":\"cdn\", which does";

/// What readers of a share are led through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The CDN, by a signed URL of its own.
    Cdn,
    /// Nothing: a presigned request to S3.
    S3,
}

/// The way of a share, with what signs links of the CDN where it leads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<L> {
    /// Through the CDN.
    Cdn(L),
    /// Straight from S3.
    S3,
}

impl<L> Way<L> {
    /// The way that was asked for; otherwise the CDN's, where there is a signer of its links.
    ///
    /// # Errors
    /// [`ShareRefusal::NotConfigured`].
    pub fn choose(requested: Option<Via>, signer: Option<L>) -> Result<Self, ShareRefusal> {
        match (requested, signer) {
            (Some(Via::Cdn) | None, Some(signer)) => Ok(Self::Cdn(signer)),
            (Some(Via::Cdn), None) => Err(ShareRefusal::NotConfigured),
            (Some(Via::S3), _) | (None, None) => Ok(Self::S3),
        }
    }
}

/// The seconds a link of the CDN shall work: as requested, or an hour, and never longer than the rule allows. No session
/// and no bucket ends it.
///
/// # Errors
/// [`Error::LifetimeRefused`].
pub fn link_lifetime(rule: &Rule, requested: Option<u32>) -> Result<u32, Error> {
    match lifetime(rule, LONGEST_REQUEST, requested)? {
        0 => Err(Error::LifetimeRefused {
            asked: 0,
            most: rule.max_lifetime(),
            reason: OF_A_LINK,
        }),
        seconds => Ok(seconds),
    }
}

/// Why a presigned request is refused, where links of the CDN can be signed: a lifetime that those may have is refused with
/// that way named.
#[must_use]
pub fn with_the_cdn_named(refused: Error, rule: &Rule) -> Error {
    match refused {
        Error::LifetimeRefused { asked, most, .. }
            if (1..=rule.max_lifetime()).contains(&asked) =>
        {
            Error::LifetimeRefused {
                asked,
                most,
                reason: OF_PRESIGNED_REQUESTS,
            }
        }
        other => other,
    }
}
