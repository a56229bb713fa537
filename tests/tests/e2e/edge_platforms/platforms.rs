//! What answers the table: a stack whose CDN runs an edge, and the Worker in front of the same bucket.

use keyfront_dev_stack::{
    CustomerKeys, EdgeKind, Faults, OriginKind, Ports, Stack as DevStack, StackConfig, Storage,
};
use keyfront_tests::{
    artefacts, s3_client,
    stack::DevJson,
    wire::Wire,
    worker::{Worker, WorkerConfig},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::table::{Object, gzip};

const REGION: &str = "eu-west-1";
pub(super) const BUCKET: &str = "keyfront-platforms";
const PUBLISH: &str = "keyfrontplatformspublishfunction.lambda-url.eu-west-1.on.aws";
/// What the edge's role may read of releases is what the document of sites names: the same releases, on another path.
const GRANTED: &str = r#"{"v":1,"sites":[{"path":"/granted/","release":"docs"}]}"#;

/// A stack whose CDN runs the Lambda@Edge bundle, and a Worker in front of the same bucket; or one with the edge linked in.
pub(super) struct Platforms {
    stack: DevStack,
    worker: Option<Worker>,
    pub(super) dev: DevJson,
    pub(super) s3: aws_sdk_s3::Client,
    _folder: TempDir,
}

impl Platforms {
    pub(super) async fn start(more: &Value) -> Self {
        let bundle = artefacts::edge_bundle();
        Self::start_with(more, EdgeKind::Node { bundle }).await
    }

    pub(super) async fn start_with(more: &Value, edge: EdgeKind) -> Self {
        let mut site = json!({
            "v": 1, "bucket": BUCKET, "region": REGION, "style": "virtual", "signing": "sigv4",
            "publish": {"prefix": "/_publish", "host": PUBLISH, "region": REGION},
        });
        for (name, value) in more.as_object().unwrap() {
            site[name] = value.clone();
        }
        let folder = tempfile::tempdir().unwrap();
        let is_native = edge == EdgeKind::Native;
        let stack = DevStack::start(StackConfig {
            folder: folder.path().to_path_buf(),
            storage: Storage::Memory,
            edge,
            origin: OriginKind::Native,
            site: Some(site.to_string().into_bytes()),
            cors_origins: Vec::new(),
            protect: Vec::new(),
            logins: false,
            sites: (!site["release"].is_null()).then(|| GRANTED.as_bytes().to_vec()),
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
        let worker = (!is_native).then(|| {
            let config = WorkerConfig::of(&site, &dev.credentials.edge)
                .with_host(&format!("{BUCKET}.s3.{REGION}.amazonaws.com"), &dev.s3_url)
                .with_host(PUBLISH, &stack.function_url().to_string());
            Worker::start(&config)
        });
        let s3 = s3_client::client(&dev.s3_url, REGION, &dev.credentials.admin);
        Self {
            stack,
            worker,
            dev,
            s3,
            _folder: folder,
        }
    }

    pub(super) fn wires(&self) -> Vec<(&'static str, Wire)> {
        let cdn = Wire::tls(&self.stack.dev_json().cdn_url, &self.dev.ca_cert);
        match &self.worker {
            Some(worker) => vec![("cloudfront", cdn), ("worker", worker.wire())],
            None => vec![("native", cdn)],
        }
    }

    pub(super) fn worker(&self) -> &Worker {
        self.worker.as_ref().unwrap()
    }

    /// Stores an object past the publishers' API; its ETag.
    pub(super) async fn put(&self, object: &Object) -> String {
        let body = match object.encoding.as_deref() {
            Some("gzip") => gzip(&object.body),
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
