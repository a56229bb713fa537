//! `keyfront deploy | status | outputs | destroy`: the system in an AWS account, by CloudFormation.
//!
//! `wish`, `template`, `standing` and `cause` decide and are pure; `stacks`, `change_set` and `artifacts` call.

mod apply;
mod artifacts;
mod bundle;
mod cause;
mod change_set;
mod clear;
mod destroy;
mod failure;
mod first_publisher;
mod leftovers;
mod operation;
mod outputs;
mod rehearsal;
mod render;
mod stacks;
mod standing;
mod status;
mod supply;
mod template;
mod wish;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Args;

pub(crate) use self::{
    cause::Event,
    change_set::PlannedChange,
    destroy::DestroyArguments,
    failure::DeployError,
    outputs::{OutputsArguments, bucket_of, outputs_of_system, store_of},
    status::StatusArguments,
};
use keyfront_cli::report;

use crate::aws::AwsArguments;

const EXIT_CODES: &str = "Exit codes: 0 done, or nothing to do; 1 AWS cannot be called or a file cannot be read; \
2 wrong arguments; 3 refused before anything was created; 4 not confirmed; 5 the operation failed; \
6 something remains for a later run; 130 interrupted (run it again to follow)";

/// Which system, and who calls.
#[derive(Debug, Clone, Args)]
pub(crate) struct SystemArguments {
    /// Name of the system's stacks: lower-case letters, digits and hyphens
    #[arg(long, value_name = "NAME")]
    stack: String,
    #[command(flatten)]
    aws: AwsArguments,
    /// Pause between two looks at CloudFormation, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 3000, hide = true)]
    poll: u64,
}

/// Put the whole system into an AWS account, or update it: key, private bucket, functions, CDN.
///
/// Shows the change set, asks, and follows the deployment to its end. Run again it updates, or says that there is
/// nothing to do; after Ctrl-C it follows what is under way. The bucket is in --region; the CDN's stack is in
/// us-east-1, where Lambda@Edge lives.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DeployArguments {
    #[command(flatten)]
    system: SystemArguments,

    /// A parameter of the templates (docs/cloudformation.md); what is not given keeps its value
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", value_parser = pair)]
    parameters: Vec<(String, String)>,

    /// The built Lambda@Edge package
    #[arg(long, value_name = "FILE", default_value = "dist/edge-cloudfront.zip")]
    edge_bundle: PathBuf,

    /// The built origin package
    #[arg(long, value_name = "FILE", default_value = "dist/origin-lambda.zip")]
    origin_package: PathBuf,

    /// A bucket of yours for the packages, in --region; us-east-1 needs its own [default: made as needed]
    #[arg(long, value_name = "NAME")]
    artifact_bucket: Option<String>,

    /// Change without asking
    #[arg(long)]
    yes: bool,

    /// Say what would be done; makes no call that writes
    #[arg(long)]
    dry_run: bool,

    /// Only upload, and print the address that starts the stack in the console
    #[arg(long, conflicts_with = "dry_run")]
    upload_only: bool,

    /// Repair a failed stack first: delete one whose creation failed, continue a rollback that stopped
    #[arg(long)]
    replace_failed: bool,

    /// Name of the first publisher, made if the bucket has none
    #[arg(long, value_name = "NAME", default_value = "first")]
    publisher: String,

    /// Make no publisher
    #[arg(long, conflicts_with = "publisher")]
    no_publisher: bool,
}

pub(crate) fn run(arguments: DeployArguments) -> anyhow::Result<ExitCode> {
    finish(apply::deploy(arguments))
}

pub(crate) fn run_status(arguments: StatusArguments) -> anyhow::Result<ExitCode> {
    finish(status::status(arguments))
}

pub(crate) fn run_outputs(arguments: OutputsArguments) -> anyhow::Result<ExitCode> {
    finish(outputs::outputs(arguments))
}

pub(crate) fn run_destroy(arguments: DestroyArguments) -> anyhow::Result<ExitCode> {
    finish(destroy::destroy(arguments))
}

/// Runs a command to its end and tells an error that has an exit code of its own.
fn finish(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    let Err(error) = runtime.block_on(work) else {
        return Ok(ExitCode::SUCCESS);
    };
    match error.downcast_ref::<DeployError>() {
        Some(known) => {
            let code = known.exit_code();
            report::failure(&error);
            Ok(code)
        }
        None => Err(error),
    }
}

impl SystemArguments {
    /// The configuration and the Region of the bucket.
    async fn load(&self) -> anyhow::Result<(SdkConfig, String)> {
        wish::check_stack_name(&self.stack).map_err(|error| failure::refused(error.to_string()))?;
        let config = self.aws.load().await?;
        let region = config.region().context("the configuration has no Region")?;
        let region = region.as_ref().to_owned();
        Ok((config, region))
    }

    const fn every(&self) -> Duration {
        Duration::from_millis(self.poll)
    }
}

impl DeployArguments {
    fn given(&self) -> BTreeMap<String, String> {
        self.parameters.iter().cloned().collect()
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// Asks for a yes; without a terminal there is nobody to give it.
fn confirm(question: &str) -> anyhow::Result<()> {
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() {
        return Err(DeployError::NotConfirmed.into());
    }
    match report::ask(&format!("{question} [y/N]"))?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(DeployError::NotConfirmed.into()),
    }
}
