//! A local AWS KMS: symmetric keys, data keys, encryption contexts, keys that sign, key policies and key states.
//!
//! Every call is authorized by the caller's policies and the key's own, and refused with AWS's codes. There
//! are no RSA keys that encrypt, no HMAC keys, grants, imported material, multi-Region keys or custom key stores.
//! Keys rest sealed under the state's root key, which is a file: this protects a developer's disk image,
//! it is not a hardware security module.

mod administration;
mod aliases;
mod calls;
mod cipher;
mod ciphertext;
mod ecc_key;
mod encryption_context;
mod error;
mod hash_algorithm;
mod json_api;
mod json_metadata;
mod json_requests;
mod json_signing;
mod key;
mod key_id;
mod key_policy;
mod key_spec;
mod key_store;
mod material;
mod paging;
mod permission;
mod rotation;
mod rsa_key;
mod service;
mod signing;
mod signing_algorithm;
mod signing_key;
mod signing_message;
mod stored_key;
mod use_of_keys;

pub use self::administration::{LockoutCheck, NewKey};
pub use self::aliases::AliasEntry;
pub use self::calls::{CallCounts, Operation};
pub use self::encryption_context::EncryptionContext;
pub use self::error::KmsError;
pub use self::hash_algorithm::HashAlgorithm;
pub use self::key::{Key, KeyState};
pub use self::key_spec::{KeySpec, KeyUsage};
pub use self::signing::{PublicKey, Signature, SigningRequest};
pub use self::signing_algorithm::{RsaPadding, SigningAlgorithm};
pub use self::signing_message::Message;
pub use self::use_of_keys::{DataKey, DataKeySize, Decrypted, Encrypted, Kms};
