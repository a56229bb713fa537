//! A request as a host sees it, with what the tests' key grants.

use std::net::IpAddr;

use keyfront_viewers::{
    Cookie, Denied, Grant, Hash, Resource, ViewerRequest, examine, raw_p256_signature,
};
use p256::ecdsa::{
    Signature, SigningKey, VerifyingKey,
    signature::{Signer, Verifier},
};

pub(super) const HOST: &str = "www.example.com";
pub(super) const NOW: u64 = 1_800_000_000;
pub(super) const KEY_ID: &str = "K2JCJMDEHXQW5F";

pub(super) fn key() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

pub(super) fn sign(message: &[u8]) -> Vec<u8> {
    let signature: Signature = key().sign(message);
    signature.to_der().as_bytes().to_vec()
}

pub(super) fn object(path: &str) -> Resource {
    Resource::object(HOST, path).unwrap()
}

pub(super) fn folder(path: &str) -> Resource {
    Resource::folder(HOST, path).unwrap()
}

pub(super) fn url(grant: &Grant) -> String {
    grant.signed_url(KEY_ID, &sign(grant.message())).unwrap()
}

pub(super) fn cookie_header(grant: &Grant) -> String {
    let cookies = grant.cookies(KEY_ID, &sign(grant.message()));
    let pairs: Vec<String> = cookies
        .iter()
        .map(|Cookie { name, value }| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

/// A request as a host sees it.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) scheme: &'static str,
    pub(super) host: &'static str,
    pub(super) target: String,
    pub(super) cookies: Vec<String>,
    pub(super) address: IpAddr,
    pub(super) now: u64,
}

impl Sent {
    /// A GET of a URL of the host.
    pub(super) fn of(url: &str) -> Self {
        Self {
            scheme: "https",
            host: HOST,
            target: url
                .strip_prefix("https://www.example.com")
                .unwrap()
                .to_owned(),
            cookies: Vec::new(),
            address: "192.0.2.7".parse().unwrap(),
            now: NOW,
        }
    }

    pub(super) fn with_cookies(mut self, header: &str) -> Self {
        self.cookies.push(header.to_owned());
        self
    }

    /// What an edge does: takes the claim apart, verifies it, and asks whether it is for the request.
    pub(super) fn admitted(&self) -> Result<u64, Denied> {
        let (path, query) = match self.target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (self.target.as_str(), None),
        };
        let cookies: Vec<&str> = self.cookies.iter().map(String::as_str).collect();
        let request = ViewerRequest {
            scheme: self.scheme,
            host: self.host,
            path,
            query,
            cookies: &cookies,
            address: self.address,
            now: self.now,
        };
        let claim = examine(&request)?;
        if claim.key_id != KEY_ID {
            return Err(Denied::UnknownKey);
        }
        if claim.hash != Hash::Sha256 {
            return Err(Denied::Signature);
        }
        let raw = raw_p256_signature(&claim.signature).ok_or(Denied::Signature)?;
        let signature = Signature::from_slice(&raw).map_err(|_| Denied::Signature)?;
        VerifyingKey::from(&key())
            .verify(&claim.message, &signature)
            .map_err(|_| Denied::Signature)?;
        claim.admit_verified(&request)
    }
}
