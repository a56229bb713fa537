//! Rules: what one publisher may do under one key prefix.
//!
//! A rule evaluates values; it does not know requests.

use serde::{Deserialize, Serialize};

use super::{Method, MethodName, Namespace, Person, Prefix};
use crate::{
    caching::{self, Caching},
    encryption::{EncryptionMode, EncryptionModes},
    media_type::{MediaRange, MediaType},
};

/// Cache-Control of objects whose rule names none: short, so that an overwrite shows soon.
const DEFAULT_CACHE_CONTROL: &str = "public, max-age=300";

/// Seconds a presigned request works where neither the rule nor the request says: time to send 5 GiB slowly.
pub(crate) const DEFAULT_LIFETIME: u32 = 3600;

/// Seconds a presigned request is valid at most (*Authenticating Requests: Using Query Parameters*).
pub const LONGEST_REQUEST: u32 = 604_800;

/// Why a publisher's rules do not allow a request. It names the publisher's own rule only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The credential is valid, and nobody is a publisher by it.
    #[error("no publisher of the policy has this identity")]
    NoPublisher,
    /// No rule's prefix covers the key.
    #[error("no rule of publisher {publisher:?} covers this key")]
    NoRule {
        /// The publisher's id.
        publisher: String,
    },
    /// The publisher may not publish releases of the site.
    #[error(
        "publisher {publisher:?} may not publish releases of site {site:?}: add it to the publisher's sites"
    )]
    Site {
        /// The publisher's id.
        publisher: String,
        /// The site.
        site: String,
    },
    /// The publisher's id cannot stand in a log of releases: the operator gives it another one in the policy.
    #[error(
        "publisher {publisher:?} cannot activate releases: the log takes ids of publishers and issuers of 1 to 512 bytes without control \
         characters; give it another id in the policy"
    )]
    NotForTheLog {
        /// The publisher's id.
        publisher: String,
    },
    /// The rule does not list the method.
    #[error("the rule for {prefix} does not allow {method}")]
    Method {
        /// The rule.
        prefix: Prefix,
        /// The requested method.
        method: Method,
    },
    /// The body is larger than the rule allows.
    #[error("uploads under {prefix} are limited to {limit} bytes")]
    TooLarge {
        /// The rule.
        prefix: Prefix,
        /// Bytes.
        limit: u64,
    },
    /// A file of a release is larger than the publisher may publish.
    #[error(
        "{path:?} has {size} bytes, and the publisher's site_limits allow {limit} for a file of a release (max_size)"
    )]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// A release is larger than the publisher may publish.
    #[error(
        "the release has {size} bytes, and the publisher's site_limits allow {limit} (max_release_size)"
    )]
    ReleaseTooLarge {
        /// Its bytes.
        size: u64,
        /// Bytes.
        limit: u64,
    },
    /// The rule does not list the body's type.
    #[error("the rule for {prefix} does not allow the content type {essence}")]
    ContentType {
        /// The rule.
        prefix: Prefix,
        /// The body's type.
        essence: String,
    },
    /// Overwriting was requested and is not allowed.
    #[error("the rule for {prefix} does not allow overwriting")]
    Overwrite {
        /// The rule.
        prefix: Prefix,
    },
    /// The rule does not list the encryption mode.
    #[error("the rule for {prefix} does not allow the encryption {mode}")]
    Encryption {
        /// The rule.
        prefix: Prefix,
        /// The requested mode.
        mode: EncryptionMode,
    },
    /// Copies would be kept for longer than the rule says.
    #[error("the rule for {prefix} lets copies be kept for at most {longest} seconds")]
    Caching {
        /// The rule.
        prefix: Prefix,
        /// Seconds.
        longest: u64,
    },
}

/// Whether an upload may replace an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// Only a new key may be written.
    Refuse,
    /// An object under the key is replaced.
    Allow,
}

/// A text that is safe as a header's value: printable ASCII, not empty, at most 256 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderText(String);

impl TryFrom<String> for HeaderText {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && text.trim() == text && (1..=256).contains(&text.len()) {
            Ok(Self(text))
        } else {
            Err("a header's value must have 1 to 256 printable ASCII characters")
        }
    }
}

impl From<HeaderText> for String {
    fn from(text: HeaderText) -> Self {
        text.0
    }
}

/// What a publisher may do under a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The folder; of several that cover a key, the longest alone decides.
    pub prefix: Prefix,
    /// Whose subjects `{sub}` stands for: must be said where the publisher has identities of several issuers, or of one and
    /// of IAM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_from: Option<Namespace>,
    /// Allowed methods. Deleting must be named; a policy of version 2 names them all.
    #[serde(default = "default_methods")]
    pub methods: Vec<MethodName>,
    /// Bytes of one object at most.
    pub max_size: u64,
    /// Allowed types.
    pub content_types: Vec<MediaRange>,
    /// Whether `?overwrite=true` is honoured.
    #[serde(default)]
    pub overwrite: bool,
    /// Types that browsers may open besides the inert ones ([`INERT`](crate::media_type::INERT)); all else is stored as
    /// attachment. Exact types only: `image/*` would let SVG through unseen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inline: Vec<MediaRange>,
    /// Whether browsers open what is published in a sandbox, without scripts and as of no origin. Only a rule for whole web
    /// sites says `false`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub sandbox: bool,
    /// Cache-Control of stored objects; `public, max-age=300` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_control: Option<HeaderText>,
    /// Allowed encryption modes, the first for uploads that name none; `sse-kms` alone when absent.
    #[serde(default, skip_serializing_if = "is_default")]
    pub encryption: EncryptionModes,
    /// Seconds that a presigned request works at most, 1 to 604,800; an hour when absent. Nothing takes such a request
    /// back before its end but the end of the session that signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_lifetime: Option<Lifetime>,
}

