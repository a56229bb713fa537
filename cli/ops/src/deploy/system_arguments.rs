//! The arguments that every command about a system has.

use std::time::Duration;

use aws_config::SdkConfig;
use clap::Args;
use keyfront_cli::report;

use super::{deploy_error::refused, deploy_request::check_stack_name};
use crate::aws::{self, AwsArguments};

pub(super) const EXIT_CODES: &str = "Exit codes: 0 done, or nothing to do; 1 AWS cannot be called or a file cannot be read; \
2 wrong arguments; 3 refused before anything was created; 4 not confirmed; 5 the operation failed; \
6 something remains for a later run; 130 interrupted (run it again to follow)";

/// Which system, and who calls.
#[derive(Debug, Clone, Args)]
pub(crate) struct SystemArguments {
    /// Name of the system's stacks: lower-case letters, digits and hyphens
    #[arg(long, value_name = "NAME")]
    pub(super) stack: String,
    #[command(flatten)]
    aws: AwsArguments,
    /// Pause between two calls of CloudFormation, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 3000, hide = true)]
    poll: u64,
}

impl SystemArguments {
    /// The configuration and the Region of the bucket.
    pub(super) async fn load(&self) -> anyhow::Result<(SdkConfig, String)> {
        check_stack_name(&self.stack).map_err(|error| refused(error.to_string()))?;
        let config = self.aws.load().await?;
        let region = aws::region_of(&config)?.to_owned();
        Ok((config, region))
    }

    /// Prints who is about to change the system; their account.
    pub(super) async fn announce(&self, config: &SdkConfig) -> anyhow::Result<String> {
        let caller = self.aws.caller(config).await?;
        report::note(&caller);
        Ok(caller.account)
    }

    pub(super) const fn poll_interval(&self) -> Duration {
        Duration::from_millis(self.poll)
    }
}
