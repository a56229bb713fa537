//! Signatures as CloudFront takes them: `ECDSA` over P-256 (DER) or RSA 2048 (PKCS #1 v1.5), over SHA-1 or SHA-256.

/// The hash of a message that is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// What CloudFront takes where a request does not say.
    Sha1,
    /// `Hash-Algorithm=SHA256`: what Keyfront signs.
    Sha256,
}

/// An ECDSA signature of P-256 without its DER (SEC 1, C.8): `r` and `s` of 32 bytes each, as WebCrypto takes it.
/// Nothing, if it is not in DER's one form.
#[must_use]
pub fn raw_p256_signature(der: &[u8]) -> Option<[u8; 64]> {
    let [0x30, length, content @ ..] = der else {
        return None;
    };
    if usize::from(*length) != content.len() || *length >= 0x80 {
        return None;
    }
    let (r, rest) = integer(content)?;
    let (s, rest) = integer(rest)?;
    if !rest.is_empty() {
        return None;
    }
    let mut raw = [0; 64];
    raw[32 - r.len()..32].copy_from_slice(r);
    raw[64 - s.len()..].copy_from_slice(s);
    Some(raw)
}

/// A positive integer of at most 32 bytes in its shortest form, without a leading zero; and what follows it.
fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x02, length, rest @ ..] = der else {
        return None;
    };
    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
    let value = match value {
        [0, next, ..] if *next >= 0x80 => &value[1..],
        [first, ..] if (1..0x80).contains(first) => value,
        _ => return None,
    };
    (value.len() <= 32).then_some((value, rest))
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::{Signature, SigningKey, signature::Signer};

    use super::*;

    #[test]
    fn the_signatures_of_a_library_are_read() {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        for number in 0..300_u32 {
            let signature: Signature = key.sign(&number.to_be_bytes());
            let raw = raw_p256_signature(signature.to_der().as_bytes()).unwrap();
            assert_eq!(raw[..], signature.to_bytes()[..]);
        }
    }

    #[test]
    fn another_form_of_the_same_numbers_is_refused() {
        let read = |der: &[u8]| raw_p256_signature(der).is_some();
        assert!(read(&[0x30, 6, 2, 1, 1, 2, 1, 1]));
        for der in [
            &[][..],
            &[0x30],
            &[0x31, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 7, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
            &[0x30, 0x81, 6, 2, 1, 1, 2, 1, 1],
            &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
            &[0x30, 6, 2, 1, 0, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 5, 2, 0, 2, 1, 1],
            &[0x30, 3, 2, 1, 1],
            &[0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1],
            &[0x30, 6, 2, 9, 1, 2, 1, 1],
        ] {
            assert!(!read(der), "{der:?}");
        }
    }
}
