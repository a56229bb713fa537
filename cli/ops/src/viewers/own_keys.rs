//! `keyfront viewers status | rotate-key`: the keys that this program made for a system, and the next step of their rotation.

use anyhow::Context as _;
use aws_config::SdkConfig;
use clap::Args;
use keyfront_cli::{Table, report};
use keyfront_cloudformation::viewer_key_digest;
use serde_json::{Value, json};

use super::moment::moment;
use crate::{
    aws::{self, AwsArguments},
    now_seconds::now_seconds,
    system::outputs::{self, Outputs, Purpose},
    viewer_keys::{Deployed, KeyRing, KeySlot, KeyStore, RingKey, Step, end_of_use, next_step},
};

/// Show what is protected, which keys sign and are trusted, and the next step of their rotation
#[derive(Debug, Args)]
pub(super) struct StatusArguments {
    #[command(flatten)]
    system: KeysArguments,
}

/// Take the next step in replacing the signing key
///
/// A rotation creates a key, lets it sign, and retires the former key 7 days later, when everything it signed has expired. Each
/// step needs a deployment: run this again after it. The next step follows from the present state, so nothing is skipped, and an
/// interrupted step is resumed. Nobody is logged out and no link breaks, unless --now retires the former key early.
#[derive(Debug, Args)]
pub(super) struct RotateKeyArguments {
    #[command(flatten)]
    system: KeysArguments,

    /// Retire the former key at once: the next deployment ends all links and sessions that it signed
    #[arg(long)]
    now: bool,

    /// Show the step, without taking it
    #[arg(long)]
    dry_run: bool,
}

/// Whose keys.
#[derive(Debug, Args)]
struct KeysArguments {
    /// The deployed system
    #[arg(long, value_name = "NAME")]
    stack: String,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    aws: AwsArguments,
}

/// No key that this program made signs for the system.
#[derive(Debug, thiserror::Error)]
#[error(
    "keyfront created no key for viewers of stack {0}: its document of sites protects nothing, or names its own public_keys. Leave public_keys and signing_key_arn out of `viewers` there, and deploy (docs/viewers.md)"
)]
struct NoOwnKey(String);

pub(super) async fn status(arguments: &StatusArguments) -> anyhow::Result<()> {
    let (config, outputs) = arguments.system.look_up(Purpose::Read).await?;
    let ring = arguments.system.store(&config)?.ring().await?;
    let deployed = Deployed::of(&outputs);
    let step = ring
        .as_ref()
        .map(|ring| next_step(ring, &deployed, now_seconds()));
    let folders = outputs.get("ProtectedPaths").map_or("", String::as_str);
    if arguments.system.json {
        report::line(json!({
            "protected_paths": folders.split(',').filter(|path| !path.is_empty()).collect::<Vec<_>>(),
            "signing_key_arn": deployed.signing,
            "keys": ring.as_ref().map(|ring| rows(ring, &deployed)),
            "next": step.map(|step| of_step(step, &said(step)?)).transpose()?,
        }));
        return Ok(());
    }
    match folders {
        "" => report::line("The stack protects nothing."),
        folders => report::line(format_args!("Only admitted viewers can read {folders}.")),
    }
    match (&ring, step) {
        (Some(ring), Some(step)) => {
            report::line("");
            report::line(table(ring, &deployed));
            report::note(said(step)?);
        }
        _ => match &deployed.signing {
            Some(key) => report::line(format_args!("{key} signs; the document of sites names it.")),
            None => report::line("The document of sites names no key that signs."),
        },
    }
    Ok(())
}

pub(super) async fn rotate(arguments: &RotateKeyArguments) -> anyhow::Result<()> {
    let system = &arguments.system;
    let purpose = match arguments.dry_run {
        true => Purpose::Read,
        false => Purpose::Change,
    };
    let (config, outputs) = system.look_up(purpose).await?;
    let store = system.store(&config)?;
    let ring = store.ring().await?;
    let ring = ring.ok_or_else(|| NoOwnKey(system.stack.clone()))?;
    let step = match next_step(&ring, &Deployed::of(&outputs), now_seconds()) {
        Step::Note | Step::Wait(_) if arguments.now => Step::Retire,
        step => step,
    };
    if arguments.dry_run {
        return system.show(step, "would-take", said(step)?);
    }
    let done = take(&store, &ring, step).await?;
    let outcome = match step {
        Step::Deploy | Step::Wait(_) => "nothing-done",
        Step::Make | Step::Promote | Step::Note | Step::Retire => "taken",
    };
    system.show(step, outcome, done)
}

