//! The run of an audit: settings, begun uploads, objects; reported as they are found.

use std::{
    path::PathBuf,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::{Stream, StreamExt as _};

use super::{
    bucket::{self, BucketFacts, Reading},
    checkpoint::{Checkpoint, Progress, Repair, Task},
    finding::{Code, Finding, Fix},
    fix, object,
    render::Reporter,
    survey,
    tally::{Tally, Verdict},
    walk::{self, Look},
};
use crate::bucket_target::BucketTarget;

const DAY: Duration = Duration::from_secs(86_400);
/// A checkpoint is written after so many objects, or so long.
const OBJECTS_BETWEEN: u32 = 1000;
const TIME_BETWEEN: Duration = Duration::from_secs(5);

/// An audit that is about to run.
pub(super) struct Audit {
    pub(super) target: BucketTarget,
    pub(super) task: Task,
    pub(super) checkpoint: PathBuf,
    /// Objects that are looked at at a time.
    pub(super) concurrency: usize,
    /// Whether a checkpoint of an earlier run is thrown away.
    pub(super) restart: bool,
}

/// One object that was looked at.
struct Examined {
    key: String,
    what: What,
    findings: Vec<Finding>,
}

enum What {
    Object,
    Envelope,
    Gone,
}

impl Audit {
    /// The bucket's settings; with `--fix`, what forbids it is reported before anything is done.
    ///
    /// # Errors
    /// The bucket cannot be opened, or a copy would lose the objects' ACLs.
    pub(super) async fn survey(&self) -> anyhow::Result<BucketFacts> {
        let facts = survey::survey(&self.target).await?;
        let enforced = Reading::Known(Some("BucketOwnerEnforced".to_owned()));
        anyhow::ensure!(
            self.task.repair == Repair::None || facts.ownership == enforced,
            "--fix would lose the ACLs of objects, since object ownership is not known to be BucketOwnerEnforced; set that \
             first (PutBucketOwnershipControls)"
        );
        Ok(facts)
    }

    /// Runs to the end, or until Ctrl-C; then a checkpoint is left.
    pub(super) async fn run(
        self,
        facts: BucketFacts,
        reporter: &mut Reporter,
    ) -> anyhow::Result<Verdict> {
        let checkpoint = Checkpoint::new(self.checkpoint.clone(), self.task.clone());
        if self.restart {
            checkpoint.remove()?;
        }
        let earlier = checkpoint.load()?;
        reporter.begin(earlier.as_ref().map(|progress| progress.tally.objects))?;
        let progress = match earlier {
            Some(progress) => progress,
            None => {
                let tally = self.settings(&facts, reporter).await?;
                Progress { after: None, tally }
            }
        };
        reporter.flush()?;
        // A folder that cannot be written to is reported now and not after hours.
        checkpoint.save(&progress)?;
        let mut run = AuditRun {
            reporter,
            checkpoint: &checkpoint,
            progress,
            unsaved: 0,
            saved: Instant::now(),
        };
        let keys = walk::keys(&self.target, &self.task.prefix, run.progress.after.clone());
        let examined = keys
            .map(|key| async { self.examine(key?).await })
            .buffered(self.concurrency);
        run.follow(pin!(examined)).await?;
        let tally = run.progress.tally;
        checkpoint.remove()?;
        reporter.end(&tally)?;
        Ok(tally.verdict())
    }

    async fn settings(
        &self,
        facts: &BucketFacts,
        reporter: &mut Reporter,
    ) -> anyhow::Result<Tally> {
        let mut tally = Tally::default();
        let mut report = |finding: Finding| {
            tally.count(&finding);
            reporter.report(&finding)
        };
        for finding in bucket::check(facts, &self.task.expectation) {
            report(finding)?;
        }
        let older = DAY * self.task.stale_days;
        survey::stale_uploads(&self.target, &self.task.prefix, older, report).await?;
        Ok(tally)
    }

    async fn examine(&self, key: String) -> anyhow::Result<Examined> {
        let (what, findings) = match walk::look(&self.target, &key).await? {
            Look::Gone => (What::Gone, Vec::new()),
            Look::Refused(why) => {
                let finding = Finding::of_object(Code::NotChecked, &key, why);
                (What::Object, vec![finding])
            }
            Look::Object(head) => {
                let facts = walk::facts(&key, &head);
                let mut findings = object::check(&facts, &self.task.expectation);
                if let Some(finding) = findings.iter_mut().find(|one| one.code.is_fixed_by_copy()) {
                    finding.fix = self.fix(&key, &head).await;
                }
                let what = match facts.sealed.is_envelope() {
                    true => What::Envelope,
                    false => What::Object,
                };
                (what, findings)
            }
        };
        Ok(Examined {
            key,
            what,
            findings,
        })
    }

    async fn fix(
        &self,
        key: &str,
        seen: &aws_sdk_s3::operation::head_object::HeadObjectOutput,
    ) -> Option<Fix> {
        match self.task.repair {
            Repair::None => None,
            Repair::Rehearse => Some(fix::obstacle(seen).map_or(Fix::Planned, Fix::Skipped)),
            Repair::Copy => Some(fix::fix(&self.target, key, seen, &self.task.expectation).await),
        }
    }
}

/// The walk as it is reported and remembered.
struct AuditRun<'a> {
    reporter: &'a mut Reporter,
    checkpoint: &'a Checkpoint,
    progress: Progress,
    /// Objects since the last checkpoint.
    unsaved: u32,
    saved: Instant,
}

impl AuditRun<'_> {
    /// Reports each object once, in the order of the keys, and saves how far it came whatever happens.
    async fn follow(
        &mut self,
        mut examined: impl Stream<Item = anyhow::Result<Examined>> + Unpin,
    ) -> anyhow::Result<()> {
        let mut interruption = pin!(tokio::signal::ctrl_c());
        loop {
            let next = tokio::select! {
                biased;
                _ = &mut interruption => Some(Err(anyhow::anyhow!("interrupted"))),
                next = examined.next() => next,
            };
            let noted = match next {
                None => return Ok(()),
                Some(Ok(one)) => self.note(&one),
                Some(Err(error)) => Err(error),
            };
            if let Err(error) = noted {
                self.save()?;
                self.reporter.end_early(&self.progress.tally)?;
                return Err(
                    error.context("the audit is not finished; the same command goes on from here")
                );
            }
        }
    }

    fn note(&mut self, one: &Examined) -> anyhow::Result<()> {
        for finding in &one.findings {
            self.reporter.report(finding)?;
        }
        let tally = &mut self.progress.tally;
        one.findings.iter().for_each(|finding| tally.count(finding));
        match one.what {
            What::Gone => tally.gone += 1,
            What::Object => tally.objects += 1,
            What::Envelope => {
                tally.objects += 1;
                tally.envelopes += 1;
            }
        }
        self.progress.after = Some(one.key.clone());
        self.reporter.advance(&self.progress.tally, &one.key);
        self.unsaved += 1;
        if self.unsaved >= OBJECTS_BETWEEN || self.saved.elapsed() >= TIME_BETWEEN {
            self.save()?;
        }
        Ok(())
    }

    /// First the findings leave this program, then they count as reported.
    fn save(&mut self) -> anyhow::Result<()> {
        self.reporter
            .flush()
            .context("the findings cannot be written")?;
        self.checkpoint.save(&self.progress)?;
        self.unsaved = 0;
        self.saved = Instant::now();
        Ok(())
    }
}
