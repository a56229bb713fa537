//! The run of an audit: settings, begun uploads, objects; reported as they are found.

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use anyhow::Context as _;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};

use super::{
    audit_run::{AuditRun, Examined, What},
    batch::{self, BatchTarget, Listed, ObjectList},
    bucket::{self, BucketFacts},
    finding::{Code, Finding, Fix, Level},
    fix, head_facts,
    inventory::{self, Inventory, Row, RowPosition},
    object::{self, ObjectFacts},
    render::Reporter,
    survey,
    tally::{Tally, Verdict},
    task::{Progress, Repair, Task},
};
use crate::{
    bucket_target::BucketTarget,
    objects::{
        checkpoint::Checkpoint,
        lock,
        settings::{ObjectLock, Reading, require_enforced},
        walk::{self, Inspected},
    },
};

const DAY: Duration = Duration::from_secs(86_400);

/// An audit that is about to run.
pub(super) struct Audit {
    pub(super) target: BucketTarget,
    pub(super) task: Task,
    pub(super) checkpoint: PathBuf,
    /// Objects that are looked at at a time.
    pub(super) concurrency: usize,
    /// Whether a checkpoint of an earlier run is thrown away.
    pub(super) restart: bool,
    /// What lists the objects instead of the bucket.
    pub(super) inventory: Option<Arc<Inventory>>,
    /// What becomes of objects that are not as demanded, with [`Repair::Batch`].
    pub(super) batch: Option<BatchTarget>,
}

/// An object to look at.
struct Candidate {
    key: String,
    /// Its row, where an inventory lists the objects.
    row: Option<(RowPosition, Row)>,
}

impl Audit {
    /// The bucket's settings; with `--fix`, what forbids it is reported before anything is done.
    ///
    /// # Errors
    /// The bucket cannot be opened, or a copy would lose the objects' ACLs.
    pub(super) async fn survey(&self) -> anyhow::Result<BucketFacts> {
        let facts = survey::survey(&self.target).await?;
        if self.copies() {
            require_enforced(&facts.ownership, self.target.bucket.as_str())?;
        }
        Ok(facts)
    }

    const fn copies(&self) -> bool {
        matches!(self.task.repair, Repair::Rehearse | Repair::Copy)
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
        let earlier: Option<Progress> = checkpoint.load()?;
        reporter.begin(earlier.as_ref().map(|progress| progress.tally.objects))?;
        let progress = match earlier {
            Some(progress) => progress,
            None => {
                let tally = self.settings(&facts, reporter).await?;
                Progress {
                    after: None,
                    place: None,
                    listed: Listed::default(),
                    tally,
                }
            }
        };
        let list = match self.task.repair {
            Repair::Batch => Some(ObjectList::open(
                &self.checkpoint,
                &self.task.bucket,
                progress.listed,
            )?),
            Repair::None | Repair::Rehearse | Repair::Copy => None,
        };
        reporter.flush()?;
        // A folder that cannot be written to is reported now and not after hours.
        checkpoint.save(&progress)?;
        let mut run = AuditRun::new(reporter, &checkpoint, progress, list);
        let candidates = self.candidates(&run.progress);
        let examined = candidates
            .map(|candidate| async { self.examine(candidate?, &facts.object_lock).await })
            .buffered(self.concurrency);
        run.follow(pin!(examined)).await?;
        run.save()?;
        let (tally, listed) = (run.progress.tally, run.progress.listed);
        if let (Some(list), Some(batch)) = (run.list, &self.batch) {
            self.hand_over(batch, list, listed, reporter).await?;
        }
        checkpoint.remove()?;
        reporter.end(&tally)?;
        Ok(tally.verdict())
    }

