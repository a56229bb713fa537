//! `keyfront destroy`: deletes the stacks, then what they had to leave - and bucket or key only by name.

use aws_config::SdkConfig;
use clap::Args;
use keyfront_cli::report;

use super::{
    clear,
    confirmation::confirm,
    deletion_target::{BUCKET, DeletionTarget, FUNCTION, Fate, KEY, NamedForDeletion},
    deploy_error::DeployError,
    log_retention, operation,
    provenance::{Maker, Provenance},
    removal_plan::{Removal, RemovalPlan, note_of_others},
    render,
    stack_state::StackState,
    stacks::Stacks,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::{
    aws,
    now_seconds::now_seconds,
    system::{
        layout::{Layout, region_of},
        ownership::{ExpectedStack, Presence, StackResource},
    },
    viewer_keys::{KeyRing, KeyStore},
};

/// Remove the system from the account; the bucket and the key stay unless you name them
///
/// Shows every resource that it will delete or keep, then asks for confirmation. It deletes only what belongs to this system:
/// stacks with its tag keyfront:stack and resources of its templates, and what deleted stacks left with their tags.
///
/// The edge function can only be deleted hours later, when CloudFront has removed its replicas: run the same command again
/// then.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DestroyArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// Delete this bucket as well, with all objects and versions, whoever wrote them; the system must have created it
    #[arg(long, value_name = "BUCKET")]
    delete_bucket: Option<String>,
    /// Schedule the deletion of this key as well (ARN or id), in 30 days; then nobody can read what it encrypted
    #[arg(long, value_name = "KEY")]
    delete_key: Option<String>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

/// It holds people's accounts.
const USER_POOL: &str = "AWS::Cognito::UserPool";

struct Destruction<'a> {
    arguments: &'a DestroyArguments,
    config: SdkConfig,
    region: String,
}

/// What is removed in one Region.
struct RegionalRemovals {
    stacks: Stacks,
    removals: Vec<Removal>,
}

pub(super) async fn destroy(arguments: DestroyArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    arguments.system.announce(&config).await?;
    let destruction = Destruction {
        arguments: &arguments,
        config,
        region,
    };
    destruction.run().await
}