/// Seconds that S3 takes as the lifetime of a presigned request: 1 to 604,800.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Lifetime(u32);

impl Default for Lifetime {
    fn default() -> Self {
        Self(DEFAULT_LIFETIME)
    }
}

impl TryFrom<u32> for Lifetime {
    type Error = &'static str;

    fn try_from(seconds: u32) -> Result<Self, &'static str> {
        match seconds {
            1..=LONGEST_REQUEST => Ok(Self(seconds)),
            _ => Err("a lifetime must be 1 to 604800 seconds"),
        }
    }
}

impl From<Lifetime> for u32 {
    fn from(Lifetime(seconds): Lifetime) -> Self {
        seconds
    }
}

fn is_default(modes: &EncryptionModes) -> bool {
    *modes == EncryptionModes::default()
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde's signature
const fn is_true(flag: &bool) -> bool {
    *flag
}

fn default_methods() -> Vec<MethodName> {
    vec![MethodName::Get, MethodName::Put]
}

impl Rule {
    /// Evaluates a method.
    ///
    /// # Errors
    /// The rule does not list it.
    pub fn admit_method(&self, method: Method) -> Result<(), Denial> {
        if self.methods.iter().any(|name| name.grants(method)) {
            Ok(())
        } else {
            Err(Denial::Method {
                prefix: self.prefix.clone(),
                method,
            })
        }
    }

    /// Evaluates what is known of an upload before its body is read.
    ///
    /// # Errors
    /// The type, the size in bytes where it is known, or overwriting is not allowed.
    pub fn admit_upload(
        &self,
        media_type: &MediaType,
        size: Option<u64>,
        overwrite: Overwrite,
    ) -> Result<(), Denial> {
        if overwrite == Overwrite::Allow && !self.overwrite {
            return Err(Denial::Overwrite {
                prefix: self.prefix.clone(),
            });
        }
        if !self
            .content_types
            .iter()
            .any(|range| range.contains(media_type))
        {
            let essence = media_type.essence().to_owned();
            return Err(Denial::ContentType {
                prefix: self.prefix.clone(),
                essence,
            });
        }
        match size {
            Some(size) if size > self.max_size => Err(self.too_large()),
            _ => Ok(()),
        }
    }

    /// Chooses the encryption of an upload that asks for `requested`.
    ///
    /// # Errors
    /// The rule does not list the mode.
    pub fn admit_encryption(
        &self,
        requested: Option<EncryptionMode>,
    ) -> Result<EncryptionMode, Denial> {
        let denied = Denial::Encryption {
            prefix: self.prefix.clone(),
            // Without a requested mode the first one is chosen, so that only a requested one is denied.
            mode: requested.unwrap_or(EncryptionMode::SseKms),
        };
        self.encryption.choose(requested).ok_or(denied)
    }

    /// The Cache-Control of an upload that asks for `requested`.
    ///
    /// # Errors
    /// It lasts longer than the rule's.
    pub fn admit_caching(&self, requested: Option<Caching>) -> Result<String, Denial> {
        let own = self.cache_control();
        match requested {
            None => Ok(own.to_owned()),
            Some(caching) => caching.within(own).ok_or_else(|| Denial::Caching {
                prefix: self.prefix.clone(),
                longest: caching::longest(own),
            }),
        }
    }

    /// The Cache-Control of an object that was stored with `former` and comes back: as short as it was, and never longer than
    /// the rule's own, where it names one.
    pub fn caching_again(&self, former: Option<String>) -> Option<String> {
        let Some(HeaderText(own)) = &self.cache_control else {
            return former;
        };
        let other = former.filter(|former| former != own);
        let asked = other.as_deref().and_then(Caching::of_stored);
        Some(self.admit_caching(asked).unwrap_or_else(|_| own.clone()))
    }

    /// The rule as it is for this person; `None` if it is for people of another namespace, or the subject is no valid
    /// segment of a key.
    pub(super) fn for_person(&self, person: &Person) -> Option<Self> {
        let of = self.sub_from.as_ref();
        let theirs = of.is_none_or(|of| *of == person.namespace);
        if !theirs {
            return None;
        }
        let prefix = self.prefix.for_user(&person.folder)?;
        Some(Self {
            prefix,
            ..self.clone()
        })
    }

    /// The denial of a body over the rule's size.
    pub fn too_large(&self) -> Denial {
        self.too_large_for(self.max_size)
    }

    /// The denial of a body over another limit than the rule's own, in bytes.
    pub fn too_large_for(&self, limit: u64) -> Denial {
        Denial::TooLarge {
            prefix: self.prefix.clone(),
            limit,
        }
    }

    /// Whether objects of this type must be stored as attachment.
    pub fn forces_attachment(&self, media_type: &MediaType) -> bool {
        !media_type.is_inert() && !self.inline.iter().any(|range| range.contains(media_type))
    }

    /// Whether browsers must open objects of this type in a sandbox. Not PDF, which they show in a program that runs no
    /// script of the page's origin, and in a sandbox not at all.
    pub fn sandboxes(&self, media_type: &MediaType) -> bool {
        self.sandbox && media_type.essence() != "application/pdf"
    }

    /// Seconds that a presigned request works at most.
    pub fn max_lifetime(&self) -> u32 {
        self.max_lifetime.unwrap_or_default().into()
    }

    /// The Cache-Control objects are stored with.
    pub fn cache_control(&self) -> &str {
        self.cache_control
            .as_ref()
            .map_or(DEFAULT_CACHE_CONTROL, |text| &text.0)
    }
}

#[cfg(test)]
mod tests;
