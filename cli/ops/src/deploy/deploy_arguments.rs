//! The arguments of `keyfront deploy`.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Args;
use keyfront_names::Arn;
use keyfront_origin_core::publisher::Prefix;

use super::system_arguments::{EXIT_CODES, SystemArguments};
use crate::{
    publisher::{Expiry, prefix},
    system::ownership::OWN_TAG,
};

/// Deploy the whole system to an AWS account, or update it: key, private bucket, functions, CDN.
///
/// Shows the change set, asks for confirmation, and follows the deployment to its end. Run it again to update the system, or
/// after Ctrl-C to follow the operation in progress. The bucket is in --region; the CDN's stack is in us-east-1, where
/// Lambda@Edge functions must be.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DeployArguments {
    #[command(flatten)]
    pub(super) system: SystemArguments,

    /// A parameter of the templates (docs/cloudformation.md); parameters that are not given keep their values
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) parameters: Vec<(String, String)>,

    /// Further sites to serve from the same distribution, each below its own path, as JSON (docs/deploy.md); give all of them every time
    #[arg(long, value_name = "FILE")]
    pub(super) sites: Option<PathBuf>,

    /// Remove the sites that an earlier --sites added
    #[arg(long, conflicts_with = "sites")]
    pub(super) no_sites: bool,

    /// A tag for the stacks and their resources; other tags are kept
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = tag)]
    pub(super) tags: Vec<(String, String)>,

    /// Remove a tag from the stacks
    #[arg(long = "untag", value_name = "KEY", value_parser = tag_key)]
    pub(super) untagged: Vec<String>,

    /// Role that CloudFormation assumes to create and change resources; the stacks keep it
    #[arg(long, value_name = "ARN", value_parser = role)]
    pub(super) cloudformation_role: Option<String>,

    /// Termination protection of the stacks; destroy refuses while it is on
    #[arg(long, value_name = "ON|OFF")]
    pub(super) termination_protection: Option<Protection>,

    /// The built Lambda@Edge package
    #[arg(long, value_name = "FILE", default_value = "dist/edge-cloudfront.zip")]
    pub(super) edge_bundle: PathBuf,

    /// The built origin package
    #[arg(long, value_name = "FILE", default_value = "dist/origin-lambda.zip")]
    pub(super) origin_package: PathBuf,

    /// An existing bucket for the packages, in --region; us-east-1 needs its own [default: created as needed]
    #[arg(long, value_name = "NAME")]
    pub(super) artifact_bucket: Option<String>,

    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,

    /// Show what would be done, without changing anything
    #[arg(long)]
    pub(super) dry_run: bool,

    /// Only upload the packages, and print the URL that creates the stack in the console
    #[arg(long, conflicts_with = "dry_run")]
    pub(super) upload_only: bool,

    /// Repair a failed stack first: delete it if its creation failed, continue its rollback if that stopped
    #[arg(long)]
    pub(super) replace_failed: bool,

    /// Name of the first publisher, created if the bucket has none
    #[arg(long, value_name = "NAME", default_value = "first")]
    pub(super) publisher: String,

    /// The folder of the first publisher [default: its name, below SitePrefix]
    #[arg(long, value_name = "PREFIX", value_parser = prefix)]
    pub(super) publisher_prefix: Option<Prefix>,

    /// When the first publisher's token expires: 90d, 12h, or a time such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "WHEN", default_value = "90d")]
    pub(super) publisher_expires: Expiry,

    /// Create no publisher
    #[arg(long, conflicts_with_all = ["publisher", "publisher_prefix", "publisher_expires"])]
    pub(super) no_publisher: bool,
}

impl DeployArguments {
    /// The parameters by name.
    pub(super) fn given(&self) -> BTreeMap<String, String> {
        self.parameters.iter().cloned().collect()
    }
}

/// Whether deleting a stack is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Protection {
    /// The stacks cannot be deleted.
    On,
    /// The stacks can be deleted.
    Off,
}

/// The ARN of a role.
fn role(text: &str) -> Result<String, String> {
    let arn = Arn::parse(text).ok();
    let arn = arn.filter(|arn| arn.service == "iam" && arn.resource.starts_with("role/"));
    match arn {
        Some(_) => Ok(text.to_owned()),
        None => Err("it must be the ARN of a role, arn:aws:iam::ACCOUNT:role/NAME".to_owned()),
    }
}

/// A tag as CloudFormation takes it.
fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .filter(|(key, _)| !key.is_empty())
        .ok_or("expected KEY=VALUE")?;
    let legal = |text: &str| {
        let characters = |one: char| one.is_alphanumeric() || " _.:/=+-@".contains(one);
        text.chars().all(characters)
    };
    tag_key(key)?;
    if key.chars().count() > 128 || value.chars().count() > 256 {
        return Err("a key may have 128 characters and a value 256".to_owned());
    }
    if !legal(key) || !legal(value) {
        return Err("letters, digits, spaces and _ . : / = + - @ are allowed".to_owned());
    }
    Ok((key.to_owned(), value.to_owned()))
}

/// The key of a tag that is the operator's to set and to remove.
fn tag_key(key: &str) -> Result<String, String> {
    if key == OWN_TAG {
        return Err(format!(
            "{key} is reserved: it names the system of a stack; choose another key"
        ));
    }
    match key.starts_with("aws:") {
        true => Err(format!("{key} is reserved; choose another key")),
        false => Ok(key.to_owned()),
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
