//! Prints which scenario needs which grant of the template.
#![allow(clippy::print_stdout, reason = "a report")]

use keyfront_tests::grants::{Exercise, exercise};

fn main() -> anyhow::Result<()> {
    println!(
        "{:<14} {:<28} {:<32} exercised by",
        "holder", "statement", "action"
    );
    for grant in keyfront_dev_stack::grants()? {
        let by = match exercise(&grant) {
            Some(Exercise::By(scenario)) => format!("least_privilege: {scenario:?}"),
            Some(Exercise::NotHere(reason)) => format!("not on this machine: {reason}"),
            None => anyhow::bail!("{grant:?} is in no row of tests/src/grants.rs"),
        };
        println!(
            "{:<14} {:<28} {:<32} {by}",
            grant.holder, grant.statement, grant.action
        );
    }
    Ok(())
}
