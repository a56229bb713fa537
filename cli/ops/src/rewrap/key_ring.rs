//! The keys of a run in use: data keys are unwrapped with an old one and wrapped with the new one.
//!
//! KMS is always told which key to unwrap with. A ciphertext names its own key, and whoever can write to the bucket
//! chooses the ciphertext: without that, a data key that a stranger knows would come to be wrapped by ours.

use std::collections::HashMap;

use anyhow::{Context as _, ensure};
use aws_sdk_kms::{Client, primitives::Blob};
use keyfront_envelope::{
    DataKey, Description, Error, KeyNeed, UnwrappedKey, WrappedDataKey, WrappedEnvelope,
    content_context,
};
use zeroize::Zeroizing;

use super::{kms_fault::KmsFault, wrapping_key::WrappingKey};
use crate::bucket_target::BucketTarget;

const DECRYPT: &str = "kms:Decrypt";
const ENCRYPT: &str = "kms:Encrypt";

/// The old keys and the new one.
#[derive(Debug)]
pub(super) struct KeyRing {
    old: Vec<Holder>,
    new: Holder,
    bucket: String,
    /// The new master key's name, written beside each data key it wraps.
    master_name: String,
}

/// A key, with KMS where it is.
#[derive(Debug)]
struct Holder {
    key: WrappingKey,
    kms: Client,
}

/// Whose data key it is.
#[derive(Debug)]
pub(super) enum Opened {
    /// The new key opens it.
    ByNew(UnwrappedKey),
    /// One of the old keys does.
    ByOld(UnwrappedKey),
    /// None does.
    ByNone,
    /// It was unwrapped, and is not the one that the object commits to.
    NotItsOwn,
}

/// A bare data key, by whose key KMS opened it.
pub(super) enum OpenedBytes {
    New(Zeroizing<Vec<u8>>),
    Old(Zeroizing<Vec<u8>>),
    Neither,
}

impl KeyRing {
    pub(super) fn new(
        target: &BucketTarget,
        old: Vec<WrappingKey>,
        new: WrappingKey,
        master_name: String,
    ) -> Self {
        let held = |key: WrappingKey| Holder {
            kms: match &key {
                WrappingKey::Kms(arn) => target.kms_of(arn),
                WrappingKey::Master { .. } => target.kms.clone(),
            },
            key,
        };
        Self {
            old: old.into_iter().map(held).collect(),
            new: held(new),
            bucket: target.bucket.to_string(),
            master_name,
        }
    }

    /// The new key's ARN, if KMS has it.
    pub(super) fn new_in_kms(&self) -> Option<&str> {
        self.new.arn()
    }

    /// Whether S3 could not read what it encrypts under this key once the old keys are gone.
    pub(super) fn is_old(&self, arn: &str) -> bool {
        self.old.iter().any(|holder| holder.arn() == Some(arn))
    }

    /// Wraps and unwraps a trial key, so that a missing grant or a disabled key is known before anything is done.
    ///
    /// # Errors
    /// The new key cannot be used.
    pub(super) async fn try_new(&self, prefix: &str) -> anyhow::Result<()> {
        let Some(_) = self.new.arn() else {
            return Ok(());
        };
        let mut trial = Zeroizing::new(vec![0; 32]);
        getrandom::fill(&mut trial).context("no random bytes from the operating system")?;
        let context = content_context(&self.bucket, prefix);
        let wrapped = self.new.encrypt(&trial, &context).await?;
        let opened = self.new.decrypt(&wrapped, &context).await?;
        let same = opened.is_some_and(|opened| *opened == *trial);
        ensure!(
            same,
            "key {} does not decrypt what it encrypts",
            self.new.key
        );
        Ok(())
    }

    /// Unwraps a data key, with the old keys first.
    ///
    /// # Errors
    /// No key opens it, and one of them could not be tried.
    pub(super) async fn open(&self, envelope: &WrappedEnvelope) -> Result<Opened, KmsFault> {
        match envelope.need() {
            KeyNeed::KmsDecrypt {
                ciphertext,
                context,
            } => {
                let opened = self.open_bytes(ciphertext, context).await?;
                let taken = |bytes: Zeroizing<Vec<u8>>| {
                    DataKey::from_slice(&bytes).and_then(|key| envelope.unwrapped(key))
                };
                Ok(match opened {
                    OpenedBytes::New(bytes) => {
                        taken(bytes).map_or(Opened::NotItsOwn, Opened::ByNew)
                    }
                    OpenedBytes::Old(bytes) => {
                        taken(bytes).map_or(Opened::NotItsOwn, Opened::ByOld)
                    }
                    OpenedBytes::Neither => Opened::ByNone,
                })
            }
            KeyNeed::MasterKey { .. } => Ok(self.open_with_masters(envelope)),
        }
    }

