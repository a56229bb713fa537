//! The retention of the edge's log groups, which Lambda makes without one in every Region that runs the function.

use aws_config::SdkConfig;
use keyfront_cli::report;

use crate::system::{
    edge_logs::{self, LogGroup},
    outputs::Outputs,
};

/// Sets the retention wherever a group of the function has another one. What cannot be set is reported; the system is
/// deployed all the same.
pub(super) async fn apply(config: &SdkConfig, outputs: &Outputs, days: u32) {
    let Some(function) = edge_logs::function_in(outputs) else {
        return;
    };
    let (groups, failed) = edge_logs::find(config, &edge_logs::group_of(function)).await;
    for (region, error) in failed {
        report::note(format_args!(
            "The edge's logs in {region} cannot be read, so their retention is unknown: {error}"
        ));
    }
    let other = |group: &&LogGroup| group.retention_days != Some(days);
    for group in groups.iter().filter(other) {
        match edge_logs::retain(config, group, days).await {
            Ok(()) => report::note(format_args!(
                "Log group {} in {} now has a retention of {days} days.",
                group.name, group.region
            )),
            Err(error) => report::note(format_args!(
                "Log group {} in {} keeps its former retention: {error}",
                group.name, group.region
            )),
        }
    }
}

/// Reports the groups of a function that is removed: nothing removes them.
pub(super) async fn report_kept(config: &SdkConfig, function: &str) {
    let (groups, failed) = edge_logs::find(config, &edge_logs::group_of(function)).await;
    for group in groups {
        let days = group.retention_days;
        let long = days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days"));
        report::note(format_args!(
            "Kept: log group {} in {}, with a retention of {long}",
            group.name, group.region
        ));
    }
    for (region, error) in failed {
        report::note(format_args!(
            "Whether there are logs of {function} in {region} is unknown: {error}"
        ));
    }
}
