//! What an audit has done so far: reported, counted, listed for a job, remembered.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::{Stream, StreamExt as _};

use super::{
    batch::ObjectList,
    finding::{Finding, Fix},
    inventory::RowPosition,
    render::Reporter,
    task::{Progress, Task},
};
use crate::objects::checkpoint::Checkpoint;

/// A checkpoint is written after so many objects, or so long.
const OBJECTS_BETWEEN: u32 = 1000;
const TIME_BETWEEN: Duration = Duration::from_secs(5);

/// One object that was looked at.
pub(super) struct Examined {
    pub(super) key: String,
    pub(super) place: Option<RowPosition>,
    pub(super) what: What,
    pub(super) findings: Vec<Finding>,
}

/// What it was.
pub(super) enum What {
    Object,
    Envelope,
    Gone,
}

/// The walk as it is reported and remembered.
pub(super) struct AuditRun<'a> {
    pub(super) reporter: &'a mut Reporter,
    checkpoint: &'a Checkpoint<Task>,
    pub(super) progress: Progress,
    /// The job's objects, with `Repair::Batch`.
    pub(super) list: Option<ObjectList>,
    /// Objects since the last checkpoint.
    unsaved: u32,
    saved: Instant,
}

impl<'a> AuditRun<'a> {
    /// A run that has come so far.
    pub(super) fn new(
        reporter: &'a mut Reporter,
        checkpoint: &'a Checkpoint<Task>,
        progress: Progress,
        list: Option<ObjectList>,
    ) -> Self {
        Self {
            reporter,
            checkpoint,
            progress,
            list,
            unsaved: 0,
            saved: Instant::now(),
        }
    }

    /// Reports each object once, in the order of the keys, and saves how far it came whatever happens.
    pub(super) async fn follow(
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
                    error.context("the audit is not finished; run the same command to resume it")
                );
            }
        }
    }

    fn note(&mut self, one: &Examined) -> anyhow::Result<()> {
        for finding in &one.findings {
            self.reporter.report(finding)?;
            if let (Some(Fix::Listed), Some(list)) = (&finding.fix, &mut self.list) {
                list.add(&one.key)?;
            }
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
        self.progress.place = one.place;
        self.reporter.advance(&self.progress.tally, &one.key);
        self.unsaved += 1;
        if self.unsaved >= OBJECTS_BETWEEN || self.saved.elapsed() >= TIME_BETWEEN {
            self.save()?;
        }
        Ok(())
    }

    /// First the findings leave this program, then they count as reported.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        self.reporter
            .flush()
            .context("the findings cannot be written")?;
        if let Some(list) = &mut self.list {
            self.progress.listed = list.flush()?;
        }
        self.checkpoint.save(&self.progress)?;
        self.unsaved = 0;
        self.saved = Instant::now();
        Ok(())
    }
}
