//! `keyfront viewers`: who may read what is protected, by URLs and cookies that a key in KMS signs.
//!
//! What a grant is, and in which bytes it is written, is `keyfront_viewers`'s. The private key never leaves KMS.

mod expiry;
mod public_key;
mod sign;
mod signing_key;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};

pub(crate) use self::signing_key::SigningKey;

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 KMS cannot be called, or refuses; 2 wrong arguments";

/// Let people read what is protected: signed URLs and cookies, by a key in KMS
///
/// A site protects folders by `viewers` in the document of --sites (docs/viewers.md). The CDN then serves them to whoever brings
/// a URL or cookies that one of the document's public keys verifies.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ViewersArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    PublicKey(public_key::PublicKeyArguments),
    Sign(sign::SignArguments),
}

pub(crate) fn run(arguments: &ViewersArguments) -> anyhow::Result<ExitCode> {
    let runtime =
        tokio::runtime::Runtime::new().context("the asynchronous runtime did not start")?;
    runtime.block_on(async {
        match &arguments.action {
            Action::PublicKey(arguments) => public_key::print(arguments).await,
            Action::Sign(arguments) => sign::sign(arguments).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
