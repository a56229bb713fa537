//! The keys in KMS that sign for a system's viewers, where this program makes them: which one signs, which ones the CDN trusts
//! besides, and how one takes the other's place.
//!
//! All that is known of them stands in KMS: an alias for each place (`alias/keyfront/STACK/viewers`, `...-next`, `...-previous`), and
//! tags. So nothing is kept on this machine, and what was interrupted goes on. `key_ring` and `rotation` are pure; `key_store` calls.

mod key_ring;
mod key_store;
mod rotation;

pub(crate) use self::{
    key_ring::{KeyRing, KeySlot, RingKey, ViewerKeys},
    key_store::KeyStore,
    rotation::{Deployed, LONGEST_GRANT, Step, end_of_use, next_step},
};
