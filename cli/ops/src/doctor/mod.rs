//! `keyfront doctor URL`: explains why a request fails or would fail.
//!
//! Gatherers read - at the URL as a viewer, at the distribution, the bucket and the key as the operator - and
//! `diagnose` makes one verdict of what they found. It changes nothing anywhere.

mod access;
mod behind;
mod diagnose;
mod distribution;
mod edge_role;
mod evidence;
mod kms_key;
mod policies;
mod release;
mod render;
mod replay;
mod signature;
mod subject;
mod verdict;
mod viewer;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, ValueEnum};

use self::{access::Sources, behind::Behind, evidence::Front, verdict::EXIT_CODES, viewer::Copies};

pub(crate) use self::{
    evidence::{
        ActiveRelease, Behaviour, BucketAnswer, BucketReplies, CarriedSite, Encryption, Evidence,
        Gathered, KeyState, PolicyVerdict, Replay, Viewed,
    },
    signature::Comparison,
    verdict::{Certainty, Verdict},
};
use crate::web_target::{ExchangeError, Route, Target, Trust};

/// Explain why a request fails or would fail
///
/// Requests the URL as a viewer does, without credentials, and checks the system behind it as far as you give it: by --stack,
/// --dev, or its resources one by one. It changes nothing. The first line is the verdict, the evidence follows.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DoctorArguments {
    /// The URL that viewers request, with https://
    #[arg(value_name = "URL")]
    url: Target,

    /// The request method; no credentials and no body are sent
    #[arg(long, short = 'X', value_enum, default_value = "GET")]
    method: Method,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    /// A further CA to trust, in PEM
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Timeout of each step, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    timeout: u64,

    #[command(flatten)]
    sources: Sources,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Method {
    Get,
    Head,
    Options,
    Put,
    Post,
    Delete,
}

impl Method {
    fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// The verdict on a URL, for a command that goes on from it.
///
/// # Errors
/// As the command's own.
pub(crate) async fn examine(arguments: &DoctorArguments) -> anyhow::Result<Verdict> {
    Ok(diagnose::diagnose(&gather(arguments).await?))
}

pub(crate) fn run(arguments: &DoctorArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let evidence = runtime.block_on(gather(arguments))?;
    let verdict = diagnose::diagnose(&evidence);
    match arguments.json {
        true => render::json(&verdict, &evidence)?,
        false => render::text(&verdict, &evidence),
    }
    Ok(ExitCode::from(verdict.kind.class().exit_code()))
}

async fn gather(arguments: &DoctorArguments) -> anyhow::Result<Evidence> {
    let timeout = Duration::from_secs(arguments.timeout);
    let ca = match &arguments.ca {
        Some(ca) => Some(ca.clone()),
        None => arguments.sources.ca()?,
    };
    let trust = Trust::new(ca.as_deref())?;
    let access = arguments.sources.access(timeout).await?;
    let (target, method) = (&arguments.url, arguments.method);
    let viewer = Viewer {
        route: Route {
            host: target.host.clone(),
            port: target.port,
            tls: target.tls.then(|| trust.clone()),
            timeout,
        },
        target,
        method,
    };
    let behind = Behind::gather(&access, target, method.as_str(), &trust, timeout);
    let (front, behind) = tokio::join!(viewer.examine(), behind);
    Ok(Evidence {
        url: target.to_string(),
        method: method.as_str().to_owned(),
        front,
        behind,
    })
}

/// Who asks for the URL.
struct Viewer<'a> {
    route: Route,
    target: &'a Target,
    method: Method,
}

impl Viewer<'_> {
    async fn examine(&self) -> Front {
        let first = self.ask(self.method, Copies::Taken);
        let (answer, head) = tokio::join!(first, self.head());
        let past_copy = match &answer {
            Ok(first) if first.is_copy() => seen(self.ask(self.method, Copies::Avoided).await),
            _ => Gathered::not_checked("the first response is not a cached copy"),
        };
        Front {
            answer,
            past_copy,
            head,
        }
    }

    async fn head(&self) -> Gathered<Viewed> {
        match self.method {
            Method::Get => seen(self.ask(Method::Head, Copies::Avoided).await),
            _ => Gathered::not_checked("checked for GET only"),
        }
    }

    async fn ask(&self, method: Method, copies: Copies) -> Result<Viewed, ExchangeError> {
        viewer::view(&self.route, self.target, method.as_str(), copies).await
    }
}

fn seen(viewed: Result<Viewed, ExchangeError>) -> Gathered<Viewed> {
    viewed.map_or_else(
        |failure| Gathered::not_checked(failure.to_string()),
        Gathered::Found,
    )
}
