//! What AWS's own signers write is admitted, and what is granted here is written as they write it.
//!
//! `cases/oracles.json` is what they wrote, transcribed from runs of the versions it names, with keys that OpenSSL made:
//! `K2JCJMDEHXQW5F` is the key's id, 1800000060 the end of everything.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use keyfront_viewers::{
    Claim, Denied, Grant, Hash, KeyKind, PublicKey, Resource, ViewerRequest, examine,
    raw_p256_signature,
};
use p256::ecdsa::{Signature, VerifyingKey, signature::hazmat::PrehashVerifier};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
};
use serde::Deserialize;
use sha2::Digest as _;

const HOST: &str = "www.example.com";
const KEY_ID: &str = "K2JCJMDEHXQW5F";
const NOW: u64 = 1_800_000_000;
const UNTIL: u64 = 1_800_000_060;

#[derive(Deserialize)]
struct Oracles {
    keys: BTreeMap<String, String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    maker: String,
    call: String,
    key: String,
    /// What is requested: the signed URL, or the one the cookies are sent to.
    url: String,
    #[serde(default)]
    cookies: BTreeMap<String, String>,
    /// What is granted here for the same.
    grant: Option<Granted>,
    /// Why it is not admitted.
    refused: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    object: Option<String>,
    folder: Option<String>,
    after: Option<u64>,
    network: Option<String>,
}

fn oracles() -> Oracles {
    serde_json::from_str(include_str!("cases/oracles.json")).unwrap()
}

impl Oracles {
    fn key(&self, case: &Case) -> PublicKey {
        PublicKey::from_pem(&self.keys[&case.key]).unwrap()
    }
}

impl Case {
    fn name(&self) -> String {
        format!("{}: {}", self.maker, self.call)
    }

    /// What an edge does, with cryptography of others.
    fn admitted(&self, key: &PublicKey) -> Result<(Claim, u64), Denied> {
        let target = self.url.strip_prefix("https://www.example.com").unwrap();
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        let pairs: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let header = pairs.join("; ");
        let request = ViewerRequest {
            scheme: "https",
            host: HOST,
            path,
            query,
            cookies: &[&header],
            address: "192.0.2.7".parse().unwrap(),
            now: NOW,
        };
        let claim = examine(&request)?;
        assert_eq!(claim.key_id, KEY_ID);
        if !verifies(key, &claim) {
            return Err(Denied::Signature);
        }
        let until = claim.admit_verified(&request)?;
        Ok((claim, until))
    }
}

fn verifies(key: &PublicKey, claim: &Claim) -> bool {
    let Claim {
        message, signature, ..
    } = claim;
    match key.kind() {
        KeyKind::P256 => {
            let raw = raw_p256_signature(signature).unwrap();
            let digest = match claim.hash {
                Hash::Sha1 => sha1::Sha1::digest(message).to_vec(),
                Hash::Sha256 => sha2::Sha256::digest(message).to_vec(),
            };
            let key = VerifyingKey::from_sec1_bytes(key.bare()).unwrap();
            let signature = Signature::from_slice(&raw).unwrap();
            key.verify_prehash(&digest, &signature).is_ok()
        }
        KeyKind::Rsa2048 => {
            let algorithm = match claim.hash {
                Hash::Sha1 => &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
                Hash::Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            };
            let key = UnparsedPublicKey::new(algorithm, key.bare());
            key.verify(message, signature).is_ok()
        }
    }
}

impl Granted {
    fn grant(&self) -> Grant {
        let resource = match (&self.object, &self.folder) {
            (Some(path), None) => Resource::object(HOST, path),
            (None, Some(path)) => Resource::folder(HOST, path),
            _ => panic!("an object or a folder"),
        };
        let network = self.network.as_ref().map(|text| text.parse().unwrap());
        Grant::within(resource.unwrap(), self.after, UNTIL, network).unwrap()
    }
}

#[test]
fn what_the_signers_of_others_write_is_admitted() {
    let oracles = oracles();
    for case in &oracles.cases {
        let admitted = case.admitted(&oracles.key(case));
        match &case.refused {
            None => assert_eq!(admitted.unwrap().1, UNTIL, "{}", case.name()),
            Some(why) => {
                let denied = admitted.unwrap_err();
                assert_eq!(&format!("{denied:?}"), why, "{}", case.name());
            }
        }
    }
}

#[test]
fn what_is_granted_is_written_as_others_write_it() {
    let oracles = oracles();
    let mut compared = BTreeMap::new();
    for case in &oracles.cases {
        let Some(granted) = &case.grant else {
            continue;
        };
        let (claim, _) = case.admitted(&oracles.key(case)).unwrap();
        let grant = granted.grant();
        let name = case.name();
        assert_eq!(text(grant.message()), text(&claim.message), "{name}");
        let cookies = grant.cookies(KEY_ID, &claim.signature);
        let url = grant.signed_url(KEY_ID, &claim.signature);
        if !case.cookies.is_empty() {
            let ours: BTreeMap<String, String> = cookies
                .into_iter()
                .map(|cookie| (cookie.name.to_owned(), cookie.value))
                .collect();
            assert_eq!(ours, case.cookies, "{name}");
        } else if let Some(url) = url {
            // Ours are over SHA-256, and say so at the end.
            let theirs = match claim.hash {
                Hash::Sha256 => case.url.clone(),
                Hash::Sha1 => format!("{}&Hash-Algorithm=SHA256", case.url),
            };
            if case.maker.starts_with("@aws-sdk") {
                // In another order.
                assert_eq!(parameters(&url), parameters(&theirs), "{name}");
            } else {
                assert_eq!(url, theirs, "{name}");
            }
        }
        *compared.entry(case.maker.as_str()).or_insert(0) += 1;
    }
    assert!(compared.values().all(|count| *count >= 2), "{compared:?}");
    assert_eq!(compared.len(), 3);
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The URL without its query, and the parts of that.
fn parameters(url: &str) -> BTreeSet<&str> {
    url.split(['?', '&']).collect()
}

#[test]
fn a_key_is_written_as_openssl_writes_it() {
    for (name, pem) in oracles().keys {
        let key = PublicKey::from_pem(&pem).unwrap();
        assert_eq!(key.to_pem(), pem, "{name}");
        assert_eq!(PublicKey::from_der(key.info()), Ok(key), "{name}");
        let windows = pem.replace('\n', "\r\n");
        assert!(PublicKey::from_pem(&windows).is_ok(), "{name}");
        for broken in [
            pem.replace("PUBLIC", "RSA PUBLIC"),
            pem.replace("-----END PUBLIC KEY-----", ""),
            format!("{pem}{pem}"),
            pem.replacen('M', "N", 1),
            format!("x{pem}"),
        ] {
            assert!(PublicKey::from_pem(&broken).is_err(), "{name}: {broken}");
        }
    }
}

#[test]
fn keys_of_another_kind_are_refused() {
    let der = PublicKey::from_pem(&oracles().keys["rsa"])
        .unwrap()
        .info()
        .to_vec();
    let exponent_3 = [&der[..der.len() - 1], &[3]].concat();
    let shorter_modulus = {
        let mut der = der.clone();
        der[33] = 0x7f;
        der
    };
    for broken in [
        &exponent_3,
        &shorter_modulus,
        &der[1..].to_vec(),
        &Vec::new(),
    ] {
        assert!(PublicKey::from_der(broken).is_err());
    }
}
