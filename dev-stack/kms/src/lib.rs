//! A local AWS KMS: symmetric keys, data keys, encryption contexts, key policies and key states.
//!
//! Every call is authorized by the caller's policies and the key's own, and refused with AWS's codes. There
//! are no asymmetric or HMAC keys, grants, imported material, multi-Region keys or custom key stores.
//! Keys rest sealed under the state's root key, which is a file: this protects a developer's disk image,
//! it is not a hardware security module.

mod administration;
mod aliases;
mod calls;
mod cipher;
mod ciphertext;
mod encryption_context;
mod error;
mod json_api;
mod json_requests;
mod key;
mod key_id;
mod key_policy;
mod key_store;
mod paging;
mod permission;
mod rotation;
mod service;
mod use_of_keys;

pub use self::administration::{LockoutCheck, NewKey};
pub use self::aliases::AliasEntry;
pub use self::calls::{CallCounts, Operation};
pub use self::encryption_context::EncryptionContext;
pub use self::error::KmsError;
pub use self::key::{Key, KeyState};
pub use self::use_of_keys::{DataKey, DataKeySize, Decrypted, Encrypted, Kms};
