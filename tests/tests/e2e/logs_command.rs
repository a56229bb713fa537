//! Logs of the edge, which lie in every Region that ran it: their retention, and `keyfront logs`.

use std::{
    process::Output,
    time::{SystemTime, UNIX_EPOCH},
};

use keyfront_tests::scripted_aws::{FakeStack, LogLine, ScriptedAws};

const EDGE: &str = "/aws/lambda/us-east-1.media-EdgeFunction-1";
const ID: &str = "1RiZbRkMhnNvqZ9o2-y2bP2tSDK5m8uVbVXs3iXkd3nTMQqZ8xkjkQ==";

async fn aws_with_stacks() -> ScriptedAws {
    let aws = ScriptedAws::start().await;
    for region in ["eu-central-1", "us-east-1"] {
        let at = (region.to_owned(), "media".to_owned());
        let stack = FakeStack::at_rest(region, "media", "CREATE_COMPLETE");
        aws.state().stacks.insert(at, stack);
    }
    aws
}

fn log(aws: &ScriptedAws, region: &str, group: &str, minutes_ago: i64, message: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = (region.to_owned(), group.to_owned());
    aws.state().log_groups.entry(at).or_default();
    aws.state().log_lines.push(LogLine {
        region: region.to_owned(),
        group: group.to_owned(),
        timestamp: i64::try_from(now.as_millis()).unwrap() - minutes_ago * 60_000,
        message: message.to_owned(),
    });
}

async fn logs(aws: &ScriptedAws, flags: &[&str]) -> Output {
    let fixed = ["logs", "--stack=media", "--region=eu-central-1"];
    aws.keyfront(&[&fixed, flags].concat())
        .output()
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requests_lines_are_found_in_every_region_and_in_the_origins_log_by_time() {
    let aws = aws_with_stacks().await;
    let line = |what: &str| format!("keyfront {what} request {ID}: why\u{1b}[2J\n");
    log(&aws, "ap-south-1", EDGE, 3, &line("second"));
    log(&aws, "us-east-1", EDGE, 9, &line("first"));
    log(
        &aws,
        "us-east-1",
        EDGE,
        8,
        "keyfront other request another-id: why",
    );
    log(
        &aws,
        "eu-central-1",
        "/keyfront/media/origin",
        1,
        &line("third"),
    );
    log(&aws, "sa-east-1", EDGE, 3 * 24 * 60, &line("old"));
    aws.state().throttle.insert("FilterLogEvents".to_owned(), 3);
    let found = logs(&aws, &[ID]).await;
    assert!(found.status.success(), "{}", text(&found.stderr));
    let shown = text(&found.stdout);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 3, "{shown}");
    for (line, (region, what)) in lines.iter().zip([
        ("us-east-1", "first"),
        ("ap-south-1", "second"),
        ("eu-central-1", "third"),
    ]) {
        assert!(line.contains(region) && line.contains(what), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    let longer = logs(&aws, &[ID, "--since=7d", "--json"]).await;
    let oldest = text(&longer.stdout);
    let oldest: serde_json::Value = serde_json::from_str(oldest.lines().next().unwrap()).unwrap();
    assert_eq!(oldest["region"], "sa-east-1");
    assert_eq!(oldest["group"], EDGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_found_and_a_region_that_is_not_searched_have_exit_codes_of_their_own() {
    let aws = aws_with_stacks().await;
    let none = logs(&aws, &[ID]).await;
    assert_eq!(none.status.code(), Some(5));
    assert!(text(&none.stderr).contains("No lines of request"));
    log(&aws, "us-east-1", EDGE, 1, ID);
    aws.state().regions_denied.insert("eu-west-3".to_owned());
    let partial = logs(&aws, &[ID]).await;
    assert_eq!(partial.status.code(), Some(3));
    assert!(text(&partial.stdout).contains("us-east-1"));
    let reported = text(&partial.stderr);
    assert!(
        reported.contains("eu-west-3 could not be searched"),
        "{reported}"
    );
    let quoted = logs(&aws, &["with\"quote"]).await;
    assert_eq!(quoted.status.code(), Some(2));
}
