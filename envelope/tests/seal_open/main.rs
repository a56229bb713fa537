//! The laws of sealing and opening, through the public interface only.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod keys;
mod laws;
mod lengths;
mod wraps;

use keyfront_envelope::{
    AwaitingKey, Commitment, DataKey, Description, Envelope, Error, Format, KmsContext, MasterKey,
    OpenPolicy, Opening, Seed, Unlocked, WrappedDataKey, begin, seal,
};

const DATA_KEY: [u8; 32] = [7; 32];
const MASTER_KEY: [u8; 32] = [8; 32];

fn context(entries: &[(&str, &str)]) -> Description {
    entries
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn from_kms(format: Format) -> WrappedDataKey {
    let context = KmsContext::new(format, context(&[("tenant", "a")])).unwrap();
    WrappedDataKey::from_kms(DataKey::new(DATA_KEY), b"wrapped".to_vec(), context).unwrap()
}

fn by_master(format: Format) -> WrappedDataKey {
    let master = MasterKey::new(MASTER_KEY);
    WrappedDataKey::by_master_key(
        format,
        DataKey::new(DATA_KEY),
        &master,
        [5; 12],
        Description::new(),
    )
}

fn policy(entries: &[(&str, &str)]) -> OpenPolicy {
    OpenPolicy {
        commitment: Commitment::Optional,
        context: context(entries),
        ..OpenPolicy::default()
    }
}

fn sealed(key: WrappedDataKey, plaintext: &[u8], piece: usize) -> (Envelope, Vec<u8>) {
    let seed = Seed::from_random([9; 28]);
    let (mut sealer, envelope) = seal(key, seed, Some(plaintext.len() as u64)).unwrap();
    let mut body = plaintext.to_vec();
    for piece in body.chunks_mut(piece) {
        sealer.seal(piece).unwrap();
    }
    body.extend(sealer.finish().unwrap());
    (envelope, body)
}

fn awaiting(envelope: &Envelope, policy: OpenPolicy) -> Result<AwaitingKey, Error> {
    match begin(envelope.metadata().unwrap(), policy)? {
        Opening::NeedsKey(awaiting) => Ok(awaiting),
        Opening::NeedsInstructionFile(_) => panic!("the envelope is on the object"),
    }
}

fn unlocked(envelope: &Envelope) -> Unlocked {
    let awaiting = awaiting(envelope, policy(&[("tenant", "a")])).unwrap();
    awaiting.unlock(&DataKey::new(DATA_KEY)).unwrap()
}
