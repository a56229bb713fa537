//! `keyfront status`: the state of the system's stacks, and the cause, if one failed.

use clap::Args;
use keyfront_cli::{Table, report};

use super::{
    deletion_target::FUNCTION,
    deploy_error::DeployError,
    leftovers,
    stack_state::StackState,
    stacks::Stacks,
    system_arguments::{EXIT_CODES, SystemArguments},
};
use crate::system::{
    layout::{Layout, region_of},
    ownership::{ExpectedStack, Ownership, StackResource},
};

/// Show the state of the system's stacks; 0 if all are complete
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct StatusArguments {
    #[command(flatten)]
    system: SystemArguments,
    /// Print a JSON list
    #[arg(long)]
    json: bool,
}

#[derive(Debug, serde::Serialize)]
struct Row {
    stack: String,
    region: String,
    status: String,
    causes: Vec<String>,
}

pub(super) async fn status(arguments: StatusArguments) -> anyhow::Result<()> {
    let (config, region) = arguments.system.load().await?;
    let name = &arguments.system.stack;
    let mut rows = Vec::new();
    let mut complete = true;
    let mut retained = Vec::new();
    for template in Layout::of(&region).templates() {
        let stacks = Stacks::new(
            &config,
            region_of(*template, &region),
            arguments.system.poll_interval(),
        );
        let stack = stacks.find(name).await?;
        let status = stack.as_ref().and_then(|stack| stack.stack_status.clone());
        complete &= status
            .as_ref()
            .is_some_and(|status| StackState::from(status) == StackState::Complete);
        let causes = match stack.as_ref().and_then(|stack| stack.stack_id.as_deref()) {
            Some(id) => stacks.last_failures(id).await?,
            None => Vec::new(),
        };
        rows.push(Row {
            stack: name.clone(),
            region: stacks.region().to_owned(),
            status: status.map_or_else(|| "absent".to_owned(), |status| status.as_str().to_owned()),
            causes: causes.iter().map(ToString::to_string).collect(),
        });
        let expected = ExpectedStack {
            system: name,
            template: *template,
            bucket_region: &region,
        };
        let deleted = leftovers::of_deleted(&stacks, &expected).await?.into_iter();
        let own = deleted.filter(|stack| stack.ownership == Ownership::Ours);
        retained.extend(own.flat_map(|stack| stack.spared));
    }
    match arguments.json {
        true => report::line(serde_json::to_string_pretty(&rows)?),
        false => show(&rows, &retained),
    }
    match complete {
        true => Ok(()),
        false => Err(DeployError::Remains(format!("system {name} is not complete")).into()),
    }
}

fn show(rows: &[Row], retained: &[StackResource]) {
    let mut table = Table::new(["STACK", "REGION", "STATUS"]);
    for row in rows {
        table.push([row.stack.clone(), row.region.clone(), row.status.clone()]);
    }
    report::line(table);
    for cause in rows.iter().flat_map(|row| &row.causes) {
        report::line(format_args!("failed: {cause}"));
    }
    for function in retained.iter().filter(|resource| resource.kind == FUNCTION) {
        report::note(format_args!(
            "function {} may still have replicas at the edge; `keyfront destroy` removes it",
            function.physical_id
        ));
    }
}
