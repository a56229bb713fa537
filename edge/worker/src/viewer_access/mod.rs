//! Viewer access: signed URLs and signed cookies, verified in the Worker.
//!
//! | module | |
//! |---|---|
//! | `settings` | the field `viewers` of an entry, validated |
//! | `host` | the host's public keys and signatures |
//! | `page` | who is led to a login |
//!
//! What a request carries is taken apart by [`keyfront_viewers`], for every host alike, and what a site protects is the
//! core's to know; this one has the host verify a signature. A request to a site whose entry has no keys is not looked at.

mod host;
mod page;
mod settings;
#[cfg(test)]
mod tests;

use std::{
    cell::RefCell,
    net::{IpAddr, Ipv6Addr},
};

use keyfront_edge::ViewerAccess;
use keyfront_viewers::{Claim, ClaimDigest, Denied, VerifiedClaims, ViewerRequest, examine};
use worker::console_error;

pub(crate) use self::page::login_page;
pub(crate) use self::settings::{ViewerKeys, ViewersDocument};
use crate::{target::Target, viewer::Viewer};

/// Signatures that an isolate remembers, for all its sites.
const REMEMBERED: usize = 64;

thread_local! {
    static VERIFIED: RefCell<VerifiedClaims> = const { RefCell::new(VerifiedClaims::new(REMEMBERED)) };
}

/// What was found out of a viewer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examined {
    pub(crate) access: ViewerAccess,
    /// For the log, if what the request carries is not valid.
    why: Option<Denied>,
}

impl Examined {
    /// Of a site whose entry has no keys: nobody is admitted to what it protects.
    const NOBODY: Self = Self {
        access: ViewerAccess::Denied,
        why: None,
    };

    /// For the operator's log, if a viewer is denied what the request is for.
    pub(crate) fn log_line(&self, request_id: &str) -> Option<String> {
        let why = self.why?;
        Some(format!(
            "keyfront viewer-denied request {request_id}: {why}"
        ))
    }
}

impl From<Denied> for Examined {
    fn from(denied: Denied) -> Self {
        match denied.asks_for_login() {
            true => Self {
                access: ViewerAccess::LoginRequired,
                why: None,
            },
            false => Self {
                access: ViewerAccess::Denied,
                why: Some(denied),
            },
        }
    }
}

/// Examines a viewer's request to a site with these keys at `now` (Unix seconds).
pub(crate) async fn examined(
    keys: Option<&ViewerKeys>,
    viewer: &Viewer,
    target: Target<'_>,
    now: i64,
) -> Examined {
    let Some(keys) = keys else {
        return Examined::NOBODY;
    };
    let headers = viewer.headers();
    let cookies: Vec<&str> = values(&headers, "cookie").collect();
    let request = ViewerRequest {
        scheme: target.scheme,
        host: target.host,
        path: target.path,
        query: viewer.url().contains('?').then_some(target.query),
        cookies: &cookies,
        address: address(&headers),
        // By a clock that stands before 1970 every policy is over.
        now: u64::try_from(now).unwrap_or(u64::MAX),
    };
    match admitted(keys, &request).await {
        Ok(()) => Examined {
            access: ViewerAccess::Verified,
            why: None,
        },
        Err(denied) => denied.into(),
    }
}

async fn admitted(keys: &ViewerKeys, request: &ViewerRequest<'_>) -> Result<(), Denied> {
    let claim = examine(request)?;
    verify(keys, &claim).await?;
    claim.admit_verified(request).map(drop)
}

/// Verifies a claim's signature, unless that was done before.
async fn verify(keys: &ViewerKeys, claim: &Claim) -> Result<(), Denied> {
    let key = keys.find(&claim.key_id).ok_or(Denied::UnknownKey)?;
    let digest = ClaimDigest::of(key, claim);
    if VERIFIED.with_borrow_mut(|verified| verified.knows(&digest)) {
        return Ok(());
    }
    let is_valid = host::verifies(key, claim).await.unwrap_or_else(|error| {
        console_error!(
            "keyfront: the key {} is not usable: {error:?}",
            claim.key_id
        );
        false
    });
    if !is_valid {
        return Err(Denied::Signature);
    }
    VERIFIED.with_borrow_mut(|verified| verified.keep(digest));
    Ok(())
}

/// Where a request came from, as Cloudflare says. What does not say so (`wrangler dev` may not) came from no network: a policy's is
/// an IPv4 range, which never holds the unspecified address of IPv6.
fn address(headers: &[(&str, &str)]) -> IpAddr {
    let mut values = values(headers, "cf-connecting-ip");
    let only = values.next().filter(|_| values.next().is_none());
    only.and_then(|text| text.parse().ok())
        .unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
}

fn values<'h>(
    headers: &'h [(&'h str, &'h str)],
    wanted: &'static str,
) -> impl Iterator<Item = &'h str> {
    let named = headers.iter().filter(move |(name, _)| *name == wanted);
    named.map(|(_, value)| *value)
}
