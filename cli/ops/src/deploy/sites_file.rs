//! `--sites FILE`: the document of sites, read, and whether a stack's sites are still meant.

use std::path::Path;

use keyfront_cloudformation::Sites;

use super::deploy_error::refused;
use crate::system::outputs::Outputs;

/// The outputs that list the paths of a stack's sites, and what of its own site is protected.
const PATHS: [(&str, &str); 3] = [
    ("SitePaths", "serves the sites"),
    ("ProtectedPaths", "protects"),
    ("ViewerKeyIds", "admits viewers by the keys"),
];

/// What this command says about sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SitesGiven {
    /// `--sites` or `--no-sites`.
    Decided,
    /// Neither.
    Unsaid,
}

/// Reads the document; none gives no sites.
///
/// # Errors
/// It cannot be read, or is refused; the text names the field.
pub(super) fn read(path: Option<&Path>) -> anyhow::Result<Sites> {
    let Some(path) = path else {
        return Ok(Sites::default());
    };
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        refused(format!(
            "--sites {name} cannot be read ({error}); docs/deploy.md shows such a file"
        ))
    })?;
    Sites::parse(&text).map_err(|error| refused(format!("--sites {name}: {error}")))
}

/// Refuses an update that would take sites down, or publish what is protected, because nobody spoke of them: they are no
/// parameters, which keep their value.
pub(super) fn refuse_forgotten(outputs: &Outputs, given: SitesGiven) -> anyhow::Result<()> {
    for (output, what) in PATHS {
        if let (Some(paths), SitesGiven::Unsaid) = (outputs.get(output), given) {
            return Err(refused(format!(
                "the system {what} {paths}, and this command has no --sites; give --sites FILE again, or --no-sites to remove them"
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_taken_down_by_name_only() {
        let outputs = |paths: Option<&str>, output: &str| -> Outputs {
            let output = |paths: &str| (output.to_owned(), paths.to_owned());
            paths.map(output).into_iter().collect()
        };
        for (output, _) in PATHS {
            let refused =
                refuse_forgotten(&outputs(Some("/docs/,/app/"), output), SitesGiven::Unsaid);
            let refused = refused.map_err(|error| error.to_string());
            assert!(
                refused.is_err_and(|text| text.contains("/docs/,/app/") && text.contains("--no-sites")),
                "{output}"
            );
        }
        for (paths, given) in [
            (Some("/docs/"), SitesGiven::Decided),
            (None, SitesGiven::Decided),
            (None, SitesGiven::Unsaid),
        ] {
            assert!(refuse_forgotten(&outputs(paths, "SitePaths"), given).is_ok());
        }
    }
}
