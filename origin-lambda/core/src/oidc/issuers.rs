//! The issuers of one document: none twice, each with an audience.

use std::collections::BTreeSet;

use super::issuer::Issuer;

/// Issuers of one document; each may cost memory for its keys.
pub const MAX_ISSUERS: usize = 16;

/// Two issuers have the same id or the same `issuer`; one has no id or no audience; or there are too many.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("issuer {0:?} is repeated, has no id or audience, or is one of more than {MAX_ISSUERS}")]
pub struct InvalidIssuer(pub String);

/// The issuers' ids.
///
/// # Errors
/// [`InvalidIssuer`] of the first that is one.
pub fn check(issuers: &[Issuer]) -> Result<BTreeSet<&str>, InvalidIssuer> {
    let (mut ids, mut names) = (BTreeSet::new(), BTreeSet::new());
    for issuer in issuers {
        let usable = !issuer.id.is_empty()
            && !issuer.audiences.is_empty()
            && issuer.audiences.iter().all(|name| !name.is_empty())
            && ids.len() < MAX_ISSUERS;
        if !usable || !ids.insert(issuer.id.as_str()) || !names.insert(issuer.issuer.as_str()) {
            return Err(InvalidIssuer(issuer.id.clone()));
        }
    }
    Ok(ids)
}
