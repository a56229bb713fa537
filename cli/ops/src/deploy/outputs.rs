//! `keyfront outputs`: what the system's stacks output, in one list.

use clap::Args;
use keyfront_cli::report;

use super::{
    deploy_error::refused,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::system::outputs::{Purpose, of_system};

/// Print the system's outputs: CDN URL, upload endpoint, bucket, key
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct OutputsArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn outputs(arguments: OutputsArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    let name = &arguments.system.stack;
    let all = of_system(&config, name, Purpose::Read)
        .await?
        .ok_or_else(|| {
            refused(format!(
                "there is no stack {name} for {region}; `keyfront deploy` creates it"
            ))
        })?;
    match arguments.json {
        true => report::line(serde_json::to_string_pretty(&all)?),
        false => report::pairs(["OUTPUT", "VALUE"], all),
    }
    Ok(())
}
