//! The two algorithms a request can be signed with: their names, their scopes, and what each makes of the
//! region.
//!
//! SigV4 signs for one region, which is part of the scope. SigV4A signs for a set of regions, which is a header
//! (or a parameter) of its own. Everything else of a request is canonicalised alike.

use alloc::string::String;

use crate::{
    append::append, credentials::is_name, error::SigningError, region_set::is_region_set,
    request::SigningContext,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    /// SigV4.
    HmacSha256,
    /// SigV4A.
    EcdsaP256Sha256,
}

impl Algorithm {
    /// First line of the string to sign and first word of `authorization`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HmacSha256 => "AWS4-HMAC-SHA256",
            Self::EcdsaP256Sha256 => "AWS4-ECDSA-P256-SHA256",
        }
    }

    /// A slash in a name would make one scope read as another.
    pub(crate) fn check_scope(self, context: &SigningContext<'_>) -> Result<(), SigningError> {
        match self {
            Self::HmacSha256 if !is_name(context.region) => Err(SigningError::Region),
            Self::EcdsaP256Sha256 if !is_region_set(context.region) => Err(SigningError::RegionSet),
            _ if !is_name(context.service) => Err(SigningError::Service),
            _ => Ok(()),
        }
    }

    /// `YYYYMMDD/region/service/aws4_request`, for SigV4A without the region.
    pub(crate) fn append_scope(self, out: &mut String, context: &SigningContext<'_>) {
        let (region, slash) = match self {
            Self::HmacSha256 => (context.region, "/"),
            Self::EcdsaP256Sha256 => ("", ""),
        };
        let (day, service) = (context.date.day(), context.service);
        append(out, &[day, "/", region, slash, service, "/aws4_request"]);
    }

    /// [`append_scope`](Algorithm::append_scope), alone.
    pub(crate) fn scope(self, context: &SigningContext<'_>) -> String {
        let mut scope = String::with_capacity(64);
        self.append_scope(&mut scope, context);
        scope
    }

    /// The region set, which SigV4A sends and signs.
    pub(crate) fn region_set<'a>(self, context: &SigningContext<'a>) -> Option<&'a str> {
        (self == Self::EcdsaP256Sha256).then_some(context.region)
    }
}
