//! Removing what a deleted stack had to leave: the function at the edge, and bucket and key where they were named.

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_s3::{
    operation::list_object_versions::ListObjectVersionsOutput,
    types::{Delete, ObjectIdentifier},
};
use keyfront_cli::report;

use crate::aws::call_error;

/// The longest AWS offers: time to notice a mistake.
const KEY_GRACE_DAYS: i32 = 30;

/// Deletes the function with its versions; in words, why it remains.
pub(super) async fn function(config: &SdkConfig, name: &str) -> anyhow::Result<Option<String>> {
    let lambda = aws_sdk_lambda::Client::new(config);
    match lambda.delete_function().function_name(name).send().await {
        Ok(_) => {
            report::note(format_args!("Deleted function {name} with its versions."));
            Ok(None)
        }
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
        Err(error)
            if error
                .message()
                .is_some_and(|text| text.contains("replicated function")) =>
        {
            Ok(Some(format!(
                "function {name} still has replicas at the edge, which CloudFront removes within hours; run the same command again then"
            )))
        }
        Err(error) => Err(call_error(error).context(format!("function {name} cannot be deleted"))),
    }
}

/// Every version, marker and begun upload of a bucket of this account, then the bucket.
pub(super) async fn bucket(
    s3: &aws_sdk_s3::Client,
    bucket: &str,
    account: &str,
) -> anyhow::Result<()> {
    Doomed {
        s3,
        bucket,
        account,
    }
    .delete()
    .await
}

/// A bucket to delete. Every call demands that it is the account's: names are global.
struct Doomed<'a> {
    s3: &'a aws_sdk_s3::Client,
    bucket: &'a str,
    account: &'a str,
}

impl Doomed<'_> {
    async fn delete(&self) -> anyhow::Result<()> {
        let bucket = self.bucket;
        let context = || format!("bucket {bucket} cannot be emptied");
        let mut removed = 0;
        // From the beginning each time: what was listed is gone.
        loop {
            let call = self.s3.list_object_versions().bucket(bucket);
            let page = match call.expected_bucket_owner(self.account).send().await {
                Ok(page) => page,
                Err(error) if error.code() == Some("NoSuchBucket") => return Ok(()),
                Err(error) => return Err(call_error(error).context(context())),
            };
            let doomed = identifiers(&page).with_context(context)?;
            if doomed.is_empty() {
                break;
            }
            removed += doomed.len();
            self.delete_objects(doomed).await.with_context(context)?;
        }
        self.abort_uploads().await?;
        let call = self.s3.delete_bucket().bucket(bucket);
        match call.expected_bucket_owner(self.account).send().await {
            Ok(_) => {}
            // An attempt whose answer was lost has deleted it.
            Err(error) if error.code() == Some("NoSuchBucket") => {}
            Err(error) => {
                let context = format!("bucket {bucket} cannot be deleted");
                return Err(call_error(error).context(context));
            }
        }
        report::note(format_args!(
            "Deleted bucket {bucket} with {removed} object versions."
        ));
        Ok(())
    }

    async fn delete_objects(&self, doomed: Vec<ObjectIdentifier>) -> anyhow::Result<()> {
        let delete = Delete::builder().set_objects(Some(doomed)).quiet(true);
        let call = self.s3.delete_objects().bucket(self.bucket);
        let call = call.expected_bucket_owner(self.account);
        let answer = call.delete(delete.build()?).send().await;
        match answer.map_err(call_error)?.errors().first() {
            None => Ok(()),
            Some(error) => anyhow::bail!(
                "{}: {}",
                error.key().unwrap_or_default(),
                error.message().unwrap_or_default()
            ),
        }
    }

    async fn abort_uploads(&self) -> anyhow::Result<()> {
        loop {
            let call = self.s3.list_multipart_uploads().bucket(self.bucket);
            let listed = call.expected_bucket_owner(self.account).send().await;
            let listed = listed.map_err(|error| {
                call_error(error).context("unfinished uploads cannot be listed")
            })?;
            if listed.uploads().is_empty() {
                return Ok(());
            }
            for upload in listed.uploads() {
                let call = self.s3.abort_multipart_upload().bucket(self.bucket);
                let call = call
                    .expected_bucket_owner(self.account)
                    .set_key(upload.key.clone())
                    .set_upload_id(upload.upload_id.clone());
                match call.send().await {
                    Ok(_) => {}
                    // It has ended since it was listed.
                    Err(error) if error.code() == Some("NoSuchUpload") => {}
                    Err(error) => {
                        let context = "an unfinished upload cannot be aborted";
                        return Err(call_error(error).context(context));
                    }
                }
            }
        }
    }
}

/// Versions and markers of a page.
fn identifiers(page: &ListObjectVersionsOutput) -> anyhow::Result<Vec<ObjectIdentifier>> {
    let versions = page.versions().iter();
    let versions = versions.map(|version| (version.key(), version.version_id()));
    let markers = page.delete_markers().iter();
    let markers = markers.map(|marker| (marker.key(), marker.version_id()));
    versions
        .chain(markers)
        .map(|(key, version)| {
            let key = key.context("an object without a key")?;
            let identifier = ObjectIdentifier::builder().key(key);
            Ok(identifier
                .set_version_id(version.map(str::to_owned))
                .build()?)
        })
        .collect()
}

/// Schedules the key's deletion.
pub(super) async fn key(config: &SdkConfig, key: &str) -> anyhow::Result<()> {
    let kms = aws_sdk_kms::Client::new(config);
    let call = kms
        .schedule_key_deletion()
        .key_id(key)
        .pending_window_in_days(KEY_GRACE_DAYS);
    match call.send().await {
        Ok(_) => {
            report::note(format_args!(
                "Key {key} will be deleted in {KEY_GRACE_DAYS} days; until then `aws kms cancel-key-deletion` cancels that."
            ));
            Ok(())
        }
        Err(error) if error.code() == Some("KMSInvalidStateException") => {
            report::note(format_args!("Key {key} is already scheduled for deletion."));
            Ok(())
        }
        Err(error) => {
            Err(call_error(error).context(format!("key {key} cannot be scheduled for deletion")))
        }
    }
}
