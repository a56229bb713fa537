//! Proof Key for Code Exchange by OAuth Public Clients (RFC 7636), method S256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 that a client committed itself to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeChallenge([u8; 32]);

impl CodeChallenge {
    /// `code_challenge` (RFC 7636, 4.2): 43 characters of base64url.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// Whether this is the verifier's challenge (RFC 7636, 4.6). Takes the same time whatever bytes differ.
    pub(super) fn is_of(&self, verifier: &str) -> bool {
        let digest: [u8; 32] = Sha256::digest(verifier.as_bytes()).into();
        self.0.ct_eq(&digest).into()
    }
}

/// Whether `text` has the syntax of a `code_verifier` (RFC 7636, 4.1): 43 to 128 unreserved characters.
pub(super) fn is_code_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    /// RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_challenge_of_appendix_b_is_of_its_verifier() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        assert!(challenge.is_of(VERIFIER) && is_code_verifier(VERIFIER));
        assert!(!challenge.is_of(CHALLENGE), "method plain");
    }

    #[test]
    fn any_changed_character_of_the_verifier_is_refused() {
        let challenge = CodeChallenge::parse(CHALLENGE).unwrap();
        for at in 0..VERIFIER.len() {
            let mut changed = VERIFIER.as_bytes().to_vec();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert!(!challenge.is_of(&changed), "character {at}");
        }
    }

    #[test]
    fn a_challenge_is_32_bytes_in_base64url_without_padding() {
        let padded = format!("{CHALLENGE}=");
        let longer = format!("{CHALLENGE}A");
        // The last character carries two bits that must be zero.
        let loose = format!("{}N", &CHALLENGE[..42]);
        for text in ["", "abc", &CHALLENGE[1..], &padded, &longer, &loose] {
            assert_eq!(CodeChallenge::parse(text), None, "{text}");
        }
        let standard = CHALLENGE.replace('-', "+");
        assert_eq!(CodeChallenge::parse(&standard), None);
    }

    #[test]
    fn a_verifier_is_43_to_128_unreserved_characters() {
        for text in ["~".repeat(43), ".".repeat(128)] {
            assert!(is_code_verifier(&text));
        }
        for text in [
            "a".repeat(42),
            "a".repeat(129),
            "+".repeat(43),
            "é".repeat(43),
        ] {
            assert!(!is_code_verifier(&text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_challenge_made_by_another_implementation_is_of_its_verifier(verifier in "[A-Za-z0-9._~-]{43,128}") {
            let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
            let challenge = CodeChallenge::parse(&URL_SAFE_NO_PAD.encode(digest)).unwrap();
            prop_assert!(challenge.is_of(&verifier));
        }
    }
}
