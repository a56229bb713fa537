//! The table as it is written, and what it means: a request, and what the answer has to be. It starts nothing.

use std::{
    collections::BTreeMap,
    io::Write as _,
    process::{Command, Stdio},
};

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    artefacts,
    stack::DevJson,
    wire::{Answer, Wire},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "about")]
    _about: String,
    pub(super) site: Value,
    pub(super) objects: Vec<Object>,
    pub(super) cases: Vec<Case>,
    pub(super) releases: Vec<ReleasedSite>,
}

impl Table {
    pub(super) fn read() -> Self {
        let file = artefacts::root().join("tests/cases/edge.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) body: String,
    #[serde(rename = "type")]
    pub(super) content_type: String,
    pub(super) cache: Option<String>,
    pub(super) encoding: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

impl Object {
    pub(super) fn of(key: &str, body: &str) -> Self {
        Self {
            key: key.to_owned(),
            body: body.to_owned(),
            content_type: "text/plain".to_owned(),
            cache: None,
            encoding: None,
            metadata: BTreeMap::new(),
        }
    }
}

/// A site with releases, and what is published there; without files nothing ever was.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleasedSite {
    #[serde(rename = "about")]
    _about: String,
    pub(super) site: Value,
    /// Lines of keyfront.toml.
    #[serde(default)]
    pub(super) config: Vec<String>,
    /// By their paths.
    #[serde(default)]
    pub(super) files: BTreeMap<String, String>,
    pub(super) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    #[serde(default = "get")]
    method: String,
    target: String,
    #[serde(default)]
    request: BTreeMap<String, String>,
    #[serde(default)]
    send: String,
    #[serde(default)]
    status: Option<u16>,
    code: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
    gzip: Option<String>,
    /// The body is what the bucket holds of the release under this key.
    stored: Option<String>,
    cloudfront: Option<Expected>,
    worker: Option<Expected>,
}

/// What one platform answers instead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: u16,
    code: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    body: Option<String>,
    #[serde(rename = "why")]
    _why: Option<String>,
}

fn get() -> String {
    "GET".to_owned()
}

/// What stands for itself in the table.
pub(super) struct Texts {
    pub(super) platform: &'static str,
    /// Words of the table, without their braces.
    pub(super) names: BTreeMap<String, String>,
    /// What the bucket holds of the active release, by the keys within it.
    pub(super) stored: BTreeMap<String, Bytes>,
    bearer: String,
}

impl Texts {
    pub(super) fn of(dev: &DevJson) -> Self {
        Self {
            platform: "",
            names: BTreeMap::new(),
            stored: BTreeMap::new(),
            bearer: format!("Bearer {}", dev.publisher_token),
        }
    }

    fn write(&self, text: &str, body: &str) -> String {
        let Some((head, rest)) = text.split_once('{') else {
            return text.to_owned();
        };
        let (name, tail) = rest.split_once('}').unwrap();
        let value = if let Some(known) = self.names.get(name) {
            known.clone()
        } else if let Some((letter, count)) = name.split_once('*') {
            letter.repeat(count.parse().unwrap())
        } else {
            match name {
                "platform" => self.platform.to_owned(),
                "bearer" => self.bearer.clone(),
                "sha256" => hex::encode(Sha256::digest(body)),
                other => panic!("{{{other}}} means nothing"),
            }
        };
        format!("{head}{value}{tail}")
    }
}

impl Case {
    pub(super) async fn ask(&self, wire: &Wire, texts: &Texts) -> Answer {
        let body = texts.write(&self.send, "");
        let headers: Vec<(&str, String)> = self
            .request
            .iter()
            .map(|(name, value)| (name.as_str(), texts.write(value, &body)))
            .collect();
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let method = Method::from_bytes(self.method.as_bytes()).unwrap();
        let target = texts.write(&self.target, "");
        wire.send(method, &target, &headers, Bytes::from(body))
            .await
    }

    pub(super) fn check(&self, answer: &Answer, texts: &Texts) -> Result<(), String> {
        // The edge that is linked in stands behind the same CDN as the bundle.
        let own = match texts.platform {
            "worker" => self.worker.as_ref(),
            _ => self.cloudfront.as_ref(),
        };
        let status = own.map_or(self.status, |own| Some(own.status)).unwrap();
        if answer.status.as_u16() != status {
            let body = String::from_utf8_lossy(&answer.body);
            return Err(format!("{} is not {status}: {body:.300}", answer.status));
        }
        let code = own.map_or(&self.code, |own| &own.code);
        if let Some(code) = code
            && *code != code_of(answer)
        {
            return Err(format!("{:?} is not {code}", code_of(answer)));
        }
        if let Some(body) = self.body(own, texts)
            && answer.body != body
        {
            return Err(format!("{:?} is not {body:?}", answer.body));
        }
        let headers = self
            .headers
            .iter()
            .chain(own.iter().flat_map(|own| &own.headers));
        for (name, value) in headers {
            let found = answer
                .headers
                .get(name)
                .map(|value| value.to_str().unwrap());
            let expected = value.as_ref().map(|value| texts.write(value, ""));
            if found != expected.as_deref() {
                return Err(format!("{name}: {found:?} is not {expected:?}"));
            }
        }
        Ok(())
    }

    fn body(&self, own: Option<&Expected>, texts: &Texts) -> Option<Bytes> {
        let text = own.map_or(&self.body, |own| &own.body);
        let text = text.clone().map(Bytes::from);
        let coded = self.gzip.as_ref();
        let stored = self.stored.as_ref();
        text.or_else(|| coded.map(|text| gzip(text).into()))
            .or_else(|| stored.map(|key| texts.stored[key].clone()))
    }
}

/// The code of a problem document; the CDN's own refusals are none.
fn code_of(answer: &Answer) -> String {
    match answer.header("content-type") {
        "application/problem+json" => answer.code(),
        _ => String::new(),
    }
}

/// The text as gzip writes it, the same every time.
pub(super) fn gzip(text: &str) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .args(["-9", "-n"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap().stdout
}
