//! Keys that sign for viewers, where the document of sites leaves them to `deploy`: made, trusted, replaced and given up.

use serde_json::{Value, json};

use crate::deploy_bench::{Bench, TOGETHER, done, text};

const ALIAS: &str = "alias/keyfront/media/viewers";
const PROTECTED: &str = r#"{"v":1,"viewers":{"prefixes":["members/"],"logins":true}}"#;

impl Bench {
    fn protecting(&self) -> String {
        let path = self.packages.path().join("protected.json");
        std::fs::write(&path, PROTECTED).unwrap();
        format!("--sites={}", path.display())
    }

    async fn deploy_protected(&self) {
        let sites = self.protecting();
        done(&self.deploy(TOGETHER, &["--yes", &sites]).await);
    }

    /// `keyfront viewers COMMAND`, as JSON.
    async fn keys(&self, command: &str, flags: &[&str]) -> Value {
        let fixed = [
            "viewers",
            command,
            "--stack=media",
            "--region",
            TOGETHER,
            "--json",
        ];
        let mut command = self.aws.keyfront(&[&fixed, flags].concat());
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn step(&self, flags: &[&str]) -> String {
        let taken = self.keys("rotate-key", flags).await;
        taken["step"]["name"].as_str().unwrap().to_owned()
    }

    /// The public keys of the stack's template, and the key that its origin signs with.
    fn keys_of_template(&self) -> (usize, Option<String>) {
        let state = self.aws.state();
        let stack = state.stacks.values().next().unwrap();
        let template = state.template_of(stack).unwrap();
        let signs = template.split("KEYFRONT_VIEWER_SIGNING_KEY: \"").nth(1);
        let signs = signs.and_then(|rest| rest.split('"').next());
        let keys = template.matches("Type: AWS::CloudFront::PublicKey").count();
        (keys, signs.map(str::to_owned))
    }

    fn signing_key(&self, number: usize) -> String {
        self.aws.state().signing_keys[number].arn.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_deployment_makes_the_key_and_trusts_it_and_the_next_one_finds_it() {
    for region in [TOGETHER, "eu-central-1"] {
        let bench = Bench::new().await;
        let sites = bench.protecting();
        let rehearsed = bench.deploy(region, &["--dry-run", &sites]).await;
        let shown = text(&rehearsed.stdout);
        assert!(rehearsed.status.success(), "{}", text(&rehearsed.stderr));
        assert!(
            shown.contains(&format!(
                "would create a key in KMS that signs for viewers, {ALIAS}"
            )),
            "{shown}"
        );
        assert!(shown.contains("would upload the template to "), "{shown}");
        assert_eq!(bench.count("CreateKey"), 0);

        done(&bench.deploy(region, &["--yes", &sites]).await);
        {
            let state = bench.aws.state();
            let [key] = &state.signing_keys[..] else {
                panic!("{:?}", state.signing_keys)
            };
            assert_eq!(key.tags["keyfront:stack"], "media");
            assert!(key.arn.contains(region), "{}", key.arn);
            assert_eq!(state.key_aliases[ALIAS], key.arn);
        }
        let again = bench.deploy(region, &["--yes", &sites]).await;
        assert!(done(&again).contains("no changes"));
        assert_eq!(bench.count("CreateKey"), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_stopped_behind_the_key_goes_on_with_it() {
    let bench = Bench::new().await;
    bench.aws.state().failing = Some(("Bucket".to_owned(), "no".to_owned()));
    let sites = bench.protecting();
    let failed = bench.deploy(TOGETHER, &["--yes", &sites]).await;
    assert!(!failed.status.success());
    bench.aws.state().failing = None;
    let flags = ["--yes", "--replace-failed", &sites];
    done(&bench.deploy(TOGETHER, &flags).await);
    assert_eq!(bench.count("CreateKey"), 1);
    assert_eq!(bench.keys_of_template(), (1, Some(bench.signing_key(0))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_takes_anothers_place_step_by_step_and_no_step_comes_before_its_deployment() {
    let bench = Bench::new().await;
    bench.deploy_protected().await;
    assert_eq!(bench.keys("status", &[]).await["next"]["name"], "make");
    assert_eq!(bench.step(&["--dry-run"]).await, "make");
    assert_eq!(bench.count("CreateKey"), 1);

    assert_eq!(bench.step(&[]).await, "make");
    // The CDN does not trust it yet.
    assert_eq!(bench.step(&[]).await, "deploy");
    let status = bench.keys("status", &[]).await;
    assert_eq!(status["keys"][1]["place"], "signs next");
    assert_eq!(status["keys"][1]["trusted"], false);
    bench.deploy_protected().await;
    assert_eq!(bench.keys_of_template(), (2, Some(bench.signing_key(0))));

    assert_eq!(bench.step(&[]).await, "promote");
    assert_eq!(bench.step(&[]).await, "deploy");
    bench.deploy_protected().await;
    assert_eq!(bench.keys_of_template(), (2, Some(bench.signing_key(1))));

    // What the former key signed counts for a week from that deployment.
    assert_eq!(bench.step(&[]).await, "wait");
    assert_eq!(bench.aws.state().keys_ending.len(), 0);
    let former = bench.signing_key(0);
    let weeks_ago = {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        (now - 8 * 86_400).to_string()
    };
    {
        let mut state = bench.aws.state();
        let tag = state.signing_keys[0].tags.get_mut("keyfront:unused-since");
        *tag.unwrap() = weeks_ago;
    }
    assert_eq!(bench.step(&[]).await, "retire");
    assert_eq!(bench.aws.state().keys_ending, [former]);
    assert_eq!(bench.step(&[]).await, "deploy");
    bench.deploy_protected().await;
    assert_eq!(bench.keys_of_template(), (1, Some(bench.signing_key(1))));
    assert_eq!(bench.step(&["--dry-run"]).await, "make");
    let stays = [(ALIAS.to_owned(), bench.signing_key(1))].into();
    assert_eq!(bench.aws.state().key_aliases, stays);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_former_key_is_given_up_at_once_where_that_is_wanted() {
    let bench = Bench::new().await;
    bench.deploy_protected().await;
    for expected in ["make", "promote"] {
        assert_eq!(bench.step(&["--now"]).await, expected);
        bench.deploy_protected().await;
    }
    assert_eq!(bench.step(&["--now"]).await, "retire");
    let former = bench.signing_key(0);
    assert_eq!(bench.aws.state().keys_ending, [former]);
    // As if that run had ended before KMS was told: what was given up never signs or is trusted again.
    bench.aws.state().keys_ending.clear();
    bench.deploy_protected().await;
    assert_eq!(bench.step(&[]).await, "make");
    let next = bench.signing_key(2);
    assert_eq!(
        bench.aws.state().key_aliases[&format!("{ALIAS}-next")],
        next
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_an_interrupted_run_made_is_taken_by_the_next_one() {
    let bench = Bench::new().await;
    bench.deploy_protected().await;
    assert_eq!(bench.step(&[]).await, "make");
    // As if that run had ended before the key had its alias.
    let made = bench
        .aws
        .state()
        .key_aliases
        .remove(&format!("{ALIAS}-next"));
    assert_eq!(bench.step(&[]).await, "make");
    let next = bench.aws.state().key_aliases[&format!("{ALIAS}-next")].clone();
    assert_eq!((Some(next), bench.count("CreateKey")), (made, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_pool_of_a_destroyed_system_is_named_as_what_stays() {
    let bench = Bench::new().await;
    let path = bench.packages.path().join("pool.json");
    let document = r#"{"v":1,"viewers":{"prefixes":["members/"],"logins":true,"user_pool":true}}"#;
    std::fs::write(&path, document).unwrap();
    let sites = format!("--sites={}", path.display());
    done(&bench.deploy(TOGETHER, &["--yes", &sites]).await);
    let destroyed = done(&bench.run("destroy", &["--yes"]).await);
    assert!(destroyed.contains("Kept: UserPool "), "{destroyed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_maker_is_never_taken_and_a_systems_own_keys_go_with_it() {
    let bench = Bench::new().await;
    bench.deploy_protected().await;
    bench.aws.state().signing_keys[0].tags.clear();
    let sites = bench.protecting();
    let refused = bench.deploy(TOGETHER, &["--yes", &sites]).await;
    assert!(
        text(&refused.stderr).contains("has no tag keyfront:stack=media"),
        "{}",
        text(&refused.stderr)
    );
    let tags = json!({"keyfront:stack": "media"});
    bench.aws.state().signing_keys[0].tags = serde_json::from_value(tags).unwrap();
    let destroyed = bench.run("destroy", &["--yes"]).await;
    let shown = text(&destroyed.stderr);
    assert!(shown.contains("Keys that sign for viewers"), "{shown}");
    let state = bench.aws.state();
    assert_eq!(state.keys_ending, [state.signing_keys[0].arn.clone()]);
    assert!(state.key_aliases.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_of_its_own_a_system_has_nothing_to_rotate() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let status = bench.keys("status", &[]).await;
    assert_eq!(status["keys"], Value::Null);
    let fixed = [
        "viewers",
        "rotate-key",
        "--stack=media",
        "--region",
        TOGETHER,
    ];
    let refused = bench.aws.keyfront(&fixed).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("keyfront created no key for viewers of stack media"));
}
