//! `keyfront audit` as an operator runs it, on a bucket of the local stack, with a proxy that can fail before its S3.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use aws_sdk_s3::{Client, primitives::ByteStream, types::ServerSideEncryption};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{process::Command, task::JoinHandle};

use crate::{
    artefacts, aws_client,
    fault_proxy::{Fault, FaultProxy, Gate, Rule},
    local_stack::LocalStack,
    stack::{AwsCredentials, DevJson},
};

/// A stack, a bucket in it, and the command.
pub struct Audited {
    pub stack: LocalStack,
    pub proxy: FaultProxy,
    pub bucket: String,
    folder: TempDir,
}

/// A run under way.
pub struct Running {
    pid: u32,
    output: JoinHandle<std::io::Result<Output>>,
}

impl Running {
    /// Starts a command.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let child = command.spawn().unwrap();
        Self {
            pid: child.id().unwrap(),
            // A full pipe must never block the command.
            output: tokio::spawn(child.wait_with_output()),
        }
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        let line = ["-INT", &self.pid.to_string()];
        let sent = std::process::Command::new("kill").args(line).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end.
    pub async fn report(self) -> Report {
        read(self.output.await.unwrap().unwrap())
    }
}

/// What a run reported.
#[derive(Debug)]
pub struct Report {
    pub code: i32,
    pub findings: Vec<Value>,
    pub summary: Value,
    pub stdout: String,
    pub stderr: String,
}

impl Audited {
    /// The stack's own bucket, as it is deployed.
    pub async fn deployed() -> Self {
        let stack = LocalStack::start().await;
        let bucket = stack.dev.bucket.clone();
        Self::of(stack, bucket).await
    }

    /// A new bucket with no policy and the settings that AWS gives it.
    pub async fn bare() -> Self {
        let stack = LocalStack::start().await;
        let bucket = "audited".to_owned();
        stack.create_bucket(&bucket).await;
        Self::of(stack, bucket).await
    }

    async fn of(stack: LocalStack, bucket: String) -> Self {
        Self {
            proxy: FaultProxy::start(&stack.dev.s3_url).await,
            stack,
            bucket,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    #[must_use]
    pub fn s3(&self) -> &Client {
        self.stack.s3()
    }

    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.folder.path().join("audit.json")
    }

    /// The dev stack's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.stack.dev.key_arn
    }

    /// A further KMS key.
    pub async fn other_key(&self) -> String {
        new_kms_key(&self.stack.dev).await
    }

