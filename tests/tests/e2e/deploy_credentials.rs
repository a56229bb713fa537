//! What a deployment hands out and takes back: the first publisher's token, and the sessions of the roles.

use serde_json::{Value, json};

use super::deploy_bench::{Bench, POLICY, TOGETHER, done, text};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_token_opens_one_folder_for_a_while() {
    for (line, prefix, days) in [
        (&["--yes"][..], "first/", 90),
        (
            &["--yes", "-p", "SitePrefix=www/", "--publisher=web"],
            "www/web/",
            90,
        ),
        (
            &["--yes", "--publisher-prefix=img/", "--publisher-expires=2d"],
            "img/",
            2,
        ),
    ] {
        let bench = Bench::new().await;
        let output = bench.deploy(TOGETHER, line).await;
        done(&output);
        let policy: Value = serde_json::from_slice(&bench.aws.state().objects[POLICY]).unwrap();
        let publisher = &policy["publishers"][0];
        assert_eq!(publisher["rules"][0]["prefix"], prefix);
        let end = publisher["tokens"][0]["expires"].as_str().unwrap();
        let end = time::OffsetDateTime::parse(end, &time::format_description::well_known::Rfc3339);
        let left = end.unwrap() - time::OffsetDateTime::now_utc();
        assert_eq!(left.whole_hours(), days * 24 - 1, "{policy}");
        let said = text(&output.stderr);
        assert!(
            said.contains(&format!("publishes under {prefix:?} until")),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_publisher_that_cannot_be_is_refused_before_anything_is_written() {
    let bench = Bench::new().await;
    for line in [
        &["--yes", "--publisher={x}"][..],
        &["--yes", "--publisher-expires=2020-01-01T00:00:00Z"],
    ] {
        let output = bench.deploy(TOGETHER, line).await;
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_the_origin_are_revoked_and_its_function_gets_new_ones() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let unconfirmed = bench.run("revoke-sessions", &[]).await;
    assert_eq!(unconfirmed.status.code(), Some(4));
    assert!(bench.aws.state().role_policies.is_empty());

    done(&bench.run("revoke-sessions", &["--yes"]).await);
    let policies = bench.aws.state().role_policies.clone();
    let [[role, name, document]] = &policies[..] else {
        panic!("{policies:?}")
    };
    assert_eq!(
        (role.as_str(), name.as_str()),
        ("media-OriginRole-1", "AWSRevokeOlderSessions")
    );
    let document: Value = serde_json::from_str(document).unwrap();
    let statement = &document["Statement"][0];
    assert_eq!(
        (
            &statement["Effect"],
            &statement["Action"],
            &statement["Resource"]
        ),
        (&json!("Deny"), &json!("*"), &json!("*"))
    );
    assert!(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"].is_string());
    let described = bench.aws.state().described_functions.clone();
    assert_eq!(described[0][0], "media-OriginFunction-1");

    // What the edge has at its instances nobody can replace at once.
    let output = bench
        .run("revoke-sessions", &["--yes", "--role=edge"])
        .await;
    done(&output);
    assert_eq!(bench.aws.state().role_policies[1][0], "media-EdgeRole-1");
    assert_eq!(bench.aws.state().described_functions.len(), 1);
    assert!(text(&output.stderr).contains("Edge instances"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_system_reserves_instances_where_the_account_has_them() {
    for (unreserved, line, reserved) in [
        (1000, &["--yes"][..], Some("50")),
        (
            1000,
            &["--yes", "-p", "OriginReservedConcurrency=7"],
            Some("7"),
        ),
        (
            1000,
            &["--yes", "-p", "OriginReservedConcurrency=0"],
            Some("0"),
        ),
        (10, &["--yes"], None),
    ] {
        let bench = Bench::new().await;
        bench.aws.state().unreserved = unreserved;
        let output = bench.deploy(TOGETHER, line).await;
        done(&output);
        let parameter = |bench: &Bench| {
            let state = bench.aws.state();
            let stack = &state.stacks[&(TOGETHER.to_owned(), "media".to_owned())];
            let value = stack.parameters.get("OriginReservedConcurrency").cloned();
            value.filter(|value| value != "0" || reserved == Some("0"))
        };
        assert_eq!(parameter(&bench).as_deref(), reserved, "{line:?}");
        let said = text(&output.stderr).contains("cannot reserve 50 instances");
        assert_eq!(said, unreserved == 10);
        // A stack that is there keeps what it has.
        bench.aws.state().unreserved = 1000;
        done(
            &bench
                .deploy(TOGETHER, &["--yes", "-p", "LogRetentionDays=7"])
                .await,
        );
        assert_eq!(parameter(&bench).as_deref(), reserved, "{line:?}");
    }
}

/// A profile with keys of its own.
const PROFILES: &str = "[profile good]\naws_access_key_id = AKIDOFPROFILE\naws_secret_access_key = secret-of-the-profile\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_is_given_beats_the_environment_and_one_that_is_not_there_calls_nobody() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, PROFILES).unwrap();
    let with = |command: &'static str, profile: &'static str| {
        let line = [
            command,
            "--stack=media",
            "--region=us-east-1",
            "--profile",
            profile,
        ];
        let mut command = bench.aws.keyfront(&line);
        command.env("AWS_CONFIG_FILE", &file);
        command
    };
    // The environment has keys too (those of the bench), which another account's could be.
    for command in ["status", "destroy", "adopt"] {
        let output = with(command, "good").output().await.unwrap();
        let said = text(&output.stderr);
        let calls = std::mem::take(&mut bench.aws.state().calls);
        assert!(!calls.is_empty(), "{command}: {said}");
        for call in &calls {
            assert_eq!(call.access_key, "AKIDOFPROFILE", "{command}: {call:?}");
        }
        let announced = "account 123456789012, Region us-east-1, as arn:aws:iam::123456789012:user/t, by profile good";
        assert_eq!(
            said.contains(announced),
            command != "status",
            "{command}: {said}"
        );
    }
    let output = with("status", "absent").output().await.unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("profile absent has no credentials"), "{said}");
    assert!(bench.aws.state().calls.is_empty());

    // Without a profile the environment's keys sign, and the line says so.
    let output = bench.deploy(TOGETHER, &["--yes"]).await;
    let said = done(&output);
    assert!(
        said.contains("by AWS_ACCESS_KEY_ID in the environment"),
        "{said}"
    );
}
