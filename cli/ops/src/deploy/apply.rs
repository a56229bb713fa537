//! `keyfront deploy`: validates, uploads, and brings each stack of the system to where it should be, in order.

use std::{collections::BTreeMap, io::IsTerminal as _};

use anyhow::Context as _;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack};
use keyfront_cli::report;
use keyfront_cloudformation::Template;

use super::{
    bundle::Package,
    change_set::{Drafted, Execution, Wanted},
    confirmation::confirm,
    deploy_arguments::DeployArguments,
    deploy_error::refused,
    deploy_request::DeployRequest,
    deployment::Deployment,
    existing_system::ExistingSystem,
    first_publisher::FirstPublisher,
    invalid_request::InvalidRequest,
    kept_stack::KeptStack,
    log_retention, operation, own_viewer_keys,
    progress::Progress,
    render, reservation,
    sites_file::{self, SitesGiven},
    stack_state::{Aim, StackState},
    stacks::Stacks,
    supply::{TemplateUpload, Uploaded},
};
use crate::system::outputs::{Outputs, of_stack};

pub(super) async fn deploy(arguments: DeployArguments) -> anyhow::Result<()> {
    let asks = !(arguments.yes || arguments.dry_run || arguments.upload_only);
    if asks && !std::io::stdin().is_terminal() {
        return Err(refused(
            "there is no terminal to confirm the changes; give --yes, or --dry-run to see them",
        ));
    }
    let (config, region) = arguments.system.load().await?;
    let invalid = |error: InvalidRequest| refused(error.to_string());
    let sites = sites_file::read(arguments.sites.as_deref())?;
    let request = DeployRequest::validate(&arguments.system.stack, &region, arguments.given())
        .map_err(invalid)?
        .with_sites(own_viewer_keys::with_stand_in(sites, &region)?);
    request
        .validate_update(&BTreeMap::new())
        .or_else(|error| match error {
            // The other half may be what the stack already has.
            InvalidRequest::DomainAlone
            | InvalidRequest::WithoutAccessPoint(_)
            | InvalidRequest::ZoneWithoutDomain
            | InvalidRequest::RedirectWithoutIndex
            | InvalidRequest::TrailWithoutAudit => Ok(()),
            other => Err(invalid(other)),
        })?;
    // Before anything is written, too.
    FirstPublisher::of(&arguments)?;
    let edge = Package::Edge.read(&arguments.edge_bundle)?;
    let origin = Package::Origin.read(&arguments.origin_package)?;
    let account = arguments.system.announce(&config).await?;
    let request = reservation::with_reservation(&config, request).await?;
    let (request, viewer_keys) = own_viewer_keys::found(&config, request).await?;
    let deployment = Deployment {
        arguments,
        config,
        account,
        request,
        viewer_keys,
        edge,
        origin,
    };
    deployment.run().await
}

/// The template's default.
const DEFAULT_LOG_DAYS: u32 = 30;

impl Deployment {
    async fn run(self) -> anyhow::Result<()> {
        self.refuse_unusable_stacks().await?;
        if self.arguments.dry_run {
            return self.rehearse().await;
        }
        self.with_viewer_keys().await?.write().await
    }

    async fn write(&self) -> anyhow::Result<()> {
        if self.arguments.upload_only {
            for template in self.request.layout.templates() {
                let Uploaded { bucket, .. } =
                    self.upload(*template, TemplateUpload::Always).await?;
                self.print_launch(*template, &bucket)?;
            }
            return Ok(());
        }
        let mut outputs = Outputs::new();
        for template in self.request.layout.templates() {
            outputs.extend(self.bring(*template, &outputs).await?);
        }
        self.note_former_viewer_key().await?;
        self.protect_stacks().await?;
        self.retain_edge_logs(&outputs).await?;
        report::pairs(["OUTPUT", "VALUE"], outputs.clone());
        if let Some(first) = FirstPublisher::of(&self.arguments)? {
            let region = &self.request.region;
            first.add_if_none(&self.config, region, &outputs).await?;
        }
        Ok(())
    }

    async fn protect_stacks(&self) -> anyhow::Result<()> {
        let Some(protection) = self.arguments.termination_protection else {
            return Ok(());
        };
        for template in self.request.layout.templates() {
            let stacks = self.stacks(*template);
            stacks.protect(&self.request.stack, protection).await?;
        }
        Ok(())
    }

    /// The template's own group is one of many.
    async fn retain_edge_logs(&self, outputs: &Outputs) -> anyhow::Result<()> {
        let stacks = self.stacks(self.request.layout.edge_template());
        let stack = stacks.find(&self.request.stack).await?;
        let parameters = KeptStack::of(stack.as_ref()).parameters;
        let days = parameters.get("LogRetentionDays");
        let days = days.and_then(|days| days.parse().ok());
        log_retention::apply(&self.config, outputs, days.unwrap_or(DEFAULT_LOG_DAYS)).await;
        Ok(())
    }

    /// Refuses, before anything is written, what one of the stacks would end in.
    async fn refuse_unusable_stacks(&self) -> anyhow::Result<()> {
        let mut existing = ExistingSystem::default();
        for template in self.request.layout.templates() {
            let stacks = self.stacks(*template);
            let found = stacks.find(&self.request.stack).await?;
            if let Some(stack) = &found {
                self.require_own(&stacks, *template, stack).await?;
                self.refuse_unusable(&stacks, stack)?;
                sites_file::refuse_forgotten(&of_stack(stack.clone()), self.sites_given())?;
            }
            existing.add(*template, found);
        }
        let valid = self.request.validate_update(&existing.parameters);
        valid.map_err(|error| refused(error.to_string()))?;
        self.check_before_writing(&existing).await
    }

