//! The table of a run, for people or as one JSON document.

use keyfront_cli::report::{line, printable};
use serde::Serialize;

use super::{
    context::{Context, Kind},
    outcome::Outcome,
    probe::Verdict,
};

/// Raised whenever a field of the document changes its meaning.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    system: System<'a>,
    probes: Vec<ProbeEntry<'a>>,
    summary: Summary,
    cost_usd: f64,
    interrupted: bool,
    remains: &'a [String],
}

#[derive(Serialize)]
struct System<'a> {
    kind: &'static str,
    name: Option<&'a str>,
    region: &'a str,
    cdn_url: &'a str,
}

#[derive(Serialize)]
struct ProbeEntry<'a> {
    number: u8,
    assumption: &'a str,
    probe: &'a str,
    needs: &'static str,
    verdict: Verdict,
    evidence: &'a str,
    seconds: f64,
    cost_so_far_usd: f64,
}

#[derive(Serialize)]
struct Summary {
    pass: usize,
    fail: usize,
    skipped: usize,
}

/// One JSON document.
pub(super) fn json(context: &Context, outcome: &Outcome) -> anyhow::Result<()> {
    let entries = outcome.rows.iter().map(|row| ProbeEntry {
        number: row.probe.number,
        assumption: row.probe.assumption,
        probe: row.probe.does,
        needs: row.probe.needs.name(),
        verdict: row.observation.verdict,
        evidence: &row.observation.evidence,
        seconds: row.seconds,
        cost_so_far_usd: row.cost,
    });
    let document = Document {
        schema: SCHEMA,
        system: System {
            kind: kind(context),
            name: name(context),
            region: &context.region,
            cdn_url: &context.cdn_url,
        },
        probes: entries.collect(),
        summary: summary(outcome),
        cost_usd: context.costs.dollars(),
        interrupted: outcome.interrupted,
        remains: &outcome.remains,
    };
    line(serde_json::to_string_pretty(&document)?);
    Ok(())
}

/// A block for each assumption, then the sum.
pub(super) fn text(context: &Context, outcome: &Outcome) {
    line(format_args!(
        "{} {}at {}",
        kind(context),
        name(context).map_or(String::new(), |name| format!("{name} ")),
        context.cdn_url
    ));
    for row in &outcome.rows {
        let verdict = row.observation.verdict.name();
        line(format_args!(
            "\n{:>2}  {verdict:<8} {}",
            row.probe.number, row.probe.assumption
        ));
        line(format_args!("    probe    {}", row.probe.does));
        line(format_args!(
            "    seen     {}",
            printable(&row.observation.evidence)
        ));
        line(format_args!("    cost     ${:.4} so far", row.cost));
    }
    let Summary {
        pass,
        fail,
        skipped,
    } = summary(outcome);
    line(format_args!(
        "\n{pass} pass, {fail} fail, {skipped} skipped; about ${:.4}",
        context.costs.dollars()
    ));
    for remains in &outcome.remains {
        line(format_args!("remains: {}", printable(remains)));
    }
}

fn summary(outcome: &Outcome) -> Summary {
    Summary {
        pass: outcome.count(Verdict::Pass),
        fail: outcome.count(Verdict::Fail),
        skipped: outcome.count(Verdict::Skipped),
    }
}

fn kind(context: &Context) -> &'static str {
    match &context.kind {
        Kind::Dev(_) => "dev",
        Kind::Stack { .. } => "stack",
        Kind::ThrowAway { .. } => "throw-away",
    }
}

fn name(context: &Context) -> Option<&str> {
    match &context.kind {
        Kind::Dev(_) => None,
        Kind::Stack { name } | Kind::ThrowAway { name } => Some(name),
    }
}
