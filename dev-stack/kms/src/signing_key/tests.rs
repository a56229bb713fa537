//! Keys and signatures made by OpenSSL (`tests/openssl/make-vectors`), and what must not be seen of a private key.

#![allow(clippy::unwrap_used)]

use zeroize::ZeroizeOnDrop;

use super::super::hash_algorithm::HashAlgorithm::{Sha256, Sha384, Sha512};
use super::super::key_spec::KeySpec;
use super::super::material::KeyMaterial;
use super::super::signing_algorithm::RsaPadding::{Pkcs1V15, Pss};
use super::*;

macro_rules! openssl {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/openssl/", $name)).as_slice()
    };
}

fn ecc() -> SigningKey {
    SigningKey::Ecc(EccKey::from_pkcs8(openssl!("ecc.pkcs8")).unwrap())
}

fn rsa() -> SigningKey {
    SigningKey::Rsa(RsaKey::from_pkcs8(openssl!("rsa.pkcs8")).unwrap())
}

#[test]
fn public_keys_are_those_openssl_writes() {
    assert_eq!(ecc().public_key().unwrap(), openssl!("ecc.spki"));
    assert_eq!(rsa().public_key().unwrap(), openssl!("rsa.spki"));
}

#[test]
fn signatures_of_openssl_are_valid_and_any_flipped_byte_is_refused() {
    let ecdsa = SigningAlgorithm::EcdsaSha256;
    let rsassa = SigningAlgorithm::Rsassa;
    for (key, algorithm, signature) in [
        (ecc(), ecdsa, openssl!("ecdsa_sha256")),
        (rsa(), rsassa(Pkcs1V15, Sha256), openssl!("pkcs1_sha256")),
        (rsa(), rsassa(Pkcs1V15, Sha384), openssl!("pkcs1_sha384")),
        (rsa(), rsassa(Pkcs1V15, Sha512), openssl!("pkcs1_sha512")),
        (rsa(), rsassa(Pss, Sha256), openssl!("pss_sha256")),
        (rsa(), rsassa(Pss, Sha384), openssl!("pss_sha384")),
        (rsa(), rsassa(Pss, Sha512), openssl!("pss_sha512")),
    ] {
        let digest = algorithm.hash().digest(openssl!("message"));
        let signer = key.by(algorithm).unwrap();
        assert!(signer.verify(&digest, signature).is_ok(), "{algorithm:?}");
        for at in 0..signature.len() {
            let mut flipped = signature.to_vec();
            flipped[at] ^= 0x10;
            let verified = signer.verify(&digest, &flipped);
            assert!(
                matches!(verified, Err(KmsError::InvalidSignature)),
                "{algorithm:?} byte {at}"
            );
        }
    }
}

#[test]
fn a_pkcs1_signature_is_the_one_openssl_makes() {
    for (hash, expected) in [
        (Sha256, openssl!("pkcs1_sha256")),
        (Sha384, openssl!("pkcs1_sha384")),
        (Sha512, openssl!("pkcs1_sha512")),
    ] {
        let key = rsa();
        let signer = key.by(SigningAlgorithm::Rsassa(Pkcs1V15, hash)).unwrap();
        let digest = hash.digest(openssl!("message"));
        assert_eq!(signer.sign(&digest).unwrap(), expected, "{hash:?}");
    }
}

#[test]
fn material_is_read_only_as_what_it_is() {
    let (ecc, rsa) = (openssl!("ecc.pkcs8"), openssl!("rsa.pkcs8"));
    let symmetric = [7; 32].as_slice();
    for (spec, own) in [
        (KeySpec::EccNistP256, ecc),
        (KeySpec::Rsa2048, rsa),
        (KeySpec::SymmetricDefault, symmetric),
    ] {
        for bytes in [ecc, rsa, symmetric, &[]] {
            let read = KeyMaterial::from_bytes(spec, bytes);
            assert_eq!(read.is_some(), bytes == own, "{spec:?}");
            let Some(read) = read else { continue };
            let again = KeyMaterial::from_bytes(spec, &read.to_bytes().unwrap());
            assert!(again.is_some(), "{spec:?}");
        }
    }
}

#[test]
fn private_keys_do_not_print_and_are_wiped() {
    fn wiped<T: ZeroizeOnDrop>() {}
    wiped::<p256::ecdsa::SigningKey>();
    wiped::<::rsa::PrivateKey>();
    for key in [ecc(), rsa()] {
        let shown = format!("{:?}", KeyMaterial::from(key));
        assert_eq!(shown, "KeyMaterial(redacted)");
    }
}
