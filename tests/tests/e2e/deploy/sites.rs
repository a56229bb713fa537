//! Several sites by one document: in the templates, refused, with their buckets and keys.

use crate::deploy_bench::{Bench, TOGETHER, done, text};

const SITES: &str = r#"{"v":1,"sites":[
    {"path":"/docs/","prefix":"handbook/","index":"index.html"},
    {"path":"/media/","bucket":"media-content","key_arn":"arn:aws:kms:us-east-1:123456789012:key/k"}]}"#;

impl Bench {
    fn sites(&self, document: &str) -> String {
        let path = self.packages.path().join("sites.json");
        std::fs::write(&path, document).unwrap();
        format!("--sites={}", path.display())
    }

    /// The texts of the system's templates.
    fn templates(&self) -> Vec<String> {
        let state = self.aws.state();
        let stacks = state.stacks.values();
        stacks
            .map(|stack| state.template_of(stack).unwrap())
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_are_in_the_templates_of_both_layouts_and_stay_until_they_are_taken_down_by_name() {
    for region in [TOGETHER, "eu-central-1"] {
        let bench = Bench::new().await;
        let sites = bench.sites(SITES);
        let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
        bench.aws.state().bucket_key = Some(arn.to_owned());
        done(&bench.deploy(region, &["--yes", &sites]).await);
        let texts = bench.templates().concat();
        for part in [
            "PathPattern: \"/docs/*\"",
            "- Id: \"site/media/\"",
            "Sid: ReadSites",
            "KEYFRONT_FURTHER_SITES: ",
        ] {
            assert_eq!(texts.matches(part).count(), 1, "{region}: {part}");
        }
        let again = bench.deploy(region, &["--yes", &sites]).await;
        assert!(done(&again).contains("no changes"));
        let executed = bench.count("ExecuteChangeSet");
        let forgotten = bench.deploy(region, &["--yes"]).await;
        let reported = text(&forgotten.stderr);
        assert_eq!(forgotten.status.code(), Some(3), "{reported}");
        assert!(
            reported.contains("serves the sites /docs/,/media/"),
            "{reported}"
        );
        assert_eq!(bench.count("ExecuteChangeSet"), executed);
        done(&bench.deploy(region, &["--yes", "--no-sites"]).await);
        assert!(!bench.templates().concat().contains("site/docs/"));
        done(&bench.deploy(region, &["--yes"]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_document_of_sites_is_refused_by_its_field_before_any_call() {
    let bench = Bench::new().await;
    let long: Vec<String> = (0..19)
        .map(|at| format!(r#"{{"path":"/{at}/","prefix":"{}/"}}"#, "p".repeat(250)))
        .collect();
    let existing: Vec<String> = (0..19)
        .map(|at| {
            let (prefix, key) = ("p".repeat(200), format!("arn:aws:kms:us-east-1:123456789012:key/{at}"));
            format!(r#"{{"path":"/{at}/","prefix":"{prefix}/","bucket":"media-{at}","key_arn":"{key}"}}"#)
        })
        .collect();
    let document = |entries: &[String]| format!(r#"{{"v":1,"sites":[{}]}}"#, entries.join(","));
    let one = |entry: &str| document(&[entry.to_owned()]);
    for (sites, parameters, expected) in [
        (
            one(r#"{"path":"/docs"}"#),
            &[][..],
            "site 1 (\"/docs\"): path must begin and end with a slash",
        ),
        (
            one(r#"{"path":"/a/","cache":1}"#),
            &[],
            "unknown field `cache`",
        ),
        (
            document(&long),
            &[],
            "the environment of the origin's function would have",
        ),
        (
            document(&existing),
            &[],
            "the policies of the edge's role would have",
        ),
        (
            one(
                r#"{"path":"/a/","bucket":"mine","key_arn":"arn:aws:kms:us-east-1:123456789012:key/k"}"#,
            ),
            &[
                "-p",
                "ExistingBucket=mine",
                "-p",
                "ExistingKeyArn=arn:aws:kms:us-east-1:123456789012:key/k",
            ],
            "bucket mine of --sites is the stack's own",
        ),
        (
            one(&format!(
                r#"{{"path":"/a/","cors":[{{"origins":[{}]}}]}}"#,
                vec![r#""https://app.example.com""#; 80].join(",")
            )),
            &[],
            "site 1 (\"/a/\"): its document has 2238 characters, more than the 1783 that CloudFront allows in a header; shorten",
        ),
    ] {
        let flag = bench.sites(&sites);
        let flags = [&["--yes", flag.as_str()], parameters].concat();
        let output = bench.deploy(TOGETHER, &flags).await;
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{expected}: {reported}");
    }
    let missing = bench
        .deploy(TOGETHER, &["--yes", "--sites=/nonexistent"])
        .await;
    assert_eq!(missing.status.code(), Some(3));
    assert!(text(&missing.stderr).contains("cannot be read"));
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_and_keys_of_sites_must_be_usable_and_belong_together() {
    let bench = Bench::new().await;
    let sites = bench.sites(SITES);
    let refused = async |expected: &str| {
        let before = bench.writes().len();
        let output = bench.deploy(TOGETHER, &["--yes", &sites]).await;
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{reported}");
        assert_eq!(bench.writes().len(), before, "{:?}", bench.writes());
    };
    "Disabled".clone_into(&mut bench.aws.state().key_state);
    refused("--sites: key_arn arn:aws:kms:us-east-1:123456789012:key/k is Disabled").await;
    bench.aws.state().key_state.clear();
    bench.aws.state().bucket_region = Some("eu-west-1".to_owned());
    refused("--sites: bucket media-content is in eu-west-1; give a key_arn of eu-west-1").await;
    bench.aws.state().bucket_region = None;
    bench.aws.state().bucket_key = Some("another".to_owned());
    refused("give --sites: key_arn=another").await;
    bench.aws.state().bucket_key = None;
    bench.aws.state().buckets.clear();
    refused("--sites: bucket media-content: there is no such bucket").await;
}
