//! `keyfront accept`: it passes on the dev stack, and with a fault in the stack exactly the probe of that fault fails.

mod deployed_stacks;
mod faults;
mod meddling;
mod releases;
mod whole_run;
mod worker;

use std::{path::Path, process::Output};

use keyfront_tests::artefacts;
use serde_json::{Value, json};

/// Probes that say something on one machine.
const LOCAL: [u8; 26] = [
    3, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 31, 33, 34, 38,
    39,
];
/// The probe of a site with releases.
const OF_RELEASES: u8 = 38;
/// Milliseconds after which an activation has settled: longer than an edge believes a pointer.
const SETTLING: u64 = 6_000;

/// A site on which every local probe has something to look at.
fn site() -> Value {
    let function = |prefix: &str| {
        json!({
            "prefix": prefix, "region": "eu-west-1",
            "host": "keyfrontacceptfunctionurl0000000.lambda-url.eu-west-1.on.aws",
        })
    };
    json!({
        "v": 1, "bucket": "keyfront-dev", "region": "eu-west-1", "style": "virtual", "signing": "sigv4",
        "query": ["response-content-disposition"],
        "cors": [{"origins": ["https://accept.example"], "headers": ["range"], "max_age": 600}],
        "publish": function("/_publish"), "reader": function("/read"),
    })
}

fn accept(dev_json: &Path, flags: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(artefacts::keyfront());
    command
        .args(["accept", "--json", "--dev"])
        .arg(dev_json)
        .args(flags)
        .stdin(std::process::Stdio::null())
        .kill_on_drop(true);
    command
}

/// The document that a run printed.
fn document(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no document:\n{text}"))
}

/// The numbers of the probes with a verdict.
fn with_verdict(document: &Value, verdict: &str) -> Vec<u8> {
    let probes = document["probes"].as_array().unwrap().iter();
    probes
        .filter(|probe| probe["verdict"] == verdict)
        .map(|probe| probe["number"].as_u64().unwrap().try_into().unwrap())
        .collect()
}

fn interrupt(pid: u32) {
    let sent = std::process::Command::new("kill")
        .args(["-INT", &pid.to_string()])
        .status();
    assert!(sent.unwrap().success());
}
