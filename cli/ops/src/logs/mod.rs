//! `keyfront logs REQUEST-ID`: the lines of one request, wherever they were logged.

mod search;

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Args;
use keyfront_cli::report;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use self::search::{Line, Search};
use crate::{
    aws::{self, AwsArguments},
    span::span,
    system::{
        edge_logs::{self, LOG_REGIONS},
        outputs::{self, Purpose},
    },
};

const EXIT_CODES: &str = "Exit codes: 0 lines were found; 1 AWS cannot be called; 2 wrong arguments; 3 a Region could not be searched; \
5 nothing was found";
const PARTIAL: u8 = 3;
const NOTHING: u8 = 5;

/// Find the log lines of one request, in every Region that may have run the edge function
///
/// The id is in the header x-keyfront-request-id of every response, and in the body of an error. Lines appear some seconds
/// after the request. The edge logs server errors only, not errors that the viewer can correct.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct LogsArguments {
    /// The request's id
    #[arg(value_name = "REQUEST-ID", value_parser = request_id)]
    request_id: String,
    /// Name of the system's stacks
    #[arg(long, value_name = "NAME")]
    stack: String,
    #[command(flatten)]
    aws: AwsArguments,
    /// How far back to search: 30m, 6h, 7d
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = span)]
    since: Duration,
    /// Search this Region as well, such as an opt-in Region; may be repeated
    #[arg(long = "also", value_name = "REGION")]
    also: Vec<String>,
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &LogsArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    runtime.block_on(find(arguments))
}

async fn find(arguments: &LogsArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.aws.load().await?;
    let bucket_region = aws::region_of(&config)?.to_owned();
    let stack = &arguments.stack;
    let outputs = outputs::of_system(&config, stack, Purpose::Read).await?;
    let outputs = outputs.with_context(|| {
        format!("there is no stack {stack} in {bucket_region}; give the Region of its bucket with --region")
    })?;
    let function = edge_logs::function_in(&outputs).with_context(|| {
        format!("stack {stack} has no output EdgeFunctionArn; is it one of Keyfront's?")
    })?;
    let edge = edge_logs::group_of(function);
    let regions = LOG_REGIONS.into_iter().map(str::to_owned);
    let mut places: Vec<(String, String)> = regions
        .chain(arguments.also.iter().cloned())
        .map(|region| (region, edge.clone()))
        .collect();
    places.push((bucket_region, format!("/keyfront/{stack}/origin")));
    let search = Search {
        config: &config,
        request_id: &arguments.request_id,
        since: OffsetDateTime::now_utc() - arguments.since,
    };
    let (lines, failed) = search.everywhere(&places).await;
    for line in &lines {
        show(line, arguments.json)?;
    }
    for (region, error) in &failed {
        report::note(format_args!("{region} could not be searched: {error}"));
    }
    if lines.is_empty() {
        report::note(format_args!(
            "No lines of request {} in {} log groups; lines appear some seconds after the request, and --since searches further back.",
            arguments.request_id,
            places.len()
        ));
    }
    Ok(match (failed.is_empty(), lines.is_empty()) {
        (false, _) => ExitCode::from(PARTIAL),
        (true, true) => ExitCode::from(NOTHING),
        (true, false) => ExitCode::SUCCESS,
    })
}

fn show(line: &Line, json: bool) -> anyhow::Result<()> {
    let time = line.time.format(&Rfc3339)?;
    let message = line.message.trim_end();
    if json {
        report::line(serde_json::json!({
            "time": time, "region": line.region, "group": line.group, "message": message,
        }));
    } else {
        let message = report::printable(message);
        report::line(format_args!("{time}  {}  {message}", line.region));
    }
    Ok(())
}

/// The characters of CloudFront's and Lambda's ids; a quote would end the filter.
fn request_id(text: &str) -> Result<String, String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=".contains(&byte);
    match (8..=128).contains(&text.len()) && text.bytes().all(legal) {
        true => Ok(text.to_owned()),
        false => Err("an id has 8 to 128 letters, digits, '-', '_' and '='".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_ends_no_filter() {
        assert!(request_id("nOT_an-id==").is_ok());
        for wrong in ["short", "with\"quote", "with space", ""] {
            assert!(request_id(wrong).is_err(), "{wrong}");
        }
    }
}