    /// Unwraps a data key that KMS wrapped, with the old keys first.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(super) async fn open_bytes(
        &self,
        ciphertext: &[u8],
        context: &Description,
    ) -> Result<OpenedBytes, KmsFault> {
        let mut fault = None;
        for holder in &self.old {
            match holder.decrypt(ciphertext, context).await {
                Ok(Some(bytes)) => return Ok(OpenedBytes::Old(bytes)),
                Ok(None) => {}
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        match (self.new.decrypt(ciphertext, context).await, fault) {
            (Ok(Some(bytes)), _) => Ok(OpenedBytes::New(bytes)),
            (_, Some(fault)) | (Err(fault), None) => Err(fault),
            (Ok(None), None) => Ok(OpenedBytes::Neither),
        }
    }

    fn open_with_masters(&self, envelope: &WrappedEnvelope) -> Opened {
        let masters = self.old.iter().chain([&self.new]).enumerate();
        for (place, holder) in masters {
            let WrappingKey::Master { key, .. } = &holder.key else {
                continue;
            };
            match envelope.unwrap_with_master(key) {
                Ok(opened) if place < self.old.len() => return Opened::ByOld(opened),
                Ok(opened) => return Opened::ByNew(opened),
                Err(Error::UnwrapFailed) => {}
                Err(_) => return Opened::NotItsOwn,
            }
        }
        Opened::ByNone
    }

    /// Wraps the data key of the object `key` with the new key.
    ///
    /// # Errors
    /// KMS does not serve the call, or the envelope cannot take what it returned.
    pub(super) async fn wrap(
        &self,
        key: &str,
        unwrapped: &UnwrappedKey,
    ) -> anyhow::Result<WrappedDataKey> {
        match &self.new.key {
            WrappingKey::Kms(_) => {
                let context = unwrapped.kms_context(content_context(&self.bucket, key))?;
                let plain = unwrapped.data_key().expose_key();
                let wrapped = self.new.encrypt(plain, context.entries()).await?;
                Ok(unwrapped.wrapped_by_kms(wrapped, context)?)
            }
            WrappingKey::Master { key, .. } => {
                let mut nonce = [0; 12];
                getrandom::fill(&mut nonce).context("no random bytes from the operating system")?;
                let name = ("master-key".to_owned(), self.master_name.clone());
                Ok(unwrapped.wrapped_by_master_key(key, nonce, Description::from([name])))
            }
        }
    }

    /// Wraps a bare data key with the new key, and unwraps it again.
    ///
    /// # Errors
    /// KMS does not serve the calls.
    pub(super) async fn wrap_bytes(
        &self,
        plain: &[u8],
        context: &Description,
    ) -> anyhow::Result<Vec<u8>> {
        let wrapped = self.new.encrypt(plain, context).await?;
        let opened = self.new.decrypt(&wrapped, context).await?;
        let same = opened.is_some_and(|opened| **opened == *plain);
        ensure!(
            same,
            "key {} does not decrypt what it encrypts",
            self.new.key
        );
        Ok(wrapped)
    }
}

impl Holder {
    fn arn(&self) -> Option<&str> {
        match &self.key {
            WrappingKey::Kms(arn) => Some(arn),
            WrappingKey::Master { .. } => None,
        }
    }

    async fn encrypt(&self, plain: &[u8], context: &Description) -> Result<Vec<u8>, KmsFault> {
        let key = self.arn().unwrap_or_default();
        let unusable = |source: &str| KmsFault::Failed {
            action: ENCRYPT,
            key: key.to_owned(),
            source: source.into(),
        };
        let call = self.kms.encrypt().key_id(key).plaintext(Blob::new(plain));
        let answer = call
            .set_encryption_context(Some(map(context)))
            .send()
            .await
            .map_err(|error| {
                KmsFault::of(ENCRYPT, key, error)
                    .unwrap_or_else(|| unusable("it refused the data key"))
            })?;
        let wrapped = answer.ciphertext_blob.map(Blob::into_inner);
        wrapped.ok_or_else(|| unusable("it returned no ciphertext"))
    }

    /// `None` where it is not this key's ciphertext under this context.
    async fn decrypt(
        &self,
        ciphertext: &[u8],
        context: &Description,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, KmsFault> {
        let Some(key) = self.arn() else {
            return Ok(None);
        };
        let call = self.kms.decrypt().key_id(key);
        let answer = call
            .ciphertext_blob(Blob::new(ciphertext))
            .set_encryption_context(Some(map(context)))
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer
                .plaintext
                .map(|plain| Zeroizing::new(plain.into_inner()))),
            Err(error) => KmsFault::of(DECRYPT, key, error).map_or(Ok(None), Err),
        }
    }
}

fn map(context: &Description) -> HashMap<String, String> {
    context.clone().into_iter().collect()
}

impl Opened {
    /// The data key, whoever's it is.
    pub(super) fn key(&self) -> Option<&UnwrappedKey> {
        match self {
            Self::ByNew(key) | Self::ByOld(key) => Some(key),
            Self::ByNone | Self::NotItsOwn => None,
        }
    }
}
