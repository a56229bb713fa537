//! The Worker's document: several sites, each with the host and path prefix it answers.
//!
//! ```json
//! {"v":1,"sites":[{"match":{"host":"docs.example.com","prefix":"/"},"site":{"v":1,"bucket":"..."}}]}
//! ```
//!
//! An entry may also have a `role` that signs in the place of the Worker's secrets, `open`, how envelopes are opened here,
//! and `viewers`, the keys whose signatures admit viewers to what the site protects.
//!
//! It finds the site of a request; the site itself is validated by the core, when it serves, and by the same rules as on
//! CloudFront. A document that does not parse serves nothing.

use std::sync::Arc;

use keyfront_sigv4::uri_encoding;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use crate::credentials::{RoleDocument, RoleSettings};
use crate::opening::{OpenDocument, OpenSettings};
use crate::viewer_access::{ViewerKeys, ViewersDocument};

/// Why a document serves nothing. Correct the variable or secret `KEYFRONT_SITES`.
#[derive(Debug, thiserror::Error)]
pub enum SitesError {
    /// There is no document.
    #[error("KEYFRONT_SITES is not set")]
    Missing,
    /// It is no JSON, or a field is unknown, missing or of another type.
    #[error("KEYFRONT_SITES is invalid")]
    Json(#[from] serde_json::Error),
    /// A document of another version of the software.
    #[error("KEYFRONT_SITES has version {0}, this Worker supports version 1")]
    Version(u32),
    /// No request could be served.
    #[error("KEYFRONT_SITES has no sites")]
    Empty,
    /// A `match` that could never hold, or would hold for less than it says.
    #[error("the match of site {index} {rule}")]
    Match {
        /// Place in the list, from 0.
        index: usize,
        /// What it breaks.
        rule: &'static str,
    },
    /// A field besides `match` and `site` that breaks a rule.
    #[error("{field} of site {index} {rule}")]
    Entry {
        /// Place in the list, from 0.
        index: usize,
        /// Which.
        field: &'static str,
        /// What it breaks.
        rule: &'static str,
    },
    /// Two sites answer the same requests.
    #[error("sites {first} and {second} match the same requests")]
    Ambiguous {
        /// Place in the list, from 0.
        first: usize,
        /// Place in the list, from 0.
        second: usize,
    },
}

impl SitesError {
    /// For the operator's log: the code and the chain of causes on one line.
    #[must_use]
    pub fn log_line(&self, request_id: &str) -> String {
        let mut line = format!("keyfront site-invalid request {request_id}: {self}");
        if let Self::Json(source) = self {
            line.extend([": ", source.to_string().as_str()]);
        }
        line.escape_default().to_string()
    }
}

/// A validated document.
#[derive(Debug)]
pub struct Sites {
    /// Most specific first.
    entries: Vec<Arc<SiteEntry>>,
}

/// One site and the requests it answers.
#[derive(Debug)]
pub struct SiteEntry {
    host: Option<String>,
    /// Without a trailing slash.
    prefix: String,
    /// The site's document, without white space, as [`keyfront_edge::Invocation`] takes it.
    pub site: Box<[u8]>,
    /// The role whose sessions sign, if it is not the Worker's secrets themselves.
    pub role: Option<Arc<RoleSettings>>,
    /// How envelopes under the reader's prefix are opened here, if they are.
    pub(crate) open: Option<OpenSettings>,
    /// Whose signatures admit viewers to what the site protects; without them, nobody is admitted.
    pub(crate) viewer_keys: Option<ViewerKeys>,
    /// Half of the SHA-256 of the site's document, in hexadecimal digits.
    pub digest: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'d> {
    v: u32,
    #[serde(borrow)]
    sites: Vec<EntryDocument<'d>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryDocument<'d> {
    r#match: MatchDocument,
    #[serde(borrow)]
    site: &'d RawValue,
    role: Option<RoleDocument>,
    open: Option<OpenDocument>,
    viewers: Option<ViewersDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MatchDocument {
    host: Option<String>,
    prefix: Option<String>,
}

impl Sites {
    /// Reads and validates a document.
    ///
    /// # Errors
    /// [`SitesError`], for the first thing wrong.
    pub fn parse(text: &str) -> Result<Self, SitesError> {
        if text.trim().is_empty() {
            return Err(SitesError::Missing);
        }
        let document: Document<'_> = serde_json::from_str(text)?;
        if document.v != 1 {
            return Err(SitesError::Version(document.v));
        }
        if document.sites.is_empty() {
            return Err(SitesError::Empty);
        }
        let mut entries = Vec::with_capacity(document.sites.len());
        for (index, entry) in document.sites.into_iter().enumerate() {
            let entry = validate(entry).map_err(|(field, rule)| match field {
                "match" => SitesError::Match { index, rule },
                field => SitesError::Entry { index, field, rule },
            })?;
            if let Some(first) = entries.iter().position(|known| entry.is_like(known)) {
                let second = index;
                return Err(SitesError::Ambiguous { first, second });
            }
            entries.push(entry);
        }
        // A named host before any host, then the longer prefix.
        entries.sort_by_key(|entry| (entry.host.is_none(), core::cmp::Reverse(entry.prefix.len())));
        let entries = entries.into_iter().map(Arc::new).collect();
        Ok(Self { entries })
    }

    /// The most specific site for a request to `host` (with or without its port) and `path`, percent-encoded as
    /// received: prefixes are compared after decoding, so that no spelling avoids a site.
    #[must_use]
    pub fn site(&self, host: &str, path: &str) -> Option<&Arc<SiteEntry>> {
        // A path that does not decode is refused by every site alike, so any of the host's will say so.
        let decoded = uri_encoding::decode(path).ok();
        self.entries
            .iter()
            .find(|entry| entry.answers(host, decoded.as_deref()))
    }
}

impl SiteEntry {
    fn answers(&self, host: &str, path: Option<&str>) -> bool {
        let named = self.host.as_deref();
        let is_host = named.is_none_or(|named| {
            named.eq_ignore_ascii_case(host) || named.eq_ignore_ascii_case(without_port(host))
        });
        let is_path = path.is_none_or(|path| {
            path.strip_prefix(self.prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        is_host && is_path
    }

    fn is_like(&self, other: &Self) -> bool {
        self.host == other.host && self.prefix == other.prefix
    }
}

fn validate(document: EntryDocument<'_>) -> Result<SiteEntry, (&'static str, &'static str)> {
    let EntryDocument {
        r#match,
        site,
        role,
        open,
        viewers,
    } = document;
    let (host, prefix) = validate_match(r#match).map_err(|rule| ("match", rule))?;
    let role = role.map(RoleSettings::validate).transpose();
    let open = open.map(|open| OpenSettings::validate(open, site.get()));
    let viewers = viewers.map(|viewers| ViewerKeys::validate(viewers, site.get()));
    let document = compact(site.get()).into_bytes();
    let half = &Sha256::digest(&document)[..16];
    Ok(SiteEntry {
        host,
        prefix,
        digest: hex::encode(half),
        site: document.into(),
        role: role.map_err(|rule| ("role", rule))?.map(Arc::new),
        open: open.transpose().map_err(|rule| ("open", rule))?,
        viewer_keys: viewers.transpose().map_err(|rule| ("viewers", rule))?,
    })
}

fn validate_match(document: MatchDocument) -> Result<(Option<String>, String), &'static str> {
    let MatchDocument { host, prefix } = document;
    let host = host.map(|host| host.to_ascii_lowercase());
    if host.as_deref().is_some_and(|host| !is_host(host)) {
        return Err("has a host that is not a host name");
    }
    let prefix = prefix.unwrap_or_default();
    if !prefix.is_empty() && !prefix.starts_with('/') {
        return Err("has a prefix that does not start with a slash");
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(&prefix);
    if prefix.contains("//") || prefix.ends_with('/') {
        return Err("has a prefix with an empty segment");
    }
    Ok((host, prefix.to_owned()))
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
}

fn without_port(authority: &str) -> &str {
    authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host)
}

/// JSON without the white space between its tokens: people write a site over many lines, and the core takes one.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    json.chars()
        .filter(|character| {
            let kept = quoted || !character.is_ascii_whitespace();
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = quoted,
                '"' => quoted = !quoted,
                _ => {}
            }
            kept
        })
        .collect()
}

#[cfg(test)]
mod tests;
