//! `keyfront outputs`: what the system's stacks tell, in one list.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Args;

use super::{
    EXIT_CODES, SystemArguments,
    failure::refused,
    stacks::Stacks,
    template::{Layout, region_of},
};
use keyfront_cli::report;

/// Between two looks, which nothing here needs.
const PAUSE: Duration = Duration::from_secs(3);

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
    let (config, _) = arguments.system.load().await?;
    let all = outputs_of_system(&config, &arguments.system.stack).await?;
    if arguments.json {
        report::line(serde_json::to_string_pretty(&all)?);
    } else {
        report::pairs(["OUTPUT", "VALUE"], all);
    }
    Ok(())
}

/// The outputs of all stacks of the system `name` whose bucket is in the configuration's Region.
///
/// # Errors
/// There is no such system, or CloudFormation does not tell it.
pub(crate) async fn outputs_of_system(
    config: &SdkConfig,
    name: &str,
) -> anyhow::Result<BTreeMap<String, String>> {
    let region = region(config)?;
    let mut all = BTreeMap::new();
    let mut found = false;
    for template in Layout::of(&region).templates() {
        let stacks = Stacks::new(config, region_of(*template, &region), PAUSE);
        if stacks.find(name).await?.is_some() {
            found = true;
            all.extend(outputs_of(&stacks, name).await?);
        }
    }
    if !found {
        return Err(refused(format!(
            "there is no stack {name} for {region}; `keyfront deploy` makes it"
        )));
    }
    Ok(all)
}

/// The outputs of one stack.
pub(super) async fn outputs_of(
    stacks: &Stacks,
    name: &str,
) -> anyhow::Result<BTreeMap<String, String>> {
    let stack = stacks
        .find(name)
        .await?
        .with_context(|| format!("stack {name} is gone"))?;
    let outputs = stack.outputs.unwrap_or_default().into_iter();
    Ok(outputs
        .filter_map(|output| Some((output.output_key?, output.output_value?)))
        .collect())
}

/// The bucket of the system `stack` in the configuration's Region.
///
/// # Errors
/// There is no such stack there, or it tells no bucket.
pub(crate) async fn bucket_of(config: &SdkConfig, stack: &str) -> anyhow::Result<String> {
    let [bucket] = told_by(config, stack, ["BucketName"]).await?;
    Ok(bucket)
}

/// The bucket and the key's ARN of the system `stack` in the configuration's Region.
///
/// # Errors
/// As [`bucket_of`].
pub(crate) async fn store_of(config: &SdkConfig, stack: &str) -> anyhow::Result<(String, String)> {
    let [bucket, key] = told_by(config, stack, ["BucketName", "KeyArn"]).await?;
    Ok((bucket, key))
}

async fn told_by<const N: usize>(
    config: &SdkConfig,
    stack: &str,
    names: [&str; N],
) -> anyhow::Result<[String; N]> {
    let region = region(config)?;
    let stacks = Stacks::new(config, &region, PAUSE);
    if stacks.find(stack).await?.is_none() {
        anyhow::bail!(
            "there is no stack {stack} in {region}; name the Region of its bucket with --region"
        );
    }
    let mut outputs = outputs_of(&stacks, stack).await?;
    let mut values = names.map(|_| String::new());
    for (name, value) in names.into_iter().zip(&mut values) {
        *value = outputs
            .remove(name)
            .with_context(|| format!("stack {stack} tells no {name}; is it Keyfront's?"))?;
    }
    Ok(values)
}

fn region(config: &SdkConfig) -> anyhow::Result<String> {
    let region = config.region().context("the configuration has no Region")?;
    Ok(region.as_ref().to_owned())
}
