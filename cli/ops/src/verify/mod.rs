//! `keyfront verify`: reads a published site through its CDN like a stranger and compares every byte with what was published.
//!
//! It calls no API of Keyfront's and needs no token: what it reads, anybody can read.

mod documents;
mod finding;
mod object;
mod reader;
mod render;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use clap::Args;
use futures::{StreamExt as _, stream};
use keyfront_cli::report;
use keyfront_releases::{Manifest, P256PublicKey, Tree, TreeObject, keys};

use self::{
    documents::{Documents, Unreadable},
    finding::Finding,
    reader::Reader,
    render::Summary,
};
use crate::status_line::StatusLine;

const AFTER_HELP: &str = "\
It reads /.well-known/keyfront/release.json, manifest.json and signature.json below the URL, then the files.

Exit codes: 0 everything is as it was published; 1 something differs; 2 wrong arguments; 3 not everything could be read";

const DIFFERS: u8 = 1;
const WRONG_ARGUMENTS: u8 = 2;
const UNREAD: u8 = 3;

/// Prove that a site serves exactly what was published
///
/// Compares the SHA-256, the headers and the Repr-Digest of every file with the manifest, the manifest with the release, the
/// release with the head of the log, and the signature with a key. Anyone can run this: no token is needed.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct VerifyArguments {
    /// Address of the site
    #[arg(value_name = "URL")]
    url: String,

    /// Require a signature by this public key (PEM, P-256)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Check N random files instead of all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    sample: Option<u64>,

    /// Require this log head, as an earlier run printed it
    #[arg(long, value_name = "SHA256")]
    head: Option<keyfront_releases::Sha256Digest>,

    /// Trust this CA certificate as well, as of `keyfront dev`
    #[arg(long, value_name = "FILE")]
    ca_cert: Option<PathBuf>,

    /// Files to read concurrently
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    transfers: u16,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &VerifyArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let question = match Question::of(arguments) {
        Ok(question) => question,
        Err(error) => {
            report::failure(&error);
            return Ok(ExitCode::from(WRONG_ARGUMENTS));
        }
    };
    let mut summary = Summary::default();
    let ended = runtime.block_on(verify(arguments, &question, &mut summary));
    runtime.shutdown_background();
    if let Err(error) = ended {
        summary.unread.push(format!("{error:#}"));
    }
    summary.print(arguments.json);
    Ok(
        match (summary.findings.is_empty(), summary.unread.is_empty()) {
            (false, _) => ExitCode::from(DIFFERS),
            (true, false) => ExitCode::from(UNREAD),
            (true, true) => ExitCode::SUCCESS,
        },
    )
}

/// What the arguments name, read.
struct Question {
    key: Option<P256PublicKey>,
    reader: Reader,
}

impl Question {
    /// # Errors
    /// The key or the CA certificate cannot be read; the URL is none.
    fn of(arguments: &VerifyArguments) -> anyhow::Result<Self> {
        let key = arguments.key.as_deref().map(|path| {
            let unreadable = || format!("the key {} cannot be read", path.display());
            let pem = std::fs::read_to_string(path).with_context(unreadable)?;
            P256PublicKey::from_pem(&pem).with_context(unreadable)
        });
        Ok(Self {
            key: key.transpose()?,
            reader: Reader::new(&arguments.url, arguments.ca_cert.as_deref())?,
        })
    }
}

async fn verify(
    arguments: &VerifyArguments,
    question: &Question,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let Question { key, reader } = question;
    let documents = Documents::read(reader, key.as_ref(), arguments.head, summary).await;
    let documents = match documents {
        Ok(documents) => documents,
        Err(Unreadable(reason)) => {
            summary.unread.push(reason);
            return Ok(());
        }
    };
    let Some(manifest) = &documents.manifest else {
        return Ok(());
    };
    let objects = chosen(manifest, arguments.sample)?;
    if objects.is_empty() {
        // Whoever serves nothing at all serves an empty site.
        let path = keys::WELL_KNOWN_MANIFEST;
        let finding = Finding::new(path, "files", "at least one", "none");
        summary.findings.push(finding);
    }
    let line = StatusLine::begin();
    let all = objects.len();
    let checks = objects
        .into_iter()
        .map(|object| object::check(reader, manifest, object));
    let mut checks = stream::iter(checks).buffer_unordered(arguments.transfers.into());
    while let Some(checked) = checks.next().await {
        summary.count(checked, documents.release);
        line.show(&format!("Read {} of {all}", summary.objects));
    }
    line.end();
    summary.sort();
    Ok(())
}

/// The objects to read: of every file its plain form, and the compressed ones where the edge chooses them.
fn chosen(manifest: &Manifest, sample: Option<u64>) -> anyhow::Result<Vec<TreeObject<'_>>> {
    let mut files: Vec<_> = manifest.tree_files().collect();
    if let Some(count) = sample {
        shuffle(&mut files)?;
        files.truncate(usize::try_from(count).unwrap_or(usize::MAX));
    }
    let objects = files.into_iter().flat_map(|file| {
        let encoded = manifest.encoded().covers(&file.path);
        file.objects()
            .filter(move |object| encoded || object.tree == Tree::Files)
    });
    Ok(objects.collect())
}

/// Nobody who serves the files knows which ones are read.
fn shuffle<T>(items: &mut [T]) -> anyhow::Result<()> {
    for last in (1..items.len()).rev() {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).context("there is no randomness")?;
        let bound = last as u64 + 1;
        let at = u64::from_le_bytes(bytes) % bound;
        items.swap(last, usize::try_from(at)?);
    }
    Ok(())
}
