//! `keyfront accept`: tries every assumption about the clouds that nobody can try without them.
//!
//! The probes are values of a table; each room has those of a theme. They look at the system as viewers, publishers and
//! operators do, and take back what they did. What they cannot try is reported as skipped, never as passed.

mod cache;
mod change;
mod client;
mod content;
mod context;
mod cost_estimate;
mod delivery;
mod deployment;
mod edge_cases;
mod encryption;
mod functions;
mod outcome;
mod probe;
mod progress;
mod publish;
mod releases;
mod render;
mod run;
mod semantics;
mod signed;
mod spelling;
mod system;
mod table;
mod throw_away;
mod unavailable;
mod undo;
mod viewers;
mod worker;
mod worker_address;

use std::{path::PathBuf, process::ExitCode};

use aws_config::SdkConfig;
use clap::Args;
use keyfront_cli::report::{failure, note};

use self::{
    context::{Context, Kind},
    outcome::Outcome,
    probe::Verdict,
    progress::Progress,
    run::Selection,
    throw_away::ThrowAway,
    worker_address::WorkerAddress,
};
use crate::{
    aws::{self, AwsArguments},
    system::outputs::{Outputs, Purpose, of_system},
};

const SOME_FAILED: u8 = 3;
const INTERRUPTED: u8 = 130;
const EXIT_CODES: &str = "Exit codes: 0 every probe passed or was skipped; 1 the run could not start; 2 wrong arguments; 3 some probes failed; 130 interrupted";

/// Test every assumption about AWS and Cloudflare, and show the evidence
///
/// Without --stack and --dev it deploys a throw-away stack, runs the probes, and removes the stack, also after Ctrl-C. With
/// --stack it tests an existing system: everything it writes is under keyfront-accept-RANDOM/ and deleted at the end, and
/// probes that would break the system for others are skipped. docs/accept.md lists the assumptions, the costs of a run and
/// the permissions it needs.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AcceptArguments {
    /// An existing system, by the name of its stack
    #[arg(long, value_name = "NAME", conflicts_with = "dev")]
    stack: Option<String>,

    /// A running `keyfront dev`, by its dev.json; runs only the probes that are meaningful on one machine
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = ".keyfront/dev.json")]
    dev: Option<PathBuf>,

    #[command(flatten)]
    aws: AwsArguments,

    /// The URL of a Worker in front of the same bucket, to be tested as well
    #[arg(long, value_name = "URL")]
    worker: Option<String>,

    /// The Worker's site document, if it is not that of the CDN
    #[arg(long, value_name = "FILE", requires = "worker")]
    worker_site: Option<PathBuf>,

    /// Only these probes, by their numbers; probes that take hours run only with this option
    #[arg(long, value_name = "N", value_delimiter = ',', value_parser = table::probe_number)]
    only: Vec<u8>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,

    /// Keep the throw-away stack
    #[arg(long, conflicts_with_all = ["stack", "dev"])]
    keep: bool,

    /// A parameter of the throw-away stack's templates, in addition to those that the probes need
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE", conflicts_with_all = ["stack", "dev"])]
    parameters: Vec<String>,

    /// The Lambda@Edge package of the throw-away stack [default: that of `keyfront deploy`]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stack", "dev"])]
    edge_bundle: Option<PathBuf>,

    /// The origin package of the throw-away stack [default: that of `keyfront deploy`]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stack", "dev"])]
    origin_package: Option<PathBuf>,

    /// Pause between two calls of CloudFormation, in milliseconds
    #[arg(long, value_name = "MS", hide = true)]
    poll: Option<u64>,
}

pub(crate) fn run(arguments: &AcceptArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let ended = runtime.block_on(accept(arguments));
    match ended {
        Err(error) if error.is::<Interrupted>() => {
            failure(&error);
            Ok(ExitCode::from(INTERRUPTED))
        }
        ended => ended,
    }
}

async fn accept(arguments: &AcceptArguments) -> anyhow::Result<ExitCode> {
    if let Some(file) = &arguments.dev {
        let context = system::of_dev_stack(file, arguments.worker_address()).await?;
        let outcome = try_all(arguments, &context).await;
        return finish(arguments, &context, &outcome);
    }
    let config = arguments.aws.load().await?;
    arguments.aws.announce(&config).await;
    match &arguments.stack {
        Some(name) => {
            let kind = Kind::Stack { name: name.clone() };
            let mut context = until_interrupted(arguments.deployed(&config, kind)).await?;
            let outcome = try_as_publisher(arguments, &mut context).await?;
            finish(arguments, &context, &outcome)
        }
        None => on_a_throw_away_stack(arguments, &config).await,
    }
}