impl Destruction<'_> {
    async fn run(&self) -> anyhow::Result<()> {
        let all = self.plan().await?;
        let removals = || all.iter().flat_map(|one| &one.removals);
        for one in &all {
            render::removals(one.stacks.region(), &one.removals);
        }
        let keys = KeyStore::new(&self.config, &self.region, &self.arguments.system.stack);
        let ring = readable(keys.ring().await);
        ring.iter().for_each(render::viewer_keys);
        let deletes = ring.is_some() || removals().any(Removal::deletes);
        let asks = deletes && !self.arguments.yes;
        if asks {
            confirm(&format!(
                "Delete system {} of {}?",
                self.arguments.system.stack, self.region
            ))?;
        }
        for one in &all {
            self.remove(one).await?;
        }
        if let Some(ring) = &ring {
            keys.end_all(ring, now_seconds()).await?;
            report::note("The keys that signed for viewers will be deleted in 30 days.");
        }
        let mut left = Vec::new();
        for one in &all {
            for removal in &one.removals {
                left.extend(self.clear_spared(&one.stacks, removal).await?);
            }
        }
        if left.is_empty() {
            report::note("The system is removed.");
            return Ok(());
        }
        Err(DeployError::Remains(left.join("\n")).into())
    }

    /// All that will be removed, the edge first: the distribution lets go of the function URL before that goes.
    async fn plan(&self) -> anyhow::Result<Vec<RegionalRemovals>> {
        let system = &self.arguments.system;
        let named = NamedForDeletion {
            bucket: self.arguments.delete_bucket.as_deref(),
            key: self.arguments.delete_key.as_deref(),
        };
        let mut all = Vec::new();
        for template in Layout::of(&self.region).templates().iter().rev() {
            let region = region_of(*template, &self.region);
            let stacks = Stacks::new(&self.config, region, system.poll_interval());
            let plan = RemovalPlan {
                config: &self.config,
                expected: ExpectedStack {
                    system: &system.stack,
                    template: *template,
                    bucket_region: &self.region,
                },
                named,
            };
            let removals = plan.removals(&stacks).await?;
            all.push(RegionalRemovals { stacks, removals });
        }
        let removals: Vec<&Removal> = all.iter().flat_map(|one| &one.removals).collect();
        named.check(&system.stack, &removals)?;
        Ok(all)
    }

    async fn remove(&self, one: &RegionalRemovals) -> anyhow::Result<()> {
        let (stacks, name) = (&one.stacks, &self.arguments.system.stack);
        let mut live = one.removals.iter();
        let Some((id, stack)) =
            live.find_map(|removal| Some((&removal.stack_id, removal.live.as_ref()?)))
        else {
            report::note(format_args!(
                "Stack {name} in {}: already gone.",
                stacks.region()
            ));
            return Ok(());
        };
        let state = stack.stack_status.as_ref().map(StackState::from);
        if state != Some(StackState::Busy) {
            return operation::delete(stacks, stack).await;
        }
        let deleting = operation::is_being_deleted(stack);
        let ended = operation::follow(stacks, stack).await;
        match (deleting, ended) {
            (true, ended) => ended,
            (false, Err(error))
                if !matches!(error.downcast_ref(), Some(DeployError::Failed { .. })) =>
            {
                Err(error)
            }
            // However it ended: it is to be deleted. By its id, since another may have its name by now.
            (false, _) => match stacks.find(id).await? {
                Some(now) => operation::delete(stacks, &now).await,
                None => Ok(()),
            },
        }
    }

    /// Deletes what the stack left and what was shown before; what remains for a later run, in words.
    async fn clear_spared(
        &self,
        stacks: &Stacks,
        removal: &Removal,
    ) -> anyhow::Result<Vec<String>> {
        let mut left = Vec::new();
        for resource in stacks.cloudformation.resources(&removal.stack_id).await? {
            if resource.presence != Presence::Spared {
                continue;
            }
            let mut shown = removal.targets.iter();
            let fate = shown
                .find(|target| target.resource.physical_id == resource.physical_id)
                .map_or(Fate::Kept, |target| target.fate);
            let maker = Maker {
                system: &self.arguments.system.stack,
                stack_id: &removal.stack_id,
            };
            left.extend(
                self.clear(stacks, maker, DeletionTarget { fate, resource })
                    .await?,
            );
        }
        Ok(left)
    }

    async fn clear(
        &self,
        stacks: &Stacks,
        maker: Maker<'_>,
        target: DeletionTarget,
    ) -> anyhow::Result<Option<String>> {
        let config = aws::in_region(&self.config, stacks.region());
        let id = &target.resource.physical_id;
        match target.fate {
            Fate::DeletedAfterReplicas if target.resource.kind == FUNCTION => {
                // The deletion of the stack may have taken hours.
                match maker.of_function(&config, id).await? {
                    Provenance::Gone => return Ok(None),
                    Provenance::OfOthers(reason) => {
                        note_of_others(id, &reason);
                        return Ok(None);
                    }
                    Provenance::OfStack => {}
                }
                log_retention::report_kept(&self.config, id).await;
                clear::function(&config, id).await
            }
            Fate::EmptiedAndDeleted => {
                match maker.of_bucket(&config, id).await? {
                    Provenance::Gone => {}
                    Provenance::OfOthers(reason) => note_of_others(id, &reason),
                    Provenance::OfStack => {
                        clear::bucket(&aws::s3(&config), id, maker.account()?).await?;
                    }
                }
                Ok(None)
            }
            Fate::DeletionScheduled => {
                clear::key(&config, id).await?;
                Ok(None)
            }
            Fate::Kept => {
                note_kept(&target.resource);
                Ok(None)
            }
            // A version goes with its function, and CloudFormation deletes the rest.
            Fate::DeletedAfterReplicas | Fate::DeletedWithStack => Ok(None),
        }
    }
}

/// The system goes without its keys where those may not be looked at: nothing is lost with them.
fn readable(ring: anyhow::Result<Option<KeyRing>>) -> Option<KeyRing> {
    ring.unwrap_or_else(|error| {
        report::note(format_args!(
            "Keys that sign for viewers were not checked, and are kept if there are any: {error:#}"
        ));
        None
    })
}

fn note_kept(resource: &StackResource) {
    if [BUCKET, FUNCTION, KEY, USER_POOL].contains(&resource.kind.as_str()) {
        report::note(format_args!(
            "Kept: {} {}",
            resource.logical_id, resource.physical_id
        ));
    }
}
