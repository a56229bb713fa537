//! Names of sites that have releases.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, de};

/// Why a text is not the name of a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid site name {name:?}: 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends, are expected"
)]
pub struct SiteNameError {
    /// The text.
    pub name: String,
}

/// The name of a site: 1 to 63 of `a-z`, `0-9` and `-`, a letter or digit at both ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct SiteName(String);

impl SiteName {
    /// Validates a name.
    ///
    /// # Errors
    /// [`SiteNameError`] with the name (its beginning, if it is long).
    pub fn new(name: &str) -> Result<Self, SiteNameError> {
        let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = name.as_bytes();
        let ends =
            bytes.first().is_some_and(alphanumeric) && bytes.last().is_some_and(alphanumeric);
        let all = bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-');
        if ends && all && bytes.len() <= 63 {
            Ok(Self(name.to_owned()))
        } else {
            Err(SiteNameError {
                name: name.chars().take(80).collect(),
            })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for SiteName {
    type Err = SiteNameError;

    fn from_str(name: &str) -> Result<Self, SiteNameError> {
        Self::new(name)
    }
}

impl<'de> Deserialize<'de> for SiteName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::new(&name).map_err(de::Error::custom)
    }
}
