//! Unlocking: from an object's metadata, maybe its instruction file, to its content key.
//!
//! Which contexts are accepted is the configuration's; the order of checks is `keyfront-envelope`'s.

use bytes::Bytes;
use keyfront_envelope::{
    AwaitingKey, Description, KeyNeed, LegacyWraps, MAX_INSTRUCTION_FILE, OpenPolicy, Opening,
    Unlocked, begin, instruction_file_key,
};
use keyfront_names::ObjectKey;

use super::Reader;
use crate::{
    encryption::{EnvelopeWrap, content_context},
    error::Error,
    store::Described,
};

/// One kind of envelope that is accepted.
struct Accepted {
    wrap: EnvelopeWrap,
    context: Description,
}

impl Reader {
    /// Finds the content key.
    pub(super) async fn unlock(
        &self,
        key: &ObjectKey,
        described: &Described,
    ) -> Result<Unlocked, Error> {
        let mut file = None;
        for accepted in self.accepted(key) {
            let admitted = self.admit(key, described, accepted.context, &mut file);
            match admitted.await {
                Ok(awaiting) if wrap_needed(&awaiting) == accepted.wrap => {
                    return self.unwrap(awaiting).await;
                }
                // Accepted by a context that is meant for another wrap.
                Ok(_) | Err(Error::EnvelopeRefused(keyfront_envelope::Error::ContextMismatch)) => {}
                Err(error) => return Err(error),
            }
        }
        Err(refusal(keyfront_envelope::Error::ContextMismatch))
    }

    fn accepted(&self, key: &ObjectKey) -> impl Iterator<Item = Accepted> {
        let own = Accepted {
            wrap: EnvelopeWrap::Kms,
            context: content_context(&self.bucket, key),
        };
        let foreign = self.settings.foreign_context.clone();
        let foreign = foreign.map(|context| Accepted {
            wrap: EnvelopeWrap::Kms,
            context,
        });
        // A master key binds no context, so none can be expected.
        let master = self.master_key.is_some().then(|| Accepted {
            wrap: EnvelopeWrap::MasterKey,
            context: Description::new(),
        });
        std::iter::once(own).chain(foreign).chain(master)
    }

    async fn admit(
        &self,
        key: &ObjectKey,
        described: &Described,
        context: Description,
        file: &mut Option<Bytes>,
    ) -> Result<AwaitingKey, Error> {
        let policy = OpenPolicy {
            commitment: self.settings.commitment,
            legacy_wraps: LegacyWraps::Refused,
            context,
        };
        match begin(&described.metadata, policy).map_err(refusal)? {
            Opening::NeedsKey(awaiting) => Ok(awaiting),
            Opening::NeedsInstructionFile(awaiting) => {
                if file.is_none() {
                    *file = self.instruction_file(key).await?;
                }
                match file {
                    Some(body) => awaiting.supply(body).map_err(refusal),
                    None => Err(refusal(awaiting.absent())),
                }
            }
        }
    }

    async fn instruction_file(&self, key: &ObjectKey) -> Result<Option<Bytes>, Error> {
        // A key with no room for the suffix has no instruction file.
        let Ok(companion) = ObjectKey::new(instruction_file_key(key.as_str())) else {
            return Ok(None);
        };
        match self
            .store
            .read_companion(&companion, MAX_INSTRUCTION_FILE)
            .await
        {
            Ok(body) => Ok(Some(body)),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn unwrap(&self, awaiting: AwaitingKey) -> Result<Unlocked, Error> {
        let unlocked = match awaiting.need() {
            KeyNeed::KmsDecrypt {
                ciphertext,
                context,
            } => {
                let opened = self.opened.open(&self.kms, ciphertext, context).await?;
                awaiting.unlock(&opened.for_envelope())
            }
            KeyNeed::MasterKey { .. } => {
                let master = self.master_key.as_ref().ok_or(Error::MasterKeyMissing)?;
                awaiting.unlock_with_master(&master.key)
            }
        };
        unlocked.map_err(refusal)
    }
}

fn wrap_needed(awaiting: &AwaitingKey) -> EnvelopeWrap {
    match awaiting.need() {
        KeyNeed::KmsDecrypt { .. } => EnvelopeWrap::Kms,
        KeyNeed::MasterKey { .. } => EnvelopeWrap::MasterKey,
    }
}

/// Whose fault it is that an envelope does not open: the reader's policy, or the object.
pub(super) fn refusal(error: keyfront_envelope::Error) -> Error {
    use keyfront_envelope::Error as Refused;
    match error {
        Refused::RangeNotSatisfiable { plaintext_length } => Error::RangeNotSatisfiable {
            length: plaintext_length,
        },
        Refused::CommitmentRequired | Refused::LegacyWrap(_) | Refused::ContextMismatch => {
            Error::EnvelopeRefused(error)
        }
        Refused::NotAnEnvelope => Error::NotSealed,
        // The crate's enum may grow; what is not known to be policy is the object's fault.
        _ => Error::EnvelopeInvalid(error),
    }
}
