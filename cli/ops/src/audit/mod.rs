//! `keyfront audit`: walks a bucket and reports what is not as demanded; `--fix` encrypts objects again, in place.
//!
//! `expectation`, `object`, `bucket` and `bucket_policy` decide and are pure; `survey`, `inventory`, `fix` and `batch`
//! call S3, as does `objects`, which other commands share; `run` is the run of it all. It changes no setting of the bucket.

mod audit_run;
mod batch;
mod bucket;
mod bucket_arguments;
mod bucket_policy;
mod expectation;
mod finding;
mod fix;
mod head_facts;
mod inventory;
mod object;
mod render;
mod run;
mod survey;
mod tally;
mod task;

use std::{io::IsTerminal as _, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use clap::Args;
use keyfront_cli::report::{self, note};
use keyfront_names::RoleArn;
use keyfront_origin_core::encryption::{EncryptionMode, ServerSide};

use self::{
    batch::BatchTarget,
    bucket::BucketFacts,
    bucket_arguments::BucketArguments,
    expectation::{Expectation, is_kms},
    inventory::{Inventory, S3Address},
    render::{Format, Reporter},
    run::Audit,
    task::{Repair, Task},
};
pub(crate) use self::{
    finding::Finding,
    tally::{Tally, Verdict},
};
use crate::{bucket_target::BucketTarget, objects::settings::Reading, system::outputs::Purpose};

const EXIT_CODES: &str = "Exit codes: 0 clean; 1 there are violations; 2 not everything could be checked, or the audit could not finish (run the same command to resume it), or wrong arguments";

/// Says "any" for --expect-key.
const ANY_KEY: &str = "any";

/// Walk a bucket and report what is public, unprotected, or not encrypted as required.
///
/// Reads the bucket's settings, its unfinished uploads and, by HEAD, every object. After Ctrl-C run the same command to resume
/// it. With --inventory, the objects come from an S3 Inventory, and only those that it does not show with the required
/// encryption are checked. With --fix, objects of up to 5 GiB with another encryption are copied onto themselves by S3, with
/// the required one; with --fix --batch, one job of S3 Batch Operations changes objects of any size, without a copy.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AuditArguments {
    /// Only objects and uploads whose keys begin with this
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: String,

    /// The KMS key objects must have: ARN, id or alias, or "any" [default: that of --stack or --dev, else any]
    #[arg(long, value_name = "KEY")]
    expect_key: Option<String>,

    /// The encryption objects must have; of several, one is enough, and --fix applies the first
    #[arg(long, value_name = "MODE", value_parser = mode, value_delimiter = ',', default_value = "sse-kms")]
    expect_mode: Vec<EncryptionMode>,

    /// Days after which an unfinished upload is stale
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    stale_days: u32,

    /// How findings are printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Objects to check or to copy concurrently
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,

    /// The file to resume from after an interruption [default: .keyfront/audit-BUCKET.json]
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,

    /// Start over, without the checkpoint
    #[arg(long)]
    restart: bool,

    /// Re-encrypt, in place, the objects without the required encryption
    #[arg(long)]
    fix: bool,

    /// Take the objects from this S3 Inventory (CSV or Parquet) instead of listing the bucket
    #[arg(long, value_name = "S3://BUCKET/PATH/manifest.json")]
    inventory: Option<S3Address>,

    /// With --fix: change the objects by one job of S3 Batch Operations
    #[arg(long, requires_all = ["fix", "batch_role", "batch_bucket"], conflicts_with = "dry_run")]
    batch: bool,

    /// With --batch: the role the job runs as, in the account of the bucket
    #[arg(long, value_name = "ARN", requires = "batch", value_parser = role)]
    batch_role: Option<RoleArn>,

    /// With --batch: the bucket for the job's manifest and report
    #[arg(long, value_name = "BUCKET", requires = "batch")]
    batch_bucket: Option<String>,

    /// With --fix: only show which objects would be re-encrypted
    #[arg(long, requires = "fix")]
    dry_run: bool,

    /// With --fix: do not ask for confirmation
    #[arg(long, requires = "fix")]
    yes: bool,

    #[command(flatten)]
    bucket: BucketArguments,
}

pub(crate) fn run(arguments: AuditArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    let outcome = runtime.block_on(audit(arguments));
    let verdict = outcome.unwrap_or_else(|error| {
        report::failure(&error);
        Verdict::Incomplete
    });
    Ok(ExitCode::from(match verdict {
        Verdict::Clean => 0,
        Verdict::Findings => 1,
        Verdict::Incomplete => 2,
    }))
}

