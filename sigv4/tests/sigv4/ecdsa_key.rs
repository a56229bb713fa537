//! Known answers of the key derivation, from AWS's own test suites, and the cache.

use keyfront_sigv4::{EcdsaKey, EcdsaKeyCache, SecretAccessKey};

/// (access key id, secret, X, Y): aws-c-auth `tests/key_derivation_tests.c`, aws-sdk-ruby
/// `asymmetric_credentials_spec.rb`, aws-c-auth `tests/test_chunked_signing.c`; all Apache-2.0.
const KNOWN: [(&str, &str, &str, &str); 3] = [
    (
        "AKISORANDOMAASORANDOM",
        "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom",
        "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb",
        "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0",
    ),
    (
        "AKIDEXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1",
        "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518",
    ),
    (
        "AKIAIOSFODNN7EXAMPLE",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "18b7d04643359f6ec270dcbab8dce6d169d66ddc9778c75cfb08dfdb701637ab",
        "fa36b35e4fe67e3112261d2e17a956ef85b06e44712d2850bcd3c2161e9993f2",
    ),
];

fn coordinates(key: &EcdsaKey) -> (String, String) {
    let (x, y) = key.public_key();
    (hex::encode(x), hex::encode(y))
}

#[test]
fn derived_keys_are_the_published_ones() {
    for (id, secret, x, y) in KNOWN {
        let key = EcdsaKey::derive(id, &SecretAccessKey::new(secret).unwrap()).unwrap();
        assert_eq!(coordinates(&key), (x.into(), y.into()), "{id}");
    }
}

#[test]
fn the_cache_gives_every_access_key_its_own_key_far_beyond_its_capacity() {
    let mut cache = EcdsaKeyCache::new();
    for round in 0..3 {
        for id in ["a", "b", "c"] {
            for secret in ["old", "new"] {
                let secret = SecretAccessKey::new(secret).unwrap();
                let derived = EcdsaKey::derive(id, &secret).unwrap();
                let cached = cache.key(id, &secret).unwrap();
                assert_eq!(coordinates(cached), coordinates(&derived), "{round} {id}");
            }
        }
    }
    let text = format!("{cache:?}");
    assert!(text.matches("Entry").count() <= EcdsaKeyCache::CAPACITY);
    assert!(!text.contains("old") && !text.contains("new"));
}

#[test]
fn one_digest_has_one_signature() {
    let secret = SecretAccessKey::new("secret").unwrap();
    let key = EcdsaKey::derive("AKIDEXAMPLE", &secret).unwrap();
    assert_eq!(key.sign_sha256(&[1; 32]), key.sign_sha256(&[1; 32]));
    assert_ne!(key.sign_sha256(&[1; 32]), key.sign_sha256(&[2; 32]));
}
