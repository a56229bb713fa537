//! Unlocking: from an object's metadata, maybe its instruction file, to its content key.
//!
//! Which envelopes are accepted is decided by [`keyfront_envelope::reader`], who asks KMS for a data key by `data_keys`.

use std::{cell::RefCell, sync::Arc};

use keyfront_edge::Refusal;
use keyfront_envelope::reader::{DataKeyName, KeyOwner, KeySearch, StoredObject, find_key};
use keyfront_envelope::{AwaitingKey, DataKey, KeyNeed, Unlocked};
use keyfront_sigv4::{Signer, uri_encoding};

use super::data_keys::{DataKeys, Step, Waited};
use super::kms::{KmsError, Wrapped};
use super::{failure, kms, request::Opening};
use crate::{
    aws_call::{self, SignedBy},
    wire,
};

/// Milliseconds before each further attempt at KMS.
const KMS_PAUSES: [u32; 2] = [100, 400];

/// Milliseconds between two checks of a data key that another request is opening, and how often a request checks. By
/// polling, since a promise of another request's may never be settled: the runtime drops a request with its viewer.
const POLL_INTERVAL: u32 = 10;
const POLLS: u32 = 200;

thread_local! {
    static DATA_KEYS: RefCell<DataKeys> = const { RefCell::new(DataKeys::new()) };
    static SIGNER: RefCell<Signer> = const { RefCell::new(Signer::new()) };
}

impl Opening<'_> {
    /// Finds the content key.
    pub(super) async fn unlock(&self, object: &StoredObject<'_>) -> Result<Unlocked, Refusal> {
        let key = uri_encoding::decode(&self.path[1..]).map_err(|_| Refusal::PathInvalid)?;
        let search = find_key(&self.settings.policy, &key, object.metadata());
        let awaiting = match search.map_err(failure::refusal)? {
            KeySearch::NeedsKey(awaiting) => awaiting,
            KeySearch::NeedsInstructionFile(search) => {
                let file = self.instruction_file().await?;
                search.supply(file.as_deref()).map_err(failure::refusal)?
            }
        };
        let data_key = self.data_key(&awaiting).await?;
        awaiting.unlock(&data_key).map_err(failure::envelope)
    }

    async fn data_key(&self, awaiting: &AwaitingKey) -> Result<Arc<DataKey>, Refusal> {
        let KeyNeed::KmsDecrypt {
            ciphertext,
            context,
        } = awaiting.need()
        else {
            // The policy accepts no other wrap: a Worker has no master key.
            return Err(Refusal::EnvelopeRefused);
        };
        let credentials = self.exchange.credentials.role();
        let owner = KeyOwner::new(self.settings.key_arn.as_str(), credentials.access_key_id);
        let name = DataKeyName::new(owner, ciphertext, context);
        if let Some(key) = self.kept_data_key(&name).await {
            return Ok(key);
        }
        let wrapped = Wrapped {
            ciphertext,
            context,
        };
        let key = self.ask_kms(wrapped).await.map(Arc::new);
        let limits = self.settings.cache;
        DATA_KEYS.with_borrow_mut(|keys| keys.arrived(name, key.as_ref().ok(), limits, clock()));
        key
    }

    /// The key, if it is kept or another request gets it in time; `None`: this one has to ask.
    async fn kept_data_key(&self, name: &DataKeyName) -> Option<Arc<DataKey>> {
        let limits = self.settings.cache;
        let mut waited = Waited::NotYet;
        for poll in 1.. {
            let step = DATA_KEYS.with_borrow_mut(|keys| keys.step(name, limits, waited, clock()));
            match step {
                Step::Use(key) => return Some(key),
                Step::Ask => return None,
                Step::Wait => aws_call::pause(POLL_INTERVAL).await,
            }
            waited = if poll < POLLS {
                Waited::Once
            } else {
                Waited::Enough
            };
        }
        None
    }

    async fn ask_kms(&self, wrapped: Wrapped<'_>) -> Result<DataKey, Refusal> {
        let credentials = self.exchange.credentials.role();
        let mut pauses = KMS_PAUSES.iter();
        loop {
            let call = SIGNER.with_borrow_mut(|signer| {
                let by = SignedBy {
                    credentials: &credentials,
                    now: clock(),
                };
                kms::call(signer, self.settings, wrapped, by)
            });
            let call = call.map_err(Refusal::Unsignable)?;
            let response = aws_call::send(&call).await;
            let response = response.as_ref().map(|(status, body)| (*status, &body[..]));
            match (kms::read(response), pauses.next()) {
                (Ok(key), _) => return Ok(key),
                (Err(KmsError::Transient(_)), Some(pause)) => aws_call::pause(*pause).await,
                (Err(KmsError::Transient(refusal) | KmsError::Permanent(refusal)), _) => {
                    return Err(refusal);
                }
            }
        }
    }
}

fn clock() -> i64 {
    // Whole seconds, far from where a float loses them.
    wire::unix_time() as i64
}
