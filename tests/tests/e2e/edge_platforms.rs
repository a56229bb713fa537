//! One table of cases (`tests/cases/edge.json`), run on every platform the edge is built for: the Lambda@Edge bundle
//! behind the local CDN, and the Worker in workerd, in front of the same bucket.

use std::{collections::BTreeMap, io::Write as _, process::Command};

use bytes::Bytes;
use http::Method;
use keyfront_dev_stack::{
    CustomerKeys, EdgeKind, Faults, OriginKind, Ports, Stack as DevStack, StackConfig, Storage,
};
use keyfront_tests::{
    artefacts, keys, s3_client,
    stack::DevJson,
    wire::{Answer, Wire},
    worker::{Worker, WorkerConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const REGION: &str = "eu-west-1";
const BUCKET: &str = "keyfront-platforms";
const PUBLISH: &str = "keyfrontplatformspublishfunction.lambda-url.eu-west-1.on.aws";

#[tokio::test(flavor = "multi_thread")]
async fn one_table_of_cases_holds_on_both_platforms() {
    let table: Table = serde_json::from_slice(
        &std::fs::read(artefacts::root().join("tests/cases/edge.json")).unwrap(),
    )
    .unwrap();
    let platforms = Platforms::start(&table.site).await;
    let mut etags = BTreeMap::new();
    for object in &table.objects {
        etags.insert(object.key.clone(), platforms.put(object).await);
    }
    let mut failures = Vec::new();
    for (platform, wire) in platforms.wires() {
        for case in &table.cases {
            let texts = Texts {
                platform,
                etags: &etags,
                bearer: &platforms.dev.publisher_token,
            };
            let answer = case.ask(&wire, &texts).await;
            if let Err(why) = case.check(&answer, &texts) {
                failures.push(format!("{platform}: {}: {why}", case.name));
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_nasty_key_is_served_on_both_platforms() {
    let platforms = Platforms::start(&json!({"query": []})).await;
    for key in keys::nasty() {
        let object = Object::of(&key, &key);
        platforms.put(&object).await;
    }
    for (platform, wire) in platforms.wires() {
        for key in keys::nasty() {
            let answer = wire.get(&keys::viewer(&key)).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body[..]),
                (200, key.as_bytes()),
                "{platform}: {key:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_body_over_4_5_mb_is_refused_by_the_worker_before_it_is_read() {
    let platforms = Platforms::start(&json!({"query": []})).await;
    let wire = platforms.worker.wire();
    let request = "PUT /_publish/objects/a HTTP/1.1\r\nhost: h\r\nauthorization: Bearer t\r\nconnection: close\r\ncontent-length: 4718593\r\n\r\n";
    let answer = String::from_utf8(wire.raw(request.as_bytes()).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("\"code\":\"body-too-large\""), "{answer}");
    assert!(answer.contains("POST /uploads"), "{answer}");
}

/// A stack whose CDN runs the Lambda@Edge bundle, and a Worker in front of the same bucket.
struct Platforms {
    stack: DevStack,
    worker: Worker,
    dev: DevJson,
    s3: aws_sdk_s3::Client,
    _folder: TempDir,
}

impl Platforms {
    async fn start(more: &Value) -> Self {
        let mut site = json!({
            "v": 1, "bucket": BUCKET, "region": REGION, "style": "virtual", "signing": "sigv4",
            "publish": {"prefix": "/_publish", "host": PUBLISH, "region": REGION},
        });
        for (name, value) in more.as_object().unwrap() {
            site[name] = value.clone();
        }
        let folder = tempfile::tempdir().unwrap();
        let stack = DevStack::start(StackConfig {
            folder: folder.path().to_path_buf(),
            storage: Storage::Memory,
            edge: EdgeKind::Node {
                bundle: artefacts::edge_bundle(),
            },
            origin: OriginKind::Native,
            site: Some(site.to_string().into_bytes()),
            cors_origins: Vec::new(),
            protect: Vec::new(),
            logins: false,
            sites: None,
            page: false,
            ports: Ports::default(),
            ready_file: None,
            rotate_every: None,
            listing: false,
            customer_keys: CustomerKeys::Without,
            withheld: None,
            faults: Faults::default(),
        })
        .await
        .unwrap();
        let dev: DevJson =
            serde_json::from_value(serde_json::to_value(stack.dev_json()).unwrap()).unwrap();
        let worker = Worker::start(
            &WorkerConfig::of(&site, &dev.credentials.edge)
                .with_host(&format!("{BUCKET}.s3.{REGION}.amazonaws.com"), &dev.s3_url)
                .with_host(PUBLISH, &stack.function_url().to_string()),
        );
        let s3 = s3_client::client(&dev.s3_url, REGION, &dev.credentials.admin);
        Self {
            stack,
            worker,
            dev,
            s3,
            _folder: folder,
        }
    }

    fn wires(&self) -> [(&'static str, Wire); 2] {
        let cdn = &self.stack.dev_json().cdn_url;
        [
            ("cloudfront", Wire::tls(cdn, &self.dev.ca_cert)),
            ("worker", self.worker.wire()),
        ]
    }

    /// Stores an object past the publishers' API; its ETag.
    async fn put(&self, object: &Object) -> String {
        let body = match object.encoding.as_deref() {
            Some("gzip") => gzip(&object.body, &["-9", "-n"]),
            _ => object.body.clone().into_bytes(),
        };
        let answer = self
            .s3
            .put_object()
            .bucket(BUCKET)
            .key(&object.key)
            .content_type(&object.content_type)
            .set_cache_control(object.cache.clone())
            .set_content_encoding(object.encoding.clone())
            .set_metadata(Some(object.metadata.clone().into_iter().collect()))
            .body(body.into())
            .send()
            .await
            .unwrap();
        answer.e_tag.unwrap()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(rename = "about")]
    _about: String,
    site: Value,
    objects: Vec<Object>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object {
    key: String,
    body: String,
    #[serde(rename = "type")]
    content_type: String,
    cache: Option<String>,
    encoding: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

impl Object {
    fn of(key: &str, body: &str) -> Self {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
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
struct Texts<'a> {
    platform: &'a str,
    etags: &'a BTreeMap<String, String>,
    bearer: &'a str,
}

impl Texts<'_> {
    fn write(&self, text: &str, body: &str) -> String {
        let Some((head, rest)) = text.split_once('{') else {
            return text.to_owned();
        };
        let (name, tail) = rest.split_once('}').unwrap();
        let value = if let Some(key) = name.strip_prefix("etag:") {
            self.etags[key].clone()
        } else if let Some((letter, count)) = name.split_once('*') {
            letter.repeat(count.parse().unwrap())
        } else {
            match name {
                "platform" => self.platform.to_owned(),
                "bearer" => format!("Bearer {}", self.bearer),
                "sha256" => hex::encode(Sha256::digest(body)),
                other => panic!("{{{other}}} means nothing"),
            }
        };
        format!("{head}{value}{tail}")
    }
}

impl Case {
    async fn ask(&self, wire: &Wire, texts: &Texts<'_>) -> Answer {
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

    fn check(&self, answer: &Answer, texts: &Texts<'_>) -> Result<(), String> {
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
            && *code != answer.code()
        {
            return Err(format!("{} is not {code}", answer.code()));
        }
        let body = own.map_or(&self.body, |own| &own.body);
        if let Some(body) = body
            && answer.body != body.as_bytes()
        {
            return Err(format!("{:?} is not {body:?}", answer.body));
        }
        if let Some(text) = &self.gzip
            && answer.body != gzip(text, &["-9", "-n"])
        {
            return Err(format!("{:?} is not what was stored", answer.body));
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
}

fn gzip(text: &str, arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .args(arguments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
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
