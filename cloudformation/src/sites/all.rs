//! All sites of a distribution, in the order of their behaviours.

use keyfront_names::KeyArn;
use keyfront_viewers::PublicKey;

use super::{
    document::Document,
    entry::{ExistingBucket, SiteEntry, Storage},
    error::SitesError,
    limits::{MAX_BEHAVIOURS, OWN_BEHAVIOURS},
    viewers::{Logins, Viewers, ViewersDocument},
};

/// Sites in the order of their behaviours: a path before those it lies under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sites {
    pub(super) entries: Vec<SiteEntry>,
    pub(super) viewers: Option<Viewers>,
}

impl Sites {
    /// Reads and validates a document.
    ///
    /// # Errors
    /// [`SitesError`] names the first site and field that breaks a rule.
    pub fn parse(text: &str) -> Result<Self, SitesError> {
        let document: Document = serde_json::from_str(text)?;
        if document.v != 1 {
            return Err(SitesError::Version(document.v));
        }
        if document.sites.is_empty() && document.viewers.is_none() {
            return Err(SitesError::Empty);
        }
        let viewers = document.viewers.map(ViewersDocument::validated);
        let viewers = viewers.transpose()?;
        let mut entries: Vec<SiteEntry> = Vec::with_capacity(document.sites.len());
        for (at, entry) in document.sites.into_iter().enumerate() {
            let entry = entry.validated(at + 1)?;
            for (earlier, other) in entries.iter().enumerate() {
                entry
                    .agrees_with(other)
                    .map_err(|(field, rule)| SitesError::Pair {
                        first: earlier + 1,
                        second: at + 1,
                        field,
                        rule,
                    })?;
            }
            if let Some(viewers) = &viewers {
                viewers.agree_with(&entry)?;
            }
            entries.push(entry);
        }
        entries.sort_by(|one, other| {
            let depth = |entry: &SiteEntry| entry.path.matches('/').count();
            depth(other)
                .cmp(&depth(one))
                .then(one.path.cmp(&other.path))
        });
        let sites = Self { entries, viewers };
        match sites.behaviours() {
            many if many > MAX_BEHAVIOURS => Err(SitesError::TooMany(many)),
            _ => Ok(sites),
        }
    }

    /// Whether the templates are as they are committed: there are no sites, and nothing is protected.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.viewers.is_none()
    }

    /// The same sites with folders that only admitted viewers read, for a stack that has a signing key of its own.
    #[must_use]
    pub fn with_viewers(
        mut self,
        prefixes: Vec<String>,
        keys: Vec<PublicKey>,
        signing_key: KeyArn,
    ) -> Self {
        self.viewers = Some(Viewers {
            prefixes,
            keys,
            signing_key: Some(signing_key),
            further_signing_keys: Vec::new(),
            keys_of_deployment: false,
            logins: Logins::Elsewhere,
        });
        self
    }

    /// Whether the document protects something and names no keys: templates cannot be made before
    /// [`Self::with_keys_of_deployment`].
    pub fn leaves_keys_to_deployment(&self) -> bool {
        let viewers = self.viewers.as_ref();
        viewers.is_some_and(|viewers| viewers.keys_of_deployment)
    }

    /// The same sites with the keys that their document does not name, each with its public half; the first signs. Sites that name
    /// keys keep them.
    #[must_use]
    pub fn with_keys_of_deployment(mut self, keys: Vec<(KeyArn, PublicKey)>) -> Self {
        if let Some(viewers) = &mut self.viewers
            && viewers.keys_of_deployment
        {
            let (arns, public): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
            let mut arns = arns.into_iter();
            viewers.keys = public;
            viewers.signing_key = arns.next();
            viewers.further_signing_keys = arns.collect();
        }
        self
    }

    /// Whether a key that the templates need is not known.
    pub(crate) fn lacks_keys(&self) -> bool {
        let viewers = self.viewers.as_ref();
        viewers.is_some_and(|viewers| viewers.keys.is_empty())
    }

    /// The protected folders below the template's `SitePrefix`.
    pub fn protected_prefixes(&self) -> &[String] {
        let viewers = self.viewers.as_ref();
        viewers.map_or(&[], |viewers| viewers.prefixes.as_slice())
    }

    /// The public keys whose signatures admit viewers to what is protected.
    pub fn public_keys(&self) -> &[PublicKey] {
        let viewers = self.viewers.as_ref();
        viewers.map_or(&[], |viewers| viewers.keys.as_slice())
    }

    /// The paths, in the order of the behaviours.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.path.as_str())
    }

    /// Each bucket that is not the template's, once, by name.
    pub fn existing_buckets(&self) -> Vec<&ExistingBucket> {
        let mut buckets: Vec<_> = self
            .entries
            .iter()
            .filter_map(SiteEntry::existing)
            .collect();
        buckets.sort_by_key(|bucket| bucket.name.as_str());
        buckets.dedup();
        buckets
    }

    /// The same sites with other keys, for a stack that has keys of its own.
    #[must_use]
    pub fn with_keys(mut self, key: impl Fn(&ExistingBucket) -> KeyArn) -> Self {
        for entry in &mut self.entries {
            if let Storage::Existing(bucket) = &mut entry.storage {
                bucket.key = key(bucket);
            }
        }
        self
    }

    fn behaviours(&self) -> usize {
        let of_sites = self.entries.iter().map(|entry| entry.patterns().count());
        let protected = self.viewers.as_ref().map_or(0, Viewers::behaviours);
        OWN_BEHAVIOURS + protected + of_sites.sum::<usize>()
    }
}
