//! Encrypting, decrypting and making data keys, on behalf of an authorized caller.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::state::State;
use keyfront_iam::Iam;
use keyfront_iam::Requester;
use zeroize::Zeroizing;

use super::calls::{CallCounter, CallCounts, Operation};
use super::ciphertext::CiphertextBlob;
use super::key_store::KeyStore;
use super::stored_key::StoredKey;
use super::{EncryptionContext, KmsError};

/// AWS's limit for what a key itself encrypts, in bytes.
const MAX_PLAINTEXT: usize = 4096;
/// AWS's limit for a ciphertext blob, in bytes.
const MAX_CIPHERTEXT: usize = 6144;

/// The local KMS. All calls are synchronous and quick, since keys are held in memory; only making an RSA key takes
/// part of a second.
#[derive(Debug)]
pub struct Kms {
    pub(super) iam: Arc<Iam>,
    pub(super) clock: Clock,
    pub(super) store: KeyStore,
    calls: CallCounter,
    throttled: AtomicU32,
}

/// A plaintext data key with its encrypted form.
pub struct DataKey {
    /// The key to encrypt with; wiped when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// The blob to keep beside the data.
    pub ciphertext: Vec<u8>,
    /// The key that encrypted it.
    pub key_arn: String,
}

/// What [`Kms::encrypt`] answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The blob.
    pub ciphertext: Vec<u8>,
    /// The key that made it.
    pub key_arn: String,
}

/// What [`Kms::decrypt`] answers.
pub struct Decrypted {
    /// What was encrypted; wiped when dropped.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// The key that had encrypted it.
    pub key_arn: String,
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey(redacted, {})", self.key_arn)
    }
}

impl fmt::Debug for Decrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Decrypted(redacted, {})", self.key_arn)
    }
}

/// The length of a data key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataKeySize {
    /// 32 bytes.
    Aes256,
    /// 16 bytes.
    Aes128,
    /// 1 to 1,024 bytes.
    Bytes(u16),
}

impl DataKeySize {
    fn bytes(self) -> Result<usize, KmsError> {
        match self {
            Self::Aes256 => Ok(32),
            Self::Aes128 => Ok(16),
            Self::Bytes(count @ 1..=1024) => Ok(usize::from(count)),
            Self::Bytes(_) => Err(KmsError::Validation(
                "NumberOfBytes must be between 1 and 1024".to_owned(),
            )),
        }
    }
}

impl Kms {
    /// Opens the keys in `state`; calls are authorized by `iam`.
    ///
    /// # Errors
    /// [`KmsError`] if the state cannot be read or holds an unreadable key.
    pub fn open(state: Arc<State>, iam: Arc<Iam>, clock: Clock) -> Result<Self, KmsError> {
        let store = KeyStore::open(state)?;
        store.sweep(clock.now())?;
        Ok(Self {
            iam,
            clock,
            store,
            calls: CallCounter::default(),
            throttled: AtomicU32::new(0),
        })
    }

    /// A new random data key, encrypted under `key_id` (id, ARN, alias or alias ARN).
    ///
    /// # Errors
    /// [`KmsError`]: the caller is not allowed, the key does not exist, is not enabled or is one that signs, or a limit is
    /// passed.
    pub fn generate_data_key(
        &self,
        requester: &Requester,
        key_id: &str,
        context: &EncryptionContext,
        size: DataKeySize,
    ) -> Result<DataKey, KmsError> {
        let operation = Operation::GenerateDataKey;
        self.arrive(operation)?;
        let stored = self.usable(requester, operation, key_id, context)?;
        make_data_key(&stored, operation, context, size)
    }

    /// As [`Kms::generate_data_key`], for callers that may not see the plaintext; it is not in the answer.
    ///
    /// # Errors
    /// As [`Kms::generate_data_key`].
    pub fn generate_data_key_without_plaintext(
        &self,
        requester: &Requester,
        key_id: &str,
        context: &EncryptionContext,
        size: DataKeySize,
    ) -> Result<Encrypted, KmsError> {
        let operation = Operation::GenerateDataKeyWithoutPlaintext;
        self.arrive(operation)?;
        let stored = self.usable(requester, operation, key_id, context)?;
        let made = make_data_key(&stored, operation, context, size)?;
        Ok(Encrypted {
            ciphertext: made.ciphertext,
            key_arn: made.key_arn,
        })
    }

