//! `keyfront rewrap`: gives sealed objects another wrapping key, by their metadata or instruction files alone.
//!
//! `keyfront_envelope` says what an envelope is with another wrap, and `part_plan` how a large object is copied; both are
//! pure. `key_ring` calls KMS; `examine`, `write`, `write_in_parts` and `objects` call S3. It changes no setting.

mod examine;
mod key_ring;
mod kms_fault;
mod object;
mod outcome;
mod part_plan;
mod render;
mod replay;
mod rewrapper;
mod run;
mod sealed_entry;
mod stop;
mod task;
mod unfinished;
mod version_groups;
mod versions;
mod wrapping_key;
mod write;
mod write_in_parts;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode};

use anyhow::ensure;
use clap::Args;
use keyfront_cli::report;

use self::{
    key_ring::KeyRing,
    outcome::Verdict,
    render::{Format, Reporter},
    rewrapper::{Effect, Rewrapper},
    run::Rewrap,
    sealed_entry::EntryKeys,
    stop::Stop,
    task::{Former, Task},
    wrapping_key::{KeyArgument, WrappingKey},
};
use crate::{
    bucket_target::BucketTarget,
    named_bucket::NamedBucketArguments,
    objects::{
        copy::MAX_COPY,
        settings::{self, ObjectLock, Reading},
    },
    system::outputs::Purpose,
};

const EXIT_CODES: &str = "Exit codes: 0 every sealed object is under the new key; 1 some are not; 2 not everything could be checked, or the run could not finish (run the same command to resume it), or wrong arguments";

/// Re-wrap sealed objects with another key, without changing their content.
///
/// The data key of each envelope below PREFIX is unwrapped with an old key and wrapped with the new one. S3 copies the object
/// onto itself to replace its metadata, unless it was changed in the meantime. Then it is read back and verified with the new
/// key. After Ctrl-C run the same command to resume it.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct RewrapArguments {
    /// Only objects whose keys begin with this; "" for all
    #[arg(value_name = "PREFIX")]
    prefix: String,

    /// The new key: ARN, id or alias in KMS, or file:PATH of a client-side master key, 32 bytes in base64
    #[arg(long, value_name = "KEY")]
    to: KeyArgument,

    /// An old key, written like --to; may be repeated [default: that of --stack or --dev]
    #[arg(long, value_name = "KEY")]
    from: Vec<KeyArgument>,

    /// The name of the new master key, as KEYFRONT_MASTER_KEY_ID has it
    #[arg(long, value_name = "NAME", default_value = "1")]
    master_key_id: String,

    /// The KMS key for objects that S3 encrypts with an old key
    #[arg(long, value_name = "KEY")]
    storage_key: Option<String>,

    /// Rewrite noncurrent versions under the new key, oldest first; meanwhile an older version is current
    #[arg(long)]
    all_versions: bool,

    /// Permanently delete noncurrent versions under an old key whose content also exists under the new one
    #[arg(long)]
    delete_old_versions: bool,

    /// How outcomes are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Objects to re-wrap concurrently
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,

    /// Copy objects over this size in parts; stores other than AWS may have a lower limit than 5 GiB
    #[arg(long, value_name = "BYTES", default_value_t = MAX_COPY.unsigned_abs(), value_parser = clap::value_parser!(u64).range(..=MAX_COPY.unsigned_abs()))]
    copy_limit: u64,

    /// The file to resume from after an interruption [default: .keyfront/rewrap-BUCKET.json]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Start over, without the checkpoint
    #[arg(long)]
    restart: bool,

    /// Only show which objects would be re-wrapped
    #[arg(long)]
    dry_run: bool,

    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    bucket: NamedBucketArguments,
}

pub(crate) fn run(arguments: RewrapArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let verdict = runtime.block_on(rewrap(arguments)).unwrap_or_else(|error| {
        report::failure(&error);
        Verdict::Incomplete
    });
    Ok(ExitCode::from(match verdict {
        Verdict::Clean => 0,
        Verdict::Left => 1,
        Verdict::Incomplete => 2,
    }))
}

