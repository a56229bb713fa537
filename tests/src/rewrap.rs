//! `keyfront rewrap` as an operator runs it on a local stack, behind proxies that can fail before its S3 and its KMS; and
//! objects as a client seals them under a key of the test's choice.

use std::{fs::File, path::PathBuf, time::Duration};

use aws_sdk_s3::{
    Client,
    operation::{head_object::HeadObjectOutput, put_object::builders::PutObjectFluentBuilder},
    primitives::ByteStream,
    types::ServerSideEncryption,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use keyfront_envelope::{
    DataKey, Description, Envelope, Format, KmsContext, MasterKey, Seed, WrappedDataKey,
    content_context, seal,
};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;

use crate::{
    audit::{Report, Running, new_kms_key, operator, read},
    aws_client,
    fault_proxy::FaultProxy,
    local_stack::LocalStack,
    stack::AwsCredentials,
};

/// A stack, a second key, and the command.
pub struct Rewrapped {
    pub stack: LocalStack,
    pub proxy: FaultProxy,
    /// A KMS key that is not the stack's.
    pub other_key: String,
    folder: TempDir,
}

impl Rewrapped {
    /// A stack and a second key.
    pub async fn start() -> Self {
        let stack = LocalStack::start().await;
        Self {
            proxy: FaultProxy::start(&stack.dev.s3_url).await,
            other_key: new_kms_key(&stack.dev).await,
            stack,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    #[must_use]
    pub fn s3(&self) -> &Client {
        self.stack.s3()
    }

    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.stack.dev.bucket
    }

    /// The stack's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.stack.dev.key_arn
    }

    #[must_use]
    pub fn has_checkpoint(&self) -> bool {
        self.checkpoint().exists()
    }

    fn checkpoint(&self) -> PathBuf {
        self.folder.path().join("rewrap.json")
    }

    /// A file with a client-side master key.
    #[must_use]
    pub fn key_file(&self, name: &str, key: [u8; 32]) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, STANDARD.encode(key)).unwrap();
        format!("file:{}", path.display())
    }

    /// The command, telling JSON.
    #[must_use]
    pub fn command_as(&self, who: &AwsCredentials, prefix: &str, line: &[&str]) -> Command {
        let mut command = operator(&self.stack.dev, self.proxy.url(), self.folder.path(), who);
        command
            .args([
                "rewrap",
                prefix,
                "--bucket",
                self.bucket(),
                "--format",
                "json",
            ])
            .arg("--checkpoint")
            .arg(self.checkpoint())
            .args(line);
        command
    }

    /// Runs it to its end as the administrator.
    pub async fn run(&self, prefix: &str, line: &[&str]) -> Report {
        let line = [line, &["--yes"]].concat();
        let admin = &self.stack.dev.credentials.admin;
        read(
            self.command_as(admin, prefix, &line)
                .output()
                .await
                .unwrap(),
        )
    }

    /// Starts it as the administrator; what it notes goes to a file.
    #[must_use]
    pub fn start_run(&self, prefix: &str, line: &[&str]) -> Running {
        let line = [line, &["--yes"]].concat();
        let admin = &self.stack.dev.credentials.admin;
        let mut command = self.command_as(admin, prefix, &line);
        command.stderr(File::create(self.notes()).unwrap());
        Running::start(command)
    }

    /// Waits until a run has noted that it stops.
    pub async fn stopping(&self) {
        let noted = || {
            std::fs::read_to_string(self.notes())
                .unwrap()
                .contains("Stopping")
        };
        while !noted() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn notes(&self) -> PathBuf {
        self.folder.path().join("notes")
    }

    /// From the stack's key to the other one, or as the line says.
    pub async fn to_other_key(&self, prefix: &str, line: &[&str]) -> Report {
        let keys = ["--from", self.key(), "--to", &self.other_key];
        self.run(prefix, &[&keys, line].concat()).await
    }

    /// Removes the bucket's policy, which demands the stack's key of every write.
    pub async fn allow_every_key(&self) {
        let call = self.s3().delete_bucket_policy().bucket(self.bucket());
        call.send().await.unwrap();
    }

    /// Disables or enables a key.
    pub async fn set_key(&self, operation: &str, key: &str) {
        aws_client::kms(&self.stack.dev, operation, &json!({"KeyId": key})).await;
    }

    /// Seals for `object` under a KMS key, in its own context.
    pub async fn seal_by_kms(
        &self,
        format: Format,
        key: &str,
        object: &str,
        plain: &Bytes,
    ) -> (Envelope, Bytes) {
        let context = content_context(self.bucket(), object);
        let context = KmsContext::new(format, context).unwrap();
        let input =
            json!({"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context.entries()});
        let made = aws_client::kms(&self.stack.dev, "GenerateDataKey", &input).await;
        let member = |name: &str| STANDARD.decode(made[name].as_str().unwrap()).unwrap();
        let data_key = DataKey::from_slice(&member("Plaintext")).unwrap();
        let wrapped = member("CiphertextBlob");
        sealed(
            WrappedDataKey::from_kms(data_key, wrapped, context).unwrap(),
            plain,
        )
    }

    /// A PUT of a sealed object, with everything but its body and metadata still to be said.
    pub fn put(&self, object: &str, body: Bytes) -> PutObjectFluentBuilder {
        let call = self.s3().put_object().bucket(self.bucket()).key(object);
        call.body(ByteStream::from(body))
            .server_side_encryption(ServerSideEncryption::Aes256)
    }

    /// Writes an object sealed under a KMS key; S3 keeps it under none.
    pub async fn put_sealed(&self, format: Format, key: &str, object: &str, plain: &Bytes) {
        let (envelope, body) = self.seal_by_kms(format, key, object, plain).await;
        let call = self.put(object, body);
        with_envelope(call, &envelope).send().await.unwrap();
    }

    pub async fn head(&self, object: &str) -> HeadObjectOutput {
        let call = self.s3().head_object().bucket(self.bucket()).key(object);
        call.checksum_mode(aws_sdk_s3::types::ChecksumMode::Enabled)
            .send()
            .await
            .unwrap()
    }
}

/// Adds the envelope's metadata.
#[must_use]
pub fn with_envelope(
    mut call: PutObjectFluentBuilder,
    envelope: &Envelope,
) -> PutObjectFluentBuilder {
    for (name, value) in envelope.metadata().unwrap() {
        call = call.metadata(name, value);
    }
    call
}

/// Seals under a client-side master key.
#[must_use]
pub fn seal_by_master(format: Format, master: [u8; 32], plain: &Bytes) -> (Envelope, Bytes) {
    let data_key = DataKey::new(rand_bytes());
    let (master, name) = (MasterKey::new(master), Description::new());
    let key = WrappedDataKey::by_master_key(format, data_key, &master, rand_bytes(), name);
    sealed(key, plain)
}

fn sealed(key: WrappedDataKey, plain: &Bytes) -> (Envelope, Bytes) {
    let seed = Seed::from_random(rand_bytes());
    let (mut sealer, envelope) = seal(key, seed, Some(plain.len() as u64)).unwrap();
    let mut body = plain.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    (envelope, body.into())
}

fn rand_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}
