//! Verifies SigV4A signatures under a public key given as hexadecimal coordinates. It shares the curve's arithmetic
//! with the signer, not the signer's code; the tests of the edge bundle verify with OpenSSL.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};

/// Is this hexadecimal DER signature right for the text?
pub(crate) fn verifies((x, y): &(String, String), text: impl AsRef<[u8]>, signature: &str) -> bool {
    let point = hex::decode(format!("04{x}{y}")).unwrap();
    let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
    let der = hex::decode(signature).unwrap();
    Signature::from_der(&der).is_ok_and(|signature| key.verify(text.as_ref(), &signature).is_ok())
}
