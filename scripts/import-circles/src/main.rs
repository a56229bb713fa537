//! `import-circles [CRATE_ROOT ...]`: fails where modules of one crate import each other in a circle.
//!
//! A crate is read from its root file (`src/lib.rs`, `src/main.rs`); test modules are left out. A module depends on
//! another if its code names something defined there, by `use` or by path; re-exports are followed to the definition,
//! so that a `mod.rs` which only lists its parts is not part of any circle. The text inside macros is not read.

mod circles;
mod graph;
mod source;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context as _;

fn main() -> anyhow::Result<ExitCode> {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    anyhow::ensure!(!roots.is_empty(), "usage: import-circles CRATE_ROOT ...");
    let (mut found, mut modules) = (0, 0);
    for root in &roots {
        let krate =
            source::read(root).with_context(|| format!("{} is not read", root.display()))?;
        modules += krate.modules.len();
        let imports = graph::imports(&krate);
        for circle in circles::find(&imports) {
            found += 1;
            report(root, &circle, &imports);
        }
    }
    println(&format!(
        "{modules} modules of {} crates, {found} import circles",
        roots.len()
    ));
    Ok(if found == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn report(root: &std::path::Path, circle: &[String], imports: &graph::Imports) {
    println(&format!("{}: circle", root.display()));
    for from in circle {
        for (to, names) in &imports[from] {
            if circle.contains(to) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                println(&format!("  {from} -> {to} ({})", names.join(", ")));
            }
        }
    }
}

#[allow(clippy::print_stdout)] // A command's output.
fn println(line: &str) {
    println!("{line}");
}
