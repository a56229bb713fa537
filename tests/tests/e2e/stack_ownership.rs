//! Nothing of others is changed or destroyed: whose a stack is, and whose what it left is, before anything is written.

use keyfront_cloudformation::Template;
use keyfront_tests::scripted_aws::FakeStack;
use tokio::io::AsyncWriteExt as _;

use super::deploy_bench::{Bench, TOGETHER, done, text};

const CHANGING: [&str; 3] = ["destroy", "adopt", "revoke-sessions"];
const FUNCTION: &str = "media-EdgeFunction-1";
const BUCKET: &str = "media-content";
const THEIRS: &str = "media-content/theirs/report.csv";

fn at(region: &str) -> (String, String) {
    (region.to_owned(), "media".to_owned())
}

fn resource(logical_id: &str, kind: &str, id: &str) -> (String, String, String) {
    (logical_id.to_owned(), kind.to_owned(), id.to_owned())
}

/// A shop that someone deployed under the system's name.
fn foreign() -> FakeStack {
    let mut stack = FakeStack::at_rest(TOGETHER, "media", "CREATE_COMPLETE");
    stack.template = "Resources: {Orders: {Type: 'AWS::DynamoDB::Table'}}".to_owned();
    stack.resources = vec![resource("Orders", "AWS::DynamoDB::Table", "orders")];
    stack
}

/// The same, deleted, with what its deletion left.
fn foreign_deleted() -> FakeStack {
    let mut stack = FakeStack::at_rest(TOGETHER, "media", "DELETE_COMPLETE");
    stack.id.push_str("er");
    stack.resources = vec![
        resource("Worker", "AWS::Lambda::Function", "orders-worker"),
        resource("Archive", "AWS::S3::Bucket", "orders-archive"),
    ];
    stack.retained = vec!["Worker".to_owned(), "Archive".to_owned()];
    stack
}

