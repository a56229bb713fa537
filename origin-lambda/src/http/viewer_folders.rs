//! What a session answers: the folders that a viewer may read, and until when.

use serde::Serialize;

use crate::viewer_logins::{SignedFolder, ViewerSession};

/// The folders of a session.
#[derive(Debug, Serialize)]
pub(super) struct ViewerFolders {
    folders: Vec<ViewerFolder>,
}

/// A folder. What was granted stays so until it ends, even if its rule is withdrawn.
#[derive(Debug, Serialize)]
struct ViewerFolder {
    /// As URLs have it, from slash to slash.
    path: String,
    /// The rule that grants it.
    rule: String,
    /// Unix time from which it is refused.
    expires: u64,
    /// The network from which alone it can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    /// What stands behind the question mark of every URL in the folder, where no cookies are set.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
}

impl ViewerFolders {
    pub(super) fn with_cookies(session: &ViewerSession) -> Self {
        Self::of(session, |_| None)
    }

    pub(super) fn with_queries(session: &ViewerSession) -> Self {
        Self::of(session, |signed| Some(signed.query.clone()))
    }

    fn of(session: &ViewerSession, query: impl Fn(&SignedFolder) -> Option<String>) -> Self {
        let folders = session.folders.iter();
        let folders = folders.map(|signed| ViewerFolder {
            path: format!("/{}", signed.folder),
            rule: signed.rule.clone(),
            expires: signed.until,
            network: signed.network.clone(),
            query: query(signed),
        });
        Self {
            folders: folders.collect(),
        }
    }
}
