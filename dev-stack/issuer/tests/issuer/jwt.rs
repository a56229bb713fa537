//! ID tokens as a client takes them: verified by the issuer's published key, with `ring`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde_json::Value;

/// The claims of a token that the one key of `key_set` signed.
pub(crate) fn verified(token: &str, key_set: &Value) -> Value {
    let keys = key_set["keys"].as_array().unwrap();
    let [key] = keys.as_slice() else {
        panic!("{key_set}")
    };
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        panic!("{token}")
    };
    let parsed = |part: &str| serde_json::from_slice::<Value>(&decode(part)).unwrap();
    let named = parsed(header);
    assert_eq!(named["alg"], "ES256");
    assert_eq!(named["typ"], "JWT");
    assert_eq!(named["kid"], key["kid"]);
    let coordinate = |name: &str| decode(key[name].as_str().unwrap());
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    let message = format!("{header}.{claims}");
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(message.as_bytes(), &decode(signature))
        .unwrap();
    parsed(claims)
}

fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