    /// Answers that stand for what the dev stack does not have: TLS, logs and versions, and a policy that demands them.
    pub fn pretend_production(&self) {
        let (bucket, key) = (&self.bucket, self.key());
        let objects = format!("arn:aws:s3:::{bucket}/*");
        let deny = |action: &str, condition: Value| {
            serde_json::json!({"Effect": "Deny", "Principal": "*", "Action": action,
            "Resource": [format!("arn:aws:s3:::{bucket}"), objects], "Condition": condition})
        };
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            deny("s3:*", serde_json::json!({"Bool": {"aws:SecureTransport": "false"}})),
            deny("s3:*", serde_json::json!({"NumericGreaterThan": {"s3:signatureAge": "3600000"}})),
            deny("s3:PutObject", serde_json::json!({"Null": {"s3:x-amz-server-side-encryption": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}})),
            deny("s3:PutObject", serde_json::json!({
                "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
                "ArnNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key}})),
            deny("s3:PutObject", serde_json::json!({
                "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "true"},
                "StringEquals": {"s3:x-amz-server-side-encryption": ["aws:kms", "aws:kms:dsse"]}})),
            deny("s3:PutObject", serde_json::json!({
                "Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}})),
        ]});
        self.answer(
            "?policyStatus",
            200,
            "<PolicyStatus><IsPublic>false</IsPublic></PolicyStatus>",
        );
        self.answer("?policy", 200, &policy.to_string());
        self.answer(
            "?logging",
            200,
            "<BucketLoggingStatus xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LoggingEnabled>\
             <TargetBucket>logs</TargetBucket><TargetPrefix>a/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>",
        );
        self.answer(
            "?versioning",
            200,
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status>\
             </VersioningConfiguration>",
        );
    }

    /// From now on every GET about `what` gets this response.
    pub fn answer(&self, what: &'static str, status: u16, body: &str) {
        // A few answers a test: what they take is given back when it ends.
        let body = body.to_owned().leak();
        self.proxy.also_fail(Rule {
            method: http::Method::GET,
            about: what,
            fault: Fault::Answer(status.try_into().unwrap(), body),
            times: usize::MAX,
        });
    }

    /// Requests about `what` wait at a gate.
    #[must_use]
    pub fn hold(&self, method: http::Method, about: &'static str) -> Gate {
        let gate = Gate::default();
        self.proxy.also_fail(Rule {
            method,
            about,
            fault: Fault::Hold(gate.clone()),
            times: 1,
        });
        gate
    }

    /// Writes an object under a customer key.
    pub async fn put_under_customer_key(&self, key: &str) {
        let call = self.s3().put_object().bucket(&self.bucket).key(key);
        call.sse_customer_algorithm("AES256")
            .sse_customer_key("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")
            .sse_customer_key_md5("y4HAEFCYWuvAXWFTtA1Qpg==")
            .body(b"x".to_vec().into())
            .send()
            .await
            .unwrap();
    }

    /// Writes an object with S3's own encryption.
    pub async fn put_plain(&self, key: &str) {
        self.put(key, ServerSideEncryption::Aes256, None).await;
    }

    /// Writes an object with an encryption.
    pub async fn put(&self, key: &str, algorithm: ServerSideEncryption, kms: Option<&str>) {
        let call = self.s3().put_object().bucket(&self.bucket).key(key);
        call.body(ByteStream::from_static(b"content"))
            .server_side_encryption(algorithm)
            .set_ssekms_key_id(kms.map(str::to_owned))
            .send()
            .await
            .unwrap();
    }

    /// The command, as the administrator.
    #[must_use]
    pub fn command(&self, line: &[&str]) -> Command {
        self.command_as(&self.stack.dev.credentials.admin, line)
    }

    /// The command with somebody's credentials.
    #[must_use]
    pub fn command_as(&self, who: &AwsCredentials, line: &[&str]) -> Command {
        let line = [&["audit", &self.bucket][..], line].concat();
        let mut command = operator(&self.stack.dev, self.proxy.url(), self.folder.path(), who);
        command
            .args(line)
            .arg("--checkpoint")
            .arg(self.checkpoint());
        command
    }

    /// Runs it to its end, telling JSON, with the dev stack's key demanded.
    pub async fn run(&self, line: &[&str]) -> Report {
        read(self.command(&self.json(line)).output().await.unwrap())
    }

    /// Starts it, telling JSON.
    #[must_use]
    pub fn start(&self, line: &[&str]) -> Running {
        Running::start(self.command(&self.json(line)))
    }

    fn json<'a>(&'a self, line: &[&'a str]) -> Vec<&'a str> {
        [&["--format", "json", "--expect-key", self.key()], line].concat()
    }

    /// Whether something is left to go on from.
    #[must_use]
    pub fn has_checkpoint(&self) -> bool {
        Path::exists(&self.checkpoint())
    }
}

/// `keyfront` in `folder` with somebody's credentials, on a stack whose S3 is reached under `s3_url`.
#[must_use]
pub fn operator(dev: &DevJson, s3_url: String, folder: &Path, who: &AwsCredentials) -> Command {
    let mut command = Command::new(artefacts::keyfront());
    command
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("AWS_REGION", &dev.region)
        .env("AWS_ACCESS_KEY_ID", &who.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &who.secret_access_key)
        .env("AWS_ENDPOINT_URL_S3", s3_url)
        .env("AWS_ENDPOINT_URL_KMS", &dev.kms_url)
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(token) = &who.session_token {
        command.env("AWS_SESSION_TOKEN", token);
    }
    command
}

/// A further KMS key.
pub async fn new_kms_key(dev: &DevJson) -> String {
    let made = aws_client::kms(dev, "CreateKey", &serde_json::json!({})).await;
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

/// Reads what a run reported as JSON lines.
#[must_use]
pub fn read(output: Output) -> Report {
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<Value> = stdout
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let summary = lines.pop_if(|line| line["kind"] == "summary");
    Report {
        code: output.status.code().unwrap_or(-1),
        findings: lines,
        summary: summary.unwrap_or_default(),
        stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Report {
    /// `(code, key)` of every finding, sorted; the key of the bucket's own is empty.
    #[must_use]
    pub fn found(&self) -> Vec<(&str, &str)> {
        let mut found: Vec<(&str, &str)> = self
            .findings
            .iter()
            .map(|one| {
                (
                    one["code"].as_str().unwrap(),
                    one["key"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        found.sort_unstable();
        found
    }

    /// Those about objects and uploads.
    #[must_use]
    pub fn found_keys(&self) -> Vec<(&str, &str)> {
        self.found()
            .into_iter()
            .filter(|(_, key)| !key.is_empty())
            .collect()
    }

    /// What `--fix` made of an object.
    #[must_use]
    pub fn fix(&self, key: &str) -> &str {
        let found = self.findings.iter().find(|one| one["key"] == key);
        found
            .and_then(|one| one["fix"].as_str())
            .unwrap_or_default()
    }
}
