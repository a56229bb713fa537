//! `keyfront deploy`, `status`, `outputs` and `destroy` against an AWS that fails on demand.

mod consent;
mod destroy;
mod existing_bucket;
mod failures;
mod kept_settings;
mod preflight;
mod sites;
mod stacks;
mod viewer_keys;

use super::deploy_bench::{Bench, TOGETHER, text};

/// Refused with `expected` in the message, and nothing was written.
async fn refused_unwritten(bench: &Bench, parameters: &[&str], expected: &str) {
    let mut flags = vec!["--yes"];
    for parameter in parameters {
        flags.extend(["-p", parameter]);
    }
    let before = bench.writes().len();
    let output = bench.deploy(TOGETHER, &flags).await;
    let reported = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{reported}");
    assert!(reported.contains(expected), "{reported}");
    // Reading a certificate or a key is a POST with an action that is none of those that write.
    assert_eq!(bench.writes().len(), before, "{:?}", bench.writes());
}
