//! Folders that rules grant: `members/`, or `users/{sub}/`, each person's own.

use serde::{Deserialize, Serialize};

use crate::oidc::UserFolder;

/// Stands for the viewer's own folder.
const SUBJECT: &str = "{sub}";
/// With a user's folder in it, shorter than what an origin of CloudFront can be named by.
const MAX_LENGTH: usize = 100;
/// What the distribution serves itself.
const RESERVED: [&str; 4] = ["_publish", "_list", "_share", "_viewer"];

/// A folder of the site, that is, of its URLs: segments of `A-Z a-z 0-9 . _ -`, or `{sub}`, each with a slash behind it.
///
/// A viewer gets it as a cookie's path and as a policy's resource, in which nothing can be quoted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FolderPattern(String);

/// Why a text is not a folder that can be granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid folder {0:?}: write a folder of the site, such as members/ or users/{{sub}}/, with a slash at its end, of at most \
     100 characters A-Z a-z 0-9 . _ - and not below _publish/, _list/, _share/ or _viewer/"
)]
pub struct InvalidFolder(pub String);

impl FolderPattern {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder of one person.
    #[must_use]
    pub fn of(&self, user: &UserFolder) -> String {
        let settled = self.segments().map(|segment| match segment {
            SUBJECT => user.as_str(),
            other => other,
        });
        let mut folder = String::new();
        for segment in settled {
            folder.push_str(segment);
            folder.push('/');
        }
        folder
    }

    /// Whether one person's folders of both could lie one within the other. Browsers would send two sets of cookies there, of
    /// which nobody knows which one counts.
    pub(super) fn nests_with(&self, other: &Self) -> bool {
        let same = |(one, two): (&str, &str)| one == two || one == SUBJECT || two == SUBJECT;
        self.segments().count() != other.segments().count()
            && self.segments().zip(other.segments()).all(same)
    }

    fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator('/')
    }
}

impl TryFrom<String> for FolderPattern {
    type Error = InvalidFolder;

    fn try_from(text: String) -> Result<Self, InvalidFolder> {
        let first = text.split('/').next().unwrap_or_default();
        let legal = text.len() <= MAX_LENGTH
            && text.ends_with('/')
            && !RESERVED.contains(&first)
            && text.split_terminator('/').all(is_segment);
        if legal {
            Ok(Self(text))
        } else {
            Err(InvalidFolder(text))
        }
    }
}

impl From<FolderPattern> for String {
    fn from(folder: FolderPattern) -> Self {
        folder.0
    }
}

/// Whether a text is a folder that a rule could have granted somebody.
pub(super) fn is_settled_folder(text: &str) -> bool {
    !text.contains('{') && FolderPattern::try_from(text.to_owned()).is_ok()
}

fn is_segment(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    segment == SUBJECT
        || (!segment.is_empty() && !segment.starts_with('.') && segment.bytes().all(plain))
}
