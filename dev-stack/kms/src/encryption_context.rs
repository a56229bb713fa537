//! The encryption context: names and values that must be the same for encrypting and decrypting.

use std::collections::BTreeMap;
use std::collections::HashSet;

use keyfront_iam::Context;
use serde::Deserialize;

use super::KmsError;

/// AWS's limit for all names and values together, in bytes of its own encoding; ours is close to it.
const MAX_BYTES: usize = 8192;

/// Pairs of names and values, both case-sensitive, in no order. Not secret: it is logged and it is what
/// policies condition on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// A context of these pairs; of two pairs with one name the later counts.
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self(
            pairs
                .into_iter()
                .map(|(k, v)| (k.into(), v.into()))
                .collect(),
        )
    }

    /// The pairs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one byte string that stands for the context: pairs in order of names, each part preceded by
    /// its length, so that no two contexts share it.
    pub(super) fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in self.iter().flat_map(|(name, value)| [name, value]) {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }

    /// Refuses contexts that are too large, have an empty name, or names that differ only in case: names
    /// in policies' condition keys know no case, so such a context could be compared with the wrong value.
    pub(super) fn check(&self) -> Result<(), KmsError> {
        let size: usize = self
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if size > MAX_BYTES {
            return Err(KmsError::Validation(format!(
                "encryption context is longer than {MAX_BYTES} bytes"
            )));
        }
        let mut names = HashSet::new();
        for (name, _) in self.iter() {
            if name.is_empty() {
                return Err(KmsError::Validation(
                    "encryption context has an empty name".to_owned(),
                ));
            }
            if !names.insert(name.to_ascii_lowercase()) {
                return Err(KmsError::Validation(
                    "encryption context has names that differ only in case".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// The condition keys policies see of it.
    pub(super) fn add_to(&self, context: Context) -> Context {
        let names = self.iter().map(|(name, _)| name);
        let context = context.with_all("kms:EncryptionContextKeys", names);
        self.iter().fold(context, |context, (name, value)| {
            context.with(&format!("kms:EncryptionContext:{name}"), value)
        })
    }
}
