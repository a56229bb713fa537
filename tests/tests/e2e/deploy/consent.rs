//! What makes no call: a dry run, a question that nobody answers, input that is wrong.

use crate::deploy_bench::{Bench, TOGETHER, done, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_makes_no_call_that_writes() {
    let bench = Bench::new().await;
    let output = bench.deploy("eu-central-1", &["--dry-run"]).await;
    done(&output);
    let output_text = text(&output.stdout);
    assert!(
        output_text.contains("would create stack media in eu-central-1 from origin.yaml"),
        "{output_text}"
    );
    assert!(
        output_text.contains("would upload edge-cloudfront/"),
        "{output_text}"
    );
    assert_eq!(bench.writes(), Vec::<String>::new());
    assert!(!bench.aws.actions().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nothing_is_done_unless_yes_is_given() {
    let bench = Bench::new().await;
    let output = bench.deploy(TOGETHER, &[]).await;
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output.stderr).contains("--yes"));
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn bad_input_is_refused_before_any_call() {
    let bench = Bench::new().await;
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let long = format!("CorsOrigins={}", origins.join(","));
    let cases: &[(&str, &[&str], &str)] = &[
        ("us-east-1", &["--stack=Media"], "lower-case letters"),
        (
            "us-east-1",
            &["--stack=a-name-that-is-much-too-long-for-it"],
            "longer than 32",
        ),
        (
            "us-east-1",
            &["-p", "ExistingBucket=my.bucket"],
            "has a dot",
        ),
        (
            "us-east-1",
            &["-p", "ExistingBucket=mine"],
            "needs ExistingKeyArn",
        ),
        (
            "us-east-1",
            &["-p", "MultiRegionAccessPoint=abc.mrap"],
            "needs AccessPointBuckets",
        ),
        (
            "us-east-1",
            &[
                "-p",
                "CertificateArn=arn:aws:acm:eu-west-1:123456789012:certificate/c",
            ],
            "us-east-1",
        ),
        ("us-east-1", &["-p", &long], "1783"),
        (
            "eu-west-1",
            &[
                "-p",
                "ExistingKeyArn=arn:aws:kms:us-east-1:123456789012:key/k",
            ],
            "replica",
        ),
        ("ca-west-1", &[], "no Lambda Function URLs"),
        (
            "us-east-1",
            &["--edge-bundle=/nonexistent"],
            "make bundle-edge",
        ),
    ];
    for (region, flags, expected) in cases {
        let (edge, origin) = (bench.package("edge.zip"), bench.package("origin.zip"));
        let mut line = vec!["deploy", "--yes", "--region", region];
        for (flag, default) in [
            ("--stack", "media"),
            ("--edge-bundle", &edge),
            ("--origin-package", &origin),
        ] {
            if !flags.iter().any(|given| given.starts_with(flag)) {
                line.extend([flag, default]);
            }
        }
        line.extend(*flags);
        let output = bench.aws.keyfront(&line).output().await.unwrap();
        assert_eq!(
            output.status.code(),
            Some(3),
            "{flags:?}: {}",
            text(&output.stderr)
        );
        assert!(
            text(&output.stderr).contains(expected),
            "{}",
            text(&output.stderr)
        );
    }
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}
