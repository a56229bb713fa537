//! The last steps of a release: checked, made active, everywhere.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use keyfront_releases::ReleaseId;

use super::progress::Progress;
use crate::release_api::{Activated, ActivationState, ReleaseApi};

/// Between two looks at an activation.
const INTERVAL: Duration = Duration::from_secs(2);
/// The switch settles within a minute; CloudFront's invalidations take some.
const LONGEST: Duration = Duration::from_secs(30 * 60);

/// Has every object checked, page by page.
///
/// # Errors
/// The API names what is wrong.
pub(super) async fn verify(
    api: &ReleaseApi,
    id: ReleaseId,
    progress: &Progress,
) -> anyhow::Result<()> {
    let mut cursor = None;
    loop {
        let page = api.verify(id, cursor.as_deref()).await?;
        progress.step(&format!("Checked {} of {} objects", page.checked, page.of));
        match (page.verified, page.cursor) {
            (true, _) => return Ok(()),
            (false, Some(next)) => cursor = Some(next),
            (false, None) => bail!("the API neither finishes checking nor goes on"),
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
    let mut activated = described
        .activation
        .context("the API names no activation")?;
    let begun = Instant::now();
    while wait && activated.state != ActivationState::Everywhere {
        if begun.elapsed() > LONGEST {
            bail!(
                "release {id} is active since {}, and still not everywhere after {} minutes; look again with `keyfront \
                 releases show {id}`",
                activated.at,
                LONGEST.as_secs() / 60
            );
        }
        step(&format!(
            "Active since {}; waiting until the CDN has forgotten what was before",
            activated.at
        ));
        tokio::time::sleep(INTERVAL).await;
        let described = api.describe(id).await?;
        let latest = described
            .activation
            .context("the API names no activation")?;
        if latest.n != activated.n {
            bail!(
                "another release was activated meanwhile (activation {})",
                latest.n
            );
        }
        activated = latest;
    }
    Ok(activated)
}