    async fn require_own(
        &self,
        stacks: &Stacks,
        template: Template,
        stack: &Stack,
    ) -> anyhow::Result<()> {
        let expected = self.expected(template);
        let own = stacks.cloudformation.require_own(&expected, stack);
        own.await.map(drop)
    }

    const fn sites_given(&self) -> SitesGiven {
        match self.arguments.sites.is_some() || self.arguments.no_sites {
            true => SitesGiven::Decided,
            false => SitesGiven::Unsaid,
        }
    }

    fn refuse_unusable(&self, stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
        let Some(status) = &stack.stack_status else {
            return Ok(());
        };
        let (name, region) = (&self.request.stack, &stacks.region());
        let status_name = status.as_str();
        let advice = match StackState::from(status) {
            StackState::NeverCreated | StackState::RollbackStopped
                if self.arguments.replace_failed =>
            {
                return Ok(());
            }
            StackState::NeverCreated => {
                "its creation failed and it has no usable resources; run again with --replace-failed to delete and create it again (`keyfront status` shows why it failed)"
            }
            StackState::RollbackStopped => {
                "an update failed and its rollback stopped; run again with --replace-failed to continue the rollback first"
            }
            StackState::DeletionStopped => {
                "its deletion stopped; finish it with `keyfront destroy`, then deploy again"
            }
            StackState::Unknown => {
                "keyfront did not start this operation and changes nothing; complete or roll it back by the tool that started it"
            }
            StackState::Absent | StackState::Reviewed | StackState::Busy | StackState::Complete => {
                return Ok(());
            }
        };
        Err(refused(format!(
            "stack {name} in {region} is {status_name}: {advice}"
        )))
    }

    /// Brings one stack to where it should be; its outputs.
    async fn bring(&self, template: Template, inputs: &Outputs) -> anyhow::Result<Outputs> {
        let stacks = self.stacks(template);
        let name = &self.request.stack;
        // Every round ends one thing: what is under way, a failed stack, then the update itself.
        for _ in 0..4 {
            let stack = stacks.find(name).await?;
            if let Some(stack) = &stack {
                self.require_own(&stacks, template, stack).await?;
            }
            let status = stack.as_ref().and_then(|stack| stack.stack_status.clone());
            let state = status.as_ref().map_or(StackState::Absent, StackState::from);
            match (state, &stack) {
                (StackState::Busy, Some(stack))
                    if self.arguments.replace_failed && operation::is_being_rolled_back(stack) =>
                {
                    operation::follow_rollback(&stacks, stack).await?;
                }
                (StackState::Busy, Some(stack)) => operation::follow(&stacks, stack).await?,
                (StackState::NeverCreated, Some(stack)) if self.arguments.replace_failed => {
                    operation::delete(&stacks, stack).await?;
                }
                (StackState::RollbackStopped, Some(stack)) if self.arguments.replace_failed => {
                    operation::continue_rollback(&stacks, stack).await?;
                }
                (StackState::Absent | StackState::Reviewed | StackState::Complete, _) => {
                    let uploaded = self.upload(template, TemplateUpload::IfTooLong).await?;
                    let mut kept = KeptStack::of(stack.as_ref());
                    kept.web_acls = self.web_acls_from_outside(template, &stack).await?;
                    let wanted = self.wanted(template, uploaded, &kept, inputs);
                    if self.change(&stacks, &wanted, stack.as_ref(), state).await? == Step::Reached
                    {
                        return outputs_of(&stacks, name).await;
                    }
                }
                (_, Some(stack)) => self.refuse_unusable(&stacks, stack)?,
                (_, None) => {}
            }
        }
        anyhow::bail!(
            "stack {name} in {} did not reach a final state in time; check it with `keyfront status`",
            stacks.region()
        )
    }

    async fn change(
        &self,
        stacks: &Stacks,
        wanted: &Wanted,
        stack: Option<&Stack>,
        state: StackState,
    ) -> anyhow::Result<Step> {
        let kind = match state {
            StackState::Complete => ChangeSetType::Update,
            _ => ChangeSetType::Create,
        };
        let (id, stack_id, changes) = match stacks.draft(wanted, kind).await? {
            Drafted::NoChanges => {
                report::note(format_args!(
                    "Stack {} in {}: no changes.",
                    wanted.stack,
                    stacks.region()
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
        render::changes(&wanted.stack, stacks.region(), &changes);
        if !self.arguments.yes
            && let Err(error) = confirm("Deploy these changes?")
        {
            stacks.discard(&wanted.stack, &id).await?;
            if stack.is_none() {
                // The change set alone made an empty stack.
                stacks.begin_deletion(&stack_id).await?;
            }
            return Err(error);
        }
        let mark = stacks.mark(&stack_id).await?;
        let progress = Progress::begin(&format!(
            "Deploying stack {} in {}.",
            wanted.stack,
            stacks.region()
        ));
        if stacks.execute(&id).await? == Execution::Spent {
            return Ok(Step::Again);
        }
        stacks.follow(mark, Aim::Deployed, &progress).await?;
        Ok(Step::Reached)
    }
}

async fn outputs_of(stacks: &Stacks, name: &str) -> anyhow::Result<Outputs> {
    let stack = stacks.find(name).await?;
    Ok(of_stack(
        stack.with_context(|| format!("stack {name} is gone"))?,
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Reached,
    Again,
}
