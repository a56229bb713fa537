//! Deployed and throw-away stacks, with an AWS that says what it is told to.

use std::time::{Duration, Instant};

use bytes::Bytes;
use keyfront_tests::{
    scripted_aws::{FakeStack, Held, ScriptedAws},
    stub_origin::StubOrigin,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{document, interrupt, with_verdict};

/// A run on a throw-away stack, with small packages.
fn throw_away(aws: &ScriptedAws, packages: &TempDir) -> tokio::process::Command {
    let package = |file: &str, entry: &str| {
        let path = packages.path().join(file);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
        zip.start_file(entry, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.finish().unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (edge, origin) = (
        package("edge.zip", "index.mjs"),
        package("origin.zip", "bootstrap"),
    );
    let mut command = aws.keyfront(&["accept", "--json", "--poll=5", "--region", "us-east-1"]);
    command
        .args(["--edge-bundle", &edge, "--origin-package", &origin])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throw_away_stack_that_fails_is_removed_again() {
    let aws = ScriptedAws::start().await;
    aws.state().failing = Some(("Bucket".to_owned(), "no more buckets".to_owned()));
    let packages = tempfile::tempdir().unwrap();
    let output = throw_away(&aws, &packages).output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("no more buckets"), "{told}");
    assert!(told.contains("keyfront deploy ended with"), "{told}");
    assert!(output.stdout.is_empty());
    assert!(aws.state().stacks.is_empty(), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_the_deployment_removes_the_stack() {
    let aws = ScriptedAws::start().await;
    aws.state().held = Held::Yes;
    aws.state().replicated = true;
    let packages = tempfile::tempdir().unwrap();
    let run = throw_away(&aws, &packages).spawn().unwrap();
    let patience = Instant::now();
    while !aws
        .actions()
        .iter()
        .any(|action| action == "DescribeStackEvents")
    {
        assert!(
            patience.elapsed() < Duration::from_secs(60),
            "nothing began"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    interrupt(run.id().unwrap());
    aws.state().held = Held::No;
    let output = run.wait_with_output().await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{told}");
    assert!(
        told.contains("interrupted before the probes started"),
        "{told}"
    );
    assert!(aws.state().stacks.is_empty(), "{told}");
    // The replicas are still there: what remains is said with the command that removes it.
    assert!(told.contains("remains: the edge function"), "{told}");
    assert!(
        told.contains("keyfront destroy --stack keyfront-accept-"),
        "{told}"
    );
}

/// A site without a publish route, as long as a header takes, or short.
fn deployed_site(origins: usize) -> String {
    let origins: Vec<String> = (0..origins)
        .map(|at| format!("https://origin-{at:02}.accept.example"))
        .collect();
    json!({
        "v": 1, "bucket": "media-content", "region": "us-east-1", "style": "virtual", "signing": "sigv4", "query": [],
        "cors": [{"origins": origins, "headers": ["range"], "max_age": 600}],
    })
    .to_string()
}

const LONG: usize = 44;

/// An account in which every probe that can be asked here passes, and what its CDN answers.
async fn account() -> (ScriptedAws, StubOrigin) {
    let aws = ScriptedAws::start().await;
    let cdn = StubOrigin::answering(200, &[], "s3 origin").await;
    {
        let mut state = aws.state();
        let stack = FakeStack::at_rest("us-east-1", "media", "CREATE_COMPLETE").of_system("media");
        let at = ("us-east-1".to_owned(), "media".to_owned());
        state.stacks.insert(at, stack);
        state
            .buckets
            .extend(["media-content".to_owned(), "logs".to_owned()]);
        state.cdn_url = Some(cdn.url.clone());
        state.site = deployed_site(LONG);
        state.s3_origin = true;
        state.logging = Some(("logs".to_owned(), "s3-access/".to_owned()));
        state
            .objects
            .insert("logs/s3-access/one".to_owned(), Bytes::new());
        let group = "/aws/lambda/us-east-1.media-EdgeFunction-1".to_owned();
        state
            .log_groups
            .insert(("eu-west-1".to_owned(), group), Some(30));
    }
    (aws, cdn)
}

/// A run on the stack of [`account`], of these probes: the document.
async fn run_on_stack(aws: &ScriptedAws, only: &str) -> Value {
    let line = [
        "accept",
        "--json",
        "--stack",
        "media",
        "--region",
        "us-east-1",
        "--only",
        only,
    ];
    let output = aws.keyfront(&line).output().await.unwrap();
    let told = document(&output);
    let failed = told["summary"]["fail"] != 0;
    assert_eq!(
        output.status.code(),
        Some(if failed { 3 } else { 0 }),
        "{told:#}"
    );
    told
}

fn evidence(told: &Value, number: u8) -> &str {
    let mut probes = told["probes"].as_array().unwrap().iter();
    let probe = probes.find(|probe| probe["number"] == number).unwrap();
    probe["evidence"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_deployed_stack_probes_pass_or_fail_by_what_aws_answers() {
    let (aws, _cdn) = account().await;
    let told = run_on_stack(&aws, "2,4,26,27").await;
    assert_eq!(with_verdict(&told, "pass"), [2, 4, 26, 27], "{told:#}");
    assert_eq!(told["system"]["kind"], "stack");
    assert_eq!(told["remains"], json!([]));
    assert!(
        evidence(&told, 27).contains("eu-west-1 (30 days)"),
        "{told:#}"
    );
    assert!(
        evidence(&told, 26).contains("s3://logs/s3-access/one"),
        "{told:#}"
    );
    // The run's object is gone, and nobody else's.
    let objects: Vec<String> = aws.state().objects.keys().cloned().collect();
    assert_eq!(objects, ["logs/s3-access/one"]);

    let broken = StubOrigin::answering(502, &[], "").await;
    aws.state().cdn_url = Some(broken.url.clone());
    aws.state().log_groups.clear();
    aws.state().unlisted.insert("logs".to_owned());
    let told = run_on_stack(&aws, "2,4,13,26,27").await;
    assert_eq!(with_verdict(&told, "pass"), [2], "{told:#}");
    assert_eq!(with_verdict(&told, "fail"), [4, 13, 26, 27], "{told:#}");
    assert_eq!(evidence(&told, 4), "502");
    assert!(evidence(&told, 13).ends_with("it is 502"), "{told:#}");
    assert!(evidence(&told, 26).contains("AccessDenied"), "{told:#}");
    assert!(
        evidence(&told, 27).contains("no Region has a log group"),
        "{told:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_deployed_stack_what_it_does_not_have_is_skipped_with_the_reason() {
    let (aws, _cdn) = account().await;
    aws.state().site = deployed_site(2);
    aws.state().s3_origin = false;
    aws.state().logging = None;
    let told = run_on_stack(&aws, "1,2,4,10,26,28,39").await;
    assert_eq!(
        with_verdict(&told, "skipped"),
        [1, 2, 4, 10, 26, 28, 39],
        "{told:#}"
    );
    for (number, reason) in [
        (1, "without --stack, on a throw-away stack"),
        (2, "more CorsOrigins make it longer"),
        (4, "OriginType=s3"),
        (10, "it would break the system for others"),
        (26, "Audit=true"),
        (28, "on a throw-away stack"),
    ] {
        assert!(evidence(&told, number).contains(reason), "{told:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throw_away_stack_is_deployed_tried_and_removed() {
    for replicated in [true, false] {
        let (aws, _cdn) = account().await;
        aws.state().replicated = replicated;
        let packages = tempfile::tempdir().unwrap();
        let mut run = throw_away(&aws, &packages);
        let output = run.args(["--only", "1,2,28"]).output().await.unwrap();
        let told = document(&output);
        assert_eq!(told["system"]["kind"], "throw-away");
        let name = told["system"]["name"].as_str().unwrap().to_owned();
        let state = aws.state();
        assert!(
            state.stacks.keys().all(|(_, stack)| *stack != name),
            "{told:#}"
        );
        assert!(
            !state.buckets.contains(&format!("{name}-content")),
            "{told:#}"
        );
        assert_eq!(state.keys_ending, std::slice::from_ref(&name), "{told:#}");
        let remains = told["remains"].as_array().unwrap();
        if replicated {
            assert_eq!(with_verdict(&told, "pass"), [1, 2, 28], "{told:#}");
            assert_eq!(output.status.code(), Some(0));
            let said = remains[0].as_str().unwrap();
            assert!(
                said.contains(&format!("keyfront destroy --stack {name}")),
                "{said}"
            );
        } else {
            assert_eq!(with_verdict(&told, "fail"), [28], "{told:#}");
            assert_eq!(output.status.code(), Some(3));
            assert!(remains.is_empty(), "{told:#}");
        }
    }
}
