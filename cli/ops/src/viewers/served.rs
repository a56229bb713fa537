//! What the system of a bucket is known to serve: on which host, and which folders it protects.

use keyfront_origin_core::viewing::{FolderPattern, logged_out_uri, redirect_uri};

use crate::bucket_target::OwningSystem;

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Served {
    host: Option<String>,
    /// Folders of the site.
    protected: Option<Vec<String>>,
}

/// A rule would open what is open to everybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unprotected {
    /// Name `viewers` in the document of sites, and deploy.
    #[error(
        "the system protects nothing, so everyone can read {0:?}; name `viewers` in its document of sites (docs/viewers.md)"
    )]
    Everything(String),
    /// Choose another folder, or protect this one.
    #[error(
        "{folder:?} is not inside a protected folder, so everyone can read it; the system protects {protected}"
    )]
    Folder {
        /// The folder of the rule.
        folder: String,
        /// The folders that could be meant.
        protected: String,
    },
}

impl Served {
    /// What a system says of itself.
    pub(super) fn of(system: &OwningSystem) -> Self {
        match system {
            OwningSystem::Unknown => Self {
                host: None,
                protected: None,
            },
            OwningSystem::DevStack(dev) => Self {
                host: host_of(&dev.cdn_url),
                protected: None,
            },
            OwningSystem::Stacks(outputs) => Self {
                host: outputs.get("CdnUrl").and_then(|url| host_of(url)),
                protected: Some(folders(
                    outputs.get("ProtectedPaths").map_or("", String::as_str),
                )),
            },
        }
    }

    /// The content's host, with its port if it is not HTTPS's own.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Refuses folders that are not protected, as far as that is known.
    ///
    /// # Errors
    /// [`Unprotected`]
    pub(super) fn check(&self, rules: &[FolderPattern]) -> Result<(), Unprotected> {
        let Some(protected) = &self.protected else {
            return Ok(());
        };
        let lies_in = |folder: &FolderPattern| {
            let mut protected = protected.iter();
            protected.any(|above| folder.as_str().starts_with(above))
        };
        let Some(open) = rules.iter().find(|folder| !lies_in(folder)) else {
            return Ok(());
        };
        let folder = open.as_str().to_owned();
        Err(match protected.is_empty() {
            true => Unprotected::Everything(folder),
            false => Unprotected::Folder {
                folder,
                protected: protected.join(", "),
            },
        })
    }
}

/// The two addresses that an issuer has to know: where it sends people back after a login, and after a logout.
pub(super) fn addresses(host: &str) -> [String; 2] {
    [redirect_uri(host), logged_out_uri(host)]
}

fn host_of(cdn_url: &str) -> Option<String> {
    let host = cdn_url.strip_prefix("https://")?.trim_end_matches('/');
    Some(host.to_owned())
}

/// `/members/*,/users/*` as the folders `members/` and `users/`.
fn folders(paths: &str) -> Vec<String> {
    let paths = paths.split(',').map(str::trim);
    let folders = paths.filter_map(|path| path.strip_prefix('/')?.strip_suffix('*'));
    folders.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn served(outputs: &[(&str, &str)]) -> Served {
        let outputs = outputs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Served::of(&OwningSystem::Stacks(outputs.collect()))
    }

    fn check(served: &Served, folder: &str) -> Result<(), Unprotected> {
        served.check(&[FolderPattern::try_from(folder.to_owned()).unwrap()])
    }

    #[test]
    fn folders_of_rules_lie_in_protected_ones_where_those_are_known() {
        let system = served(&[("ProtectedPaths", "/members/*,/users/*")]);
        for folder in ["members/", "members/board/", "users/{sub}/"] {
            assert_eq!(check(&system, folder), Ok(()), "{folder}");
        }
        for folder in ["membersx/", "open/", "{sub}/"] {
            let refused = check(&system, folder).unwrap_err().to_string();
            assert!(refused.contains("protects members/, users/"), "{refused}");
        }
        let nothing = check(&served(&[]), "members/").unwrap_err();
        assert_eq!(nothing, Unprotected::Everything("members/".to_owned()));
        let unknown = Served::of(&OwningSystem::Unknown);
        assert_eq!(check(&unknown, "open/"), Ok(()));
    }

    #[test]
    fn an_issuer_has_to_know_two_addresses_of_the_contents_host() {
        let system = served(&[("CdnUrl", "https://www.example.com")]);
        assert_eq!(
            addresses(system.host().unwrap()),
            [
                "https://www.example.com/_viewer/login/callback",
                "https://www.example.com/_viewer/logged-out"
            ]
        );
        assert_eq!(Served::of(&OwningSystem::Unknown).host(), None);
    }
}