async fn try_all(arguments: &AcceptArguments, context: &Context) -> Outcome {
    let selection = Selection(arguments.only.iter().copied().collect());
    run::run(context, &selection, &Progress::begin(), interrupted()).await
}

/// Ctrl-C before the probes began. What was made until then is removed.
#[derive(Debug, thiserror::Error)]
#[error("interrupted before the probes started")]
struct Interrupted;

/// The work's own end, or Ctrl-C.
async fn until_interrupted<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        () = interrupted() => Err(Interrupted.into()),
        ended = work => ended,
    }
}

/// Adds the run's publisher first, and leaves none behind if that fails.
async fn try_as_publisher(
    arguments: &AcceptArguments,
    context: &mut Context,
) -> anyhow::Result<Outcome> {
    if let Err(error) = until_interrupted(context.add_publisher()).await {
        for remains in context.undo_changes().await {
            note(format_args!("remains: {remains}"));
        }
        return Err(error.context("the probes have no publisher"));
    }
    Ok(try_all(arguments, context).await)
}

/// However it ends, the stack is removed, unless it is to be kept.
async fn on_a_throw_away_stack(
    arguments: &AcceptArguments,
    config: &SdkConfig,
) -> anyhow::Result<ExitCode> {
    let stack = ThrowAway {
        name: ThrowAway::random_stack_name()?,
        region: aws::region_of(config)?.to_owned(),
        profile: arguments.aws.profile.clone(),
        edge_bundle: arguments.edge_bundle.clone(),
        origin_package: arguments.origin_package.clone(),
        parameters: arguments.parameters.clone(),
        poll: arguments.poll,
    };
    note(format_args!(
        "The throw-away stack is {} in {}.",
        stack.name, stack.region
    ));
    let tried = try_on(arguments, config, &stack).await;
    let remains = tear_down(arguments, config, &stack).await;
    match tried {
        Ok((context, mut outcome)) => {
            outcome.remains.extend(remains);
            finish(arguments, &context, &outcome)
        }
        Err(error) => {
            for remains in remains {
                note(format_args!("remains: {remains}"));
            }
            Err(error)
        }
    }
}

async fn try_on(
    arguments: &AcceptArguments,
    config: &SdkConfig,
    stack: &ThrowAway,
) -> anyhow::Result<(Context, Outcome)> {
    let kind = Kind::ThrowAway {
        name: stack.name.clone(),
    };
    let made = until_interrupted(async {
        stack.create().await?;
        arguments.deployed(config, kind).await
    });
    let mut context = made.await?;
    let outcome = try_as_publisher(arguments, &mut context).await?;
    Ok((context, outcome))
}

async fn tear_down(
    arguments: &AcceptArguments,
    config: &SdkConfig,
    stack: &ThrowAway,
) -> Vec<String> {
    if arguments.keep {
        return vec![format!(
            "stack {}, kept because of --keep; `keyfront destroy --stack {} --region {}` removes it",
            stack.name, stack.name, stack.region
        )];
    }
    // What was never created has no outputs, and nothing to empty.
    let outputs = of_system(config, &stack.name, Purpose::Read).await;
    let outputs = outputs.ok().flatten().unwrap_or_else(Outputs::new);
    // What the run's own parameters named existed before, and stays.
    let output = |name: &str, existing: &str| {
        let given = |parameter: &String| parameter.starts_with(&format!("{existing}="));
        let made = !stack.parameters.iter().any(given);
        made.then(|| outputs.get(name).map(String::as_str))
            .flatten()
    };
    let bucket = output("BucketName", "ExistingBucket");
    stack
        .remove(bucket, output("KeyArn", "ExistingKeyArn"))
        .await
}

fn finish(
    arguments: &AcceptArguments,
    context: &Context,
    outcome: &Outcome,
) -> anyhow::Result<ExitCode> {
    match arguments.json {
        true => render::json(context, outcome)?,
        false => render::text(context, outcome),
    }
    Ok(if outcome.interrupted {
        ExitCode::from(INTERRUPTED)
    } else if outcome.count(Verdict::Fail) > 0 {
        ExitCode::from(SOME_FAILED)
    } else {
        ExitCode::SUCCESS
    })
}

impl AcceptArguments {
    async fn deployed(&self, config: &SdkConfig, kind: Kind) -> anyhow::Result<Context> {
        let profile = self.aws.profile.clone();
        system::of_stack(config, kind, profile, self.worker_address()).await
    }

    fn worker_address(&self) -> Option<WorkerAddress<'_>> {
        Some(WorkerAddress {
            url: self.worker.as_deref()?,
            site: self.worker_site.as_deref(),
        })
    }
}

/// Ends with Ctrl-C; never, where the system gives no such signal.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
