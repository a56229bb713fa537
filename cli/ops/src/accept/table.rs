//! Every probe, by its number.

use super::{
    cache, delivery, deployment, encryption, functions,
    probe::{Needs, Probe},
    publish, semantics, worker,
};

/// All probes in the order of their numbers.
pub(super) fn probes() -> Vec<&'static Probe> {
    let rooms = [
        delivery::PROBES,
        semantics::PROBES,
        cache::PROBES,
        publish::PROBES,
        encryption::PROBES,
        functions::PROBES,
        deployment::PROBES,
        worker::PROBES,
    ];
    let mut all: Vec<&Probe> = rooms.into_iter().flatten().collect();
    all.sort_by_key(|probe| probe.number);
    all
}

impl Needs {
    /// As the table of docs/accept.md and the JSON document name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::AnySystem => "any",
            Self::Account => "account",
            Self::Alone => "alone",
            Self::ThrowAway => "throw-away",
            Self::Worker => "worker",
            Self::Hours => "hours",
            Self::ByHand => "by-hand",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_35_assumptions_have_one_probe_each() {
        let numbers: Vec<u8> = probes().iter().map(|probe| probe.number).collect();
        assert_eq!(numbers, (1..=35).collect::<Vec<u8>>());
    }

    #[test]
    fn the_page_lists_every_assumption_with_what_it_needs() {
        let page = include_str!("../../../../docs/accept.md");
        for probe in probes() {
            let row = format!(
                "| {} | {} | {} | {} |",
                probe.number,
                probe.assumption,
                probe.does,
                probe.needs.name()
            );
            assert!(page.contains(&row), "docs/accept.md lacks\n{row}");
        }
    }
}