    /// The objects behind what was done, from the inventory or else from the bucket.
    fn candidates<'a>(&'a self, progress: &Progress) -> BoxStream<'a, anyhow::Result<Candidate>> {
        match &self.inventory {
            Some(inventory) => {
                let prefix = self.task.prefix.clone();
                let rows =
                    inventory::rows(&self.target, Arc::clone(inventory), prefix, progress.place);
                let candidate = |(place, row): (RowPosition, Row)| Candidate {
                    key: row.key.clone(),
                    row: Some((place, row)),
                };
                rows.map_ok(candidate).boxed()
            }
            None => walk::keys(&self.target, &self.task.prefix, progress.after.clone())
                .map_ok(|key| Candidate { key, row: None })
                .boxed(),
        }
    }

    /// Makes the job of everything that was listed.
    async fn hand_over(
        &self,
        batch: &BatchTarget,
        list: ObjectList,
        listed: Listed,
        reporter: &mut Reporter,
    ) -> anyhow::Result<()> {
        if listed.objects > 0 {
            let job = batch.create_job(&self.target, &list, listed).await;
            let job =
                job.context("every object is listed; run the same command to create the job")?;
            reporter.job(&job)?;
        }
        list.remove()
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
        let is_of_bucket = |finding: &Finding| {
            !(self.target.is_of_dev_stack && finding.code.is_always_so_in_a_dev_stack())
        };
        let findings = bucket::check(facts, &self.task.expectation).into_iter();
        let lock = self.copies().then(|| bucket::check_lock(facts));
        for finding in findings.chain(lock.flatten()).filter(is_of_bucket) {
            report(finding)?;
        }
        let older = DAY * self.task.stale_days;
        survey::stale_uploads(&self.target, &self.task.prefix, older, report).await?;
        Ok(tally)
    }

    async fn examine(
        &self,
        candidate: Candidate,
        lock: &Reading<Option<ObjectLock>>,
    ) -> anyhow::Result<Examined> {
        let Candidate { key, row } = candidate;
        let place = row.as_ref().map(|(place, _)| *place);
        if let Some(findings) = row.and_then(|(_, row)| self.decided_by(&row)) {
            return Ok(Examined {
                key,
                place,
                what: What::Object,
                findings,
            });
        }
        let (what, findings) = match walk::head(&self.target, &key).await? {
            Inspected::Gone => (What::Gone, Vec::new()),
            Inspected::UnderCustomerKey => {
                let facts = ObjectFacts::under_customer_key(&key);
                let mut findings = object::check(&facts, &self.task.expectation);
                let why = "only the holder of its customer key can read it: upload it again";
                if self.task.repair != Repair::None {
                    let found = findings.iter_mut();
                    found.for_each(|one| one.fix = Some(Fix::Skipped(why.to_owned())));
                }
                (What::Object, findings)
            }
            Inspected::Refused(why) => {
                let finding = Finding::of_object(Code::NotChecked, &key, why);
                (What::Object, vec![finding])
            }
            Inspected::Object(head) => {
                let facts = head_facts::facts(&key, &head);
                let mut findings = object::check(&facts, &self.task.expectation);
                if let Some(finding) = findings.iter_mut().find(|one| one.code.is_fixed_by_copy()) {
                    finding.fix = self.fix(&key, &head, lock).await?;
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
            place,
            what,
            findings,
        })
    }

    /// What an inventory's row says, if that is enough: everything it shows is as demanded. The rest is looked at, since
    /// an inventory is hours old, and knows neither keys nor metadata.
    fn decided_by(&self, row: &Row) -> Option<Vec<Finding>> {
        let findings = object::check(&row.facts(), &self.task.expectation);
        findings
            .iter()
            .all(|finding| finding.level() == Level::Info)
            .then_some(findings)
    }

    async fn fix(
        &self,
        key: &str,
        seen: &HeadObjectOutput,
        lock: &Reading<Option<ObjectLock>>,
    ) -> anyhow::Result<Option<Fix>> {
        let planned = match self.task.repair {
            Repair::None => return Ok(None),
            Repair::Batch => {
                return Ok(Some(
                    batch::obstacle(seen).map_or(Fix::Listed, Fix::Skipped),
                ));
            }
            Repair::Rehearse | Repair::Copy => match fix::obstacle(seen) {
                Some(why) => Some(why),
                None => {
                    let locked = lock::obstacle(&self.target, lock, key, seen).await;
                    let locked = locked.context("--fix --batch keeps locks")?;
                    locked.map(|why| format!("{why}; use --batch"))
                }
            },
        };
        Ok(Some(match (planned, self.task.repair) {
            (Some(why), _) => Fix::Skipped(why),
            (None, Repair::Copy) => fix::fix(&self.target, key, seen, &self.task.expectation).await,
            (None, _) => Fix::Planned,
        }))
    }
}
