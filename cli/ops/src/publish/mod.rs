//! `keyfront publish`: a folder becomes the content of a site.
//!
//! What may be published, and what is checked before it is served, is decided by the origin.

mod activation;
mod compression;
mod destination;
mod earlier;
mod hashing;
mod outcome;
mod parts;
mod plan;
mod prepared;
mod progress;
mod publication;
mod settings;
mod signing;
mod stat_cache;
mod survey;
mod transfer;
mod upload;
mod watch;

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use keyfront_cli::report;
use keyfront_contract::ProblemType;
use keyfront_releases::SiteName;

use self::{
    activation::Overtaken,
    prepared::{Forms, Preparation, Reading},
    publication::{Empty, Ending, Goal, Incomplete, Publication},
    settings::Settings,
    signing::SigningKey,
    survey::Hidden,
};
pub(crate) use self::{
    activation::{activate, verify},
    progress::amount,
};
use crate::{
    publish_api::PublishApiArguments,
    release_api::{Problem, ReleaseApi},
};

const AFTER_HELP: &str = "\
Environment: KEYFRONT_TOKEN is the publisher's token, or a JWT from an issuer that the publishers' policy names

Files: .keyfrontignore lists what is left out, in the syntax of gitignore; keyfront.toml sets headers:
    keep_assets = \"7d\"
    [[headers]]
    match = \"*.html\"
    cache = \"public, max-age=60\"
    csp = \"default-src 'self'\"

Exit codes: 0 published, or nothing has changed; 1 the publishers' API or S3 refuses or cannot be reached, the folder has no files, \
or Ctrl-C; 2 wrong arguments; 3 some files cannot be published (with --allow-partial the others were); 4 another publisher activated \
a release meanwhile";

/// The exit code of what did not come to its end.
const REFUSED: i32 = 1;
/// The exit code of a publication without some files.
const PARTIAL: u8 = 3;
/// The exit code where another publisher was faster.
pub(crate) const OVERTAKEN: u8 = 4;

/// Publish a folder as the content of a site
///
/// Only what has changed is sent. The site switches in one step, when everything is uploaded and checked. Until then it is
/// unchanged; run the same command to resume.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct PublishArguments {
    /// The folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The site
    #[arg(long = "to", value_name = "SITE")]
    site: SiteName,

    #[command(flatten)]
    api: PublishApiArguments,

    /// Show what would change, what would be sent and what that costs, without changing anything
    #[arg(long)]
    dry_run: bool,

    /// Upload and check the release without activating it
    #[arg(long, conflicts_with = "dry_run")]
    no_activate: bool,

    /// Wait until the CDN has no more copies of what was published before
    #[arg(long, conflicts_with_all = ["dry_run", "no_activate"])]
    wait: bool,

    /// Publish again whenever the folder changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["dry_run", "no_activate"])]
    watch: bool,

    /// Publish even if some files cannot be published; the release omits them
    #[arg(long)]
    allow_partial: bool,

    /// Publish a folder without files; the site will be empty
    #[arg(long)]
    allow_empty: bool,

    /// Publish names that begin with a dot as well (.well-known always is)
    #[arg(long)]
    hidden: bool,

    /// Store compressed forms (Brotli, gzip) of texts, which the CDN serves to clients that accept them
    #[arg(long)]
    compress: bool,

    /// Read every file again, instead of trusting the sizes and times of those that were read before
    #[arg(long)]
    checksum: bool,

    /// Sign the release with a P-256 key (PKCS#8 PEM)
    #[arg(long, value_name = "FILE")]
    sign_key: Option<PathBuf>,

    /// Headers of files [default: keyfront.toml in the current folder, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Files to send concurrently
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    transfers: u16,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &PublishArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    runtime.spawn(end_when_interrupted());
    let ended = runtime.block_on(publish(arguments));
    // What still reads a file is not waited for.
    runtime.shutdown_background();
    match ended {
        Ok(Ending::Complete) => Ok(ExitCode::SUCCESS),
        Ok(Ending::Partial) => Ok(ExitCode::from(PARTIAL)),
        Err(error) if was_overtaken(&error) => {
            report::failure(&error);
            Ok(ExitCode::from(OVERTAKEN))
        }
        Err(error) => Err(error),
    }
}

/// In a task of its own: nothing else is looked at while files are hashed and compressed.
async fn end_when_interrupted() {
    if tokio::signal::ctrl_c().await.is_ok() {
        report::failure(&anyhow::anyhow!(
            "interrupted; unless reported above, the site is unchanged; rerun to resume"
        ));
        std::process::exit(REFUSED);
    }
}

/// Whether another publisher activated a release meanwhile.
pub(crate) fn was_overtaken(error: &anyhow::Error) -> bool {
    let refused = error.downcast_ref::<Problem>();
    error.is::<Overtaken>()
        || refused.is_some_and(|problem| problem.is(ProblemType::RELEASE_CONFLICT))
}

async fn publish(arguments: &PublishArguments) -> anyhow::Result<Ending> {
    let settings = Settings::load(arguments.config.as_deref())?;
    let key = arguments.sign_key.as_deref().map(SigningKey::read);
    let key = key.transpose()?;
    let api = ReleaseApi::new(&arguments.api.find()?, arguments.site.clone())?;
    let preparation = Preparation {
        folder: &arguments.folder,
        hidden: if arguments.hidden {
            Hidden::Published
        } else {
            Hidden::LeftOut
        },
        reading: if arguments.checksum {
            Reading::All
        } else {
            Reading::Changed
        },
        forms: if arguments.compress {
            Forms::Compressed
        } else {
            Forms::Plain
        },
        settings: &settings,
    };
    let publication = Publication {
        api: &api,
        preparation,
        key: key.as_ref(),
        goal: arguments.goal(),
        incomplete: match arguments.allow_partial {
            true => Incomplete::Allowed,
            false => Incomplete::Refused,
        },
        empty: match arguments.allow_empty {
            true => Empty::Allowed,
            false => Empty::Refused,
        },
        transfers: arguments.transfers.into(),
        json: arguments.json,
    };
    match arguments.watch {
        true => watch::follow(&publication).await,
        false => publication.run().await,
    }
}

impl PublishArguments {
    fn goal(&self) -> Goal {
        match (self.dry_run, self.no_activate, self.wait) {
            (true, ..) => Goal::DryRun,
            (_, true, _) => Goal::Verified,
            (.., true) => Goal::Everywhere,
            _ => Goal::Active,
        }
    }
}
