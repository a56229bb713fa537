//! The last steps of a release: checked, made active, everywhere.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use keyfront_releases::ReleaseId;

use crate::release_api::{Activated, ActivationState, Pages, ReleaseApi, ReleaseState};

/// Between two looks at an activation.
const INTERVAL: Duration = Duration::from_secs(2);
/// The switch settles within a minute; CloudFront's invalidations take some.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Another release was activated while this one was waited for.
#[derive(Debug, thiserror::Error)]
#[error("another release was activated instead of {0}; `keyfront releases list` shows by whom")]
pub(super) struct Overtaken(pub(super) ReleaseId);

/// Has every object checked, page by page.
///
/// # Errors
/// The API names what is wrong.
pub(crate) async fn verify(
    api: &ReleaseApi,
    id: ReleaseId,
    step: &dyn Fn(&str),
) -> anyhow::Result<()> {
    let mut pages = Pages::default();
    let mut cursor = None;
    loop {
        let page = api.verify(id, cursor.as_deref()).await?;
        step(&format!("Checked {} of {} objects", page.checked, page.of));
        match (page.verified, page.cursor) {
            (true, _) => return Ok(()),
            (false, next @ Some(_)) => cursor = pages.next(next)?,
            (false, None) => bail!("verification makes no progress; run again"),
        }
    }
}

/// Activates a release in place of `replaces`, and waits until nothing is left of that if `wait`.
///
/// # Errors
/// Another publisher was faster, or the API refuses.
pub(crate) async fn activate(
    api: &ReleaseApi,
    id: ReleaseId,
    replaces: Option<ReleaseId>,
    wait: bool,
    step: &dyn Fn(&str),
) -> anyhow::Result<Activated> {
    step("Activating");
    let described = api.activate(id, replaces).await?;
    let activated = described
        .activation
        .context("the API returned no activation")?;
    match wait {
        true => wait_until_everywhere(api, id, activated, step).await,
        false => Ok(activated),
    }
}

/// Waits until the CDN has no more copies of what the active release replaced.
///
/// # Errors
/// It is not the active one any more, or it takes too long.
pub(super) async fn wait_for_active(
    api: &ReleaseApi,
    id: ReleaseId,
    step: &dyn Fn(&str),
) -> anyhow::Result<Activated> {
    let activated = activation_of_active(api, id).await?;
    wait_until_everywhere(api, id, activated, step).await
}

async fn activation_of_active(api: &ReleaseApi, id: ReleaseId) -> anyhow::Result<Activated> {
    let described = api.describe(id).await?;
    ensure!(described.state == ReleaseState::Active, Overtaken(id));
    described
        .activation
        .context("the API returned no activation")
}

async fn wait_until_everywhere(
    api: &ReleaseApi,
    id: ReleaseId,
    mut activated: Activated,
    step: &dyn Fn(&str),
) -> anyhow::Result<Activated> {
    let begun = Instant::now();
    while activated.state != ActivationState::Everywhere {
        if begun.elapsed() > LONGEST {
            bail!(
                "release {id} has been active since {} and is still not everywhere after {} minutes; check again with `keyfront \
                 releases show {id}`",
                activated.at,
                LONGEST.as_secs() / 60
            );
        }
        step(&format!(
            "Active since {}; waiting until the CDN has no more copies of the previous release",
            activated.at
        ));
        tokio::time::sleep(INTERVAL).await;
        let latest = activation_of_active(api, id).await?;
        // It may have been replaced, and have come back.
        ensure!(latest.n == activated.n, Overtaken(id));
        activated = latest;
    }
    Ok(activated)
}
