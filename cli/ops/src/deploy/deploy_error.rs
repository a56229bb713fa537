//! What ends a deployment early, and the exit code each has.

use std::process::ExitCode;

use super::cause::ResourceFailure;
use crate::system::ownership::NotOwned;

/// The input or the stack's state does not allow it.
const REFUSED: u8 = 3;

/// Ends with an exit code of its own; everything else (AWS cannot be called, a file cannot be read) is 1.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeployError {
    /// The input or the stack's state does not allow it. Nothing was created or changed.
    #[error("{0}")]
    Refused(String),
    /// Nobody said yes. Nothing was changed.
    #[error("not confirmed; nothing was changed")]
    NotConfirmed,
    /// Nobody could be asked. Nothing was changed.
    #[error("nothing was changed: there is no terminal to confirm this; give --yes")]
    NobodyToAsk,
    /// Nobody could type this name. Nothing was changed.
    #[error(
        "nothing was changed: there is no terminal to type the name at; give `keyfront adopt --confirm {0}`"
    )]
    NobodyToType(String),
    /// CloudFormation ended the operation without reaching what was wanted.
    #[error("stack {stack} in {region} is {status}{}", lines_of(.causes))]
    Failed {
        /// The stack's name.
        stack: String,
        /// Its Region.
        region: String,
        /// Its status now.
        status: String,
        /// What failed, the first cause first.
        causes: Vec<ResourceFailure>,
    },
    /// Something is left that a later run removes.
    #[error("{0}")]
    Remains(String),
    /// Ctrl-C: AWS goes on without this program.
    #[error("interrupted; AWS continues, run the same command to follow it again")]
    Interrupted,
}

impl DeployError {
    /// The table in `--help` and docs/deploy.md.
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(_) => REFUSED,
            Self::NotConfirmed | Self::NobodyToAsk | Self::NobodyToType(_) => 4,
            Self::Failed { .. } => 5,
            Self::Remains(_) => 6,
            Self::Interrupted => 130,
        })
    }
}

/// The exit code of an error that has one of its own.
pub(super) fn exit_code_of(error: &anyhow::Error) -> Option<ExitCode> {
    if error.is::<NotOwned>() {
        return Some(ExitCode::from(REFUSED));
    }
    error.downcast_ref().map(DeployError::exit_code)
}

fn lines_of(causes: &[ResourceFailure]) -> String {
    let lines = causes.iter().map(|cause| format!("\n  {cause}"));
    lines.collect()
}

/// A refusal as an error of a command.
pub(super) fn refused(why: impl Into<String>) -> anyhow::Error {
    DeployError::Refused(why.into()).into()
}
