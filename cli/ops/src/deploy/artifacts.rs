//! The artifact bucket of a Region: private, encrypted, TLS only; objects in it are named by their content.

use aws_sdk_s3::{
    Client,
    error::ProvideErrorMetadata as _,
    types::{
        BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership, OwnershipControls,
        OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption,
        ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    },
};
use keyfront_names::{Partition, arn, host};
use serde_json::json;

use super::{bundle::Artifact, deploy_error::refused};
use crate::aws::call_error;

/// A bucket for artifacts.
pub(super) struct ArtifactBucket {
    s3: Client,
    pub(super) name: String,
    region: String,
    /// Every call demands that the bucket is this account's: names are global, and another's bucket must not feed
    /// code into this one.
    account: String,
    upkeep: Upkeep,
}

/// Who creates the bucket and keeps it in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upkeep {
    Keyfront,
    Operator,
}

impl ArtifactBucket {
    /// `given`, or `keyfront-artifacts-ACCOUNT-REGION`.
    pub(super) fn new(s3: Client, region: &str, account: &str, given: Option<&str>) -> Self {
        Self {
            s3,
            name: given.map_or_else(
                || format!("keyfront-artifacts-{account}-{region}"),
                str::to_owned,
            ),
            region: region.to_owned(),
            account: account.to_owned(),
            upkeep: given.map_or(Upkeep::Keyfront, |_| Upkeep::Operator),
        }
    }

    /// Those that are not there yet. Reads only.
    pub(super) async fn missing<'a>(
        &self,
        artifacts: &'a [Artifact],
    ) -> anyhow::Result<Vec<&'a Artifact>> {
        if !self.exists().await? {
            return Ok(artifacts.iter().collect());
        }
        let mut missing = Vec::new();
        for artifact in artifacts {
            if !self.holds(artifact).await? {
                missing.push(artifact);
            }
        }
        Ok(missing)
    }

    /// Uploads artifacts; makes the bucket first if there is none.
    pub(super) async fn upload(&self, artifacts: &[&Artifact]) -> anyhow::Result<()> {
        if artifacts.is_empty() {
            return Ok(());
        }
        // Again and again, since an earlier run may have ended between two of the calls.
        if self.upkeep == Upkeep::Keyfront {
            if !self.exists().await? {
                self.create().await?;
            }
            self.secure().await?;
        }
        for artifact in artifacts {
            let call = self.s3.put_object().bucket(&self.name).key(&artifact.key);
            call.expected_bucket_owner(&self.account)
                .checksum_sha256(artifact.sha256_base64())
                .body(artifact.bytes.clone().into())
                .send()
                .await
                .map_err(|error| self.failed(call_error(error), "accepts no upload"))?;
        }
        Ok(())
    }

    /// Where CloudFormation reads an artifact.
    pub(super) fn url(&self, key: &str) -> String {
        let host = host::of_service("s3", &self.region);
        format!("https://{}.{host}/{key}", self.name)
    }

    async fn exists(&self) -> anyhow::Result<bool> {
        let call = self.s3.head_bucket().bucket(&self.name);
        let answer = call.expected_bucket_owner(&self.account).send().await;
        match answer {
            Ok(_) => Ok(true),
            Err(error) => match error.raw_response().map(|answer| answer.status().as_u16()) {
                Some(404) if self.upkeep == Upkeep::Keyfront => Ok(false),
                Some(404) => Err(refused(format!(
                    "there is no bucket {}; create it, or leave --artifact-bucket out",
                    self.name
                ))),
                Some(403) => Err(refused(format!(
                    "bucket {} does not belong to account {}, or access is denied; give an existing bucket of yours with --artifact-bucket",
                    self.name, self.account
                ))),
                Some(301) => Err(refused(format!(
                    "bucket {} is not in {}, where Lambda needs it; give another with --artifact-bucket",
                    self.name, self.region
                ))),
                _ => Err(self.failed(call_error(error), "cannot be accessed")),
            },
        }
    }

    async fn holds(&self, artifact: &Artifact) -> anyhow::Result<bool> {
        let call = self.s3.head_object().bucket(&self.name).key(&artifact.key);
        match call.expected_bucket_owner(&self.account).send().await {
            Ok(head) => Ok(head.content_length == i64::try_from(artifact.bytes.len()).ok()),
            Err(error) => match error.raw_response().map(|answer| answer.status().as_u16()) {
                Some(404) => Ok(false),
                _ => Err(self.failed(call_error(error), "cannot be read")),
            },
        }
    }

    async fn create(&self) -> anyhow::Result<()> {
        let location = (self.region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(self.region.as_str()))
                .build()
        });
        let call = self.s3.create_bucket().bucket(&self.name);
        let call = call
            .object_ownership(ObjectOwnership::BucketOwnerEnforced)
            .set_create_bucket_configuration(location);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some("BucketAlreadyOwnedByYou") => Ok(()),
            Err(error) => Err(self.failed(call_error(error), "cannot be created")),
        }
    }

    async fn secure(&self) -> anyhow::Result<()> {
        self.block_public_access().await?;
        self.disable_acls().await?;
        self.encrypt_by_default().await?;
        let call = self.s3.put_bucket_policy().bucket(&self.name);
        let call = call.expected_bucket_owner(&self.account);
        let policy = tls_only(&self.name, Partition::of_region(&self.region));
        let sent = call.policy(policy).send().await;
        sent.map(drop)
            .map_err(|error| self.failed(call_error(error), "accepts no policy"))
    }

    async fn block_public_access(&self) -> anyhow::Result<()> {
        let public = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let call = self.s3.put_public_access_block().bucket(&self.name);
        let call = call.expected_bucket_owner(&self.account);
        let sent = call.public_access_block_configuration(public).send().await;
        sent.map(drop).map_err(|error| {
            self.failed(call_error(error), "cannot have its public access blocked")
        })
    }

    async fn disable_acls(&self) -> anyhow::Result<()> {
        let rule = OwnershipControlsRule::builder()
            .object_ownership(ObjectOwnership::BucketOwnerEnforced)
            .build()?;
        let controls = OwnershipControls::builder().rules(rule).build()?;
        let call = self.s3.put_bucket_ownership_controls().bucket(&self.name);
        let call = call.expected_bucket_owner(&self.account);
        let sent = call.ownership_controls(controls).send().await;
        sent.map(drop)
            .map_err(|error| self.failed(call_error(error), "cannot have its ACLs disabled"))
    }

    async fn encrypt_by_default(&self) -> anyhow::Result<()> {
        let default = ServerSideEncryptionByDefault::builder()
            .sse_algorithm(ServerSideEncryption::Aes256)
            .build()?;
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(default)
            .build();
        let configuration = ServerSideEncryptionConfiguration::builder()
            .rules(rule)
            .build()?;
        let call = self.s3.put_bucket_encryption().bucket(&self.name);
        let call = call.expected_bucket_owner(&self.account);
        let sent = call
            .server_side_encryption_configuration(configuration)
            .send()
            .await;
        sent.map(drop)
            .map_err(|error| self.failed(call_error(error), "cannot be encrypted by default"))
    }

    fn failed(&self, error: anyhow::Error, what: &str) -> anyhow::Error {
        error.context(format!(
            "artifact bucket {} in {} {what}",
            self.name, self.region
        ))
    }
}

fn tls_only(bucket: &str, partition: Partition) -> String {
    let arn = arn::of_bucket(partition, bucket);
    json!({"Version": "2012-10-17", "Statement": [{
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
        "Resource": [arn, format!("{arn}/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }]})
    .to_string()
}
