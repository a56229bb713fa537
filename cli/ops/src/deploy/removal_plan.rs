//! What `keyfront destroy` will remove, worked out from what there is before anyone is asked. Reads only.

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::Stack;
use keyfront_cli::report::{self, printable};
use keyfront_names::Arn;

use super::{
    deletion_target::{
        DeletionTarget, FUNCTION, Fate, NamedForDeletion, content_bucket, content_key,
    },
    deploy_error::refused,
    leftovers::{self, DeletedStack},
    provenance::{Maker, Provenance},
    stacks::Stacks,
};
use crate::{
    aws,
    system::{
        outputs,
        ownership::{ExpectedStack, OWN_TAG, Ownership},
    },
};

/// A stack of the system, with what its removal takes.
pub(super) struct Removal {
    pub(super) stack_id: String,
    /// `None` if it was deleted before.
    pub(super) live: Option<Stack>,
    pub(super) targets: Vec<DeletionTarget>,
}

/// What is to be removed, of whom.
pub(super) struct RemovalPlan<'a> {
    pub(super) config: &'a SdkConfig,
    pub(super) expected: ExpectedStack<'a>,
    pub(super) named: NamedForDeletion<'a>,
}

impl Removal {
    /// Whether anything is deleted.
    pub(super) fn deletes(&self) -> bool {
        self.live.is_some() || self.targets.iter().any(|target| target.fate != Fate::Kept)
    }
}

impl RemovalPlan<'_> {
    /// The removals in one Region.
    ///
    /// # Errors
    /// The live stack is not the system's, or is protected; something named is another's; AWS cannot be asked.
    pub(super) async fn removals(&self, stacks: &Stacks) -> anyhow::Result<Vec<Removal>> {
        let mut removals = Vec::new();
        if let Some(stack) = stacks.find(self.expected.system).await? {
            removals.push(self.of_live(stacks, stack).await?);
        }
        for deleted in leftovers::of_deleted(stacks, &self.expected).await? {
            if deleted.ownership == Ownership::Ours {
                removals.push(self.of_deleted(stacks, &deleted).await?);
            } else {
                note_left_alone(&deleted);
            }
        }
        Ok(removals)
    }

    async fn of_live(&self, stacks: &Stacks, stack: Stack) -> anyhow::Result<Removal> {
        let (name, region) = (self.expected.system, stacks.region());
        let facts = stacks.cloudformation.require_own(&self.expected, &stack);
        let facts = facts.await?;
        if stack.enable_termination_protection == Some(true) {
            return Err(refused(format!(
                "stack {name} in {region} has termination protection; disable it with `keyfront deploy --termination-protection off` and the arguments of the deployment, or in the console"
            )));
        }
        let stack_id = stack.stack_id.clone().context("a stack without an id")?;
        let arn = Arn::parse(&stack_id).context("a stack's id is not an ARN")?;
        let targets = match facts.resources.is_empty() {
            true => Vec::new(),
            false => {
                let document = stacks.cloudformation.template(&stack_id).await?;
                self.named.of_live_stack(&arn, &document, &facts.resources)
            }
        };
        self.check_buckets(stacks, &stack_id, &targets).await?;
        Ok(Removal {
            stack_id,
            live: Some(stack),
            targets,
        })
    }

    async fn of_deleted(&self, stacks: &Stacks, deleted: &DeletedStack) -> anyhow::Result<Removal> {
        let arn = Arn::parse(&deleted.id).context("a stack's id is not an ARN")?;
        let config = aws::in_region(self.config, stacks.region());
        let mut targets = Vec::new();
        for target in self.named.of_deleted_stack(&arn, &deleted.spared) {
            let id = &target.resource.physical_id;
            let provenance = match target.resource.kind.as_str() {
                FUNCTION => self.maker(&deleted.id).of_function(&config, id).await?,
                _ => Provenance::OfStack,
            };
            match provenance {
                Provenance::OfStack => targets.push(target),
                Provenance::Gone => {}
                Provenance::OfOthers(reason) => note_of_others(id, &reason),
            }
        }
        self.check_buckets(stacks, &deleted.id, &targets).await?;
        Ok(Removal {
            stack_id: deleted.id.clone(),
            live: None,
            targets,
        })
    }

    /// A bucket's name may have been taken by others since the stack made its own.
    async fn check_buckets(
        &self,
        stacks: &Stacks,
        stack_id: &str,
        targets: &[DeletionTarget],
    ) -> anyhow::Result<()> {
        let config = aws::in_region(self.config, stacks.region());
        let mut doomed = targets.iter().filter_map(|target| match target.fate {
            Fate::EmptiedAndDeleted => content_bucket(&target.resource),
            _ => None,
        });
        let Some(bucket) = doomed.next() else {
            return Ok(());
        };
        match self.maker(stack_id).of_bucket(&config, bucket).await? {
            Provenance::OfStack | Provenance::Gone => Ok(()),
            Provenance::OfOthers(reason) => Err(refused(format!(
                "bucket {bucket} was not created by system {}: {reason}; remove --delete-bucket",
                self.expected.system
            ))),
        }
    }

    fn maker<'a>(&'a self, stack_id: &'a str) -> Maker<'a> {
        Maker {
            system: self.expected.system,
            stack_id,
        }
    }
}

impl NamedForDeletion<'_> {
    /// A name to delete must be one of the system's, or a typing mistake would delete another's.
    ///
    /// # Errors
    /// It is not.
    pub(super) fn check(&self, system: &str, removals: &[&Removal]) -> anyhow::Result<()> {
        let all = || removals.iter().flat_map(|removal| &removal.targets);
        let dooms = |fate: Fate| all().any(|target| target.fate == fate);
        if let Some(bucket) = self.bucket
            && !dooms(Fate::EmptiedAndDeleted)
        {
            let used = removals.iter().filter_map(|removal| removal.live.clone());
            let mut used = used.filter_map(|stack| outputs::of_stack(stack).remove("BucketName"));
            if used.any(|used| used == bucket) {
                return Err(refused(format!(
                    "bucket {bucket} was not created by system {system}, which only uses it (ExistingBucket); remove --delete-bucket, and delete the bucket by other means if you do not need it"
                )));
            }
            let own = all().filter_map(|target| content_bucket(&target.resource));
            return Err(refused(format!(
                "{bucket} is not the bucket of system {system}; it is {}",
                listed(own)
            )));
        }
        if let Some(key) = self.key
            && !dooms(Fate::DeletionScheduled)
        {
            let own = all().filter_map(|target| content_key(&target.resource));
            return Err(refused(format!(
                "{key} is not the key of system {system}; it is {}",
                listed(own)
            )));
        }
        Ok(())
    }
}

/// What is left of a stack that is not shown to be the system's.
fn note_left_alone(deleted: &DeletedStack) {
    let reason = match &deleted.ownership {
        Ownership::Ours => return,
        Ownership::Adoptable => format!("it had no tag {OWN_TAG}"),
        Ownership::Foreign(reason) => reason.to_string(),
    };
    let spared = deleted.spared.iter();
    let spared = spared.map(|resource| printable(&resource.physical_id));
    report::note(format_args!(
        "Left alone: {}, of the deleted stack {}, which cannot be shown to belong to this system: {reason}. Delete it by other means if it is yours.",
        spared.collect::<Vec<_>>().join(", "),
        deleted.id
    ));
}

/// What has the name of something that a stack made.
pub(super) fn note_of_others(name: &str, reason: &str) {
    report::note(format_args!(
        "Left alone: {}, which cannot be shown to belong to this system: {reason}. Delete it by other means if it is yours.",
        printable(name)
    ));
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(" or ")
    }
}
