//! What the rules grant one viewer.

use keyfront_viewers::Network;
use serde_json::{Map, Value};

use super::{document::ViewersPolicy, rule::ViewerRule};
use crate::oidc::{Issuer, UserFolder};

/// Folders of one session: each is a set of cookies, and a header of them is limited.
pub const MAX_FOLDERS: usize = 8;

/// A folder that a viewer may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedFolder {
    /// A folder of the site, with its slash: `members/`.
    pub folder: String,
    /// The rule that grants it.
    pub rule: String,
    /// Seconds.
    pub seconds: u32,
    /// From where, if not from everywhere.
    pub network: Option<Network>,
}

/// Why nothing is granted. It names rules, which are the operator's, and nobody else's data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NothingGranted {
    /// No rule is about this viewer.
    #[error("no rule allows this viewer to read anything")]
    NoRule,
    /// Rules deny what others allow.
    #[error("the rule {0:?} denies what this viewer could read")]
    Denied(String),
}

impl ViewersPolicy {
    /// The folders that a viewer may read, in the rules' order; each by the first rule that allows it. `claims` are verified,
    /// and `issuer`'s.
    ///
    /// # Errors
    /// There are none.
    pub fn grants(
        &self,
        issuer: &Issuer,
        claims: &Map<String, Value>,
    ) -> Result<Vec<GrantedFolder>, NothingGranted> {
        let subject = claims.get("sub").and_then(Value::as_str);
        let Some(subject) = subject.filter(|subject| !subject.is_empty()) else {
            return Err(NothingGranted::NoRule);
        };
        let user = UserFolder::of(issuer.issuer.as_str(), subject);
        let theirs = |rule: &&ViewerRule| rule.who.is_met_by(&issuer.id, claims);
        let folders = |rule: &ViewerRule| -> Vec<String> {
            rule.folders.iter().map(|folder| folder.of(&user)).collect()
        };
        let denying: Vec<(String, &str)> = self
            .rules
            .iter()
            .filter(|rule| !rule.effect.allows())
            .filter(theirs)
            .flat_map(|rule| {
                folders(rule)
                    .into_iter()
                    .map(|folder| (folder, rule.id.as_str()))
            })
            .collect();
        let mut granted: Vec<GrantedFolder> = Vec::new();
        let mut denied = None;
        let allowing = self.rules.iter().filter(|rule| rule.effect.allows());
        for rule in allowing.filter(theirs) {
            for folder in folders(rule) {
                // Cookies cannot leave out a part of a folder: one that holds a denied one is not granted either.
                let denial = denying.iter().find(|(other, _)| {
                    folder.starts_with(other.as_str()) || other.starts_with(folder.as_str())
                });
                if let Some((_, rule)) = denial {
                    denied.get_or_insert((*rule).to_owned());
                } else if granted.iter().all(|known| known.folder != folder) {
                    granted.push(GrantedFolder {
                        folder,
                        rule: rule.id.clone(),
                        seconds: rule.session,
                        network: rule.network,
                    });
                }
            }
        }
        match (granted.is_empty(), denied) {
            (false, _) => Ok(granted),
            (true, Some(rule)) => Err(NothingGranted::Denied(rule)),
            (true, None) => Err(NothingGranted::NoRule),
        }
    }
}

/// At most [`MAX_FOLDERS`] of what is granted: the one in which `path` lies, and the others in their order.
#[must_use]
pub fn chosen(mut granted: Vec<GrantedFolder>, path: &str) -> Vec<GrantedFolder> {
    let path = path.strip_prefix('/').unwrap_or(path);
    // Stable: what is not asked for keeps its order.
    granted.sort_by_key(|granted| !path.starts_with(granted.folder.as_str()));
    granted.truncate(MAX_FOLDERS);
    granted
}
