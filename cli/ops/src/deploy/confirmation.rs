//! Asks the operator before anything is changed.

use std::io::IsTerminal as _;

use keyfront_cli::report;

use super::deploy_error::DeployError;

/// Asks for a yes; without a terminal there is nobody to give it.
pub(super) fn confirm(question: &str) -> anyhow::Result<()> {
    match ask(&format!("{question} [y/N]"))?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(DeployError::NotConfirmed.into()),
    }
}

/// Asks for a name to be typed again: what is confirmed cannot be confirmed out of habit.
pub(super) fn confirm_by_name(question: &str, name: &str) -> anyhow::Result<()> {
    match ask(question)? == name {
        true => Ok(()),
        false => Err(DeployError::NotConfirmed.into()),
    }
}

fn ask(question: &str) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        return Err(DeployError::NobodyToAsk.into());
    }
    Ok(report::ask(question)?)
}
