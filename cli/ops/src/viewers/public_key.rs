//! `keyfront viewers public-key`: the public half of a signing key, as a document of sites takes it.

use clap::Args;
use keyfront_cli::report;

use super::signing_key::KeyArguments;

/// Print the public half of a signing key, for `public_keys` in the document of --sites
#[derive(Debug, Args)]
pub(super) struct PublicKeyArguments {
    /// Print it as a JSON text, to be pasted into the document
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    key: KeyArguments,
}

pub(super) async fn print(arguments: &PublicKeyArguments) -> anyhow::Result<()> {
    let key = arguments.key.find().await?.public_key().await?;
    let pem = key.to_pem();
    match arguments.json {
        true => report::line(serde_json::Value::from(pem)),
        false => report::line(pem.trim_end()),
    }
    Ok(())
}