/// Deploy and every command that changes a stack: refused with `expected` in the message, and nothing was written.
async fn refused_by_all(bench: &Bench, region: &str, expected: &str) {
    let mut outputs = vec![bench.deploy(region, &["--yes"]).await];
    let replacing = ["--yes", "--replace-failed"];
    outputs.push(bench.deploy(region, &replacing).await);
    for command in CHANGING {
        outputs.push(bench.run_in(region, command, &["--yes"]).await);
    }
    for output in outputs {
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(expected), "{reported}");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_live_stack_of_the_systems_name_is_left_alone() {
    let bench = Bench::new().await;
    for status in [
        "CREATE_COMPLETE",
        "ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
    ] {
        let mut stack = foreign();
        status.clone_into(&mut stack.status);
        bench.aws.state().stacks.insert(at(TOGETHER), stack);
        refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_makes_no_stack_with_other_resources_the_systems() {
    let bench = Bench::new().await;
    let tagged = foreign().of_system("media");
    bench.aws.state().stacks.insert(at(TOGETHER), tagged);
    refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    let mut mixed = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    mixed.resources.extend(foreign().resources);
    let mixed = mixed.of_system("media");
    bench.aws.state().stacks.insert(at(TOGETHER), mixed);
    refused_by_all(&bench, TOGETHER, "Orders (AWS::DynamoDB::Table)").await;
    let other = FakeStack::of_template(TOGETHER, "media", Template::Keyfront).of_system("shop");
    bench.aws.state().stacks.insert(at(TOGETHER), other);
    refused_by_all(&bench, TOGETHER, "names the system \"shop\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_in_review_is_left_alone_if_another_program_made_its_change_set() {
    let bench = Bench::new().await;
    let mut reviewed = FakeStack::at_rest(TOGETHER, "media", "REVIEW_IN_PROGRESS");
    reviewed.change_sets_of_others = vec!["first-try".to_owned()];
    bench.aws.state().stacks.insert(at(TOGETHER), reviewed);
    refused_by_all(&bench, TOGETHER, "first-try").await;
    bench
        .aws
        .state()
        .stacks
        .get_mut(&at(TOGETHER))
        .unwrap()
        .change_sets_of_others
        .clear();
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_of_another_region_is_not_destroyed() {
    let bench = Bench::new().await;
    done(&bench.deploy("eu-central-1", &["--yes"]).await);
    for region in [TOGETHER, "eu-west-1"] {
        let output = bench.run_in(region, "destroy", &["--yes"]).await;
        assert_eq!(output.status.code(), Some(3), "{region}");
        let reported = text(&output.stderr);
        assert!(reported.contains("--region eu-central-1"), "{reported}");
    }
    assert_eq!(bench.count("DeleteStack"), 0);
    done(&bench.run_in("eu-central-1", "destroy", &["--yes"]).await);
    assert_eq!(bench.count("DeleteStack"), 2);

    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let output = bench.run_in("eu-central-1", "destroy", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(3));
    let reported = text(&output.stderr);
    assert!(reported.contains("--region us-east-1"), "{reported}");
    assert_eq!(bench.count("DeleteStack"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_foreign_deleted_stack_left_is_never_deleted() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    {
        let mut state = bench.aws.state();
        state.past.push((TOGETHER.to_owned(), foreign_deleted()));
        let claiming = {
            let mut stack = foreign_deleted().of_system("media");
            stack.id.push_str("again");
            stack
        };
        state.past.push((TOGETHER.to_owned(), claiming));
        state.buckets.insert("orders-archive".to_owned());
    }
    let flags = ["--yes", "--delete-bucket=orders-archive"];
    let named = bench.run("destroy", &flags).await;
    assert_eq!(named.status.code(), Some(3), "{}", text(&named.stderr));
    assert_eq!(bench.count("DeleteStack"), 0);
    let reported = done(&bench.run("destroy", &["--yes"]).await);
    assert!(reported.contains("Left alone: orders-worker"), "{reported}");
    let state = bench.aws.state();
    assert_eq!(state.deleted_functions, [FUNCTION]);
    assert!(state.buckets.contains("orders-archive"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_others_made_under_the_retained_name_is_not_deleted() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    bench.aws.state().replicated = true;
    let first = bench.run("destroy", &["--yes"]).await;
    assert_eq!(first.status.code(), Some(6));
    bench.aws.state().replicated = false;
    let others = [
        vec![("aws:cloudformation:stack-id", "arn:of:another")],
        vec![],
    ];
    for tags in others {
        let tags = tags.into_iter();
        let tags = tags.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let tags = tags.collect();
        bench
            .aws
            .state()
            .resource_tags
            .insert(FUNCTION.to_owned(), tags);
        let reported = done(&bench.run("destroy", &["--yes"]).await);
        let expected = format!("Left alone: {FUNCTION}");
        assert!(reported.contains(&expected), "{reported}");
        assert!(bench.aws.state().deleted_functions.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn destroy_shows_every_victim_before_it_asks() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let before = bench.writes().len();
    // Nobody is there to say yes.
    let output = bench
        .run("destroy", &["--delete-bucket=media-content"])
        .await;
    let reported = text(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{reported}");
    assert_eq!(bench.writes().len(), before);
    let shown = |id: &str| {
        let mut lines = reported.lines();
        let line = lines.find(|line| line.split_whitespace().last() == Some(id));
        line.map(|line| line.trim().to_owned()).unwrap_or_default()
    };
    let resources = bench.aws.state().stacks[&at(TOGETHER)].resources.clone();
    assert!(resources.len() > 20, "{resources:?}");
    for (logical_id, _, id) in resources {
        let expected = match logical_id.as_str() {
            "Bucket" => "delete with every object in it",
            "Key" => "keep",
            "EdgeFunction" | "EdgeVersion" => "delete after its replicas are removed",
            _ => "delete  ",
        };
        let line = shown(&id);
        assert!(
            line.starts_with(expected),
            "{logical_id}: {line:?}\n{reported}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_others_in_the_systems_bucket_go_only_if_the_bucket_is_named() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    done(&bench.run("destroy", &["--yes"]).await);
    assert!(bench.aws.state().objects.contains_key(THEIRS));
    // Named, as what a deleted stack left.
    let flags = ["--yes", "--delete-bucket=media-content"];
    let reported = done(&bench.run("destroy", &flags).await);
    assert!(
        reported.contains("delete with every object in it"),
        "{reported}"
    );
    let state = bench.aws.state();
    assert!(!state.objects.contains_key(THEIRS) && !state.buckets.contains(BUCKET));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_the_system_did_not_make_is_never_emptied() {
    let bench = Bench::new().await;
    let arn = "arn:aws:kms:us-east-1:123456789012:key/k";
    bench.aws.state().bucket_key = Some(arn.to_owned());
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    let key = format!("ExistingKeyArn={arn}");
    let flags = ["--yes", "-p", "ExistingBucket=media-content", "-p", &key];
    done(&bench.deploy(TOGETHER, &flags).await);
    let named = ["--yes", "--delete-bucket=media-content"];
    let refused = bench.run("destroy", &named).await;
    assert_eq!(refused.status.code(), Some(3));
    let reported = text(&refused.stderr);
    assert!(reported.contains("which only uses it"), "{reported}");
    assert_eq!(bench.count("DeleteStack"), 0);
    done(&bench.run("destroy", &["--yes"]).await);
    assert!(bench.aws.state().objects.contains_key(THEIRS));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_others_made_under_the_systems_name_is_never_emptied() {
    let bench = Bench::new().await;
    done(&bench.deploy(TOGETHER, &["--yes"]).await);
    let object = (THEIRS.to_owned(), bytes::Bytes::from_static(b"theirs"));
    bench.aws.state().objects.extend([object]);
    let tags = [("keyfront:stack".to_owned(), "shop".to_owned())].into();
    bench
        .aws
        .state()
        .resource_tags
        .insert(BUCKET.to_owned(), tags);
    let named = ["--yes", "--delete-bucket=media-content"];
    for _ in 0..2 {
        let refused = bench.run("destroy", &named).await;
        assert_eq!(refused.status.code(), Some(3));
        let reported = text(&refused.stderr);
        assert!(reported.contains("names the system \"shop\""), "{reported}");
        assert!(bench.aws.state().objects.contains_key(THEIRS));
        // Then as what the deleted stack left.
        done(&bench.run("destroy", &["--yes"]).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untagged_system_is_refused_then_adopted_and_then_destroyed() {
    let bench = Bench::new().await;
    let mut made = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    let pairs = [("team", "media")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    made.tags.extend(pairs);
    made.parameters
        .insert("SitePrefix".to_owned(), "p/".to_owned());
    let (template, parameters) = (made.template.clone(), made.parameters.clone());
    bench.aws.state().stacks.insert(at(TOGETHER), made);
    let remedy = "`keyfront adopt --stack media --region us-east-1`";
    for output in [
        bench.deploy(TOGETHER, &["--yes"]).await,
        bench.run("destroy", &["--yes"]).await,
    ] {
        let reported = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{reported}");
        assert!(reported.contains(remedy), "{reported}");
    }
    // Nobody is there to type the name.
    let unasked = bench.run("adopt", &[]).await;
    assert_eq!(unasked.status.code(), Some(4));
    let reported = text(&unasked.stderr);
    assert!(reported.contains("media-Distribution-1"), "{reported}");
    assert_eq!(bench.writes(), Vec::<String>::new());

    done(&bench.run("adopt", &["--yes"]).await);
    let adopted = bench.aws.state().stacks[&at(TOGETHER)].clone();
    assert_eq!(adopted.tags["keyfront:stack"], "media");
    assert_eq!(adopted.tags["team"], "media");
    assert_eq!(
        (adopted.template, adopted.parameters),
        (template, parameters)
    );
    assert_eq!(bench.count("ExecuteChangeSet"), 1);
    let again = done(&bench.run("adopt", &["--yes"]).await);
    assert!(again.contains("Nothing to adopt"), "{again}");
    done(&bench.run("destroy", &["--yes"]).await);
    let state = bench.aws.state();
    assert_eq!(state.deleted_functions, [FUNCTION]);
    assert!(state.stacks.is_empty());
}

/// `keyfront adopt` at a terminal, which script(1) makes, with what is typed there.
async fn adopt_at_a_terminal(bench: &Bench, typed: &str) -> std::process::Output {
    let line = ["adopt", "--poll=5", "--stack=media", "--region", TOGETHER];
    let keyfront = bench.aws.keyfront(&line);
    let keyfront = keyfront.as_std();
    let words = std::iter::once(keyfront.get_program()).chain(keyfront.get_args());
    let words: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let changed = keyfront.get_envs();
    let changed = changed.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let mut terminal = tokio::process::Command::new("script");
    terminal
        .args(["-qec", &words.join(" "), "/dev/null"])
        .env_remove("AWS_PROFILE")
        .envs(changed)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true);
    let mut terminal = terminal.spawn().unwrap();
    let mut input = terminal.stdin.take().unwrap();
    input
        .write_all(format!("{typed}\n").as_bytes())
        .await
        .unwrap();
    let output = terminal.wait_with_output().await.unwrap();
    drop(input);
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_is_adopted_only_after_its_name_was_typed_again() {
    let bench = Bench::new().await;
    let made = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    bench.aws.state().stacks.insert(at(TOGETHER), made);
    for typed in ["y", "shop", ""] {
        let output = adopt_at_a_terminal(&bench, typed).await;
        let shown = text(&output.stdout);
        assert_eq!(output.status.code(), Some(4), "{shown}");
        assert!(shown.contains("Type media"), "{shown}");
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    let output = adopt_at_a_terminal(&bench, "media").await;
    assert!(output.status.success(), "{}", text(&output.stdout));
    let state = bench.aws.state();
    assert_eq!(state.stacks[&at(TOGETHER)].tags["keyfront:stack"], "media");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_stacks_of_a_system_are_adopted_or_neither() {
    let bench = Bench::new().await;
    let region = "eu-central-1";
    let origin = FakeStack::of_template(region, "media", Template::Origin);
    let mut edge = FakeStack::of_template(TOGETHER, "media", Template::Edge);
    edge.parameters
        .insert("BucketRegion".to_owned(), "eu-west-1".to_owned());
    bench.aws.state().stacks.insert(at(region), origin);
    bench.aws.state().stacks.insert(at(TOGETHER), edge.clone());
    let refused = bench.run_in(region, "adopt", &["--yes"]).await;
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(bench.writes(), Vec::<String>::new());
    edge.parameters
        .insert("BucketRegion".to_owned(), region.to_owned());
    bench.aws.state().stacks.insert(at(TOGETHER), edge);
    done(&bench.run_in(region, "adopt", &["--yes"]).await);
    let stacks = bench.aws.state().stacks.clone();
    assert!(
        stacks
            .values()
            .all(|stack| stack.tags["keyfront:stack"] == "media")
    );
    done(&bench.run_in(region, "destroy", &["--yes"]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adoption_that_would_replace_a_resource_is_thrown_away() {
    let bench = Bench::new().await;
    let made = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    bench.aws.state().stacks.insert(at(TOGETHER), made);
    bench.aws.state().replaced = true;
    let refused = bench.run("adopt", &["--yes"]).await;
    let reported = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{reported}");
    assert!(reported.contains("would replace"), "{reported}");
    assert_eq!(bench.count("ExecuteChangeSet"), 0);
    assert_eq!(bench.count("DeleteChangeSet"), 1);
    let state = bench.aws.state();
    assert!(state.stacks[&at(TOGETHER)].tags.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_is_not_there_cannot_be_adopted() {
    let bench = Bench::new().await;
    let output = bench.run("adopt", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(3));
    let mut stopped = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    stopped.status = "UPDATE_ROLLBACK_FAILED".to_owned();
    bench.aws.state().stacks.insert(at(TOGETHER), stopped);
    let output = bench.run("adopt", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(3));
    let reported = text(&output.stderr);
    assert!(reported.contains("only a complete stack"), "{reported}");
    assert_eq!(bench.writes(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_own_tag_cannot_be_given_or_removed() {
    let bench = Bench::new().await;
    for flag in ["--tag=keyfront:stack=shop", "--untag=keyfront:stack"] {
        let output = bench.deploy(TOGETHER, &["--yes", flag]).await;
        assert_eq!(output.status.code(), Some(2));
        let reported = text(&output.stderr);
        assert!(
            reported.contains("keyfront:stack is reserved"),
            "{reported}"
        );
    }
    assert_eq!(bench.aws.actions(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_writes_to_the_bucket_of_a_foreign_stack() {
    let bench = Bench::new().await;
    bench.aws.state().stacks.insert(at(TOGETHER), foreign());
    let publisher = ["publisher", "add", "web", "--prefix=web/"];
    let audit = ["audit", "--fix", "--yes"];
    let accept = ["accept"];
    for command in [&publisher[..], &audit, &accept] {
        let system = ["--stack=media", "--region", TOGETHER];
        let line = [command, &system].concat();
        let output = bench.aws.keyfront(&line).output().await.unwrap();
        let reported = text(&output.stderr);
        assert!(!output.status.success(), "{reported}");
        assert!(
            reported.contains("Orders (AWS::DynamoDB::Table)"),
            "{reported}"
        );
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
}