async fn rewrap(arguments: RewrapArguments) -> anyhow::Result<Verdict> {
    ensure!(
        arguments.dry_run || arguments.yes || std::io::stdin().is_terminal(),
        "there is no terminal to confirm this; give --yes, or --dry-run to see what would be re-wrapped"
    );
    let purpose = match arguments.dry_run {
        true => Purpose::Read,
        false => Purpose::Change,
    };
    let target = arguments.bucket.find(purpose).await?;
    let (old, new) = arguments.keys(&target).await?;
    let storage_key = match &arguments.storage_key {
        Some(key) => Some(target.key_arn(key).await?),
        None => None,
    };
    let former = Former {
        repeat: arguments.all_versions,
        delete: arguments.delete_old_versions,
    };
    let task = Task {
        bucket: target.bucket.to_string(),
        prefix: arguments.prefix.clone(),
        from: old.iter().map(ToString::to_string).collect(),
        to: new.to_string(),
        storage_key: storage_key.clone(),
        dry_run: arguments.dry_run,
        former,
    };
    let versioning = check_bucket(&target, former).await?;
    let ring = KeyRing::new(&target, old, new, arguments.master_key_id);
    ring.try_new(&arguments.prefix).await?;
    if !arguments.dry_run && !arguments.yes {
        confirm(&task, &versioning)?;
    }
    let checkpoint = arguments
        .checkpoint
        .unwrap_or_else(|| PathBuf::from(format!(".keyfront/rewrap-{}.json", target.bucket)));
    let rewrapper = Rewrapper {
        lock: lock_of(&target).await?,
        target,
        ring,
        entries: EntryKeys::default(),
        storage_key,
        copy_limit: arguments.copy_limit,
        effect: match arguments.dry_run {
            true => Effect::Rehearse,
            false => Effect::Write,
        },
        stop: Stop::on_ctrl_c(),
    };
    let rewrap = Rewrap {
        rewrapper,
        task,
        checkpoint,
        concurrency: usize::from(arguments.concurrency),
        restart: arguments.restart,
        versioning,
    };
    rewrap.run(&mut Reporter::new(arguments.format)).await
}

impl RewrapArguments {
    /// The old keys and the new one.
    async fn keys(&self, target: &BucketTarget) -> anyhow::Result<(Vec<WrappingKey>, WrappingKey)> {
        let new = self.to.resolve(target).await?;
        let mut old = Vec::new();
        for key in &self.from {
            old.push(key.resolve(target).await?);
        }
        if let (true, Some(key)) = (old.is_empty(), &target.system_key) {
            old.push(WrappingKey::Kms(key.clone()));
        }
        ensure!(!old.is_empty(), "give the old key with --from");
        let same = old.iter().any(|key| key.to_string() == new.to_string());
        ensure!(
            !same,
            "{new} is both an old key and the new key; give the old key with --from"
        );
        Ok((old, new))
    }
}

/// The bucket's Object Lock, or a word to say that it is not known.
async fn lock_of(target: &BucketTarget) -> anyhow::Result<Reading<Option<ObjectLock>>> {
    let lock = settings::object_lock(target).await?;
    if let Reading::Unreadable(why) = &lock {
        report::note(format_args!(
            "The bucket's Object Lock could not be read ({why}): if it retains objects by default, copies get that retention."
        ));
    }
    Ok(lock)
}

/// Whether the bucket keeps versions, after checking that a copy loses nothing.
async fn check_bucket(
    target: &BucketTarget,
    former: Former,
) -> anyhow::Result<Reading<Option<String>>> {
    let ownership = settings::ownership(target).await?;
    settings::require_enforced(&ownership, target.bucket.as_str())?;
    let versioning = settings::versioning(target).await?;
    let enabled = versioning == Reading::Known(Some("Enabled".to_owned()));
    ensure!(
        enabled || !(former.repeat || former.delete),
        "--all-versions and --delete-old-versions need a bucket whose versioning is known to be Enabled: where it is \
         suspended, a copy replaces a version"
    );
    Ok(versioning)
}

fn confirm(task: &Task, versioning: &Reading<Option<String>>) -> anyhow::Result<()> {
    let place = format!("{}/{}", task.bucket, task.prefix);
    let old = match versioning {
        Reading::Known(None) => "The bucket has no versions: their metadata are replaced.",
        _ => "Noncurrent versions stay under the old key; each object gets a new version.",
    };
    let mut question = format!(
        "Sealed objects of {place} are re-wrapped for {}. {old}",
        task.to
    );
    if task.former.repeat {
        question.push_str(
            "\nTheir noncurrent versions are then rewritten, oldest first. WHILE AN OBJECT'S VERSIONS ARE REWRITTEN, READERS AND CACHES GET ITS OLDER CONTENT.",
        );
    }
    if !task.former.delete {
        return demand(&format!("{question}\nContinue? [y/N]"), &["y", "Y", "yes"]);
    }
    question.push_str(
        "\nNoncurrent versions under an old key whose content also exists under the new one are DELETED PERMANENTLY.",
    );
    demand(
        &format!("{question}\nType the bucket's name to continue:"),
        &[&task.bucket],
    )
}

fn demand(question: &str, accepted: &[&str]) -> anyhow::Result<()> {
    let answer = report::ask(question)?;
    ensure!(
        accepted.contains(&answer.as_str()),
        "not confirmed; nothing was changed"
    );
    Ok(())
}
