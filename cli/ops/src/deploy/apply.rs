//! `keyfront deploy`: judges, uploads, and brings each stack of the system to where it should be, in order.

use std::{collections::BTreeMap, io::IsTerminal as _};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack};
use keyfront_cloudformation::Template;

use keyfront_cli::report;

use super::render::{self, Progress};
use super::{
    DeployArguments,
    bundle::{Artifact, Package},
    change_set::{Drafted, Wanted},
    confirm,
    failure::refused,
    first_publisher, operation,
    outputs::outputs_of,
    stacks::Stacks,
    standing::{Aim, Standing},
    supply::parameters_of,
    template::region_of,
    wish::{EDGE_REGION, Wish},
};
use crate::aws::told;

/// Everything a deployment goes by.
pub(super) struct Deployment {
    pub(super) arguments: DeployArguments,
    pub(super) config: SdkConfig,
    pub(super) account: String,
    pub(super) wish: Wish,
    pub(super) edge: Artifact,
    pub(super) origin: Artifact,
}

pub(super) async fn deploy(arguments: DeployArguments) -> anyhow::Result<()> {
    let asks = !(arguments.yes || arguments.dry_run || arguments.upload_only);
    if asks && !std::io::stdin().is_terminal() {
        return Err(refused(
            "there is no terminal to confirm the changes on; give --yes, or --dry-run to only look",
        ));
    }
    let (config, region) = arguments.system.load().await?;
    let unfit = |error: super::wish::Unfit| refused(error.to_string());
    let wish = Wish::judge(&arguments.system.stack, &region, arguments.given()).map_err(unfit)?;
    wish.judge_with(&BTreeMap::new())
        .or_else(|error| match error {
            // The other half may be what the stack already has.
            super::wish::Unfit::DomainAlone => Ok(()),
            other => Err(unfit(other)),
        })?;
    let edge = Package::Edge.read(&arguments.edge_bundle)?;
    let origin = Package::Origin.read(&arguments.origin_package)?;
    let account = account(&config).await?;
    let deployment = Deployment {
        arguments,
        config,
        account,
        wish,
        edge,
        origin,
    };
    deployment.run().await
}

async fn account(config: &SdkConfig) -> anyhow::Result<String> {
    let caller = aws_sdk_sts::Client::new(config)
        .get_caller_identity()
        .send()
        .await;
    let caller = caller.map_err(|error| {
        told(error).context("AWS does not know who calls; check the credentials")
    })?;
    caller.account.context("STS told no account")
}

impl Deployment {
    async fn run(&self) -> anyhow::Result<()> {
        self.judge_standing().await?;
        if self.arguments.dry_run {
            return self.rehearse().await;
        }
        if self.arguments.upload_only {
            for template in self.wish.layout.templates() {
                let (bucket, _) = self.upload(*template, true).await?;
                self.print_launch(*template, &bucket);
            }
            return Ok(());
        }
        let mut outputs = BTreeMap::new();
        for template in self.wish.layout.templates() {
            outputs.extend(self.bring(*template, &outputs).await?);
        }
        report::pairs(["OUTPUT", "VALUE"], outputs.clone());
        if !self.arguments.no_publisher {
            first_publisher::settle(
                &self.config,
                &self.wish,
                &outputs,
                &self.arguments.publisher,
            )
            .await?;
        }
        Ok(())
    }

    pub(super) fn stacks(&self, template: Template) -> Stacks {
        let region = region_of(template, &self.wish.region);
        Stacks::new(&self.config, region, self.arguments.system.every())
    }

    /// Refuses, before anything is written, what one of the stacks would end in.
    async fn judge_standing(&self) -> anyhow::Result<()> {
        let mut all = BTreeMap::new();
        for template in self.wish.layout.templates() {
            let stacks = self.stacks(*template);
            let Some(stack) = stacks.find(&self.wish.stack).await? else {
                continue;
            };
            self.judge_one(&stacks, &stack)?;
            let kept = parameters_of(&stack);
            let other = kept
                .get("BucketRegion")
                .filter(|region| **region != self.wish.region);
            if let Some(other) = other {
                return Err(refused(format!(
                    "stack {} in {EDGE_REGION} serves a bucket in {other}; choose another --stack name, or --region {other}",
                    self.wish.stack
                )));
            }
            all.extend(kept);
        }
        let judged = self.wish.judge_with(&all);
        judged.map_err(|error| refused(error.to_string()))
    }

