//! `keyfront rewrap` on the dev stack: what it changes and what it keeps, interruptions, writes in between, refusals.
#![allow(clippy::too_many_lines, reason = "each is one story of an object")]

pub(crate) mod instruction_files;
mod interruptions;
mod large_objects;
mod master_keys;
mod refusals;
mod sealed_objects;

use keyfront_envelope::Format;
use keyfront_tests::audit::Report;

const FORMATS: [Format; 2] = [Format::V2, Format::V3];

/// `(status, key)` of everything that was reported, sorted.
fn reported(report: &Report) -> Vec<(&str, &str)> {
    let mut found: Vec<(&str, &str)> = report
        .findings
        .iter()
        .map(|one| {
            (
                one["status"].as_str().unwrap(),
                one["key"].as_str().unwrap(),
            )
        })
        .collect();
    found.sort_unstable();
    found
}
