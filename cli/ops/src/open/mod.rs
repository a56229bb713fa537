//! `keyfront open`: the file that a link of the publishers' page leads to, fetched and opened.
//!
//! The link is read from standard input, never from an argument: it holds the key, and arguments are seen by everyone on the machine.

mod download;
mod link;
mod output_path;

use std::{
    io::{self, BufRead as _, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use keyfront_cli::report;
use zeroize::Zeroizing;

use self::{download::Download, link::Link, output_path::OutputPath};
use crate::status_line::StatusLine;

const AFTER_HELP: &str = "\
Prompts for the link, or reads it from standard input: keyfront open < link.txt

Exit codes: 0 done; 1 the file cannot be fetched, is not what the link promises, or cannot be written; 2 wrong arguments";

/// The longest link that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Download and decrypt a file shared from the publishers' page
///
/// For files that are too large for a browser. The file is named only after verification; one that was truncated or altered is
/// removed. A download whose connection breaks is resumed.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct OpenArguments {
    /// Where to write the file; it must not exist [default: the name in the link, in this folder]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Trust this CA certificate as well, as of `keyfront dev`
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,
}

pub(crate) fn run(arguments: &OpenArguments) -> anyhow::Result<ExitCode> {
    let link = Link::parse(asked_for()?.trim())?;
    let runtime = crate::runtime::start()?;
    let written = runtime.block_on(async {
        tokio::select! {
            written = open(arguments, link) => written,
            // What is not verified goes with the file that holds it.
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("Ctrl-C cannot be handled")?;
                anyhow::bail!("interrupted: nothing was written")
            }
        }
    })?;
    report::line(format_args!("{}", written.display()));
    Ok(ExitCode::SUCCESS)
}

/// The link, from a terminal or whatever stands in its place.
fn asked_for() -> anyhow::Result<Zeroizing<String>> {
    let input = io::stdin();
    if input.is_terminal() {
        let mut prompt = io::stderr();
        write!(prompt, "Link: ").and_then(|()| prompt.flush())?;
    }
    let mut line = Zeroizing::new(String::new());
    let mut limited = io::Read::take(input.lock(), LONGEST);
    limited
        .read_line(&mut line)
        .context("the link cannot be read from standard input")?;
    Ok(line)
}

async fn open(arguments: &OpenArguments, link: Link) -> anyhow::Result<PathBuf> {
    let output = match &arguments.output {
        Some(path) => OutputPath::at(path)?,
        None => OutputPath::at(&PathBuf::from(link.file_name()))?,
    };
    let mut download = Download::new(&link, arguments.ca_cert.as_deref())?;
    let unlocked = link.unlock()?;
    let mut opener = unlocked.stream(download.length())?;
    let mut file = output.begin()?;
    let progress = StatusLine::begin();
    while let Some(mut part) = download.next().await? {
        let content = opener.open(&mut part)?;
        file.write(&part[..content])?;
        progress.show(&format!(
            "{} of {} bytes",
            download.received(),
            download.length()
        ));
    }
    drop(progress);
    opener
        .finish()
        .context("the file is not what the link promises: it was truncated or altered")?;
    file.keep()
}
