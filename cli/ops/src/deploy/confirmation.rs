//! Asks the operator before anything is changed.

use std::io::{self, IsTerminal as _};

use keyfront_cli::report;

use super::deploy_error::DeployError;

/// Asks for a yes; without a terminal there is nobody to give it.
pub(super) fn confirm(question: &str) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() {
        return Err(DeployError::NobodyToAsk.into());
    }
    match report::ask(&format!("{question} [y/N]"))?.as_str() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(DeployError::NotConfirmed.into()),
    }
}

/// Wants a name a second time, on the command line or typed: a yes may be given out of habit.
pub(super) fn confirm_by_name(
    question: &str,
    name: &str,
    given: Option<&str>,
) -> anyhow::Result<()> {
    let again = match given {
        Some(given) => given.to_owned(),
        None if io::stdin().is_terminal() => report::ask(question)?,
        None => return Err(DeployError::NobodyToType(name.to_owned()).into()),
    };
    match again == name {
        true => Ok(()),
        false => Err(DeployError::NotConfirmed.into()),
    }
}
