//! `keyfront destroy`: deletes the stacks, then what they had to leave - and bucket or key only by name.

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_lambda::error::ProvideErrorMetadata as _;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use clap::Args;

use super::{
    EXIT_CODES, SystemArguments,
    apply::delete,
    confirm,
    failure::{DeployError, refused},
    leftovers::{self, BUCKET, FUNCTION, KEY, Leftover},
    outputs::outputs_of,
    stacks::Stacks,
    standing::{Aim, Standing},
    template::{Layout, region_of},
};
use crate::{
    aws::{self, told},
    report::{self, deploy::Progress},
};

/// The longest AWS offers: time to notice a mistake.
const KEY_GRACE_DAYS: i32 = 30;

/// Remove the system from the account; the bucket and the key stay unless they are named
///
/// The function at the edge can only be deleted hours later, when CloudFront has taken back its replicas: run the same
/// command again then.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DestroyArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// Delete this bucket as well, with every object and version in it; it must be the system's
    #[arg(long, value_name = "BUCKET")]
    delete_bucket: Option<String>,
    /// Schedule this key's deletion as well (ARN or id), 30 days from now: what it encrypted is unreadable after that
    #[arg(long, value_name = "KEY")]
    delete_key: Option<String>,
    /// Delete without asking
    #[arg(long)]
    yes: bool,
}

struct Destruction<'a> {
    arguments: &'a DestroyArguments,
    config: SdkConfig,
    region: String,
}

pub(super) async fn destroy(arguments: DestroyArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    let destruction = Destruction {
        arguments: &arguments,
        config,
        region,
    };
    destruction.run().await
}

impl Destruction<'_> {
    async fn run(&self) -> anyhow::Result<()> {
        let mut all: Vec<Stacks> = self.all_stacks();
        // The other way round: the distribution lets go of the function URL before that goes.
        all.reverse();
        self.judge_names(&all).await?;
        if !self.arguments.yes {
            confirm(&format!(
                "Delete system {} of {}?",
                self.arguments.system.stack, self.region
            ))?;
        }
        for stacks in &all {
            self.remove(stacks).await?;
        }
        let mut left = Vec::new();
        for stacks in &all {
            for leftover in leftovers::of_deleted(stacks, &self.arguments.system.stack).await? {
                left.extend(self.clear(stacks, leftover).await?);
            }
        }
        if left.is_empty() {
            report::note("The system is removed.");
            return Ok(());
        }
        Err(DeployError::Remains(left.join("\n")).into())
    }

    fn all_stacks(&self) -> Vec<Stacks> {
        let templates = Layout::of(&self.region).templates().iter();
        templates
            .map(|template| {
                Stacks::new(
                    &self.config,
                    region_of(*template, &self.region),
                    self.arguments.system.every(),
                )
            })
            .collect()
    }

    /// A name to delete must be this system's, or a typing mistake would delete another's.
    async fn judge_names(&self, all: &[Stacks]) -> anyhow::Result<()> {
        let (mut buckets, mut keys) = (Vec::new(), Vec::new());
        let name = &self.arguments.system.stack;
        for stacks in all {
            if stacks.find(name).await?.is_some() {
                let mut outputs = outputs_of(stacks, name).await?;
                buckets.extend(outputs.remove("BucketName"));
                keys.extend(outputs.remove("KeyArn"));
            }
            for leftover in leftovers::of_deleted(stacks, name).await? {
                match leftover.kind.as_str() {
                    BUCKET => buckets.push(leftover.id),
                    KEY => keys.push(leftover.id),
                    _ => {}
                }
            }
        }
        if let Some(bucket) = &self.arguments.delete_bucket
            && !buckets.contains(bucket)
        {
            return Err(refused(format!(
                "{bucket} is not the bucket of system {name}; it is {}",
                listed(&buckets)
            )));
        }
        if let Some(key) = &self.arguments.delete_key
            && !keys.iter().any(|known| same_key(known, key))
        {
            return Err(refused(format!(
                "{key} is not the key of system {name}; it is {}",
                listed(&keys)
            )));
        }
        Ok(())
    }

    async fn remove(&self, stacks: &Stacks) -> anyhow::Result<()> {
        let name = &self.arguments.system.stack;
        let Some(mut stack) = stacks.find(name).await? else {
            report::note(format_args!(
                "Stack {name} in {}: already gone.",
                stacks.region
            ));
            return Ok(());
        };
        let standing = stack.stack_status.as_ref().map(Standing::from);
        if standing == Some(Standing::Busy) {
            let id = stack.stack_id.as_deref().context("a stack without an id")?;
            let deleting = stack
                .stack_status
                .as_ref()
                .is_some_and(|status| status.as_str() == "DELETE_IN_PROGRESS");
            let progress = Progress::begin(&format!(
                "An operation of stack {name} in {} is under way; following it.",
                stacks.region
            ));
            let aim = if deleting {
                Aim::Deleted
            } else {
                Aim::Deployed
            };
            let ended = stacks
                .follow(stacks.mark_beginning(id).await?, aim, &progress)
                .await;
            match (deleting, ended) {
                (true, ended) => return ended,
                (false, Err(error))
                    if !matches!(error.downcast_ref(), Some(DeployError::Failed { .. })) =>
                {
                    return Err(error);
                }
                // However it ended: it is to be deleted.
                (false, _) => match stacks.find(name).await? {
                    Some(now) => stack = now,
                    None => return Ok(()),
                },
            }
        }
        delete(stacks, &stack).await
    }

    /// Deletes what may be deleted; what remains, in words.
    async fn clear(&self, stacks: &Stacks, leftover: Leftover) -> anyhow::Result<Option<String>> {
        let config = aws::in_region(&self.config, &stacks.region);
        match leftover.kind.as_str() {
            FUNCTION => clear_function(&config, &leftover.id).await,
            BUCKET
                if leftover.resource != "LogBucket"
                    && self.arguments.delete_bucket.as_ref() == Some(&leftover.id) =>
            {
                clear_bucket(&aws::s3(&config), &leftover.id).await?;
                Ok(None)
            }
            KEY if self
                .arguments
                .delete_key
                .as_ref()
                .is_some_and(|key| same_key(&leftover.id, key)) =>
            {
                schedule_key(&config, &leftover.id).await?;
                Ok(None)
            }
            BUCKET | KEY => {
                report::note(format_args!("Kept: {} {}", leftover.resource, leftover.id));
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" or ")
    }
}

