//! Runs the probes one after the other, and takes back what they did, whatever becomes of them.

use std::{collections::BTreeSet, time::Instant};

use super::{
    context::{Context, Kind},
    outcome::{Outcome, Row},
    probe::{Needs, Observation, Probe},
    progress::Progress,
    table,
    unavailable::Unavailable,
};

/// Which probes are run: all, or those that are named.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection(pub(super) BTreeSet<u8>);

impl Selection {
    fn covers(&self, probe: &Probe) -> bool {
        self.0.is_empty() || self.0.contains(&probe.number)
    }

    fn names(&self, probe: &Probe) -> bool {
        self.0.contains(&probe.number)
    }
}

/// Runs what is selected until the end or until `interrupted` comes, then undoes what stands.
pub(super) async fn run(
    context: &Context,
    selection: &Selection,
    progress: &Progress,
    interrupted: impl Future<Output = ()>,
) -> Outcome {
    let mut rows = Vec::new();
    let was_interrupted = tokio::select! {
        biased;
        () = interrupted => true,
        () = all(context, selection, progress, &mut rows) => false,
    };
    if was_interrupted {
        let missing = table::probes()
            .into_iter()
            .skip(rows_seen(&rows, selection));
        for probe in missing.filter(|probe| selection.covers(probe)) {
            rows.push(Row {
                probe,
                observation: Observation::skipped("interrupted"),
                seconds: 0.0,
                cost: context.costs.dollars(),
            });
        }
    }
    progress.step("undoing what the probes did");
    let mut remains = context.undo_changes().await;
    remains.extend(context.delete_objects().await);
    Outcome {
        rows,
        interrupted: was_interrupted,
        remains,
    }
}

/// How many of all probes come before the first one without a row.
fn rows_seen(rows: &[Row], selection: &Selection) -> usize {
    let last = rows.last().map(|row| row.probe.number);
    let all = table::probes();
    let next = all
        .iter()
        .position(|probe| selection.covers(probe) && last.is_none_or(|last| probe.number > last));
    next.unwrap_or(all.len())
}

async fn all(context: &Context, selection: &Selection, progress: &Progress, rows: &mut Vec<Row>) {
    for probe in table::probes() {
        if !selection.covers(probe) {
            continue;
        }
        progress.step(&format!("{:>2} {}", probe.number, probe.does));
        let begun = Instant::now();
        let observation = match reason_to_skip(context, probe, selection) {
            Some(reason) => Observation::skipped(reason),
            None => (probe.work)(context)
                .await
                .unwrap_or_else(|error| broken_off(&error)),
        };
        let row = Row {
            probe,
            observation,
            seconds: begun.elapsed().as_secs_f64(),
            cost: context.costs.dollars(),
        };
        progress.ended(&row);
        rows.push(row);
    }
}

/// A probe that came to no observation.
fn broken_off(error: &anyhow::Error) -> Observation {
    match error.downcast_ref::<Unavailable>() {
        Some(unavailable) => Observation::skipped(unavailable.to_string()),
        None => Observation::fail(format!("{error:#}")),
    }
}

fn reason_to_skip(context: &Context, probe: &Probe, selection: &Selection) -> Option<String> {
    let reason = match (probe.needs, &context.kind) {
        (Needs::ByHand, _) => return Some(format!("not automated; {}", probe.does)),
        (Needs::Worker, _) if context.worker.is_none() => {
            "no Worker; give one in front of the same bucket with --worker"
        }
        (Needs::Account | Needs::ThrowAway | Needs::Hours, Kind::Dev(_)) => {
            "it proves nothing on this machine: it needs an AWS account"
        }
        (Needs::Alone | Needs::ThrowAway, Kind::Stack { .. }) => {
            "it would break the system for others; run it without --stack, on a throw-away stack"
        }
        (Needs::Hours, _) if !selection.names(probe) => {
            return Some(format!(
                "it takes hours; run it with --only {}",
                probe.number
            ));
        }
        _ => return None,
    };
    Some(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_system_does_not_have_is_skipped_and_what_breaks_off_fails() {
        let missing = anyhow::Error::new(Unavailable("no publish route"));
        assert_eq!(
            broken_off(&missing),
            Observation::skipped("no publish route")
        );
        let broken = anyhow::anyhow!("no answer");
        assert_eq!(broken_off(&broken), Observation::fail("no answer"));
    }
}
