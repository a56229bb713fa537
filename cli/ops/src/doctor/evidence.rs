//! What was found out about one URL. Values only: who found them is the gatherers' business, what they mean
//! `diagnose`'s. What could not be found out says why, and counts as nothing.

use serde::{Serialize, Serializer};

use super::signature::Comparison;
use crate::{
    s3_document::S3Document,
    web_target::{ExchangeError, Made},
};

/// Something that was looked at, or the reason why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Gathered<T> {
    Found(T),
    NotChecked(String),
}

impl<T> Gathered<T> {
    pub(crate) fn found(&self) -> Option<&T> {
        match self {
            Self::Found(found) => Some(found),
            Self::NotChecked(_) => None,
        }
    }

    pub(crate) fn not_checked(why: impl Into<String>) -> Self {
        Self::NotChecked(why.into())
    }
}

impl<T> From<anyhow::Result<T>> for Gathered<T> {
    fn from(result: anyhow::Result<T>) -> Self {
        match result {
            Ok(found) => Self::Found(found),
            Err(error) => Self::NotChecked(format!("{error:#}")),
        }
    }
}

/// Everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Evidence {
    /// Without secrets.
    pub(crate) url: String,
    pub(crate) method: String,
    #[serde(flatten)]
    pub(crate) front: Front,
    #[serde(flatten)]
    pub(crate) behind: Behind,
}

/// What a viewer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Front {
    /// The answer to what was asked.
    #[serde(serialize_with = "found_or_failed")]
    pub(crate) answer: Result<Viewed, ExchangeError>,
    /// The same past the copy, where the first answer was one.
    pub(crate) past_copy: Gathered<Viewed>,
    /// The answer to HEAD, which needs no key, past any copy.
    pub(crate) head: Gathered<Viewed>,
}

/// What stands behind the URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Behind {
    pub(crate) behaviour: Gathered<Behaviour>,
    /// What the edge would send, sent with the operator's credentials.
    pub(crate) replay: Gathered<Replay>,
    /// What is active of a site with releases.
    pub(crate) release: Gathered<ActiveRelease>,
    /// The key objects must be encrypted with.
    pub(crate) demanded_key: Gathered<String>,
    #[serde(flatten)]
    pub(crate) resources: Resources,
}

/// The object's key, and the policies about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Resources {
    /// Of the object, or the demanded one.
    pub(crate) key: Gathered<KeyStatus>,
    pub(crate) bucket_policy: Gathered<PolicyVerdict>,
    pub(crate) key_policy: Gathered<PolicyVerdict>,
}

fn found_or_failed<S: Serializer>(
    answer: &Result<Viewed, ExchangeError>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    #[serde(rename_all = "kebab-case")]
    enum Outcome<'a> {
        Found(&'a Viewed),
        Failed(&'a ExchangeError),
    }
    let outcome = answer.as_ref().map_or_else(Outcome::Failed, Outcome::Found);
    outcome.serialize(serializer)
}

/// An answer as a viewer gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Viewed {
    pub(crate) status: u16,
    /// The code of a problem document, Keyfront's own.
    pub(crate) code: Option<String>,
    /// The edge's, or the origin's, id of the request.
    pub(crate) request_id: Option<String>,
    pub(crate) x_cache: Option<String>,
    /// Seconds in the cache.
    pub(crate) age: Option<u64>,
    /// The release that it was served from, by the edge's word.
    pub(crate) release: Option<String>,
    pub(crate) etag: Option<String>,
    /// Where a redirect leads, without secrets.
    pub(crate) location: Option<String>,
    /// S3's own words, which must never reach a viewer.
    pub(crate) s3: Option<S3Document>,
    /// Names of headers that must never reach a viewer.
    pub(crate) leaking: Vec<String>,
    /// Seconds by which the machine that answered is ahead of this one.
    pub(crate) clock_ahead: Option<i64>,
    pub(crate) connection: Option<Made>,
}

impl Viewed {
    /// Whether this came from a copy the CDN had.
    pub(crate) fn is_copy(&self) -> bool {
        let x_cache = self.x_cache.as_deref().unwrap_or_default();
        x_cache.starts_with("Hit ") || (self.age.is_some() && self.x_cache.is_none())
    }

    pub(crate) fn is_served(&self) -> bool {
        (200..400).contains(&self.status)
    }
}

