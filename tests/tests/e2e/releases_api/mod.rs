//! Releases by the origin's API, as `keyfront publish` calls it: against the stack's S3, KMS, IAM and queue.

mod activation;
mod authors;
mod copies;
mod faults;
mod limits;
mod log;
mod publishing;
mod removal;
mod rights;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_releases::{
    File, Kept, Manifest, ReleaseId, Sha256Digest, SiteName, Variant, Variants,
};
use keyfront_tests::{
    fault_proxy::{Fault, FaultProxy, Gate, Rule},
    local_stack::LocalStack,
    origin_process::OriginProcess,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

const SITE: &str = "docs";

/// A file of a site, with compressed forms or without.
#[derive(Clone)]
pub(crate) struct Page {
    path: &'static str,
    content: Bytes,
    br: Option<Bytes>,
    gzip: Option<Bytes>,
}

pub(crate) fn page(path: &'static str, content: impl Into<Bytes>) -> Page {
    Page {
        path,
        content: content.into(),
        br: None,
        gzip: None,
    }
}

impl Page {
    fn file(&self) -> File {
        let variant = |bytes: &Bytes| Variant {
            sha256: Sha256Digest::of(bytes),
            size: bytes.len() as u64,
        };
        let variants = Variants {
            br: self.br.as_ref().map(variant),
            gzip: self.gzip.as_ref().map(variant),
        };
        let has_some = variants.br.is_some() || variants.gzip.is_some();
        File {
            path: self.path.into(),
            sha256: Sha256Digest::of(&self.content),
            size: self.content.len() as u64,
            media_type: Arc::from("text/html; charset=utf-8"),
            cache: Arc::from("public, max-age=60"),
            csp: Some(Arc::from("default-src 'self'")),
            variants: has_some.then(|| Box::new(variants)),
        }
    }
}

/// A release as its publisher has it.
pub(crate) struct Release {
    manifest: Manifest,
    bytes: Vec<u8>,
    pub(crate) id: ReleaseId,
    pages: Vec<Page>,
}

impl Release {
    pub(crate) fn of(pages: &[Page]) -> Self {
        Self::keeping(pages, Vec::new())
    }

    fn keeping(pages: &[Page], keep: Vec<Kept>) -> Self {
        let files = pages.iter().map(Page::file).collect();
        let manifest = Manifest::new(SiteName::new(SITE).unwrap(), files, keep).unwrap();
        let bytes = manifest.to_bytes().unwrap();
        Self {
            id: ReleaseId::of_manifest(&bytes),
            bytes,
            manifest,
            pages: pages.to_vec(),
        }
    }

    /// Every object, as calls declare it.
    fn declared(&self) -> Vec<Value> {
        let declare = |object: keyfront_releases::TreeObject<'_>| {
            json!({
                "tree": object.tree, "path": object.path, "size": object.size, "sha256": object.sha256,
                "type": object.media_type, "cache": object.cache, "csp": object.csp,
            })
        };
        self.manifest.objects().map(declare).collect()
    }

    fn content(&self, tree: &str, path: &str) -> Bytes {
        let page = self.pages.iter().find(|page| page.path == path).unwrap();
        let content = match tree {
            "br" => page.br.clone(),
            "gzip" => page.gzip.clone(),
            _ => Some(page.content.clone()),
        };
        content.unwrap()
    }

    fn key(&self, rest: &str) -> String {
        format!(".keyfront/sites/{SITE}/releases/{}/{rest}", self.id)
    }
}

/// A publisher at an origin.
pub(crate) struct Publisher {
    api: Wire,
    token: String,
}

impl Publisher {
    pub(crate) fn of(stack: &LocalStack) -> Self {
        Self {
            api: stack.wire(),
            token: stack.dev.publisher_token.clone(),
        }
    }

    /// The stack's publisher at an origin of its own.
    fn at(stack: &LocalStack, origin: &OriginProcess) -> Self {
        Self {
            api: origin.wire(),
            token: stack.dev.publisher_token.clone(),
        }
    }