    /// Encrypts 1 to 4,096 bytes under `key_id`.
    ///
    /// # Errors
    /// As [`Kms::generate_data_key`].
    pub fn encrypt(
        &self,
        requester: &Requester,
        key_id: &str,
        context: &EncryptionContext,
        plaintext: &[u8],
    ) -> Result<Encrypted, KmsError> {
        let operation = Operation::Encrypt;
        self.arrive(operation)?;
        if plaintext.is_empty() || plaintext.len() > MAX_PLAINTEXT {
            return Err(KmsError::Validation(format!(
                "Plaintext must have 1 to {MAX_PLAINTEXT} bytes"
            )));
        }
        let stored = self.usable(requester, operation, key_id, context)?;
        let key = stored.encryption_key(operation)?;
        Ok(Encrypted {
            ciphertext: key.encrypt(stored.key.id, context, plaintext)?,
            key_arn: stored.key.arn.clone(),
        })
    }

    /// Decrypts a blob. `key_id` may name the key it must have been made with; the blob names its own.
    ///
    /// # Errors
    /// As [`Kms::generate_data_key`]; [`KmsError::InvalidCiphertext`] for a changed blob or another
    /// context, [`KmsError::IncorrectKey`] if the blob belongs to another key than `key_id`.
    pub fn decrypt(
        &self,
        requester: &Requester,
        key_id: Option<&str>,
        context: &EncryptionContext,
        ciphertext: &[u8],
    ) -> Result<Decrypted, KmsError> {
        self.arrive(Operation::Decrypt)?;
        self.decrypt_arrived(requester, key_id, context, ciphertext)
            .map(|(stored, plaintext)| Decrypted {
                plaintext,
                key_arn: stored.key.arn.clone(),
            })
    }

    fn decrypt_arrived(
        &self,
        requester: &Requester,
        key_id: Option<&str>,
        context: &EncryptionContext,
        ciphertext: &[u8],
    ) -> Result<(Arc<StoredKey>, Zeroizing<Vec<u8>>), KmsError> {
        if ciphertext.is_empty() || ciphertext.len() > MAX_CIPHERTEXT {
            return Err(KmsError::Validation(format!(
                "CiphertextBlob must have 1 to {MAX_CIPHERTEXT} bytes"
            )));
        }
        let blob = CiphertextBlob::parse(ciphertext)?;
        let own_id = blob.key_id.to_string();
        let named = key_id.unwrap_or(&own_id);
        let stored = match self.usable(requester, Operation::Decrypt, named, context) {
            // Without a KeyId, a blob of an unknown key is just not a blob of ours.
            Err(KmsError::NotFound(_)) if key_id.is_none() => {
                return Err(KmsError::InvalidCiphertext);
            }
            usable => usable?,
        };
        if stored.key.id != blob.key_id {
            return Err(KmsError::IncorrectKey);
        }
        let key = stored.encryption_key(Operation::Decrypt)?;
        let plaintext = key.decrypt(&blob, context)?;
        Ok((stored, plaintext))
    }

    /// How often each operation was called since the KMS was opened.
    pub fn calls(&self) -> CallCounts {
        self.calls.counts()
    }

    /// Makes the next `count` calls fail with `ThrottlingException`: a fault for tests, of other crates too, which no API
    /// and no option can ask for.
    pub fn throttle_next(&self, count: u32) {
        self.throttled.store(count, Ordering::SeqCst);
    }

    /// Counts a call, and throttles it if that was requested.
    pub(super) fn arrive(&self, operation: Operation) -> Result<(), KmsError> {
        self.calls.count(operation);
        let one_less = |left: u32| left.checked_sub(1);
        let throttled = self
            .throttled
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        match throttled {
            Ok(_) => Err(KmsError::Throttled),
            Err(_) => Ok(()),
        }
    }
}

fn make_data_key(
    stored: &StoredKey,
    operation: Operation,
    context: &EncryptionContext,
    size: DataKeySize,
) -> Result<DataKey, KmsError> {
    let key = stored.encryption_key(operation)?;
    let mut plaintext = Zeroizing::new(vec![0; size.bytes()?]);
    getrandom::fill(&mut plaintext)?;
    Ok(DataKey {
        ciphertext: key.encrypt(stored.key.id, context, &plaintext)?,
        plaintext,
        key_arn: stored.key.arn.clone(),
    })
}
