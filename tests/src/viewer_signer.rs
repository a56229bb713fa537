//! Whoever signs URLs and cookies for viewers, by OpenSSL in Node: no code of what is tested writes a policy, an encoding or a
//! signature here.

use std::process::{Command, Stdio};
use std::{fmt::Write as _, io::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

const GENERATE: &str = "
    const [, kind] = process.argv;
    const options = {
      namedCurve: 'P-256', modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    };
    const { publicKey: public, privateKey: secret } = require('crypto').generateKeyPairSync(kind, options);
    process.stdout.write(JSON.stringify({ public, secret }));";

const SIGN: &str = "
    const { hash, message, secret } = JSON.parse(require('fs').readFileSync(0));
    process.stdout.write(require('crypto').sign(hash, Buffer.from(message), secret));";

/// A key pair and the id it is known by.
#[derive(Debug)]
pub struct ViewerSigner {
    pub id: &'static str,
    pair: KeyPair,
}

#[derive(Debug, Deserialize)]
struct KeyPair {
    public: String,
    secret: String,
}

/// What is hashed with, and how a request says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    /// OpenSSL's name.
    pub hash: &'static str,
    /// `Hash-Algorithm`, if there is one.
    pub label: Option<&'static str>,
}

impl Hashing {
    pub const SHA256: Self = Self {
        hash: "sha256",
        label: Some("SHA256"),
    };
    pub const SHA1: Self = Self {
        hash: "sha1",
        label: None,
    };
}

/// The values of a signed URL, which cookies are made of as well.
#[derive(Clone, Debug)]
pub struct Signed {
    /// In the order they are written in.
    pub values: Vec<(&'static str, String)>,
}

impl ViewerSigner {
    /// A new key pair on the curve P-256.
    #[must_use]
    pub fn p256(id: &'static str) -> Self {
        Self::generate("ec", id)
    }

    /// A new RSA key pair.
    #[must_use]
    pub fn rsa(id: &'static str) -> Self {
        Self::generate("rsa", id)
    }

    fn generate(kind: &str, id: &'static str) -> Self {
        let output = Command::new("node")
            .args(["-e", GENERATE, kind])
            .output()
            .unwrap();
        let pair = serde_json::from_slice(&output.stdout).unwrap();
        Self { id, pair }
    }

    /// The public key, as a document names it.
    #[must_use]
    pub fn document(&self) -> serde_json::Value {
        serde_json::json!({"id": self.id, "pem": self.pair.public})
    }

    /// A signature.
    #[must_use]
    pub fn sign(&self, hash: &str, message: &str) -> Vec<u8> {
        let mut node = Command::new("node")
            .args(["-e", SIGN])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input =
            serde_json::json!({"hash": hash, "message": message, "secret": self.pair.secret});
        let mut stdin = node.stdin.take().unwrap();
        stdin.write_all(input.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = node.wait_with_output().unwrap();
        assert!(output.status.success(), "node could not sign");
        output.stdout
    }

    /// A canned policy for a URL, signed.
    #[must_use]
    pub fn canned(&self, url: &str, until: u64, hashing: Hashing) -> Signed {
        let policy = policy(url, &before(until));
        self.signed(("Expires", until.to_string()), &policy, hashing)
    }

    /// A custom policy, signed: the text as it is.
    #[must_use]
    pub fn custom(&self, policy: &str, hashing: Hashing) -> Signed {
        self.signed(("Policy", encoded(policy.as_bytes())), policy, hashing)
    }

    fn signed(&self, what: (&'static str, String), message: &str, hashing: Hashing) -> Signed {
        let signature = encoded(&self.sign(hashing.hash, message));
        let mut values = vec![
            what,
            ("Signature", signature),
            ("Key-Pair-Id", self.id.to_owned()),
        ];
        values.extend(
            hashing
                .label
                .map(|label| ("Hash-Algorithm", label.to_owned())),
        );
        Signed { values }
    }
}

impl Signed {
    /// The query of a signed URL.
    #[must_use]
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self
            .values
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }

    /// A `Cookie` header.
    #[must_use]
    pub fn cookies(&self) -> String {
        let mut header = String::from("theme=dark");
        for (name, value) in &self.values {
            write!(header, "; CloudFront-{name}={value}").unwrap();
        }
        header
    }

    /// With another value in the place of one.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.values.retain(|(known, _)| *known != name);
        self.values.push((name, value.to_owned()));
        self
    }

    /// Without one of the values.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.values.retain(|(known, _)| *known != name);
        self
    }

    /// A value.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        let mut values = self.values.iter();
        values
            .find(|(known, _)| *known == name)
            .map_or("", |(_, value)| value)
    }
}

/// A policy of one statement, as the Developer Guide writes it.
#[must_use]
pub fn policy(resource: &str, conditions: &str) -> String {
    format!(r#"{{"Statement":[{{"Resource":"{resource}","Condition":{{{conditions}}}}}]}}"#)
}

/// The condition every policy has.
#[must_use]
pub fn before(until: u64) -> String {
    format!(r#""DateLessThan":{{"AWS:EpochTime":{until}}}"#)
}

/// CloudFront's base64 (Developer Guide, "base64-encode the string, replacing characters").
#[must_use]
pub fn encoded(bytes: &[u8]) -> String {
    STANDARD
        .encode(bytes)
        .replace('+', "-")
        .replace('=', "_")
        .replace('/', "~")
}
