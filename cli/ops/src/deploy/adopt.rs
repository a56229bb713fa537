//! `keyfront adopt`: gives stacks that the templates made the tag by which the other commands know them.

use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack};
use clap::Args;
use keyfront_cli::report;

use super::{
    change_set::{Drafted, Execution, TemplateSource, Wanted},
    confirmation::confirm_by_name,
    deploy_error::refused,
    kept_stack::KeptStack,
    operation,
    planned_change::PlannedChange,
    progress::Progress,
    render,
    stack_state::{Aim, StackState},
    stacks::Stacks,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::system::{
    layout::{Layout, region_of},
    ownership::{ExpectedStack, OWN_TAG, Ownership, StackFacts},
};

/// Adopt stacks that were created from Keyfront's templates without its tag, such as in the console
///
/// Compares the types and logical ids of a stack's resources with the template's, shows them, and asks for the stack's
/// name. Then it updates the stack with the template and the parameters that it has, and adds the tag keyfront:stack;
/// anything else that would change is refused. The other commands change tagged stacks only.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AdoptArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// The system's name again, instead of typing it when asked
    #[arg(long, value_name = "NAME")]
    confirm: Option<String>,
}

/// A stack that can be taken in.
struct Adoptable {
    stacks: Stacks,
    stack: Stack,
    facts: StackFacts,
}

pub(super) async fn adopt(arguments: AdoptArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    arguments.system.announce(&config).await?;
    let name = &arguments.system.stack;
    let adoptable = arguments.adoptable(&config, &region).await?;
    if adoptable.is_empty() {
        report::note("Nothing to adopt.");
        return Ok(());
    }
    for one in &adoptable {
        render::resources(
            one.stack.stack_id.as_deref().unwrap_or(name),
            &one.facts.resources,
        );
    }
    let question = format!("Type {name} to let Keyfront update and delete this system:");
    confirm_by_name(&question, name, arguments.confirm.as_deref())?;
    for one in adoptable {
        one.adopt(name).await?;
    }
    Ok(())
}

impl AdoptArguments {
    /// The system's stacks without the tag. One that is another's refuses all.
    async fn adoptable(&self, config: &SdkConfig, region: &str) -> anyhow::Result<Vec<Adoptable>> {
        let name = &self.system.stack;
        let (mut adoptable, mut own) = (Vec::new(), 0);
        for template in Layout::of(region).templates() {
            let stacks = Stacks::new(
                config,
                region_of(*template, region),
                self.system.poll_interval(),
            );
            let Some(stack) = stacks.find(name).await? else {
                continue;
            };
            let expected = ExpectedStack {
                system: name,
                template: *template,
                bucket_region: region,
            };
            let facts = stacks.cloudformation.facts(&stack).await?;
            match expected.ownership(&facts) {
                Ownership::Ours => {
                    own += 1;
                    report::note(format_args!(
                        "Stack {name} in {}: already adopted.",
                        stacks.region()
                    ));
                }
                Ownership::Adoptable => {
                    check_state(name, &stacks, &stack)?;
                    adoptable.push(Adoptable {
                        stacks,
                        stack,
                        facts,
                    });
                }
                Ownership::Foreign(_) => expected.require_own(&facts)?,
            }
        }
        if adoptable.is_empty() && own == 0 {
            return Err(refused(format!(
                "there is no stack {name} for {region}; `keyfront deploy` creates it"
            )));
        }
        Ok(adoptable)
    }
}

/// Only a complete stack can be updated.
fn check_state(name: &str, stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    match &stack.stack_status {
        Some(status) if StackState::from(status) == StackState::Complete => Ok(()),
        status => Err(refused(format!(
            "stack {name} in {} is {}, and only a complete stack can be tagged; complete or roll back its operation first",
            stacks.region(),
            status
                .as_ref()
                .map_or("without a status", |one| one.as_str())
        ))),
    }
}

impl Adoptable {
    async fn adopt(&self, name: &str) -> anyhow::Result<()> {
        let (stacks, region) = (&self.stacks, self.stacks.region());
        let wanted = self.tagged(name);
        let (id, stack_id, changes) = match stacks.draft(&wanted, ChangeSetType::Update).await? {
            Drafted::Changes {
                id,
                stack_id,
                changes,
            } => (id, stack_id, changes),
            Drafted::UnderWay => return operation::follow(stacks, &self.stack).await,
            Drafted::NoChanges => {
                anyhow::bail!("CloudFormation sees no change in a new tag of stack {name}")
            }
        };
        if let Some(change) = changes.iter().find(|change| changes_more_than_tags(change)) {
            stacks.discard(&wanted.stack, &id).await?;
            return Err(refused(format!(
                "CloudFormation would {} {} ({}) of stack {name} in {region} to add a tag; nothing was changed: update the stack so that it matches its template, then adopt it",
                match change.action.as_str() {
                    "modify" => "replace",
                    action => action,
                },
                change.resource,
                change.kind
            )));
        }
        let mark = stacks.mark(&stack_id).await?;
        let progress = Progress::begin(&format!("Adding the tag to stack {name} in {region}."));
        match stacks.execute(&id).await? {
            Execution::Begun => stacks.follow(mark, Aim::Deployed, &progress).await?,
            Execution::Spent => self.follow_unanswered(name, &stack_id).await?,
        }
        report::note(format_args!("Stack {name} in {region} is adopted."));
        Ok(())
    }

    /// Follows what an attempt without an answer began, if it did.
    async fn follow_unanswered(&self, name: &str, stack_id: &str) -> anyhow::Result<()> {
        operation::follow(&self.stacks, &self.stack).await?;
        let stack = self.stacks.find(stack_id).await?;
        let tagged = KeptStack::of(stack.as_ref()).tags.contains_key(OWN_TAG);
        anyhow::ensure!(
            tagged,
            "the change set of stack {name} is gone, and it has no tag; try again"
        );
        Ok(())
    }

    /// The stack as it is, with the tag. Its role stays, since none is named.
    fn tagged(&self, name: &str) -> Wanted {
        let kept = KeptStack::of(Some(&self.stack));
        let mut tags = kept.tags;
        tags.insert(OWN_TAG.to_owned(), name.to_owned());
        let parameters = kept.parameters.into_keys().map(|name| (name, None));
        Wanted {
            stack: self
                .stack
                .stack_id
                .clone()
                .unwrap_or_else(|| name.to_owned()),
            template: TemplateSource::Previous,
            parameters: parameters.collect(),
            tags,
            role: None,
        }
    }
}

/// "Conditional" replacements are of what refers to a tagged resource; a tag replaces none.
fn changes_more_than_tags(change: &PlannedChange) -> bool {
    change.action != "modify" || change.replacement == "yes"
}
