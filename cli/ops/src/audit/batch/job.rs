//! The job: its manifest in a bucket, and CreateJob of S3 Control.
//!
//! Spec: Amazon S3 API Reference, *CreateJob* and *S3UpdateObjectEncryption*. A repeated call with the same token
//! creates nothing: it answers with the job there is.

use anyhow::{Context as _, ensure};
use aws_sdk_s3::primitives::ByteStream;
use http::HeaderName;
use keyfront_aws_call::{Call, RetryPolicy, Service};
use keyfront_names::{Partition, RoleArn, arn};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Listed, ObjectList};
use crate::{
    aws::{call_error, service_error},
    bucket_target::BucketTarget,
};

/// What one `PUT` stores.
const MAX_MANIFEST: u64 = 5 << 30;
const ACCOUNT_ID: HeaderName = HeaderName::from_static("x-amz-account-id");
const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

/// Where the job's documents go, and as whom it runs.
#[derive(Debug, Clone)]
pub(crate) struct BatchTarget {
    /// Of the bucket owner's account; S3 Batch Operations assumes it.
    pub(crate) role: RoleArn,
    /// For the manifest and the job's report.
    pub(crate) bucket: String,
    /// The key that the objects get, by its ARN.
    pub(crate) key_arn: String,
}

/// A job that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) objects: u64,
    /// Where its report will be.
    pub(crate) report: String,
    /// The command that shows how it goes on.
    pub(crate) follow: String,
}

#[derive(Deserialize)]
struct CreateJobResult {
    #[serde(rename = "JobId")]
    id: String,
}

impl BatchTarget {
    /// Writes the manifest and creates the job.
    ///
    /// # Errors
    /// The list is too long, cannot be written, or S3 Control refuses; the same command goes on.
    pub(crate) async fn create_job(
        &self,
        target: &BucketTarget,
        list: &ObjectList,
        listed: Listed,
    ) -> anyhow::Result<Job> {
        ensure!(
            listed.bytes <= MAX_MANIFEST,
            "the list of {} objects is larger than 5 GiB; audit one --prefix at a time",
            listed.objects
        );
        let digest = list.digest()?;
        let folder = format!("keyfront-audit/{}", target.bucket);
        let manifest = format!("{folder}/{digest}.csv");
        let etag = self.put(target, list, &manifest).await?;
        let document = self.document(target, &manifest, &etag, &digest);
        let reply = self.post(target, document).await?;
        let CreateJobResult { id } = quick_xml::de::from_str(&String::from_utf8_lossy(&reply))
            .context("S3 Control created a job without an id")?;
        Ok(Job {
            follow: format!(
                "aws s3control describe-job --account-id {} --job-id {id} --region {}",
                self.role.account(),
                target.region
            ),
            report: format!("s3://{}/{folder}/job-{id}/", self.bucket),
            objects: listed.objects,
            id,
        })
    }

    async fn put(
        &self,
        target: &BucketTarget,
        list: &ObjectList,
        key: &str,
    ) -> anyhow::Result<String> {
        let body = ByteStream::from_path(list.path()).await?;
        let call = target.s3.put_object().bucket(&self.bucket).key(key);
        let put = call.content_type("text/csv").body(body).send().await;
        let put = put.map_err(|error| {
            let what = format!(
                "the job's manifest s3://{}/{key} cannot be written",
                self.bucket
            );
            call_error(error).context(what)
        })?;
        put.e_tag
            .context("S3 returned no ETag for the job's manifest")
    }

    fn document(&self, target: &BucketTarget, manifest: &str, etag: &str, digest: &str) -> String {
        let bucket = arn::of_bucket(Partition::of_region(&target.region), &self.bucket);
        let report = format!("keyfront-audit/{}", target.bucket);
        // The same list under the same key and role is the same job. A token has at most 64 characters.
        let about = [digest, &self.key_arn, self.role.as_str()].join(" ");
        let token = hex::encode(Sha256::digest(about));
        format!(
            "<CreateJobRequest xmlns=\"{NAMESPACE}\"><ConfirmationRequired>false</ConfirmationRequired>\
             <Operation><S3UpdateObjectEncryption><ObjectEncryption><SSE-KMS><KMSKeyArn>{key}</KMSKeyArn>\
             <BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS></ObjectEncryption></S3UpdateObjectEncryption></Operation>\
             <Report><Bucket>{bucket}</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled>\
             <Prefix>{report}</Prefix><ReportScope>FailedTasksOnly</ReportScope></Report>\
             <ClientRequestToken>{token}</ClientRequestToken>\
             <Manifest><Spec><Format>S3BatchOperations_CSV_20180820</Format><Fields><member>Bucket</member>\
             <member>Key</member></Fields></Spec><Location><ObjectArn>{object}</ObjectArn><ETag>{etag}</ETag></Location>\
             </Manifest><Description>keyfront audit --fix --batch of {audited}</Description><Priority>10</Priority>\
             <RoleArn>{role}</RoleArn></CreateJobRequest>",
            key = escaped(&self.key_arn),
            report = escaped(&report),
            object = escaped(&format!("{bucket}/{manifest}")),
            etag = escaped(etag.trim_matches('"')),
            audited = escaped(target.bucket.as_str()),
            role = escaped(self.role.as_str()),
        )
    }

    async fn post(&self, target: &BucketTarget, document: String) -> anyhow::Result<Vec<u8>> {
        let account = self.role.account();
        let service = Service::new(
            "s3",
            target.region.clone(),
            &target.s3_control_endpoint(account),
            target.credentials()?,
            RetryPolicy::COMMAND,
        );
        let call = Call {
            path: "/v20180820/jobs".to_owned(),
            headers: vec![
                (ACCOUNT_ID, account.to_owned().into()),
                (http::header::CONTENT_TYPE, "application/xml".into()),
            ],
            body: document.into_bytes(),
        };
        let reply = service.call(&call).await.map(|reply| reply.body);
        reply.map_err(service_error).with_context(|| {
            format!(
                "the job cannot be created; it needs s3:CreateJob, and iam:PassRole on {}",
                self.role.as_str()
            )
        })
    }
}

fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}
