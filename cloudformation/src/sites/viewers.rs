//! What of the template's own site only admitted viewers read, and the public keys of those who admit them.
//!
//! ```json
//! {"prefixes": ["members/"], "public_keys": ["-----BEGIN PUBLIC KEY-----\n..."],
//!  "signing_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"}
//! ```
//!
//! A document with neither keys nor `signing_key_arn` leaves both to whoever deploys.

use keyfront_names::KeyArn;
use keyfront_viewers::PublicKey;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    entry::SiteEntry,
    error::SitesError,
    path_rules::{TAKEN, is_plain, is_segment},
};

/// What the logical ids of public keys begin with.
pub(super) const PUBLIC_KEYS: &str = "ViewerKey";
/// The logical id of their group.
pub(super) const KEY_GROUP: &str = "ViewerKeys";
/// The logical ids and types of what people log in with at the stack's own user pool.
pub(super) const USER_POOL: [(&str, &str); 3] = [
    ("UserPool", "AWS::Cognito::UserPool"),
    ("UserPoolDomain", "AWS::Cognito::UserPoolDomain"),
    ("UserPoolClient", "AWS::Cognito::UserPoolClient"),
];
/// The logical id of what the origin puts into shared links.
pub(super) const PARAMETER: &str = "ViewersParameter";

/// As many as the edge knows.
const MAX_PREFIXES: usize = 16;
/// The public keys of a key group (CloudFront's quotas).
const MAX_KEYS: usize = 5;
/// An origin's id is made of the prefix, and may have 128 characters.
const MAX_PREFIX: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ViewersDocument {
    #[serde(default)]
    prefixes: Vec<String>,
    public_keys: Option<Vec<String>>,
    signing_key_arn: Option<String>,
    #[serde(default)]
    logins: bool,
    #[serde(default)]
    user_pool: bool,
}

/// The protected part of the template's own site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Viewers {
    /// Folders below `SitePrefix`; each ends with a slash, and none lies in another. Without any, links are shared all the same.
    pub(super) prefixes: Vec<String>,
    /// The first signs; a signature of the others is admitted as well.
    pub(super) keys: Vec<PublicKey>,
    /// The private half of the first, with which the origin signs shared links.
    pub(super) signing_key: Option<KeyArn>,
    /// What else may sign, while one key takes another's place.
    pub(super) further_signing_keys: Vec<KeyArn>,
    /// The document names no keys: those above are the deployment's.
    pub(super) keys_of_deployment: bool,
    /// Where people log in.
    pub(super) logins: Logins,
}

/// Where people log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Logins {
    /// Somewhere else, where others sign.
    Elsewhere,
    /// Below `/_viewer/` of the distribution, at issuers that the viewers' policy names.
    Here,
    /// The same, and the stack has a user pool to be one of them.
    OwnUserPool,
}

impl Logins {
    /// Whether people log in below `/_viewer/`.
    pub(super) const fn are_here(self) -> bool {
        matches!(self, Self::Here | Self::OwnUserPool)
    }
}

impl ViewersDocument {
    pub(super) fn validated(self) -> Result<Viewers, SitesError> {
        let Self {
            prefixes,
            public_keys,
            signing_key_arn,
            logins,
            user_pool,
        } = self;
        check_all(&prefixes)?;
        let keys_of_deployment = public_keys.is_none();
        let keys = public_keys.as_deref().map(keys).transpose()?;
        if keys_of_deployment && signing_key_arn.is_some() {
            return broken(
                "public_keys",
                "is missing beside signing_key_arn; print the public half with `keyfront viewers public-key`, or remove both, so that `keyfront deploy` makes the key",
            );
        }
        let signing_key = signing_key_arn.map(|arn| KeyArn::parse(&arn)).transpose();
        let Ok(signing_key) = signing_key else {
            return broken(
                "signing_key_arn",
                "is not the ARN of a KMS key, arn:aws:kms:REGION:ACCOUNT:key/ID; an alias may come to mean another key",
            );
        };
        if logins && signing_key.is_none() && !keys_of_deployment {
            return broken(
                "logins",
                "needs signing_key_arn, the key that signs what a login grants",
            );
        }
        if logins && prefixes.is_empty() {
            return broken("logins", "needs prefixes, the folders that a login opens");
        }
        if user_pool && !logins {
            return broken("user_pool", "needs logins, which lead people to it");
        }
        Ok(Viewers {
            prefixes,
            keys: keys.unwrap_or_default(),
            signing_key,
            further_signing_keys: Vec::new(),
            keys_of_deployment,
            logins: match (logins, user_pool) {
                (true, true) => Logins::OwnUserPool,
                (true, false) => Logins::Here,
                (false, _) => Logins::Elsewhere,
            },
        })
    }
}

