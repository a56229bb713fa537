//! What the Worker's document says about viewers: the public keys whose signatures admit them.
//!
//! What is protected is the site's `viewers`, as on CloudFront.

use keyfront_viewers::PublicKey;
use serde::{Deserialize, de::IgnoredAny};

/// As many as a key group of CloudFront holds.
const MAX_KEYS: usize = 5;
/// As [`keyfront_viewers::examine`] takes them.
const MAX_ID: usize = 64;

/// The field `viewers` of an entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewersDocument {
    keys: Vec<KeyDocument>,
    #[serde(default)]
    logins: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyDocument {
    id: String,
    pem: String,
}

/// What is looked at of a site.
#[derive(Deserialize)]
struct SiteDocument {
    viewers: Option<ProtectedDocument>,
}

#[derive(Deserialize)]
struct ProtectedDocument {
    serves: Option<IgnoredAny>,
}

/// Validated keys.
#[derive(Debug)]
pub(crate) struct ViewerKeys {
    keys: Vec<(String, PublicKey)>,
    /// Whether viewers log in below `/_viewer/` of the same host.
    pub(super) logins: bool,
}

impl ViewerKeys {
    /// Validates a document beside its site's.
    ///
    /// # Errors
    /// The rule that is broken.
    pub(crate) fn validate(document: ViewersDocument, site: &str) -> Result<Self, &'static str> {
        let site: SiteDocument =
            serde_json::from_str(site).map_err(|_| "needs a site with viewers")?;
        match site.viewers {
            // All of it would be public, whatever the keys seem to say.
            None => return Err("needs a site with viewers"),
            Some(protected) if protected.serves.is_some() => {
                return Err("needs a site without viewers.serves, which is CloudFront's");
            }
            Some(_) => {}
        }
        if !(1..=MAX_KEYS).contains(&document.keys.len()) {
            return Err("needs 1 to 5 keys");
        }
        let mut keys: Vec<(String, PublicKey)> = Vec::with_capacity(document.keys.len());
        for KeyDocument { id, pem } in document.keys {
            if !is_id(&id) {
                return Err("has a key whose id is not 1 to 64 letters and digits");
            }
            if keys.iter().any(|(known, _)| *known == id) {
                return Err("has two keys with one id");
            }
            let key = PublicKey::from_pem(&pem).map_err(
                |_| "has a key whose pem is not a public key of P-256 or of RSA with 2048 bits",
            )?;
            keys.push((id, key));
        }
        Ok(Self {
            keys,
            logins: document.logins,
        })
    }

    /// The key of this id.
    pub(super) fn find(&self, id: &str) -> Option<&PublicKey> {
        let mut keys = self.keys.iter();
        keys.find(|(known, _)| known == id).map(|(_, key)| key)
    }
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