async fn audit(arguments: AuditArguments) -> anyhow::Result<Verdict> {
    let repair = match (arguments.fix, arguments.dry_run, arguments.batch) {
        (false, ..) => Repair::None,
        (true, true, _) => Repair::Rehearse,
        (true, false, true) => Repair::Batch,
        (true, false, false) => Repair::Copy,
    };
    let changes = matches!(repair, Repair::Copy | Repair::Batch);
    if changes && !arguments.yes && !std::io::stdin().is_terminal() {
        bail!(
            "there is no terminal to confirm --fix; give --yes, or --dry-run to see what it would change"
        );
    }
    let purpose = match changes {
        true => Purpose::Change,
        false => Purpose::Read,
    };
    let target = arguments.bucket.find(purpose).await?;
    let expectation = arguments.expectation(&target).await?;
    if repair != Repair::None {
        check_repairable(&expectation)?;
    }
    let batch = arguments.batch_target(&expectation)?;
    let inventory = match &arguments.inventory {
        Some(address) => Some(Arc::new(Inventory::open(&target, address).await?)),
        None => None,
    };
    if let Some(inventory) = &inventory {
        note(format_args!("{}", inventory.age()));
    }
    let checkpoint = arguments
        .checkpoint
        .unwrap_or_else(|| PathBuf::from(format!(".keyfront/audit-{}.json", target.bucket)));
    let audit = Audit {
        task: Task {
            bucket: target.bucket.to_string(),
            prefix: arguments.prefix,
            expectation,
            stale_days: arguments.stale_days,
            repair,
            inventory: inventory.as_ref().map(|one| one.identity.clone()),
            batch: batch
                .as_ref()
                .map(|batch| format!("{} {}", batch.role.as_str(), batch.bucket)),
        },
        target,
        checkpoint,
        concurrency: usize::from(arguments.concurrency),
        restart: arguments.restart,
        inventory,
        batch,
    };
    let facts = audit.survey().await?;
    if changes && !arguments.yes {
        confirm(&audit.task, &facts)?;
    }
    audit.run(facts, &mut Reporter::new(arguments.format)).await
}

/// Refuses what `--fix` has no key for.
fn check_repairable(expectation: &Expectation) -> anyhow::Result<()> {
    if expectation.target() == ServerSide::Customer {
        bail!(
            "--fix cannot encrypt with sse-c: only the origin has the key; publish the objects again"
        );
    }
    if is_kms(expectation.target().header_value()) && expectation.key().is_none() {
        bail!("--fix needs the key to encrypt with: give it with --expect-key");
    }
    Ok(())
}

impl AuditArguments {
    /// What `--batch` needs.
    fn batch_target(&self, expectation: &Expectation) -> anyhow::Result<Option<BatchTarget>> {
        let (Some(role), Some(bucket)) = (&self.batch_role, &self.batch_bucket) else {
            return Ok(None);
        };
        if expectation.target() != ServerSide::Kms {
            bail!("--batch supports sse-kms only; for another --expect-mode use --fix alone");
        }
        let key = expectation
            .key()
            .context("--batch needs the key: give it with --expect-key")?;
        Ok(Some(BatchTarget {
            role: role.clone(),
            bucket: bucket.clone(),
            key_arn: key.to_owned(),
        }))
    }

    async fn expectation(&self, target: &BucketTarget) -> anyhow::Result<Expectation> {
        let key = match self.expect_key.as_deref() {
            Some(ANY_KEY) => None,
            Some(key) => Some(target.key_arn(key).await?),
            // A system's key is demanded of what is under KMS only.
            None if self.expect_mode.iter().all(|mode| {
                matches!(mode.server_side(), ServerSide::S3 | ServerSide::Customer)
            }) =>
            {
                None
            }
            None => target.system_key.clone(),
        };
        Expectation::new(self.expect_mode.clone(), key)
    }
}

fn confirm(task: &Task, facts: &BucketFacts) -> anyhow::Result<()> {
    let old = match &facts.versioning {
        _ if task.repair == Repair::Batch => "S3 re-wraps their data keys; nothing else changes.",
        Reading::Known(None) => "The bucket has no versions: each object is replaced.",
        _ => "Noncurrent versions stay encrypted as they are; only the current one is replaced.",
    };
    let how = match task.repair {
        Repair::Batch => "submitted to a job of S3 Batch Operations",
        Repair::None | Repair::Rehearse | Repair::Copy => "copied onto themselves",
    };
    let question = format!(
        "Objects of {}/{} that are not {}{} are {how}. {old} Continue? [y/N]",
        task.bucket,
        task.prefix,
        task.expectation.names(),
        task.expectation
            .key()
            .map_or_else(String::new, |key| format!(" under {key}")),
    );
    match report::ask(&question)?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => bail!("not confirmed; nothing was changed"),
    }
}

fn role(arn: &str) -> Result<RoleArn, String> {
    RoleArn::parse(arn).map_err(|_| format!("expected the role's ARN, {}", RoleArn::FORM))
}

fn mode(name: &str) -> Result<EncryptionMode, String> {
    EncryptionMode::parse(name).ok_or_else(|| {
        let names: Vec<&str> = EncryptionMode::ALL.iter().map(|mode| mode.name()).collect();
        format!("is one of {}", names.join(", "))
    })
}
