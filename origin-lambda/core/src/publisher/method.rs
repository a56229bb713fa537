//! What rules allow, as requests ask for it and as the two versions of the policy spell it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The version of the policy in which rules name `LIST`, `HEAD` and `READ`; all else is the same. Written only where a rule does.
pub(super) const VERSION_OF_THREE_READS: u32 = 2;

/// What a request does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Its name appears in a listing.
    List,
    /// Its metadata is shown.
    Head,
    /// Its content is read, or made readable by a presigned URL.
    Read,
    /// It is written.
    Put,
    /// It is deleted.
    Delete,
}

impl Method {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::List, Self::Head, Self::Read, Self::Put, Self::Delete];
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "LIST",
            Self::Head => "HEAD",
            Self::Read => "READ",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

/// What a rule lists. The first version of the policy knows `GET` in place of `LIST`, `HEAD` and `READ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MethodName {
    /// Listing, metadata and reading.
    Get,
    /// Listing.
    List,
    /// Metadata.
    Head,
    /// Reading.
    Read,
    /// Writing.
    Put,
    /// Deleting.
    Delete,
}

impl MethodName {
    /// What [`MethodName::Get`] stands for.
    const OF_GET: [Self; 3] = [Self::List, Self::Head, Self::Read];

    /// Whether a rule with this name allows the method.
    pub fn grants(self, method: Method) -> bool {
        match method {
            Method::List => matches!(self, Self::List | Self::Get),
            Method::Head => matches!(self, Self::Head | Self::Get),
            Method::Read => matches!(self, Self::Read | Self::Get),
            Method::Put => self == Self::Put,
            Method::Delete => self == Self::Delete,
        }
    }

    /// Whether both versions of the policy have the name.
    pub(super) fn is_of_both_versions(self) -> bool {
        matches!(self, Self::Put | Self::Delete)
    }

    /// The same in the names of the second version, each once.
    pub(super) fn spelt_out(names: &[Self]) -> Vec<Self> {
        let mut spelt_out = Vec::new();
        for name in names {
            let own = [*name];
            let these = match name {
                Self::Get => &Self::OF_GET[..],
                _ => &own,
            };
            for one in these {
                if !spelt_out.contains(one) {
                    spelt_out.push(*one);
                }
            }
        }
        spelt_out
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::List => "LIST",
            Self::Head => "HEAD",
            Self::Read => "READ",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        })
    }
}

#[cfg(test)]
mod tests;