/// An id is the last segment of an ARN.
fn same_key(known: &str, given: &str) -> bool {
    let id = |key: &str| key.rsplit('/').next().map(str::to_owned);
    known == given || (id(known) == id(given) && (!known.contains(':') || !given.contains(':')))
}

async fn clear_function(config: &SdkConfig, name: &str) -> anyhow::Result<Option<String>> {
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
                "function {name} has replicas at the edge still, which CloudFront takes back within hours; run the same command again then"
            )))
        }
        Err(error) => Err(told(error).context(format!("function {name} cannot be deleted"))),
    }
}

/// Every version, marker and begun upload, then the bucket.
async fn clear_bucket(s3: &aws_sdk_s3::Client, bucket: &str) -> anyhow::Result<()> {
    let context = || format!("bucket {bucket} cannot be emptied");
    let mut removed = 0;
    // From the beginning each time: what was listed is gone.
    loop {
        let call = s3.list_object_versions().bucket(bucket);
        let page = match call.send().await {
            Ok(page) => page,
            Err(error) if error.code() == Some("NoSuchBucket") => return Ok(()),
            Err(error) => return Err(told(error).context(context())),
        };
        let versions = page
            .versions()
            .iter()
            .map(|version| (version.key(), version.version_id()));
        let markers = page
            .delete_markers()
            .iter()
            .map(|marker| (marker.key(), marker.version_id()));
        let mut doomed = Vec::new();
        for (key, version) in versions.chain(markers) {
            let key = key.context("an object without a key")?;
            doomed.push(
                ObjectIdentifier::builder()
                    .key(key)
                    .set_version_id(version.map(str::to_owned))
                    .build()?,
            );
        }
        if doomed.is_empty() {
            break;
        }
        removed += doomed.len();
        let delete = Delete::builder()
            .set_objects(Some(doomed))
            .quiet(true)
            .build()?;
        let answer = s3
            .delete_objects()
            .bucket(bucket)
            .delete(delete)
            .send()
            .await;
        let answer = answer.map_err(|error| told(error).context(context()))?;
        if let Some(error) = answer.errors().first() {
            anyhow::bail!(
                "{}: {}: {}",
                context(),
                error.key().unwrap_or_default(),
                error.message().unwrap_or_default()
            );
        }
    }
    abort_uploads(s3, bucket).await?;
    let deleted = s3.delete_bucket().bucket(bucket).send().await;
    deleted.map_err(|error| told(error).context(format!("bucket {bucket} cannot be deleted")))?;
    report::note(format_args!(
        "Deleted bucket {bucket} with {removed} object versions."
    ));
    Ok(())
}

async fn abort_uploads(s3: &aws_sdk_s3::Client, bucket: &str) -> anyhow::Result<()> {
    loop {
        let listed = s3.list_multipart_uploads().bucket(bucket).send().await;
        let listed =
            listed.map_err(|error| told(error).context("begun uploads cannot be listed"))?;
        if listed.uploads().is_empty() {
            return Ok(());
        }
        for upload in listed.uploads() {
            let call = s3.abort_multipart_upload().bucket(bucket);
            let call = call
                .set_key(upload.key.clone())
                .set_upload_id(upload.upload_id.clone());
            call.send()
                .await
                .map_err(|error| told(error).context("a begun upload cannot be given up"))?;
        }
    }
}

async fn schedule_key(config: &SdkConfig, key: &str) -> anyhow::Result<()> {
    let kms = aws_sdk_kms::Client::new(config);
    let call = kms
        .schedule_key_deletion()
        .key_id(key)
        .pending_window_in_days(KEY_GRACE_DAYS);
    match call.send().await {
        Ok(_) => {
            report::note(format_args!(
                "Key {key} will be deleted in {KEY_GRACE_DAYS} days; `aws kms cancel-key-deletion` saves it until then."
            ));
            Ok(())
        }
        Err(error) if error.code() == Some("KMSInvalidStateException") => {
            report::note(format_args!("Key {key} is being deleted already."));
            Ok(())
        }
        Err(error) => {
            Err(told(error).context(format!("key {key} cannot be scheduled for deletion")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::same_key;

    #[test]
    fn a_key_is_known_by_arn_or_id_and_never_by_another_regions_arn() {
        let arn = "arn:aws:kms:us-east-1:123456789012:key/abc";
        assert!(same_key("abc", arn) && same_key(arn, "abc") && same_key(arn, arn));
        assert!(!same_key(arn, "arn:aws:kms:eu-west-1:123456789012:key/abc"));
        assert!(!same_key(arn, "abcd"));
    }
}
