//! Step 3: the signing key, derived from the secret for one day, region and service, and a small cache.
//!
//! A key is kept as HMAC's two states after the key block, so that a signature costs no key set-up. The cache
//! is keyed by everything the derivation reads, the secret included: a rotated secret or a new day can never
//! meet an old key.
//!
//! Spec: "Derive a signing key" in *Signature Version 4 signing process* (AWS IAM user guide).

use alloc::{string::String, vec::Vec};
use core::fmt;

use zeroize::Zeroizing;

use crate::{
    algorithm::Algorithm, amz_date::AmzDate, credentials::SecretAccessKey, error::SigningError,
    hmac_sha256::KeyedHmac, request::SigningContext, signature::Signature,
    string_to_sign::StringToSign,
};

/// A signing key, ready to sign. Wiped on drop.
#[derive(Clone)]
pub struct SigningKey(KeyedHmac);

impl SigningKey {
    /// Derives the key: four HMACs.
    #[must_use]
    pub fn derive(secret: &SecretAccessKey, date: &AmzDate, region: &str, service: &str) -> Self {
        let mut first = Zeroizing::new(String::with_capacity(4 + secret.expose().len()));
        first.push_str("AWS4");
        first.push_str(secret.expose());
        let mut key = KeyedHmac::new(first.as_bytes());
        for step in [date.day(), region, service, "aws4_request"] {
            let derived = Zeroizing::new(key.mac(step.as_bytes()));
            key = KeyedHmac::new(derived.as_slice());
        }
        Self(key)
    }

    /// Step 4: signs.
    #[must_use]
    pub fn sign(&self, string_to_sign: &StringToSign) -> Signature {
        Signature::of(&self.0.mac(string_to_sign.as_str().as_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}

/// The few signing keys a process uses: old secret and new around a rotation, yesterday and today around
/// midnight, for a handful of services.
#[derive(Debug, Default)]
pub struct SigningKeyCache {
    entries: Vec<Entry>,
    /// Where the next key goes when the cache is full: the oldest entry.
    next: usize,
}

impl SigningKeyCache {
    /// Keys kept; the oldest makes room.
    pub const CAPACITY: usize = 8;

    /// An empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: Vec::new(),
            next: 0,
        }
    }

    /// The key for this context, derived if it is not there.
    pub fn key(&mut self, context: &SigningContext<'_>) -> &SigningKey {
        let index = match self.place(context) {
            Some(index) => index,
            None => self.insert(Entry::derive(context)),
        };
        &self.entries[index].key
    }

    /// The key and its scope, which is validated when it is first seen. For caches that nobody else fills: a signer's own.
    ///
    /// # Errors
    /// [`SigningError::Region`], [`SigningError::Service`]; nothing was derived.
    pub(crate) fn key_and_scope(
        &mut self,
        context: &SigningContext<'_>,
    ) -> Result<(&SigningKey, &str), SigningError> {
        let index = match self.place(context) {
            Some(index) => index,
            None => {
                Algorithm::HmacSha256.check_scope(context)?;
                self.insert(Entry::derive(context))
            }
        };
        let entry = &self.entries[index];
        Ok((&entry.key, &entry.scope))
    }

    fn place(&self, context: &SigningContext<'_>) -> Option<usize> {
        self.entries.iter().position(|entry| entry.serves(context))
    }

    fn insert(&mut self, entry: Entry) -> usize {
        // All the room at once: a vector that grows leaves its keys behind.
        if self.entries.capacity() == 0 {
            self.entries.reserve_exact(Self::CAPACITY);
        }
        if self.entries.len() < Self::CAPACITY {
            self.entries.push(entry);
            return self.entries.len() - 1;
        }
        let index = self.next;
        self.entries[index] = entry;
        self.next = (index + 1) % Self::CAPACITY;
        index
    }
}

struct Entry {
    secret: SecretAccessKey,
    day: [u8; 8],
    region: String,
    service: String,
    scope: String,
    key: SigningKey,
}

impl Entry {
    fn derive(context: &SigningContext<'_>) -> Self {
        let secret = context.credentials.secret_access_key();
        Self {
            secret: secret.clone(),
            day: context.date.day_bytes(),
            region: context.region.into(),
            service: context.service.into(),
            scope: Algorithm::HmacSha256.scope(context),
            key: SigningKey::derive(secret, &context.date, context.region, context.service),
        }
    }

    fn serves(&self, context: &SigningContext<'_>) -> bool {
        self.day == context.date.day_bytes()
            && self.service == context.service
            && self.region == context.region
            && (self.secret).is(context.credentials.secret_access_key().expose())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({}, {}, redacted)", self.region, self.service)
    }
}
