//! Every probe, by its number.

use super::{
    cache, delivery, deployment, encryption, functions,
    probe::{Needs, Probe},
    publish, releases, semantics, viewers, worker,
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
        viewers::PROBES,
        releases::PROBES,
    ];
    let mut all: Vec<&Probe> = rooms.into_iter().flatten().collect();
    all.sort_by_key(|probe| probe.number);
    all
}

/// The number of a probe, of a command line.
pub(super) fn probe_number(text: &str) -> Result<u8, String> {
    let known = |number: &u8| probes().iter().any(|probe| probe.number == *number);
    let number = text.parse().ok().filter(known);
    number.ok_or_else(|| "unknown probe number; docs/accept.md lists the probes".to_owned())
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
    fn every_assumption_has_one_probe() {
        let numbers: Vec<u8> = probes().iter().map(|probe| probe.number).collect();
        assert_eq!(numbers, (1..=39).collect::<Vec<u8>>());
    }

    #[test]
    fn only_numbers_of_probes_are_taken() {
        assert_eq!(probe_number("39"), Ok(39));
        for wrong in ["0", "40", "a", ""] {
            assert!(probe_number(wrong).is_err(), "{wrong}");
        }
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