/// Takes a step; what was done, and what comes next.
async fn take(store: &KeyStore<'_>, ring: &KeyRing, step: Step) -> anyhow::Result<String> {
    const THEN: &str = "Then run this again.";
    Ok(match step {
        Step::Deploy | Step::Wait(_) => said(step)?,
        Step::Make => {
            let key = store.make(KeySlot::Next).await?;
            format!(
                "Key {} was created. Deploy, so that the CDN trusts it. {THEN}",
                key.arn
            )
        }
        Step::Promote => {
            store.promote(ring).await?;
            format!("From the next deployment on another key signs. {THEN}")
        }
        Step::Note => {
            let previous = former(ring)?;
            let now = now_seconds();
            store.note_unused(previous, now).await?;
            said(Step::Wait(end_of_use(now)))?
        }
        Step::Retire => {
            let previous = former(ring)?;
            store.retire(previous, now_seconds()).await?;
            format!(
                "Key {} will be deleted in 30 days. Deploy, so that the CDN no longer trusts it; that ends the rotation.",
                previous.arn
            )
        }
    })
}

fn former(ring: &KeyRing) -> anyhow::Result<&RingKey> {
    ring.previous.as_ref().context("there is no former key")
}

/// What comes next.
fn said(step: Step) -> anyhow::Result<String> {
    Ok(match step {
        Step::Deploy => "Next: `keyfront deploy` with the arguments of this system, since its stacks do not have the present keys.".to_owned(),
        Step::Make => "Nothing to do. `keyfront viewers rotate-key` starts a rotation by creating another key.".to_owned(),
        Step::Promote => "Next: `keyfront viewers rotate-key` lets the next key sign.".to_owned(),
        Step::Note => "Next: `keyfront viewers rotate-key` records since when the former key has signed nothing.".to_owned(),
        Step::Wait(until) => format!(
            "Signatures of the former key stay valid until {}. Then `keyfront viewers rotate-key` retires it; with --now it does so at once, which ends those links and sessions.",
            moment(until)?
        ),
        Step::Retire => "Next: `keyfront viewers rotate-key` retires the former key.".to_owned(),
    })
}

impl KeysArguments {
    async fn look_up(&self, purpose: Purpose) -> anyhow::Result<(SdkConfig, Outputs)> {
        let config = self.aws.load().await?;
        if purpose == Purpose::Change {
            report::note(&self.aws.caller(&config).await?);
        }
        let outputs = outputs::of_system(&config, &self.stack, purpose).await?;
        let outputs = outputs.with_context(|| {
            format!(
                "there is no stack {} in this Region; name the Region of its bucket with --region",
                self.stack
            )
        })?;
        Ok((config, outputs))
    }

    fn store(&self, config: &SdkConfig) -> anyhow::Result<KeyStore<'_>> {
        Ok(KeyStore::new(config, aws::region_of(config)?, &self.stack))
    }

    fn show(&self, step: Step, outcome: &str, text: String) -> anyhow::Result<()> {
        match self.json {
            true => report::line(json!({"outcome": outcome, "step": of_step(step, &text)?})),
            false => report::note(text),
        }
        Ok(())
    }
}

fn of_step(step: Step, text: &str) -> anyhow::Result<Value> {
    let (name, until) = match step {
        Step::Deploy => ("deploy", None),
        Step::Make => ("make", None),
        Step::Promote => ("promote", None),
        Step::Note => ("note", None),
        Step::Wait(until) => ("wait", Some(moment(until)?)),
        Step::Retire => ("retire", None),
    };
    Ok(json!({"name": name, "until": until, "text": text}))
}

fn places(ring: &KeyRing) -> [(&'static str, Option<&RingKey>); 3] {
    [
        ("signs", Some(&ring.signing)),
        ("signs next", ring.next.as_ref()),
        ("signed before", ring.previous.as_ref()),
    ]
}

fn rows(ring: &KeyRing, deployed: &Deployed) -> Vec<Value> {
    let keys = places(ring).into_iter();
    keys.filter_map(|(place, key)| {
        let key = key?;
        Some(json!({
            "key_arn": key.arn.as_str(),
            "place": place,
            "trusted": is_trusted(key, deployed),
            "unused_since": key.unused_since,
        }))
    })
    .collect()
}

fn table(ring: &KeyRing, deployed: &Deployed) -> Table<3> {
    let mut table = Table::new(["KEY", "PLACE", "TRUSTED"]);
    for (place, key) in places(ring) {
        if let Some(key) = key {
            let trusted = match is_trusted(key, deployed) {
                true => "yes",
                false => "not yet deployed",
            };
            table.push([key.arn.to_string(), place.to_owned(), trusted.to_owned()]);
        }
    }
    table
}

fn is_trusted(key: &RingKey, deployed: &Deployed) -> bool {
    deployed.trusted.contains(&viewer_key_digest(&key.public))
}