    async fn send(&self, method: Method, target: &str, body: impl Into<Bytes>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
        ];
        self.api.send(method, target, &headers, body.into()).await
    }

    async fn post(&self, target: &str, document: Value) -> Answer {
        self.send(Method::POST, target, document.to_string()).await
    }

    async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, "").await
    }

    /// Begins a release and stores its manifest.
    async fn begin(&self, release: &Release) {
        let document = json!({"id": release.id, "size": release.bytes.len()});
        let begun = done(&self.post(&format!("/releases/{SITE}"), document).await);
        let stored = send_as_told(&begun["manifest"], release.bytes.clone()).await;
        assert!(
            stored.status == StatusCode::OK || stored.status == StatusCode::PRECONDITION_FAILED,
            "{stored:?}"
        );
    }

    /// Begins a release and sends every object in one request.
    async fn fill(&self, release: &Release) {
        self.begin(release).await;
        let target = path(release, "uploads");
        let files = json!({"files": release.declared()});
        let planned = done(&self.post(&target, files).await);
        for planned in planned["files"].as_array().unwrap() {
            let (tree, path) = (&planned["tree"], &planned["path"]);
            let content = release.content(tree.as_str().unwrap(), path.as_str().unwrap());
            let stored = send_as_told(planned, content).await;
            // What an earlier attempt stored stays.
            let there = [StatusCode::OK, StatusCode::PRECONDITION_FAILED];
            assert!(there.contains(&stored.status), "{path}: {stored:?}");
        }
    }

    async fn remove(&self, release: &Release) -> Answer {
        let target = format!("/releases/{SITE}/{}", release.id);
        self.send(Method::DELETE, &target, "").await
    }

    async fn verify(&self, release: &Release) -> Answer {
        self.post(&path(release, "verify"), json!({})).await
    }

    pub(crate) async fn publish(&self, release: &Release) {
        self.fill(release).await;
        let verified = done(&self.verify(release).await);
        assert_eq!(verified["verified"], true, "{verified}");
    }

    pub(crate) async fn activate(&self, release: &Release, document: Value) -> Answer {
        self.post(&path(release, "activate"), document).await
    }

    pub(crate) async fn state(&self, release: &Release) -> Value {
        done(&self.get(&format!("/releases/{SITE}/{}", release.id)).await)
    }

    /// Waits until the release's activation is everywhere.
    async fn everywhere(&self, release: &Release) -> Value {
        for _ in 0..200 {
            let state = self.state(release).await;
            if state["activation"]["state"] == "everywhere" {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{}", self.state(release).await);
    }
}

fn path(release: &Release, rest: &str) -> String {
    format!("/releases/{SITE}/{}/{rest}", release.id)
}

/// An origin of its own on a stack's services, without a queue, and the proxy between it and S3.
struct Behind {
    proxy: FaultProxy,
    publisher: Publisher,
    _origin: OriginProcess,
}

impl Behind {
    async fn of(stack: &LocalStack) -> Self {
        let proxy = FaultProxy::start(&stack.dev.s3_url).await;
        let settling = [("KEYFRONT_RELEASE_SETTLING", "200")];
        let origin =
            OriginProcess::start_with(&stack.dev, &proxy.url(), &stack.dev.kms_url, &settling);
        Self {
            publisher: Publisher::at(stack, &origin),
            proxy,
            _origin: origin,
        }
    }

    /// The next request of this method about this text waits until the gate is opened.
    fn hold(&self, method: Method, about: &'static str) -> Gate {
        let gate = Gate::default();
        let fault = Fault::Hold(gate.clone());
        self.proxy.also_fail(Rule {
            method,
            about,
            fault,
            times: 1,
        });
        gate
    }
}

/// The document of a success.
fn done(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{answer:?}");
    answer.json()
}

/// Sends a presigned request with exactly the headers that were returned.
async fn send_as_told(planned: &Value, content: impl Into<Bytes>) -> Answer {
    send_altered(planned, content, |_| {}).await
}

/// The same with other headers.
async fn send_altered(
    planned: &Value,
    content: impl Into<Bytes>,
    alter: impl FnOnce(&mut Vec<(String, String)>),
) -> Answer {
    let (wire, target) = at(planned["url"].as_str().unwrap());
    let content = content.into();
    let headers = planned["headers"].as_object().unwrap().iter();
    let mut headers: Vec<(String, String)> = headers
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    alter(&mut headers);
    if content.is_empty() {
        // The client sends none by itself then.
        headers.push(("content-length".to_owned(), "0".to_owned()));
    }
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    wire.send(Method::PUT, &target, &headers, content).await
}

/// Where a URL leads: its server, and what is asked of it.
fn at(url: &str) -> (Wire, String) {
    let (scheme, rest) = url.split_once("://").unwrap();
    let (host, target) = rest.split_at(rest.find('/').unwrap());
    (
        Wire::plain(&format!("{scheme}://{host}")),
        target.to_owned(),
    )
}

/// A stack whose edges are taken to settle at once.
async fn settling_soon() -> LocalStack {
    LocalStack::configured(|config| {
        config.faults.release_settling = Some(200);
        config.faults.message_visibility = Some(1);
    })
    .await
}