fn keys(public_keys: &[String]) -> Result<Vec<PublicKey>, SitesError> {
    if public_keys.is_empty() || public_keys.len() > MAX_KEYS {
        return broken(
            "public_keys",
            "must hold 1 to 5 keys, as CloudFront takes them in a group",
        );
    }
    let mut keys = Vec::with_capacity(public_keys.len());
    for pem in public_keys {
        let key = PublicKey::from_pem(pem).map_err(SitesError::PublicKey)?;
        if keys.contains(&key) {
            return broken("public_keys", "holds a key twice");
        }
        keys.push(key);
    }
    Ok(keys)
}

fn check_all(prefixes: &[String]) -> Result<(), SitesError> {
    if prefixes.len() > MAX_PREFIXES {
        return broken(
            "prefixes",
            "names more than 16 folders; protect one above some of them",
        );
    }
    for (position, prefix) in prefixes.iter().enumerate() {
        check(prefix)?;
        let mut earlier = prefixes[..position].iter();
        if earlier
            .any(|other| other.starts_with(prefix.as_str()) || prefix.starts_with(other.as_str()))
        {
            return broken(
                "prefixes",
                "has a folder within another; keep the outer one",
            );
        }
    }
    Ok(())
}

fn check(prefix: &str) -> Result<(), SitesError> {
    let Some(inner) = prefix.strip_suffix('/').filter(|inner| !inner.is_empty()) else {
        return broken(
            "prefixes",
            "has a folder without a slash at its end, such as members/",
        );
    };
    let first = inner.split('/').next().unwrap_or_default();
    if prefix.len() > MAX_PREFIX
        || !prefix.bytes().all(is_plain)
        || !inner.split('/').all(is_segment)
    {
        return broken(
            "prefixes",
            "has a folder of more than 100 characters, with others than A-Z a-z 0-9 . _ -, or that begins with . or -; rename it",
        );
    }
    // What is read is protected like any folder.
    if TAKEN.contains(&first) && first != "read" {
        return broken(
            "prefixes",
            "has a folder under _publish/, _list/, _share/ or _viewer/, which the distribution serves itself; choose another",
        );
    }
    Ok(())
}

fn broken<T>(field: &'static str, rule: &'static str) -> Result<T, SitesError> {
    Err(SitesError::Viewers { field, rule })
}

impl Viewers {
    /// Whether a site's path lies in a protected folder, or the other way round: one of the two would never be reached.
    pub(super) fn agree_with(&self, site: &SiteEntry) -> Result<(), SitesError> {
        let path = &site.path[1..];
        let mut prefixes = self.prefixes.iter();
        if prefixes.any(|prefix| prefix.starts_with(path) || path.starts_with(prefix.as_str())) {
            return broken(
                "prefixes",
                "has a folder in which a site of this document lies, or which lies in one; choose another path",
            );
        }
        Ok(())
    }

    /// The behaviours of the protected folders, of shared links, and of logins.
    pub(super) fn behaviours(&self) -> usize {
        self.prefixes.len() + 2 + usize::from(self.logins.are_here())
    }

    /// The field of a site's document, with a place for `SitePrefix`. `serves` as in the document.
    pub(super) fn field(&self, serves: Option<&str>) -> String {
        let prefixes: Vec<String> = self.prefixes.iter().map(|prefix| placed(prefix)).collect();
        let serves = serves.map_or_else(String::new, |serves| format!(r#","serves":{serves}"#));
        format!(
            r#","viewers":{{"prefixes":[{}]{serves}}}"#,
            prefixes.join(",")
        )
    }
}

/// A folder of the bucket, for `Fn::Sub`.
pub(super) fn placed(prefix: &str) -> String {
    format!(r#""${{SitePrefix}}{prefix}""#)
}

/// What tells a public key from others in logical ids and in the output `ViewerKeyDigests`: the first 8 digits of its SHA-256.
/// Resources of CloudFront cannot be changed, so another key is another resource.
#[must_use]
pub fn viewer_key_digest(key: &PublicKey) -> String {
    let digest = Sha256::digest(key.info());
    digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
