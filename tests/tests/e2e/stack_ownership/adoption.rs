//! Systems without the tag, adopted by name.

use keyfront_cloudformation::Template;
use keyfront_tests::scripted_aws::FakeStack;
use tokio::io::AsyncWriteExt as _;

use super::{FUNCTION, at};
use crate::deploy_bench::{Bench, TOGETHER, done, text};

/// In place of what is typed.
const CONFIRMED: [&str; 2] = ["--confirm", "media"];

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
    assert!(
        reported.contains("`keyfront adopt --confirm media`"),
        "{reported}"
    );
    assert_eq!(bench.writes(), Vec::<String>::new());

    done(&bench.run("adopt", &CONFIRMED).await);
    let adopted = bench.aws.state().stacks[&at(TOGETHER)].clone();
    assert_eq!(adopted.tags["keyfront:stack"], "media");
    assert_eq!(adopted.tags["team"], "media");
    assert_eq!(
        (adopted.template, adopted.parameters),
        (template, parameters)
    );
    assert_eq!(bench.count("ExecuteChangeSet"), 1);
    let again = done(&bench.run("adopt", &CONFIRMED).await);
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
async fn without_a_terminal_a_system_is_adopted_by_its_name_alone() {
    let bench = Bench::new().await;
    let made = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    bench.aws.state().stacks.insert(at(TOGETHER), made);
    for (arguments, code) in [
        (&["--confirm", "shop"][..], 4),
        (&["--confirm", ""], 4),
        (&["--confirm", "MEDIA"], 4),
        (&["--yes"], 2),
        (&["--confirm"], 2),
    ] {
        let output = bench.run("adopt", arguments).await;
        let reported = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {reported}"
        );
    }
    assert_eq!(bench.writes(), Vec::<String>::new());
    done(&bench.run("adopt", &CONFIRMED).await);
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
    let refused = bench.run_in(region, "adopt", &CONFIRMED).await;
    assert_eq!(refused.status.code(), Some(3));
    assert_eq!(bench.writes(), Vec::<String>::new());
    edge.parameters
        .insert("BucketRegion".to_owned(), region.to_owned());
    bench.aws.state().stacks.insert(at(TOGETHER), edge);
    done(&bench.run_in(region, "adopt", &CONFIRMED).await);
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
    let refused = bench.run("adopt", &CONFIRMED).await;
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
    let output = bench.run("adopt", &CONFIRMED).await;
    assert_eq!(output.status.code(), Some(3));
    let mut stopped = FakeStack::of_template(TOGETHER, "media", Template::Keyfront);
    stopped.status = "UPDATE_ROLLBACK_FAILED".to_owned();
    bench.aws.state().stacks.insert(at(TOGETHER), stopped);
    let output = bench.run("adopt", &CONFIRMED).await;
    assert_eq!(output.status.code(), Some(3));
    let reported = text(&output.stderr);
    assert!(reported.contains("only a complete stack"), "{reported}");
    assert_eq!(bench.writes(), Vec::<String>::new());
}
