//! An order for one signature, in bytes, and its execution.
//!
//! ```text
//! u32 length          of the access key id, little-endian
//! 32 bytes            SHA-256 of the string to sign
//! the access key id, then the secret up to the end, ASCII
//! ```

use keyfront_sigv4::{EcdsaKeyCache, EcdsaSignature, SecretAccessKey, SigningError};

/// Orders of more bytes are refused: keys are far shorter.
pub const LONGEST_ORDER: usize = 4 << 10;

/// Signs with the key of the order's access key, derived if it is not in `keys`.
///
/// # Errors
/// [`SigningError::EcdsaUnavailable`] if the bytes are no order; errors of the credentials.
pub fn execute(keys: &mut EcdsaKeyCache, order: &[u8]) -> Result<EcdsaSignature, SigningError> {
    let (id, secret, digest) = parts(order).ok_or(SigningError::EcdsaUnavailable)?;
    let secret = SecretAccessKey::new(secret)?;
    Ok(keys.key(id, &secret)?.sign_sha256(digest))
}

fn parts(order: &[u8]) -> Option<(&str, &str, &[u8; 32])> {
    let (length, rest) = order.split_first_chunk::<4>()?;
    let (digest, names) = rest.split_first_chunk::<32>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (id, secret) = str::from_utf8(names).ok()?.split_at_checked(length)?;
    Some((id, secret, digest))
}

#[cfg(test)]
mod tests {
    use keyfront_sigv4::EcdsaKey;
    use proptest::prelude::*;

    use super::*;

    fn order(id: &str, secret: &str, digest: [u8; 32]) -> Vec<u8> {
        let length = u32::try_from(id.len()).unwrap().to_le_bytes();
        [&length[..], &digest, id.as_bytes(), secret.as_bytes()].concat()
    }

    #[test]
    fn an_order_is_signed_with_the_key_of_its_access_key() {
        let secret = SecretAccessKey::new("secret").unwrap();
        let key = EcdsaKey::derive("AKIDEXAMPLE", &secret).unwrap();
        let mut keys = EcdsaKeyCache::new();
        for digest in [[1; 32], [2; 32]] {
            let signature = execute(&mut keys, &order("AKIDEXAMPLE", "secret", digest));
            assert_eq!(signature, Ok(key.sign_sha256(&digest)));
        }
    }

    #[test]
    fn an_order_that_is_cut_or_has_no_secret_is_refused() {
        let whole = order("AKIDEXAMPLE", "secret", [0; 32]);
        let mut keys = EcdsaKeyCache::new();
        for length in 0..47 {
            let refused = execute(&mut keys, &whole[..length]);
            assert_eq!(refused, Err(SigningError::EcdsaUnavailable), "{length}");
        }
        let refused = execute(&mut keys, &whole[..47]);
        assert_eq!(refused, Err(SigningError::SecretAccessKey));
    }

    proptest! {
        #[test]
        fn no_order_panics(order: Vec<u8>) {
            let _ = execute(&mut EcdsaKeyCache::new(), &order).is_ok();
        }
    }
}
