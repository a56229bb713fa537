//! What the API takes and gives. Members that this program does not know are left alone.

use std::collections::BTreeMap;

use keyfront_releases::{LogEntry, ReleaseId, Sha256Digest, Tree, TreeObject};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// Where a release stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ReleaseState {
    New,
    Uploading,
    Verified,
    Active,
    Superseded,
}

impl ReleaseState {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Uploading => "uploading",
            Self::Verified => "verified",
            Self::Active => "active",
            Self::Superseded => "superseded",
        }
    }
}

/// A request that somebody else signed.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Presigned {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

/// A release that was begun, or found.
#[derive(Debug, Deserialize)]
pub(crate) struct Begun {
    pub(crate) state: ReleaseState,
    pub(crate) manifest: Presigned,
}

/// An object of a tree as the API is told of it: all that the manifest says.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Declared<'a> {
    tree: Tree,
    path: &'a str,
    size: u64,
    sha256: Sha256Digest,
    #[serde(rename = "type")]
    media_type: &'a str,
    cache: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    csp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

impl<'a> From<&TreeObject<'a>> for Declared<'a> {
    fn from(object: &TreeObject<'a>) -> Self {
        Self {
            tree: object.tree,
            path: object.path,
            size: object.size,
            sha256: object.sha256,
            media_type: object.media_type,
            cache: object.cache,
            csp: object.csp,
            token: None,
        }
    }
}

impl<'a> Declared<'a> {
    /// The same with the token of its upload in parts, which goes on.
    pub(crate) const fn of_upload(self, token: Option<&'a str>) -> Self {
        Self { token, ..self }
    }

    /// The same as a copy of what stands at `from_path`.
    pub(crate) fn copied_from(&self, from_path: &str) -> anyhow::Result<Value> {
        let mut copy = serde_json::to_value(self)?;
        if let Some(members) = copy.as_object_mut()
            && let Some(path) = members.remove("path")
        {
            members.insert("to_path".to_owned(), path);
            members.insert("from_path".to_owned(), from_path.into());
        }
        Ok(copy)
    }
}

/// How an object is to be sent.
#[derive(Debug, Deserialize)]
#[serde(tag = "method")]
pub(crate) enum UploadGrant {
    #[serde(rename = "PUT")]
    Put {
        tree: Tree,
        path: String,
        #[serde(flatten)]
        request: Presigned,
    },
    #[serde(rename = "MULTIPART")]
    Parts {
        tree: Tree,
        path: String,
        token: String,
        part_size: u64,
        parts: Vec<String>,
    },
}

impl UploadGrant {
    pub(crate) fn place(&self) -> (Tree, &str) {
        match self {
            Self::Put { tree, path, .. } | Self::Parts { tree, path, .. } => (*tree, path),
        }
    }
}

/// What became of copies.
#[derive(Debug, Deserialize)]
pub(crate) struct Copied {
    #[serde(default)]
    pub(crate) missing: Vec<MissingCopy>,
}

/// An object that has to be uploaded after all.
#[derive(Debug, Deserialize)]
pub(crate) struct MissingCopy {
    pub(crate) tree: Tree,
    pub(crate) to_path: String,
    #[serde(default)]
    pub(crate) reason: String,
}

/// How far checking has come.
#[derive(Debug, Deserialize)]
pub(crate) struct Verified {
    #[serde(default)]
    pub(crate) verified: bool,
    #[serde(default)]
    pub(crate) checked: u64,
    #[serde(default)]
    pub(crate) of: u64,
    pub(crate) cursor: Option<String>,
}

/// How far an activation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ActivationState {
    Invalidating,
    Everywhere,
}

/// An activation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Activated {
    pub(crate) n: u64,
    pub(crate) at: String,
    pub(crate) by: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) person: Option<String>,
    pub(crate) state: ActivationState,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) invalidated_at: Option<String>,
}

/// A release, and its last activation.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Described {
    pub(crate) id: ReleaseId,
    pub(crate) state: ReleaseState,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) activation: Option<Activated>,
}

/// A release whose tree is in the bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KnownRelease {
    pub(crate) id: ReleaseId,
    pub(crate) state: ReleaseState,
}

/// A page of a site's log.
#[derive(Debug, Deserialize)]
pub(crate) struct LogPage {
    pub(crate) active: Option<ReleaseId>,
    /// The newest first.
    #[serde(deserialize_with = "entries")]
    pub(crate) log: Vec<LogEntry>,
    #[serde(default)]
    pub(crate) releases: Vec<KnownRelease>,
    pub(crate) next_cursor: Option<String>,
}

/// What is left of a release that is being removed.
#[derive(Debug, Deserialize)]
pub(crate) struct Removed {
    #[serde(default)]
    pub(crate) removed: u64,
    #[serde(default)]
    pub(crate) more: bool,
}

/// Entries are canonical by themselves, wherever the answer puts their members.
fn entries<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<LogEntry>, D::Error> {
    let values = Vec::<BTreeMap<String, Value>>::deserialize(deserializer)?;
    let parse = |value: &BTreeMap<String, Value>| {
        let bytes = serde_json::to_vec(value).map_err(de::Error::custom)?;
        LogEntry::parse(&bytes).map_err(|error| {
            let error = anyhow::Error::new(error);
            de::Error::custom(format!("{error:#}"))
        })
    };
    values.iter().map(parse).collect()
}
