//! The stack linked into the test's process, with the edge linked in too: its KMS can be counted and
//! made to fail, and nothing has to be built first.

use std::{collections::HashMap, path::Path, sync::Arc};

use aws_sdk_s3::{
    Client,
    primitives::ByteStream,
    types::{
        BlockedEncryptionTypes, EncryptionType, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    },
};
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt as _;
use keyfront_dev_issuer::Issuer;
use keyfront_dev_kms::Kms;
use keyfront_dev_stack::{
    CustomerKeys, EdgeKind, Faults, Grant, OriginKind, Ports, Stack, StackConfig, Storage,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    aws_client, keys, s3_client,
    stack::DevJson,
    wire::{Answer, Wire},
};

/// A running stack in memory.
pub struct LocalStack {
    stack: Stack,
    s3: Client,
    pub dev: DevJson,
    _folder: TempDir,
}

/// An object as the bucket holds it.
#[derive(Debug)]
pub struct RawObject {
    pub body: Bytes,
    pub metadata: HashMap<String, String>,
    pub server_side_encryption: String,
}

/// Bytes in which no two stretches are alike.
#[must_use]
pub fn content(length: usize) -> Bytes {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

impl LocalStack {
    /// Starts a stack; it stops when dropped.
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// Starts a stack with this origin behind its Function URL.
    pub async fn start_with(origin: OriginKind) -> Self {
        Self::configured(|config| config.origin = origin).await
    }

    /// Starts a stack whose roles lack a grant of the template.
    pub async fn without(grant: Grant) -> Self {
        Self::configured(|config| {
            config.customer_keys = CustomerKeys::With;
            config.withheld = Some(grant);
            config.faults.release_settling = Some(100);
            config.faults.message_visibility = Some(1);
        })
        .await
    }

    /// Starts a stack with customer keys (SSE-C).
    pub async fn with_customer_keys() -> Self {
        Self::configured(|config| {
            config.customer_keys = CustomerKeys::With;
            config.faults.release_settling = Some(100);
            config.faults.message_visibility = Some(1);
        })
        .await
    }

    /// Starts a stack that is broken on purpose.
    pub async fn broken(faults: Faults) -> Self {
        Self::configured(|config| config.faults = faults).await
    }

    /// Starts a stack whose configuration a test has changed; its folder is `folder`.
    pub async fn configured(change: impl FnOnce(&mut StackConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = StackConfig {
            folder: folder.path().to_path_buf(),
            storage: Storage::Memory,
            edge: EdgeKind::Native,
            origin: OriginKind::Native,
            site: None,
            cors_origins: Vec::new(),
            listing: false,
            protect: Vec::new(),
            logins: false,
            sites: None,
            page: false,
            ports: Ports::default(),
            ready_file: None,
            rotate_every: None,
            customer_keys: CustomerKeys::Without,
            withheld: None,
            faults: Faults::default(),
        };
        change(&mut config);
        Self::run(config, folder).await
    }

    async fn run(config: StackConfig, folder: TempDir) -> Self {
        let stack = Stack::start(config).await.unwrap();
        let document = serde_json::to_value(stack.dev_json()).unwrap();
        let dev: DevJson = serde_json::from_value(document).unwrap();
        let s3 = s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin);
        Self {
            stack,
            s3,
            dev,
            _folder: folder,
        }
    }

    /// Where its `dev.json` is.
    #[must_use]
    pub fn dev_json_path(&self) -> &Path {
        self.stack.dev_json_path()
    }

    /// Where the stack's parameters are, its customer keys among them.
    #[must_use]
    pub fn ssm_url(&self) -> &str {
        self.stack.ssm_url()
    }

    /// Where the stack's queues are.
    #[must_use]
    pub fn sqs_url(&self) -> &str {
        self.stack.sqs_url()
    }

    /// The parameter with the stack's own customer key.
    pub const CUSTOMER_KEY_PARAMETER: &str =
        "arn:aws:ssm:us-east-1:111122223333:parameter/keyfront/keyfront-dev/customer-key";

    /// Puts what a bucket blocks: customer keys (SSE-C), or nothing.
    pub async fn block(&self, bucket: &str, blocked: EncryptionType) {
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::AwsKms)
            .kms_master_key_id(&self.dev.key_arn);
        let blocked = BlockedEncryptionTypes::builder().encryption_type(blocked);
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default.build().unwrap())
            .bucket_key_enabled(true)
            .blocked_encryption_types(blocked.build());
        let configuration = ServerSideEncryptionConfiguration::builder().rules(rule.build());
        let call = self.s3.put_bucket_encryption().bucket(bucket);
        let call = call.server_side_encryption_configuration(configuration.build().unwrap());
        call.send().await.unwrap();
    }

    /// The KMS itself.
    #[must_use]
    pub fn kms(&self) -> &Arc<Kms> {
        self.stack.kms()
    }

    /// The issuer where viewers log in.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        self.stack.issuer().unwrap()
    }

    /// S3 as the administrator.
    #[must_use]
    pub fn s3(&self) -> &Client {
        &self.s3
    }

    /// The origin's Function URL.
    #[must_use]
    pub fn function_url(&self) -> String {
        format!("http://{}", self.stack.function_url())
    }

    /// A client of the publishers' API without a token.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::plain(&self.dev.publish_url)
    }

    /// A viewer of the CDN.
    #[must_use]
    pub fn cdn(&self) -> Wire {
        Wire::tls(&self.dev.cdn_url, &self.dev.ca_cert)
    }

    /// Calls the publishers' API as the publisher.
    pub async fn call(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Answer {
        let bearer = format!("Bearer {}", self.dev.publisher_token);
        let headers = [&[("authorization", bearer.as_str())], headers].concat();
        self.wire().send(method, target, &headers, body).await
    }

    /// Uploads with an encryption mode.
    pub async fn put(
        &self,
        key: &str,
        mode: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> Answer {
        let target = format!("/objects/{}?encryption={mode}", keys::wire(key));
        let headers = [&[("content-type", "application/octet-stream")], headers].concat();
        self.call(Method::PUT, &target, &headers, body).await
    }

    /// Deletes by the publishers' API.
    pub async fn delete(&self, key: &str) -> Answer {
        let target = format!("/objects/{}", keys::wire(key));
        self.call(Method::DELETE, &target, &[], Bytes::new()).await
    }

    /// What the publishers' API tells of an object.
    pub async fn describe(&self, key: &str) -> Value {
        let target = format!("/objects/{}", keys::wire(key));
        self.call(Method::GET, &target, &[], Bytes::new())
            .await
            .json()
    }

    /// A listing.
    pub async fn list(&self, query: &str) -> Value {
        let target = format!("/objects?{query}");
        self.call(Method::GET, &target, &[], Bytes::new())
            .await
            .json()
    }

    /// Asks the reader.
    pub async fn send(&self, method: Method, key: &str, headers: &[(&str, &str)]) -> Answer {
        let target = format!("/read/{}", keys::wire(key));
        self.call(method, &target, headers, Bytes::new()).await
    }

    /// Reads by the reader.
    pub async fn read(&self, key: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, key, headers).await
    }

    /// Reads by the reader; an answer that breaks off is an error.
    pub async fn try_read(&self, key: &str) -> reqwest::Result<Bytes> {
        let url = format!("{}/read/{}", self.dev.publish_url, keys::wire(key));
        // The client wants a TLS provider even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let request = reqwest::Client::new()
            .get(url)
            .bearer_auth(&self.dev.publisher_token);
        request.send().await?.bytes().await
    }

    /// Reads through the CDN as a viewer; an answer that breaks off is an error.
    pub async fn try_view(&self, target: &str) -> Result<Bytes, hyper::Error> {
        let answer = self.cdn().open(target).await;
        Ok(answer.into_body().collect().await?.to_bytes())
    }

    /// Reads an object from the bucket as the administrator.
    pub async fn raw(&self, key: &str) -> RawObject {
        let call = self.s3.get_object().bucket(&self.dev.bucket).key(key);
        let answer = call.send().await.unwrap();
        let sse = answer.server_side_encryption.as_ref();
        RawObject {
            server_side_encryption: sse.map(|sse| sse.as_str().to_owned()).unwrap_or_default(),
            metadata: answer.metadata.unwrap_or_default(),
            body: answer.body.collect().await.unwrap().into_bytes(),
        }
    }

    /// Writes another body with the metadata of `like`.
    pub async fn overwrite_raw(&self, key: &str, body: Bytes, like: &RawObject) {
        let call = self.s3.put_object().bucket(&self.dev.bucket).key(key);
        call.set_metadata(Some(like.metadata.clone()))
            .body(ByteStream::from(body))
            .send()
            .await
            .unwrap();
    }

    /// Writes an object past the publishers' API.
    pub async fn put_raw(&self, key: &str, body: Bytes, metadata: &[(&str, &str)]) {
        let metadata = metadata
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let call = self.s3.put_object().bucket(&self.dev.bucket).key(key);
        call.set_metadata(Some(metadata.collect()))
            .body(ByteStream::from(body))
            .send()
            .await
            .unwrap();
    }

    /// Whether the bucket has an object.
    pub async fn exists(&self, key: &str) -> bool {
        let call = self.s3.head_object().bucket(&self.dev.bucket).key(key);
        call.send().await.is_ok()
    }

    /// Disables the stack's key.
    pub async fn disable_key(&self) {
        let input = serde_json::json!({"KeyId": self.dev.key_arn});
        aws_client::kms(&self.dev, "DisableKey", &input).await;
    }
}
