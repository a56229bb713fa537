//! Asks the operator before anything is changed.

use std::io::IsTerminal as _;

use keyfront_cli::report;

use super::deploy_error::DeployError;

/// Asks for a yes; without a terminal there is nobody to give it.
pub(super) fn confirm(question: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        return Err(DeployError::NotConfirmed.into());
    }
    match report::ask(&format!("{question} [y/N]"))?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(DeployError::NotConfirmed.into()),
    }
}
