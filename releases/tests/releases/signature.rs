use base64::{Engine as _, engine::general_purpose::STANDARD};
use keyfront_releases::{
    Envelope, EnvelopeError, P256PublicKey, PAYLOAD_TYPE, PublicKeyError, SignatureError, SiteName,
    Statement, pre_authentication_encoding,
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use proptest::prelude::*;

use crate::generated::{id, moment, site};

// The numbers of the vector in DSSE's protocol.md, in hexadecimal.
const D: &str = "d73ec437fd6346e3619c5ebfdfff0f6916804955ad32ac9ac492b0ede1f6ffb7";
const X: &str = "67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238";
const Y: &str = "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74";
const RAW: &str =
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";

fn vector() -> Envelope {
    let text = format!(
        r#"{{"payload": "aGVsbG8gd29ybGQ=",
 "payloadType": "http://example.com/HelloWorld",
 "signatures": [{{"sig": "{RAW}"}}]}}"#
    );
    Envelope::parse(text.as_bytes()).unwrap()
}

fn signing_key() -> SigningKey {
    SigningKey::from_slice(&hex::decode(D).unwrap()).unwrap()
}

fn public_key() -> P256PublicKey {
    let point = hex::decode(format!("04{X}{Y}")).unwrap();
    P256PublicKey::from_point(&point).unwrap()
}

fn statement() -> Statement {
    Statement {
        created: moment(1_796_094_312),
        publisher: "ada".into(),
        release: id("a"),
        site: site(),
    }
}

fn signed() -> Vec<u8> {
    let signature: Signature = signing_key().sign(&statement().to_be_signed().unwrap());
    let der = signature.to_der().as_bytes().to_vec();
    statement().envelope(&public_key(), der).unwrap().to_bytes()
}