    fn judge_one(&self, stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
        let Some(status) = &stack.stack_status else {
            return Ok(());
        };
        let (name, region) = (&self.wish.stack, &stacks.region);
        let said = status.as_str();
        let advice = match Standing::from(status) {
            Standing::NeverCreated | Standing::RollbackStopped if self.arguments.replace_failed => {
                return Ok(());
            }
            Standing::NeverCreated => {
                "its creation failed and it holds nothing of use; run again with --replace-failed to delete and make it anew (`keyfront status` tells why it failed)"
            }
            Standing::RollbackStopped => {
                "an update failed and its rollback stopped; run again with --replace-failed to continue the rollback first"
            }
            Standing::DeletionStopped => {
                "its deletion stopped; finish it with `keyfront destroy`, then deploy again"
            }
            Standing::Unknown => {
                "keyfront never brings a stack there and changes nothing; bring it to rest where that was done"
            }
            Standing::Absent | Standing::Reviewed | Standing::Busy | Standing::Whole => {
                return Ok(());
            }
        };
        Err(refused(format!(
            "stack {name} in {region} is {said}: {advice}"
        )))
    }

    /// Brings one stack to where it should be; its outputs.
    async fn bring(
        &self,
        template: Template,
        inputs: &BTreeMap<String, String>,
    ) -> anyhow::Result<BTreeMap<String, String>> {
        let stacks = self.stacks(template);
        let name = &self.wish.stack;
        // Every round ends one thing: what is under way, a failed stack, then the update itself.
        for _ in 0..4 {
            let stack = stacks.find(name).await?;
            let status = stack.as_ref().and_then(|stack| stack.stack_status.clone());
            let standing = status.as_ref().map_or(Standing::Absent, Standing::from);
            match (standing, &stack) {
                (Standing::Busy, Some(stack)) => operation::follow(&stacks, stack).await?,
                (Standing::NeverCreated, Some(stack)) if self.arguments.replace_failed => {
                    operation::delete(&stacks, stack).await?;
                }
                (Standing::RollbackStopped, Some(stack)) if self.arguments.replace_failed => {
                    operation::continue_rollback(&stacks, stack).await?;
                }
                (Standing::Absent | Standing::Reviewed | Standing::Whole, _) => {
                    let source = self.upload(template, false).await?;
                    let kept = stack.as_ref().map(parameters_of).unwrap_or_default();
                    let wanted = self.wanted(template, source, &kept, inputs);
                    if self
                        .change(&stacks, &wanted, stack.as_ref(), standing)
                        .await?
                        == Step::Reached
                    {
                        return outputs_of(&stacks, name).await;
                    }
                }
                (_, Some(stack)) => self.judge_one(&stacks, stack)?,
                (_, None) => {}
            }
        }
        anyhow::bail!(
            "stack {name} in {} does not come to rest; look with `keyfront status`",
            stacks.region
        )
    }

    async fn change(
        &self,
        stacks: &Stacks,
        wanted: &Wanted,
        stack: Option<&Stack>,
        standing: Standing,
    ) -> anyhow::Result<Step> {
        let kind = match standing {
            Standing::Whole => ChangeSetType::Update,
            _ => ChangeSetType::Create,
        };
        let (id, stack_id, changes) = match stacks.draft(wanted, kind.clone()).await? {
            Drafted::NoChanges => {
                report::note(format_args!(
                    "Stack {} in {}: no changes.",
                    wanted.stack, stacks.region
                ));
                return Ok(Step::Reached);
            }
            Drafted::UnderWay => return Ok(Step::Again),
            Drafted::Changes {
                id,
                stack_id,
                changes,
            } => (id, stack_id, changes),
        };
        render::changes(&wanted.stack, &stacks.region, &changes);
        if !self.arguments.yes
            && let Err(error) = confirm("Deploy these changes?")
        {
            stacks.discard(&wanted.stack, &id).await?;
            if stack.is_none() {
                // The change set alone made an empty stack.
                stacks.begin_deletion(&wanted.stack).await?;
            }
            return Err(error);
        }
        let mark = stacks.mark(&stack_id).await?;
        let progress = Progress::begin(&format!(
            "Deploying stack {} in {}.",
            wanted.stack, stacks.region
        ));
        stacks.execute(&id, &kind).await?;
        stacks.follow(mark, Aim::Deployed, &progress).await?;
        Ok(Step::Reached)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Reached,
    Again,
}
