//! `keyfront deploy | status | outputs | adopt | destroy`: the system in an AWS account, by CloudFormation.
//!
//! `deploy_request`, `site_check`, `template_limits`, `template`, `stack_state` and `cause` decide and are pure; `stacks`, `change_set` and
//! `artifacts` call.

mod adopt;
mod apply;
mod artifacts;
mod bundle;
mod cause;
mod change_set;
mod clear;
mod confirmation;
mod deletion_target;
mod deploy_arguments;
mod deploy_error;
mod deploy_request;
mod deployment;
mod destroy;
mod edge_revision;
mod existing_system;
mod first_publisher;
mod iam_query;
mod instances;
mod invalid_request;
mod kept_stack;
mod leftovers;
mod log_retention;
mod longest_names;
mod operation;
mod outputs;
mod own_viewer_keys;
mod planned_change;
mod preflight;
mod progress;
mod provenance;
mod rehearsal;
mod removal_plan;
mod render;
mod reservation;
mod revoke_sessions;
mod site_check;
mod site_request;
mod sites_file;
mod stack_state;
mod stacks;
mod status;
mod supply;
mod system_arguments;
mod template;
mod template_limits;
mod web_acl;

use std::{collections::BTreeMap, process::ExitCode};

use keyfront_cli::report;
use keyfront_cloudformation::Sites;

use self::site_request::SiteRequest;
pub(crate) use self::{
    adopt::AdoptArguments, deploy_arguments::DeployArguments, destroy::DestroyArguments,
    outputs::OutputsArguments, revoke_sessions::RevokeSessionsArguments, status::StatusArguments,
};
use crate::system::layout::Layout;

pub(crate) fn run(arguments: DeployArguments) -> anyhow::Result<ExitCode> {
    finish(apply::deploy(arguments))
}

pub(crate) fn run_status(arguments: StatusArguments) -> anyhow::Result<ExitCode> {
    finish(status::status(arguments))
}

pub(crate) fn run_outputs(arguments: OutputsArguments) -> anyhow::Result<ExitCode> {
    finish(outputs::outputs(arguments))
}

pub(crate) fn run_adopt(arguments: AdoptArguments) -> anyhow::Result<ExitCode> {
    finish(adopt::adopt(arguments))
}

pub(crate) fn run_revoke_sessions(arguments: RevokeSessionsArguments) -> anyhow::Result<ExitCode> {
    finish(revoke_sessions::revoke_sessions(arguments))
}

pub(crate) fn run_destroy(arguments: DestroyArguments) -> anyhow::Result<ExitCode> {
    finish(destroy::destroy(arguments))
}

/// Whether the site that these parameters make is one that the edge accepts and a CloudFront header takes, with the longest
/// names AWS may give.
pub(crate) fn takes_site(region: &str, parameters: &BTreeMap<String, String>) -> bool {
    let request = SiteRequest {
        layout: Layout::of(region),
        region,
        parameters,
        sites: &Sites::default(),
    };
    site_check::check(&request).is_ok()
}

/// Runs a command to its end and reports an error that has an exit code of its own.
fn finish(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let Err(error) = runtime.block_on(work) else {
        return Ok(ExitCode::SUCCESS);
    };
    match deploy_error::exit_code_of(&error) {
        Some(code) => {
            report::failure(&error);
            Ok(code)
        }
        None => Err(error),
    }
}
