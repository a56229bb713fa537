//! The run: objects, then the versions behind them; reported and remembered as they are done.

use std::{
    path::PathBuf,
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::{Stream, StreamExt as _};
use keyfront_cli::report::note;

use super::{
    outcome::{Outcome, Tally, Verdict},
    render::Reporter,
    rewrapper::Rewrapper,
    task::{Phase, Progress, Task},
};
use crate::objects::{checkpoint::Checkpoint, settings::Reading, walk};

/// A checkpoint is written after so many objects, or so long.
const OBJECTS_BETWEEN: u32 = 1000;
const TIME_BETWEEN: Duration = Duration::from_secs(5);

/// A run that is about to begin.
pub(super) struct Rewrap {
    pub(super) rewrapper: Rewrapper,
    pub(super) task: Task,
    pub(super) checkpoint: PathBuf,
    /// Objects at a time.
    pub(super) concurrency: usize,
    /// Whether a checkpoint of an earlier run is thrown away.
    pub(super) restart: bool,
    pub(super) versioning: Reading<Option<String>>,
}

/// What is done so far.
pub(super) struct Run<'a> {
    pub(super) rewrapper: &'a Rewrapper,
    pub(super) task: &'a Task,
    pub(super) concurrency: usize,
    pub(super) progress: Progress,
    reporter: &'a mut Reporter,
    checkpoint: &'a Checkpoint<Task>,
    unsaved: u32,
    saved: Instant,
}

impl Rewrap {
    /// Runs to the end, or until Ctrl-C; then a checkpoint is left.
    pub(super) async fn run(self, reporter: &mut Reporter) -> anyhow::Result<Verdict> {
        let checkpoint = Checkpoint::new(self.checkpoint.clone(), self.task.clone());
        if self.restart {
            checkpoint.remove()?;
        }
        let earlier: Option<Progress> = checkpoint.load()?;
        if let Some(earlier) = &earlier {
            let objects = earlier.tally.objects;
            note(format_args!(
                "Resuming after {objects} objects; the earlier run reported them."
            ));
        }
        let progress = earlier.unwrap_or(Progress {
            phase: Phase::Objects,
            after: None,
            replay: None,
            tally: Tally::default(),
        });
        let mut run = Run {
            rewrapper: &self.rewrapper,
            task: &self.task,
            concurrency: self.concurrency,
            progress,
            reporter,
            checkpoint: &checkpoint,
            unsaved: 0,
            saved: Instant::now(),
        };
        // A folder that cannot be written to is reported now and not after hours.
        run.save()?;
        let done = run.all(&self.versioning).await;
        if let Err(error) = done {
            run.save()?;
            run.reporter.sum_up(&run.progress.tally, false)?;
            return Err(error.context("it is not finished; run the same command to resume it"));
        }
        run.reporter.flush()?;
        checkpoint.remove()?;
        let tally = run.progress.tally;
        reporter.sum_up(&tally, true)?;
        Ok(tally.verdict())
    }
}

impl Run<'_> {
    async fn all(&mut self, versioning: &Reading<Option<String>>) -> anyhow::Result<()> {
        if self.progress.phase == Phase::Objects {
            self.objects().await?;
            self.progress.phase = Phase::Versions;
            self.progress.after = None;
            self.save()?;
        }
        match versioning {
            Reading::Known(None) => Ok(()),
            Reading::Known(Some(_)) => self.versions().await,
            Reading::Unreadable(why) => {
                self.progress.tally.versions.unread = true;
                note(format_args!(
                    "Whether the bucket keeps versions could not be read: {why}"
                ));
                Ok(())
            }
        }
    }

    async fn objects(&mut self) -> anyhow::Result<()> {
        let (rewrapper, after) = (self.rewrapper, self.progress.after.clone());
        let keys = walk::keys(&rewrapper.target, &self.task.prefix, after);
        let outcomes = keys
            .take_until(rewrapper.stop.requested())
            .map(|key| async move { rewrapper.rewrap(&key?).await })
            .buffered(self.concurrency);
        self.follow(pin!(outcomes)).await
    }

    /// Notes each outcome once, in the order of the keys. What has begun is always brought to its end: a copy in parts
    /// that is dropped would leave its upload behind.
    async fn follow(
        &mut self,
        mut outcomes: impl Stream<Item = anyhow::Result<Outcome>> + Unpin,
    ) -> anyhow::Result<()> {
        let stop = &self.rewrapper.stop;
        let mut failure = None;
        while let Some(outcome) = outcomes.next().await {
            if failure.is_some() {
                continue;
            }
            let noted = outcome.and_then(|outcome| {
                self.progress.after = Some(outcome.key.clone());
                self.note(&outcome)
            });
            if let Err(error) = noted {
                stop.request();
                failure = Some(error);
            }
        }
        match failure {
            Some(error) => Err(error),
            None => self.unless_interrupted(),
        }
    }

    pub(super) fn unless_interrupted(&self) -> anyhow::Result<()> {
        anyhow::ensure!(!self.rewrapper.stop.is_requested(), "interrupted");
        Ok(())
    }

    pub(super) fn note(&mut self, outcome: &Outcome) -> anyhow::Result<()> {
        self.reporter.report(outcome)?;
        self.progress.tally.count(outcome);
        self.reporter.advance(&self.progress.tally, &outcome.key);
        self.unsaved += 1;
        if self.unsaved >= OBJECTS_BETWEEN || self.saved.elapsed() >= TIME_BETWEEN {
            self.save()?;
        }
        Ok(())
    }

    /// First the outcomes leave this program, then they count as reported.
    pub(super) fn save(&mut self) -> anyhow::Result<()> {
        self.reporter
            .flush()
            .context("the outcomes cannot be written")?;
        self.checkpoint.save(&self.progress)?;
        self.unsaved = 0;
        self.saved = Instant::now();
        Ok(())
    }
}
