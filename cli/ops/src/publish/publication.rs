//! One publication from folder to activation. Until the very last call the site is as it was; whatever happens, the same command
//! goes on where this one stopped.

use std::{collections::HashSet, path::Path};

use anyhow::{Context as _, bail};
use http::StatusCode;
use keyfront_cli::report;
use keyfront_releases::{Difference, Manifest, ReleaseId, TreeObject};

use super::{
    activation,
    destination::Destination,
    earlier::{Earlier, kept_since},
    outcome::{Outcome, Step, refused},
    plan::{Plan, Present},
    prepared::{Preparation, Prepared},
    progress::Progress,
    signing::SigningKey,
    survey::Problem,
    transfer::Transfer,
};
use crate::{
    http_client::{Failure, Payload, with_attempts},
    now_seconds::now_seconds,
    release_api::{Begun, Problem as Refusal, ReleaseApi, ReleaseState},
};

/// How far a publication goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// What would be done.
    DryRun,
    /// A release that could be activated.
    Verified,
    Active,
    /// Active, and nothing of the release before is left in the CDN.
    Everywhere,
}

/// What is done with files that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Incomplete {
    /// The release is not activated.
    Refused,
    /// The release has no such files.
    Allowed,
}

/// What is done with a folder without files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Empty {
    /// It is a mistake: a build that failed, or another folder.
    Refused,
    /// The site has no files.
    Allowed,
}

/// What is published, and how.
pub(super) struct Publication<'a> {
    pub(super) api: &'a ReleaseApi,
    pub(super) preparation: Preparation<'a>,
    pub(super) key: Option<&'a SigningKey>,
    pub(super) goal: Goal,
    pub(super) incomplete: Incomplete,
    pub(super) empty: Empty,
    pub(super) transfers: usize,
    pub(super) json: bool,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Complete,
    /// Something could not be read.
    Partial,
}

/// What is there of a release.
enum Filling {
    /// All of it, and it was checked.
    Checked(Present),
    /// Perhaps not all.
    Open(Present),
}

/// What would become the site.
struct Candidate<'a> {
    root: &'a Path,
    earlier: &'a Earlier,
    manifest: &'a Manifest,
    difference: Difference<'a>,
    problems: &'a [Problem],
}

impl<'a> Candidate<'a> {
    fn outcome<'o>(
        &'o self,
        id: ReleaseId,
        plan: Option<&'o Plan<'a>>,
        step: Step<'o>,
    ) -> Outcome<'o> {
        Outcome {
            site: self.manifest.site(),
            id,
            difference: &self.difference,
            kept: self.manifest.keep().len(),
            plan,
            problems: self.problems,
            step,
        }
    }
}