#[test]
fn what_is_signed_is_the_specifications_encoding() {
    assert_eq!(
        pre_authentication_encoding("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(pre_authentication_encoding("", b""), b"DSSEv1 0  0 ");
    // Lengths are of bytes.
    assert_eq!(
        pre_authentication_encoding("\u{e9}", "\u{20ac}".as_bytes()),
        "DSSEv1 2 \u{e9} 3 \u{20ac}".as_bytes()
    );
}

#[test]
fn the_specifications_envelope_is_read_and_its_signature_is_good() {
    let mut envelope = vector();
    assert_eq!(envelope.payload, b"hello world");
    // The specification's example is r and s side by side; ours are DER, as KMS and openssl write them.
    assert!(!envelope.is_signed_by(&public_key()));
    let raw = Signature::from_slice(&envelope.signatures[0].signature).unwrap();
    envelope.signatures[0].signature = raw.to_der().as_bytes().to_vec();
    assert!(envelope.is_signed_by(&public_key()));
    // RFC 6979 makes the same signature again.
    let again: Signature = signing_key().sign(&envelope.signed_bytes());
    assert_eq!(STANDARD.encode(again.to_bytes()), RAW);
    envelope.payload_type.push('2');
    assert!(!envelope.is_signed_by(&public_key()));
}

#[test]
fn a_signature_proves_a_release_of_a_site() {
    let bytes = signed();
    let proven = Statement::verify(&bytes, &site(), id("a"), &public_key()).unwrap();
    assert_eq!(proven, statement());
    assert!(matches!(
        Statement::verify(&bytes, &site(), id("b"), &public_key()),
        Err(SignatureError::OtherRelease { .. })
    ));
    assert!(matches!(
        Statement::verify(
            &bytes,
            &SiteName::new("blog").unwrap(),
            id("a"),
            &public_key()
        ),
        Err(SignatureError::OtherRelease { .. })
    ));
    let other = SigningKey::from_slice(&[7; 32]).unwrap();
    let other = P256PublicKey::from_point(other.verifying_key().to_sec1_point(false).as_bytes());
    assert!(matches!(
        Statement::verify(&bytes, &site(), id("a"), &other.unwrap()),
        Err(SignatureError::NotSigned(_))
    ));
    assert!(matches!(
        Statement::of_envelope(&vector()),
        Err(SignatureError::PayloadType(_))
    ));
}

#[test]
fn a_wrong_signature_makes_no_envelope() {
    assert!(statement().envelope(&public_key(), vec![1, 2, 3]).is_err());
    let mut nobody = statement();
    nobody.publisher.clear();
    assert!(matches!(
        nobody.to_be_signed(),
        Err(SignatureError::Publisher)
    ));
}

#[test]
fn the_payload_is_canonical() {
    let payload = String::from_utf8(statement().to_payload().unwrap()).unwrap();
    let release = id("a");
    assert_eq!(
        payload,
        format!(
            r#"{{"created":"2026-12-01T03:05:12Z","publisher":"ada","release":"{release}","site":"docs","v":1}}"#
        )
    );
    assert!(Statement::parse(payload.replace(':', ": ").as_bytes()).is_err());
    assert!(Statement::parse(payload.replace("\"v\":1", "\"v\":2").as_bytes()).is_err());
}

#[test]
fn envelopes_are_read_as_the_specification_demands() {
    let read = |text: &str| Envelope::parse(text.as_bytes());
    let url_safe =
        r#"{"payload":"-_8","payloadType":"t","signatures":[{"sig":"","keyid":"k","x":1}],"x":[]}"#;
    let envelope = read(url_safe).unwrap();
    assert_eq!(envelope.payload, [0xfb, 0xff]);
    assert_eq!(envelope.signatures[0].key_id.as_deref(), Some("k"));
    assert_eq!(Envelope::parse(&envelope.to_bytes()).unwrap(), envelope);
    assert!(matches!(
        read(r#"{"payload":"+_8","payloadType":"t","signatures":[{"sig":""}]}"#),
        Err(EnvelopeError::Base64("payload"))
    ));
    assert!(matches!(
        read(r#"{"payload":"","payloadType":"t","signatures":[]}"#),
        Err(EnvelopeError::Signatures(0))
    ));
    assert!(matches!(
        read(&format!("{}{}", vector_text(), " ".repeat(16 << 10))),
        Err(EnvelopeError::TooLarge { .. })
    ));
}

fn vector_text() -> String {
    String::from_utf8(vector().to_bytes()).unwrap()
}

#[test]
fn keys_are_read_as_openssl_writes_them() {
    let der = public_key().to_spki_der();
    let base64 = STANDARD.encode(&der);
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n{}\n-----END PUBLIC KEY-----\n",
        &base64[..64],
        &base64[64..]
    );
    assert_eq!(P256PublicKey::from_pem(&pem), Ok(public_key()));
    // The same by another implementation.
    use p256::pkcs8::DecodePublicKey as _;
    let oracle = p256::PublicKey::from_public_key_der(&der).unwrap();
    assert_eq!(
        &oracle,
        &p256::PublicKey::from(signing_key().verifying_key())
    );
    assert_eq!(P256PublicKey::from_pem(&base64), Err(PublicKeyError::Pem));
    assert_eq!(
        P256PublicKey::from_spki_der(&der[..90]),
        Err(PublicKeyError::Algorithm)
    );
    let mut compressed = der;
    compressed[26] = 2;
    assert_eq!(
        P256PublicKey::from_spki_der(&compressed),
        Err(PublicKeyError::Algorithm)
    );
}

proptest! {
    /// JSON has several spellings of an envelope; type, payload and signatures are what counts.
    #[test]
    fn no_flipped_byte_of_a_signed_release_proves_another(at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let mut bytes = signed();
        let before = Envelope::parse(&bytes).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if Statement::verify(&bytes, &site(), id("a"), &public_key()).is_ok() {
            let after = Envelope::parse(&bytes).unwrap();
            prop_assert_eq!(after.payload, before.payload);
            prop_assert_eq!(after.payload_type, PAYLOAD_TYPE);
            prop_assert_eq!(&after.signatures[0].signature, &before.signatures[0].signature);
        }
    }

    #[test]
    fn hostile_envelopes_are_errors(text in "\\PC{0,200}", key in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Envelope::parse(text.as_bytes());
        let _ = P256PublicKey::from_pem(&text);
        if let Ok(key) = P256PublicKey::from_point(&key) {
            prop_assert!(!key.has_signed(b"x", &[]));
        }
    }
}
