//! The sites whose releases a publisher may publish.

use keyfront_releases::SiteName;
use serde::{Deserialize, Serialize};

/// The version of the policy in which publishers have `sites`; all else is as in the one before. Written only where one has.
pub(super) const VERSION_OF_SITES: u32 = 3;

/// Stands for every site.
const EVERY: &str = "*";

/// One site, or every one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SiteScope {
    /// `*`
    Every,
    /// This one.
    Named(SiteName),
}

impl SiteScope {
    /// Whether the site is among them.
    pub fn covers(&self, site: &SiteName) -> bool {
        match self {
            Self::Every => true,
            Self::Named(named) => named == site,
        }
    }
}

impl TryFrom<String> for SiteScope {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            EVERY => Ok(Self::Every),
            name => SiteName::new(name)
                .map(Self::Named)
                .map_err(|error| error.to_string()),
        }
    }
}

impl From<SiteScope> for String {
    fn from(scope: SiteScope) -> Self {
        match scope {
            SiteScope::Every => EVERY.to_owned(),
            SiteScope::Named(site) => site.as_str().to_owned(),
        }
    }
}
