//! The AWS that a page's lines are run at.

use std::time::{SystemTime, UNIX_EPOCH};

use keyfront_tests::scripted_aws::{FakeStack, LogLine, ScriptedAws};

/// The request that the log of the account has.
pub(super) const REQUEST: &str = "1RiZbRkMhnNvqZ9o2-y2bP2tSDK5m8uVbVXs3iXkd3nTMQqZ8xkjkQ==";

/// An AWS with what the lines of a page are about: the system that is deployed, where they deploy none.
pub(super) async fn account(page: &str) -> ScriptedAws {
    let aws = ScriptedAws::start().await;
    let mut state = aws.state();
    for bucket in ["media-content", "company-app"] {
        state.buckets.insert(bucket.to_owned());
    }
    let key = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    state.bucket_key = Some(key.to_owned());
    // A page that deploys nothing speaks of what is deployed.
    if !page.contains("keyfront deploy --stack") {
        for region in ["eu-central-1", "us-east-1"] {
            let stack = FakeStack::at_rest(region, "media", "CREATE_COMPLETE");
            state
                .stacks
                .insert((region.to_owned(), "media".to_owned()), stack);
        }
    }
    let group = (
        "us-east-1".to_owned(),
        "/aws/lambda/us-east-1.media-EdgeFunction-1".to_owned(),
    );
    state.log_groups.insert(group.clone(), None);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    state.log_lines.push(LogLine {
        region: group.0,
        group: group.1,
        timestamp: i64::try_from(now.as_millis()).unwrap() - 60_000,
        message: format!("keyfront refused request {REQUEST}: why"),
    });
    drop(state);
    aws
}
