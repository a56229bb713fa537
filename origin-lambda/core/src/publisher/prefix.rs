//! The folder of keys that a rule is about.

use std::fmt;

use keyfront_names::ObjectKey;
use serde::{Deserialize, Serialize};

use crate::oidc::UserFolder;

/// The segment of a prefix that stands for the person.
const SUBJECT: &str = "{sub}";

/// A folder of keys: empty (every key), or a valid key prefix that ends with `/`, so that a rule for
/// `img/` says nothing about `img-private/`. A segment `{sub}` stands for the person: a hash of issuer and
/// subject, or of the unique id of an IAM principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Prefix(String);

impl Prefix {
    /// The decoded prefix.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the key lies in the folder.
    pub fn covers(&self, key: &str) -> bool {
        // Nobody's folder is everybody's: before `{sub}` is settled, the rule covers nothing.
        !self.is_personal() && key.starts_with(&self.0)
    }

    /// Whether `{sub}` is in it.
    pub fn is_personal(&self) -> bool {
        self.0.split('/').any(|segment| segment == SUBJECT)
    }

    /// Whether some subjects give both the same folder, or one inside the other.
    pub(super) fn may_overlap(&self, other: &Self) -> bool {
        let folders = |prefix: &'_ Self| -> Vec<String> {
            let folder = prefix.0.trim_end_matches('/');
            folder.split('/').map(str::to_owned).collect()
        };
        let same = |(one, two): (&String, &String)| one == two || one == SUBJECT || two == SUBJECT;
        folders(self).iter().zip(&folders(other)).all(same)
    }

    /// The folder of this person; `None` if it would be too long for a key.
    pub(super) fn for_user(&self, user: &UserFolder) -> Option<Self> {
        let settle = |segment| match segment {
            SUBJECT => user.as_str(),
            other => other,
        };
        let segments: Vec<&str> = self.0.split('/').map(settle).collect();
        Self::try_from(segments.join("/")).ok()
    }
}

impl TryFrom<String> for Prefix {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let is_misspelt = |segment: &str| {
            segment.starts_with('{') && segment.ends_with('}') && segment != SUBJECT
        };
        if text.split('/').any(is_misspelt) {
            Err("the only segment allowed in braces is {sub}")
        } else if text.is_empty() || (text.ends_with('/') && ObjectKey::new(&text).is_ok()) {
            Ok(Self(text))
        } else {
            Err("a prefix must be empty, or a valid key that ends with a slash")
        }
    }
}

impl From<Prefix> for String {
    fn from(prefix: Prefix) -> Self {
        prefix.0
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}
