//! A key set that is accepted has one reading, its keys verify nothing that nobody signed, and none is symmetric,
//! private or for encryption.

#![no_main]

use keyfront_origin_core::oidc::Jwks;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|document: &[u8]| {
    let Ok(set) = Jwks::parse(document) else {
        return;
    };
    let value: Value = serde_json::from_slice(document).expect("it was read before");
    let again = Jwks::parse(value.to_string().as_bytes()).expect("the same set");
    let mut usable = 0;
    for jwk in value["keys"].as_array().expect("a list of keys") {
        let Some(id) = jwk["kid"].as_str() else {
            continue;
        };
        assert_eq!(set.key(id), again.key(id));
        let Some(key) = set.key(id) else { continue };
        let is_of_this = value["keys"].as_array().is_some_and(|keys| {
            keys.iter()
                .filter(|other| other["kid"] == jwk["kid"])
                .count()
                == 1
        });
        if is_of_this {
            assert!(matches!(jwk["kty"].as_str(), Some("RSA" | "EC")));
            assert!(jwk["d"].is_null() && jwk["use"] != "enc");
        }
        assert!(!key.has_signed(b"nobody signed this", &[0; 64]));
        assert!(!key.has_signed(b"nobody signed this", &[0; 256]));
        usable += 1;
    }
    assert!(usable > 0);
});