/// The cache behaviour that serves the URL's path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Behaviour {
    pub(crate) distribution: String,
    pub(crate) pattern: String,
    /// Host of the origin.
    pub(crate) origin: String,
    /// ARN of the version that runs at origin-request.
    pub(crate) request_function: Option<String>,
    /// ARN of the version that runs at origin-response.
    pub(crate) response_function: Option<String>,
    /// ARN of the version that the stack published, where a stack was named.
    pub(crate) published: Option<String>,
    pub(crate) site: CarriedSite,
    /// Parameters of the URL that the site lists and the cache policy drops.
    pub(crate) dropped: Vec<String>,
    /// What is known of the function's code.
    pub(crate) code: Gathered<String>,
}

/// What the origin carries as `x-keyfront-site`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CarriedSite {
    Missing,
    /// Why the edge refuses it.
    Refused(String),
    Valid {
        bucket: String,
        region: String,
    },
}

/// The edge's request, repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Replay {
    /// The edge sends none: it answers by itself.
    Refused {
        code: String,
        /// What it would log.
        log: Option<String>,
    },
    /// It asks a function, which only its own role may.
    AsksFunction,
    /// It asks the bucket.
    #[serde(rename = "asked")]
    Sent(Box<BucketReplies>),
}

/// The release that a site's pointer names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ActiveRelease {
    /// The name of the site's releases.
    pub(crate) site: String,
    pub(crate) id: String,
    /// When it was activated, by the origin's clock.
    pub(crate) since: String,
    pub(crate) by: String,
    /// The number of the activation.
    pub(crate) n: u64,
    /// What its manifest says of the path.
    pub(crate) file: Gathered<ReleasedFile>,
}

/// A path of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ReleasedFile {
    /// Within the site.
    pub(crate) path: String,
    /// SHA-256 of the file and of its compressed forms; none if the manifest does not have the path.
    pub(crate) hashes: Vec<String>,
}

impl ActiveRelease {
    /// Whether an answer is of this release: by its name, or by its content, since a copy of a file that did not change
    /// keeps the name of the release that it was first served from. Nothing, where the answer says neither.
    pub(crate) fn is_served_by(&self, answer: &Viewed) -> Option<bool> {
        let release = answer.release.as_ref()?;
        if *release == self.id {
            return Some(true);
        }
        let file = self.file.found()?;
        let tag = answer.etag.as_deref().unwrap_or_default();
        let tag = tag.trim_start_matches("W/").trim_matches('"');
        Some(file.hashes.iter().any(|hash| hash == tag))
    }
}

/// What the bucket answers the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BucketReplies {
    /// Host, path and query.
    pub(crate) url: String,
    pub(crate) key: String,
    /// Whether the site was read from the distribution, or assumed.
    pub(crate) assumed_site: bool,
    pub(crate) head: BucketAnswer,
    pub(crate) get: BucketAnswer,
}

/// One answer of the bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BucketAnswer {
    pub(crate) status: u16,
    pub(crate) document: Option<S3Document>,
    pub(crate) encryption: Option<Encryption>,
    /// With `SignatureDoesNotMatch`.
    pub(crate) comparison: Option<Comparison>,
    pub(crate) clock_ahead: Option<i64>,
}

impl BucketAnswer {
    pub(crate) fn code(&self) -> &str {
        self.document
            .as_ref()
            .map_or("", |document| document.code.as_str())
    }

    pub(crate) fn message(&self) -> &str {
        self.document
            .as_ref()
            .map_or("", |document| document.message.as_str())
    }
}

/// How an object is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`; `none` where the store says nothing.
    pub(crate) mode: String,
    pub(crate) key: Option<String>,
    pub(crate) bucket_key: bool,
    /// An envelope of the S3 Encryption Client.
    pub(crate) envelope: bool,
}

/// A KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct KeyStatus {
    pub(crate) key: String,
    pub(crate) state: KeyState,
}

/// Whether it can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyState {
    Enabled,
    Disabled,
    /// With the moment of its end, where KMS reports it.
    PendingDeletion(Option<String>),
    /// KMS does not know it (any more).
    Missing,
    /// KMS's own word.
    Other(String),
}

/// What a resource's policy says about the edge's role, evaluated without the role's own policies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PolicyVerdict {
    Allows,
    /// It leaves the decision to the role's own policies.
    LeavesToRole,
    /// It names neither the role nor the account.
    NamesNeither,
    /// A statement denies, by its `Sid`.
    Denies(Option<String>),
}
