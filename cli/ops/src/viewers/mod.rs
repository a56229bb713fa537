//! `keyfront viewers`: who may read what is protected: by a policy of issuers, logins and rules, and by URLs and cookies that a key
//! in KMS signs.
//!
//! What a grant is, and in which bytes it is written, is `keyfront_viewers`'s; what a policy may say and what it grants,
//! `keyfront_origin_core::viewing`'s. The private key never leaves KMS.

mod add_issuer;
mod change;
mod discovery;
mod expiry;
mod issuer_fetch;
mod list;
mod moment;
mod own_keys;
mod policy;
mod public_key;
mod rule_arguments;
mod rules;
mod served;
mod sign;
mod signing_key;
mod token;
mod token_test;
mod verdict;

use std::process::ExitCode;

use clap::{Args, Subcommand};

pub(crate) use self::signing_key::SigningKey;

const EXIT_CODES: &str = "Exit codes: 0 done; 1 failed, for the reason that is printed; 2 wrong arguments; 3 the token of `test` reads nothing";

/// Manage access to protected folders: logins and rules, signed URLs and cookies
///
/// A site protects folders by `viewers` in the document of --sites (docs/viewers.md). The CDN then serves them only for signed
/// URLs or cookies that one of the document's public keys verifies. People who log in at an issuer of the viewers' policy, and
/// applications with a token from there, get such cookies for the folders that a rule allows. The policy is
/// .keyfront/viewers.json in the bucket; the origin reads it again every 60 seconds, so a change takes effect everywhere within a
/// minute.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct ViewersArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    AddIssuer(Box<add_issuer::AddIssuerArguments>),
    Allow(Box<rules::AllowArguments>),
    Deny(Box<rules::DenyArguments>),
    Remove(rules::RemoveArguments),
    List(list::ListArguments),
    Test(token_test::TestArguments),
    PublicKey(public_key::PublicKeyArguments),
    Status(own_keys::StatusArguments),
    RotateKey(own_keys::RotateKeyArguments),
    Sign(sign::SignArguments),
}

pub(crate) fn run(arguments: &ViewersArguments) -> anyhow::Result<ExitCode> {
    let runtime = crate::runtime::start()?;
    runtime.block_on(async {
        match &arguments.action {
            Action::AddIssuer(arguments) => add_issuer::add(arguments).await?,
            Action::Allow(arguments) => rules::allow(arguments).await?,
            Action::Deny(arguments) => rules::deny(arguments).await?,
            Action::Remove(arguments) => rules::remove(arguments).await?,
            Action::List(arguments) => list::list(arguments).await?,
            Action::Test(arguments) => return token_test::test(arguments).await,
            Action::PublicKey(arguments) => public_key::print(arguments).await?,
            Action::Status(arguments) => own_keys::status(arguments).await?,
            Action::RotateKey(arguments) => own_keys::rotate(arguments).await?,
            Action::Sign(arguments) => sign::sign(arguments).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}