impl Publication<'_> {
    /// Publishes, and prints what came of it.
    ///
    /// # Errors
    /// The folder cannot be read, or the API or S3 refuses.
    pub(super) async fn run(&self) -> anyhow::Result<Ending> {
        let progress = Progress::begin(self.json);
        let Prepared {
            root,
            files,
            problems,
        } = self.preparation.read(&progress)?;
        let ending = self.ending(&problems, &progress);
        if ending == Ending::Partial && self.is_blocked() {
            progress.end();
            if self.json {
                report::line(refused(&self.api.site, &problems));
            }
            return Ok(ending);
        }
        if files.is_empty() && self.empty == Empty::Refused {
            bail!(
                "{} has no files to publish; --allow-empty leaves the site {} empty",
                root.display(),
                self.api.site
            );
        }
        progress.step("Comparing with what is published");
        let since = kept_since(now_seconds(), self.preparation.settings.keep_assets);
        let earlier = Earlier::read(self.api, since).await?;
        let kept = earlier.kept(&files, since);
        let manifest = Manifest::new(self.api.site.clone(), files, kept)?;
        let candidate = Candidate {
            root: &root,
            earlier: &earlier,
            manifest: &manifest,
            difference: Difference::between(earlier.manifest(), &manifest),
            problems: &problems,
        };
        match (earlier.unchanged(&candidate.difference, since), self.goal) {
            (Some(id), _) => self.confirm(id, &candidate, &progress).await?,
            (None, Goal::DryRun) => self.rehearse(&candidate, &progress).await?,
            (None, _) => self.publish(&candidate, &progress).await?,
        }
        Ok(ending)
    }

    /// Whether files that cannot be published hold up the others.
    fn is_blocked(&self) -> bool {
        self.incomplete == Incomplete::Refused && self.goal != Goal::DryRun
    }

    fn ending(&self, problems: &[Problem], progress: &Progress) -> Ending {
        for Problem { name, reason } in problems {
            progress.note(&format!("{name} cannot be published: {reason}"));
        }
        if problems.is_empty() {
            return Ending::Complete;
        }
        if self.is_blocked() {
            progress.note(&format!(
                "Nothing was published, since {} files cannot be published; --allow-partial publishes the others",
                problems.len()
            ));
        }
        Ending::Partial
    }

    /// Nothing has changed; what else was asked for is done.
    async fn confirm(
        &self,
        id: ReleaseId,
        candidate: &Candidate<'_>,
        progress: &Progress,
    ) -> anyhow::Result<()> {
        if self.goal != Goal::DryRun {
            self.sign(id).await?;
        }
        if self.goal == Goal::Everywhere {
            let step = |text: &str| progress.step(text);
            activation::wait_for_active(self.api, id, &step).await?;
        }
        progress.end();
        candidate
            .outcome(id, None, Step::Unchanged)
            .print(self.json);
        Ok(())
    }

    async fn rehearse(&self, candidate: &Candidate<'_>, progress: &Progress) -> anyhow::Result<()> {
        let id = candidate.manifest.id()?;
        let present = self.present_of(id).await?;
        let plan = Plan::new(candidate.manifest, &present, &candidate.earlier.sources());
        progress.end();
        candidate
            .outcome(id, Some(&plan), Step::DryRun)
            .print(self.json);
        Ok(())
    }

    async fn publish(&self, candidate: &Candidate<'_>, progress: &Progress) -> anyhow::Result<()> {
        let bytes = candidate.manifest.to_bytes()?;
        let id = ReleaseId::of_manifest(&bytes);
        let state = self.begin(id, bytes).await?;
        let (Filling::Checked(present) | Filling::Open(present)) = &state;
        let plan = Plan::new(candidate.manifest, present, &candidate.earlier.sources());
        if let Filling::Open(_) = state {
            let destination = Destination {
                api: self.api,
                root: candidate.root,
                id,
                manifest: candidate.manifest,
                progress,
                transfers: self.transfers,
            };
            let transfer = Transfer { to: &destination };
            transfer.carry_out(&plan).await?;
            self.verify(&transfer).await?;
        }
        self.sign(id).await?;
        if self.goal == Goal::Verified {
            progress.end();
            candidate
                .outcome(id, Some(&plan), Step::Verified)
                .print(self.json);
            return Ok(());
        }
        let replaces = candidate.earlier.active;
        let wait = self.goal == Goal::Everywhere;
        let step = |text: &str| progress.step(text);
        let activated = activation::activate(self.api, id, replaces, wait, &step).await?;
        progress.end();
        candidate
            .outcome(id, Some(&plan), Step::Activated(&activated))
            .print(self.json);
        Ok(())
    }

    /// What is there of a release that may not have been begun.
    async fn present_of(&self, id: ReleaseId) -> anyhow::Result<Present> {
        match self.api.present(id).await {
            Err(error)
                if error
                    .downcast_ref::<Refusal>()
                    .is_some_and(|refusal| refusal.status == 404) =>
            {
                Ok(Present::new())
            }
            present => present,
        }
    }

    /// Stores the manifest.
    async fn begin(&self, id: ReleaseId, manifest: Vec<u8>) -> anyhow::Result<Filling> {
        let Begun {
            state,
            manifest: request,
        } = self.api.begin(id, manifest.len() as u64).await?;
        match state {
            ReleaseState::Verified | ReleaseState::Active | ReleaseState::Superseded => {
                return self.api.present(id).await.map(Filling::Checked);
            }
            ReleaseState::Uploading => return self.api.present(id).await.map(Filling::Open),
            ReleaseState::New => {}
        }
        let payload = Payload::Bytes(manifest.into());
        with_attempts(async || {
            let answer = self.api.send_presigned(&request, payload.clone()).await;
            let (status, headers, _) = answer.map_err(Failure::of_transport)?;
            match status {
                // It is there: another attempt, or another publisher of the same content.
                StatusCode::PRECONDITION_FAILED => Ok(()),
                status if status.is_success() => Ok(()),
                _ => {
                    let error = anyhow::anyhow!("S3 returned {status}");
                    Err(Failure::of(status, &headers, error))
                }
            }
        })
        .await
        .context("the manifest cannot be sent")?;
        Ok(Filling::Open(Present::new()))
    }

    /// Has every object checked. What another run left out is sent once more.
    async fn verify(&self, transfer: &Transfer<'_>) -> anyhow::Result<()> {
        let step = |text: &str| transfer.to.progress.step(text);
        let verify = || activation::verify(self.api, transfer.to.id, &step);
        let Err(refused) = verify().await else {
            return Ok(());
        };
        let Some(refusal) = refused.downcast_ref::<Refusal>() else {
            return Err(refused);
        };
        let Destination {
            manifest, progress, ..
        } = transfer.to;
        let named: HashSet<(&str, &str)> = refusal
            .objects()
            .map(|(tree, path, _)| (tree, path))
            .collect();
        let kept = |object: &TreeObject<'_>| {
            let kept = manifest.keep().iter();
            kept.map(|kept| &*kept.file.path)
                .any(|path| path == object.path)
        };
        let again: Vec<_> = manifest
            .objects()
            .filter(|object| named.contains(&(object.tree.as_str(), object.path)) && !kept(object))
            .collect();
        if again.is_empty() {
            return Err(refused);
        }
        progress.note(&format!("{} objects are sent again", again.len()));
        transfer.upload_all(&again).await?;
        verify().await
    }

    async fn sign(&self, id: ReleaseId) -> anyhow::Result<()> {
        let Some(key) = self.key else {
            return Ok(());
        };
        let publisher = self.api.publisher().await?;
        let envelope = key.sign(&self.api.site, id, publisher)?;
        self.api
            .sign(id, envelope)
            .await
            .context("the signature cannot be stored")
    }
}
