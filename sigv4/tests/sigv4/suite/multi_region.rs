//! The official SigV4A suite: 38 cases, each complete; none is skipped. Signatures are not compared, ECDSA has many
//! right ones: ours and the suite's must both verify under the suite's public key.

use keyfront_sigv4::{
    CanonicalRequest, EcdsaKey, EcdsaKeyCache, Expiry, MultiRegionSigner, StringToSign,
};
use sha2::{Digest, Sha256};

use super::{
    Suite,
    case::{Case, Message, Place},
    for_every_expectation, parts, unsigned,
};
use crate::ecdsa_verifier::verifies;

const SUITE: Suite = Suite {
    name: "v4a",
    cases: 38,
};

#[test]
fn every_multi_region_case_has_its_public_key() {
    let cases = for_every_expectation(&SUITE, "signature", |case, _, _| {
        assert_eq!(hex_of(&key(case)), public_key(case), "{}", case.name);
    });
    assert_eq!(cases, 2 * 38);
}

#[test]
fn every_multi_region_case_has_its_canonical_request() {
    let stages = for_every_expectation(&SUITE, "canonical-request", |case, place, expected| {
        let mut canonical_request = CanonicalRequest::new();
        case.with_request(|request| match place {
            Place::Header => canonical_request.write_multi_region(request, &case.context()),
            Place::Query => {
                let expiry = Expiry::from_seconds(case.expiry).unwrap();
                canonical_request.write_presigned_multi_region(request, &case.context(), expiry)
            }
        })
        .unwrap();
        assert_eq!(
            canonical_request.as_str(),
            expected,
            "{} {place:?}",
            case.name
        );
    });
    assert_eq!(stages, 2 * 38);
}

#[test]
fn every_multi_region_case_has_its_string_to_sign() {
    let stages = for_every_expectation(&SUITE, "string-to-sign", |case, place, expected| {
        assert_eq!(
            string_to_sign(case, place).as_str(),
            expected,
            "{} {place:?}",
            case.name
        );
    });
    assert_eq!(stages, 2 * 38);
}

#[test]
fn every_multi_region_signature_of_ours_and_of_the_suite_verifies() {
    let stages = for_every_expectation(&SUITE, "signature", |case, place, theirs| {
        let text = string_to_sign(case, place);
        let ours = key(case).sign(&text);
        let public_key = public_key(case);
        let name = &case.name;
        assert!(
            verifies(&public_key, text.as_str(), theirs),
            "{name} {place:?}"
        );
        assert!(
            verifies(&public_key, text.as_str(), ours.as_str()),
            "{name} {place:?}"
        );
        let other = format!("{}x", text.as_str());
        assert!(
            !verifies(&public_key, &other, ours.as_str()),
            "{name} {place:?}"
        );
    });
    assert_eq!(stages, 2 * 38);
}

#[test]
fn every_multi_region_case_has_its_signed_request_but_for_the_signature() {
    let (mut signer, mut keys) = (MultiRegionSigner::new(), EcdsaKeyCache::new());
    let stages = for_every_expectation(&SUITE, "signed-request", |case, place, expected| {
        let mut expected = Message::parse(expected);
        let mut actual = unsigned(case);
        let signature = match place {
            Place::Header => by_header(&mut signer, &mut keys, case, &mut actual),
            Place::Query => by_query(&mut signer, &mut keys, case, &mut actual),
        };
        let theirs = replace_signature(&mut expected);
        assert_eq!(replace_signature(&mut actual), signature);
        assert_eq!(parts(&actual), parts(&expected), "{} {place:?}", case.name);
        let text = string_to_sign(case, place);
        for signature in [signature, theirs] {
            assert!(
                verifies(&public_key(case), text.as_str(), &signature),
                "{} {place:?}",
                case.name
            );
        }
    });
    assert_eq!(stages, 2 * 38);
}

fn by_header(
    signer: &mut MultiRegionSigner,
    keys: &mut EcdsaKeyCache,
    case: &Case,
    message: &mut Message,
) -> String {
    let context = case.context();
    let signature = case.with_request(|request| {
        let signed = signer.sign(request, &context, keys).unwrap();
        let added = signed
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        message.headers.extend(added);
        signed.signature().to_owned()
    });
    let token = case.unsigned_token.clone();
    message
        .headers
        .extend(token.map(|token| ("x-amz-security-token".to_owned(), token)));
    signature
}

fn by_query(
    signer: &mut MultiRegionSigner,
    keys: &mut EcdsaKeyCache,
    case: &Case,
    message: &mut Message,
) -> String {
    let expiry = Expiry::from_seconds(case.expiry).unwrap();
    let query = case.with_request(|request| {
        signer
            .presign(request, &case.context(), expiry, keys)
            .unwrap()
    });
    message.query = query.as_str().to_owned();
    if let Some(token) = &case.unsigned_token {
        message.query += "&X-Amz-Security-Token=";
        message.query += &keyfront_sigv4::uri_encoding::encode_component(token);
    }
    query.signature().to_owned()
}

/// Takes the signature out of a signed request.
fn replace_signature(message: &mut Message) -> String {
    let texts = message
        .headers
        .iter_mut()
        .map(|(_, value)| value)
        .chain([&mut message.query]);
    for text in texts {
        if let Some(at) = text.find("Signature=") {
            let digits: String = text[at + 10..]
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .collect();
            *text = text.replace(&digits, "");
            return digits;
        }
    }
    String::new()
}

fn string_to_sign(case: &Case, place: Place) -> StringToSign {
    let canonical_request = case.expected(place, "canonical-request").unwrap();
    let hash = Sha256::digest(canonical_request.as_bytes()).into();
    let mut string_to_sign = StringToSign::new();
    string_to_sign
        .write_multi_region(&case.context(), &hash)
        .unwrap();
    string_to_sign
}

fn key(case: &Case) -> EcdsaKey {
    let context = case.context();
    let credentials = context.credentials;
    EcdsaKey::derive(credentials.access_key_id(), credentials.secret_access_key()).unwrap()
}

fn hex_of(key: &EcdsaKey) -> (String, String) {
    let (x, y) = key.public_key();
    (hex::encode(x), hex::encode(y))
}

/// X and Y of `public-key.json`.
fn public_key(case: &Case) -> (String, String) {
    let text: serde_json::Value = serde_json::from_str(&case.file("public-key.json")).unwrap();
    let coordinate = |name: &str| text[name].as_str().unwrap().to_owned();
    (coordinate("X"), coordinate("Y"))
}
