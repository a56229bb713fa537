//! `--watch`: publishes again whenever the folder has changed and rests.
//!
//! It looks at names and stamps once a second, which needs no rights and works on every file system.

use std::time::Duration;

use keyfront_cli::report::{failure, note};

use super::{
    publication::{Ending, Publication},
    survey::{Found, survey},
};

const INTERVAL: Duration = Duration::from_secs(1);

/// Publishes now and after each change; ends by Ctrl-C alone.
///
/// # Errors
/// The folder cannot be read when it begins. Later that passes: builds remove it and make it anew.
pub(super) async fn follow(publication: &Publication<'_>) -> anyhow::Result<Ending> {
    look(publication)?;
    loop {
        let before = look(publication).ok();
        if let Err(error) = publication.run().await {
            failure(&error);
        }
        note("Watching the folder; press Ctrl-C to stop.");
        let mut seen = before.clone();
        loop {
            tokio::time::sleep(INTERVAL).await;
            let now = look(publication).ok();
            // Changed since it was published, and not while this looked.
            if now != before && now == seen {
                break;
            }
            seen = now;
        }
    }
}

fn look(publication: &Publication<'_>) -> anyhow::Result<Vec<Found>> {
    let preparation = &publication.preparation;
    Ok(survey(preparation.folder, preparation.hidden)?.files)
}
