//! `keyfront deploy`: judges, uploads, and brings each stack of the system to where it should be, in order.

use std::{collections::BTreeMap, io::IsTerminal as _};

use anyhow::Context as _;
use aws_config::SdkConfig;
use aws_sdk_cloudformation::types::{ChangeSetType, Stack};
use keyfront_cloudformation::Template;

use super::{
    DeployArguments,
    artifacts::ArtifactBucket,
    bundle::{Artifact, Package},
    change_set::{Drafted, TemplateSource, Wanted},
    confirm,
    failure::{DeployError, refused},
    first_publisher,
    outputs::outputs_of,
    stacks::Stacks,
    standing::{Aim, Standing},
    template::{self, region_of},
    wish::{EDGE_REGION, Wish},
};
use crate::{
    aws::{self, told},
    report::{self, deploy::Progress},
};

/// CloudFormation takes larger templates only from S3 (docs: quotas).
const MAX_INLINE: usize = 51_200;

/// Everything a deployment goes by.
struct Deployment {
    arguments: DeployArguments,
    config: SdkConfig,
    account: String,
    wish: Wish,
    edge: Artifact,
    origin: Artifact,
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
        report::deploy::pairs(["OUTPUT", "VALUE"], outputs.clone());
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

    fn stacks(&self, template: Template) -> Stacks {
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
                (Standing::Busy, Some(stack)) => self.follow_other(&stacks, stack).await?,
                (Standing::NeverCreated, Some(stack)) if self.arguments.replace_failed => {
                    delete(&stacks, stack).await?;
                }
                (Standing::RollbackStopped, Some(stack)) if self.arguments.replace_failed => {
                    continue_rollback(&stacks, stack).await?;
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

    /// An operation someone else began, or this program before Ctrl-C.
    async fn follow_other(&self, stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
        let id = stack.stack_id.as_deref().context("a stack without an id")?;
        let progress = Progress::begin(&format!(
            "An operation of stack {} in {} is under way; following it.",
            self.wish.stack, stacks.region
        ));
        let mark = stacks.mark_beginning(id).await?;
        let status = stack
            .stack_status
            .as_ref()
            .map_or("", |status| status.as_str());
        let aim = if status == "DELETE_IN_PROGRESS" {
            Aim::Deleted
        } else {
            Aim::Deployed
        };
        stacks.follow(mark, aim, &progress).await
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
        report::deploy::changes(&wanted.stack, &stacks.region, &changes);
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

    fn wanted(
        &self,
        template: Template,
        source: (ArtifactBucket, TemplateSource),
        kept: &BTreeMap<String, String>,
        inputs: &BTreeMap<String, String>,
    ) -> Wanted {
        let (bucket, source) = source;
        let filled = self.filled(&bucket.name, inputs);
        let declared = template::parameters(template).into_iter();
        let parameters = declared.filter_map(|parameter| {
            let name = parameter.name;
            let given = self
                .wish
                .parameters
                .get(&name)
                .filter(|value| template::belongs(template, &self.wish.region, &name, value));
            match filled.get(&name).or(given) {
                Some(value) => Some((name, Some(value.clone()))),
                None if kept.contains_key(&name) => Some((name, None)),
                None => None,
            }
        });
        Wanted {
            stack: self.wish.stack.clone(),
            template: source,
            parameters: parameters.collect(),
        }
    }

    /// The parameters this program fills.
    fn filled(&self, bucket: &str, inputs: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let host = |output: &str| {
            inputs.get(output).map(|url| {
                url.trim_start_matches("https://")
                    .trim_end_matches('/')
                    .to_owned()
            })
        };
        let filled = [
            ("ArtifactBucket", Some(bucket.to_owned())),
            ("OriginKey", Some(self.origin.key.clone())),
            ("EdgeKey", Some(self.edge.key.clone())),
            ("EdgeSha256", Some(self.edge.sha256_base64())),
            ("BucketRegion", Some(self.wish.region.clone())),
            ("BucketName", inputs.get("BucketName").cloned()),
            ("EdgeRoleArn", inputs.get("EdgeRoleArn").cloned()),
            ("OriginHost", host("OriginUrl")),
            ("OriginRoleName", inputs.get("OriginRoleName").cloned()),
        ];
        filled
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    fn artifacts(&self, template: Template, with_template: bool) -> Vec<Artifact> {
        let body = template.body();
        let stored = (with_template || body.len() > MAX_INLINE)
            .then(|| Artifact::new("templates", "yaml", body.as_bytes().to_vec()));
        let packages = match template {
            Template::Keyfront => vec![&self.edge, &self.origin],
            Template::Origin => vec![&self.origin],
            Template::Edge => vec![&self.edge],
        };
        packages.into_iter().cloned().chain(stored).collect()
    }

    fn artifact_bucket(&self, template: Template) -> ArtifactBucket {
        let region = region_of(template, &self.wish.region);
        let s3 = aws::s3(&aws::in_region(&self.config, region));
        // One bucket cannot be in two Regions, and Lambda reads packages from its own.
        let given = self
            .arguments
            .artifact_bucket
            .as_deref()
            .filter(|_| region == self.wish.region);
        ArtifactBucket::new(s3, region, &self.account, given)
    }

    /// Uploads what a template needs; where, and how CloudFormation gets the template.
    async fn upload(
        &self,
        template: Template,
        with_template: bool,
    ) -> anyhow::Result<(ArtifactBucket, TemplateSource)> {
        let bucket = self.artifact_bucket(template);
        let artifacts = self.artifacts(template, with_template);
        let missing = bucket.missing(&artifacts).await?;
        for artifact in &missing {
            report::note(format_args!(
                "Uploading {} to {}.",
                artifact.key, bucket.name
            ));
        }
        bucket.upload(&missing).await?;
        let stored = artifacts
            .iter()
            .find(|artifact| artifact.key.starts_with("templates/"));
        let source = stored.map_or_else(
            || TemplateSource::Body(template.body().to_owned()),
            |stored| TemplateSource::Url(bucket.url(&stored.key)),
        );
        Ok((bucket, source))
    }

    /// `--dry-run`: reads only.
    async fn rehearse(&self) -> anyhow::Result<()> {
        for template in self.wish.layout.templates() {
            let stacks = self.stacks(*template);
            let stack = stacks.find(&self.wish.stack).await?;
            let bucket = self.artifact_bucket(*template);
            let artifacts = self.artifacts(*template, false);
            for artifact in bucket.missing(&artifacts).await? {
                report::line(format_args!(
                    "would upload {} to {}",
                    artifact.key, bucket.name
                ));
            }
            let kept = stack.as_ref().map(parameters_of).unwrap_or_default();
            let source = TemplateSource::Body(String::new());
            let verb = stack.as_ref().map_or("create", |_| "update");
            report::line(format_args!(
                "would {verb} stack {} in {} from {}",
                self.wish.stack,
                stacks.region,
                template.file_name()
            ));
            let wanted = self.wanted(*template, (bucket, source), &kept, &BTreeMap::new());
            for (name, value) in wanted.parameters {
                match value {
                    Some(value) if kept.get(&name) != Some(&value) => {
                        report::line(format_args!("  {name}={value}"));
                    }
                    _ => {}
                }
            }
        }
        report::note("Nothing was written.");
        Ok(())
    }

    fn print_launch(&self, template: Template, bucket: &ArtifactBucket) {
        let region = region_of(template, &self.wish.region);
        let stored = Artifact::new("templates", "yaml", template.body().as_bytes().to_vec());
        let url = bucket.url(&stored.key);
        report::line(format_args!(
            "https://{region}.console.aws.amazon.com/cloudformation/home?region={region}#/stacks/create/review?templateURL={}&stackName={}",
            keyfront_sigv4::uri_encoding::encode_component(&url),
            self.wish.stack
        ));
        let filled = self.filled(&bucket.name, &BTreeMap::new());
        let declared = template::parameters(template);
        let rows = declared.iter().filter_map(|parameter| {
            let value = filled
                .get(&parameter.name)
                .or_else(|| self.wish.parameters.get(&parameter.name))?;
            Some((parameter.name.clone(), value.clone()))
        });
        report::deploy::pairs(["PARAMETER", "VALUE"], rows);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Reached,
    Again,
}

/// Deletes a stack and follows that.
pub(super) async fn delete(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    let id = stack.stack_id.as_deref().context("a stack without an id")?;
    let name = stack.stack_name.as_deref().unwrap_or(id);
    let mark = stacks.mark(id).await?;
    let progress = Progress::begin(&format!("Deleting stack {name} in {}.", stacks.region));
    stacks.begin_deletion(id).await?;
    stacks.follow(mark, Aim::Deleted, &progress).await
}

async fn continue_rollback(stacks: &Stacks, stack: &Stack) -> anyhow::Result<()> {
    let id = stack.stack_id.as_deref().context("a stack without an id")?;
    let mark = stacks.mark(id).await?;
    let progress = Progress::begin(&format!("Continuing the rollback in {}.", stacks.region));
    let call = stacks.client.continue_update_rollback().stack_name(id);
    call.send()
        .await
        .map_err(|error| told(error).context("the rollback cannot be continued"))?;
    match stacks.follow(mark, Aim::Deployed, &progress).await {
        // A finished rollback is what was wanted here.
        Err(error)
            if matches!(
                error.downcast_ref(),
                Some(DeployError::Failed { status, .. }) if status == "UPDATE_ROLLBACK_COMPLETE"
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

fn parameters_of(stack: &Stack) -> BTreeMap<String, String> {
    let parameters = stack.parameters().iter();
    parameters
        .filter_map(|parameter| {
            Some((
                parameter.parameter_key.clone()?,
                parameter.parameter_value.clone().unwrap_or_default(),
            ))
        })
        .collect()
}
