//! `keyfront destroy`: deletes the stacks, then what they had to leave - and bucket or key only by name.

use aws_config::SdkConfig;
use clap::Args;
use keyfront_cli::report;
use keyfront_names::Arn;

use super::{
    clear,
    confirmation::confirm,
    deploy_error::{DeployError, refused},
    leftovers::{self, BUCKET, FUNCTION, KEY, Leftover},
    log_retention, operation,
    stack_state::StackState,
    stacks::Stacks,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::{
    aws,
    system::{
        layout::{Layout, region_of},
        outputs,
    },
};

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

/// Buckets of evidence, which no command deletes; the first one is of stacks deployed before 2027.
const LOG_BUCKETS: [&str; 3] = ["LogBucket", "AccessLogBucket", "TrailBucket"];

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
        self.check(&all).await?;
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
                    self.arguments.system.poll_interval(),
                )
            })
            .collect()
    }

    /// A protected stack stays, and a name to delete must be this system's, or a typing mistake would delete another's.
    async fn check(&self, all: &[Stacks]) -> anyhow::Result<()> {
        let (mut buckets, mut keys) = (Vec::new(), Vec::new());
        let name = &self.arguments.system.stack;
        for stacks in all {
            if let Some(stack) = stacks.find(name).await? {
                if stack.enable_termination_protection == Some(true) {
                    return Err(refused(format!(
                        "stack {name} in {} is protected from termination; end that with `keyfront deploy --termination-protection off` and the deployment's own arguments, or in the console",
                        stacks.region()
                    )));
                }
                let mut outputs = outputs::of_stack(stack);
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
                stacks.region()
            ));
            return Ok(());
        };
        let state = stack.stack_status.as_ref().map(StackState::from);
        if state == Some(StackState::Busy) {
            let deleting = operation::is_being_deleted(&stack);
            let ended = operation::follow(stacks, &stack).await;
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
        operation::delete(stacks, &stack).await
    }

    /// Deletes what may be deleted; what remains, in words.
    async fn clear(&self, stacks: &Stacks, leftover: Leftover) -> anyhow::Result<Option<String>> {
        let config = aws::in_region(&self.config, stacks.region());
        match leftover.kind.as_str() {
            FUNCTION => {
                log_retention::report_kept(&self.config, &leftover.id).await;
                clear::function(&config, &leftover.id).await
            }
            BUCKET
                if !LOG_BUCKETS.contains(&leftover.resource.as_str())
                    && self.arguments.delete_bucket.as_ref() == Some(&leftover.id) =>
            {
                clear::bucket(&aws::s3(&config), &leftover.id).await?;
                Ok(None)
            }
            KEY if self
                .arguments
                .delete_key
                .as_ref()
                .is_some_and(|key| same_key(&leftover.id, key)) =>
            {
                clear::key(&config, &leftover.id).await?;
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

/// Whether two names, each an ARN or an id, are of the same key. An id alone says nothing of the Region.
fn same_key(known: &str, given: &str) -> bool {
    match (key_id(known), key_id(given)) {
        (Some(_), Some(_)) => known == given,
        (known_id, given_id) => known_id.unwrap_or(known) == given_id.unwrap_or(given),
    }
}

/// The id in a key's ARN.
fn key_id(key: &str) -> Option<&str> {
    Arn::parse(key).ok()?.resource.strip_prefix("key/")
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
