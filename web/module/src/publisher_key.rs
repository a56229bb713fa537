//! A publisher's own key: what it is called, and how a passphrase becomes one.
//!
//! It makes no random keys and stores none.

use alloc::string::String;
use alloc::vec::Vec;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use keyfront_envelope::MasterKey;
use sha2::{Digest as _, Sha256};

use crate::frame::Frame;
use crate::refused::Refused;

/// KiB of memory, passes and lanes of Argon2id (RFC 9106): its second recommendation, but for one lane, since a page
/// has one thread. `web/src/sealing/keys.ts` writes them into a key's description.
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
const KEY: usize = 32;
const SALT: usize = 16;

/// Binds the id to its purpose.
const ID_PREFIX: &[u8] = b"keyfront publisher key id v1\0";
/// Bytes of the hash that are the id: two keys of one publisher do not meet by chance.
const ID: usize = 12;

/// Names a key: 24 hexadecimal digits of its SHA-256. In: 32 bytes of key. Back: the digits.
///
/// The id is public. Whoever has it can check a guess of the passphrase, as whoever has a sealed object can.
///
/// # Errors
/// [`Refused::Frame`].
pub fn key_id(frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let mut frame = Frame::new(frame);
    let key = frame.bytes::<KEY>()?;
    frame.end()?;
    let digest = Sha256::new()
        .chain_update(ID_PREFIX)
        .chain_update(key)
        .finalize();
    let digits = digest[..ID].iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits: String = digits
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect();
    out.extend_from_slice(digits.as_bytes());
    Ok(())
}

/// Derives a key from a passphrase by Argon2id, version 0x13. In: 16 bytes of salt, the passphrase. Back: 32 bytes.
///
/// # Errors
/// [`Refused::Frame`] for a salt that is too short; [`Refused::Memory`] if the module cannot have 64 MiB.
pub fn derive(frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let mut frame = Frame::new(frame);
    let salt = frame.bytes::<SALT>()?;
    let passphrase = frame.rest();
    let params = Params::new(MEMORY, PASSES, LANES, Some(KEY)).map_err(|_| Refused::Frame)?;
    let mut memory = Vec::new();
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|_| Refused::Memory)?;
    memory.resize(params.block_count(), Block::default());
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let start = out.len();
    out.resize(start + KEY, 0);
    // The module's heap wipes the memory when it is freed.
    argon2
        .hash_password_into_with_memory(passphrase, salt, &mut out[start..], &mut memory)
        .map_err(|_| Refused::Frame)
}

/// A key out of a frame.
pub(crate) fn master(frame: &mut Frame<'_>) -> Result<MasterKey, Refused> {
    Ok(MasterKey::from_slice(frame.bytes::<KEY>()?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(key: &[u8]) -> Result<String, Refused> {
        let mut out = Vec::new();
        key_id(key, &mut out).map(|()| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_key_keeps_its_id() {
        // printf 'keyfront publisher key id v1\0' + 32 zeros | sha256sum
        assert_eq!(id(&[0; 32]).unwrap(), EXPECTED_ID);
        assert_ne!(id(&[1; 32]).unwrap(), EXPECTED_ID);
        assert_eq!(id(&[0; 31]), Err(Refused::Frame));
        assert_eq!(id(&[0; 33]), Err(Refused::Frame));
    }
    const EXPECTED_ID: &str = "799a0b587a7cda81c04d039b";

    #[test]
    #[cfg_attr(miri, ignore = "64 MiB of hashing")]
    fn a_passphrase_becomes_the_key_that_the_reference_implementation_derives() {
        let mut out = Vec::new();
        derive(b"0123456789abcdefcorrect horse battery staple", &mut out).unwrap();
        // argon2-cffi (the reference implementation): m=65536, t=3, p=1.
        assert_eq!(
            hex::encode(&out),
            "94c86f541abdb3d9aabfea59aa03963549483e9c0b1a79336e76b54cee6c917e"
        );
        assert_eq!(
            derive(b"too short a salt"[..15].as_ref(), &mut out),
            Err(Refused::Frame)
        );
    }
}
