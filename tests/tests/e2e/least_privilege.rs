//! The template's grants, neither too few nor too many: each one taken away makes a scenario fail that succeeds with it.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Method, StatusCode};
use keyfront_dev_stack::{Grant, grants};
use keyfront_tests::{
    aws_client,
    grants::{Exercise, Scenario, exercise, rows},
    local_stack::LocalStack,
    wire::Answer,
};
use serde_json::json;

use crate::releases_api::{Publisher, Release, page};

/// Stacks started at once.
const AT_ONCE: usize = 2;

async fn api(stack: &LocalStack, method: Method, target: &str, body: String) -> Answer {
    let headers = [("content-type", "application/json")];
    stack.call(method, target, &headers, body.into()).await
}

/// A multipart upload's own target.
async fn upload(stack: &LocalStack) -> String {
    let plan = json!({"key": "a/big", "size": 9, "method": "multipart"});
    let begun = api(stack, Method::POST, "/uploads", plan.to_string()).await;
    let begun = begun.json();
    format!("/uploads/{}", begun["upload"].as_str().unwrap_or("none"))
}

/// Gives the stack's publisher a customer key of its own.
async fn own_key(stack: &LocalStack) {
    let policy = stack.raw(".keyfront/publishers.json").await.body;
    let mut policy: serde_json::Value = serde_json::from_slice(&policy).unwrap();
    policy["publishers"][0]["customer_key"] =
        json!("arn:aws:ssm:us-east-1:111122223333:parameter/keyfront/keyfront-dev/publisher-key");
    let policy = Bytes::from(policy.to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
}

/// Whether a publisher brings back what was replaced; the administrator says by which version.
async fn restores(stack: &LocalStack) -> bool {
    for body in ["former", "later"] {
        stack.put_raw("a/replaced", body.into(), &[]).await;
    }
    let listed = stack.s3().list_object_versions().bucket(&stack.dev.bucket);
    let listed = listed.prefix("a/replaced").send().await.unwrap();
    let former = listed.versions().last().unwrap().version_id().unwrap();
    let version = json!({ "version": former }).to_string();
    let restored = api(stack, Method::POST, "/versions/a/replaced", version).await;
    restored.status.is_success() && stack.raw("a/replaced").await.body == "former"
}

async fn viewed(stack: &LocalStack, path: &str) -> Answer {
    let cdn = stack.cdn();
    cdn.send(Method::GET, path, &[], Bytes::new()).await
}

/// A release of its own site, activated.
async fn released(stack: &LocalStack) -> (Release, Answer) {
    let publisher = Publisher::of(stack);
    let release = Release::of(&[page("index.html", "content")]);
    publisher.publish(&release).await;
    let activated = publisher.activate(&release, json!({})).await;
    (release, activated)
}

/// Whether a release is everywhere soon after its activation.
async fn settles(stack: &LocalStack) -> bool {
    let (release, _) = released(stack).await;
    let publisher = Publisher::of(stack);
    soon(async || publisher.state(&release).await["activation"]["state"] == "everywhere").await
}

/// Whether no message is left of it.
async fn queue_runs_empty(stack: &LocalStack) -> bool {
    let url = stack.sqs_url();
    let queue = format!("{url}/111122223333/keyfront-releases");
    let input = json!({"QueueUrl": queue, "AttributeNames": ["All"]});
    soon(async || {
        let counts = aws_client::sqs(&stack.dev, url, "GetQueueAttributes", &input).await;
        let counts = counts["Attributes"].as_object().unwrap().clone();
        counts.values().all(|count| count == "0")
    })
    .await
}

/// Whether something becomes so within seconds.
async fn soon(is_so: impl AsyncFn() -> bool) -> bool {
    for _ in 0..40 {
        if is_so().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

/// Whether the scenario succeeds. What it needs beforehand, the administrator does.
#[allow(clippy::too_many_lines, reason = "one arm a scenario")]
async fn succeeds(scenario: Scenario, stack: &LocalStack) -> bool {
    let content = Bytes::from_static(b"content");
    let answer = match scenario {
        Scenario::ReadFromCdn => {
            stack.put_raw("a/read", content, &[]).await;
            viewed(stack, "/a/read").await
        }
        Scenario::MissingOnCdn => {
            return viewed(stack, "/a/missing").await.status == StatusCode::NOT_FOUND;
        }
        Scenario::PublishThroughCdn => {
            let bearer = format!("Bearer {}", stack.dev.publisher_token);
            let headers = [("authorization", bearer.as_str())];
            let target = "/_publish/objects/a/cdn";
            stack
                .cdn()
                .send(Method::PUT, target, &headers, content)
                .await
        }
        Scenario::Put => stack.put("a/put", "sse-kms", content, &[]).await,
        Scenario::Delete => {
            stack.put_raw("a/delete", content, &[]).await;
            stack.delete("a/delete").await
        }
        Scenario::Invalidate => {
            stack.put_raw("a/cached", content, &[]).await;
            let answer = stack.delete("a/cached").await;
            return answer.json()["cdn"] == "invalidated";
        }
        Scenario::List => api(stack, Method::GET, "/objects?prefix=a/", String::new()).await,
        Scenario::ListVersions => {
            stack.put_raw("a/former", content, &[]).await;
            api(stack, Method::GET, "/versions/a/former", String::new()).await
        }
        Scenario::RestoreVersion => return restores(stack).await,
        Scenario::ResumeUpload => {
            let target = upload(stack).await;
            api(stack, Method::GET, &target, String::new()).await
        }
        Scenario::AbortUpload => {
            let target = upload(stack).await;
            api(stack, Method::DELETE, &target, String::new()).await
        }
        Scenario::SweepUploads => {
            let target = "/uploads?prefix=a/&older_than=3600";
            api(stack, Method::DELETE, target, String::new()).await
        }
        Scenario::SealEnvelope => stack.put("a/sealed", "envelope-kms", content, &[]).await,
        Scenario::OpenEnvelope => {
            stack.put("a/opened", "envelope-kms", content, &[]).await;
            stack.read("a/opened", &[]).await
        }
        Scenario::PutUnderCustomerKey => stack.put("a/customer", "sse-c", content, &[]).await,
        Scenario::PutUnderOwnKey => {
            own_key(stack).await;
            stack.put("a/own", "sse-c", content, &[]).await
        }
        Scenario::ActivateRelease => released(stack).await.1,
        Scenario::SettleRelease => return settles(stack).await,
        Scenario::SettleReleaseOnce => {
            return settles(stack).await && queue_runs_empty(stack).await;
        }
    };
    answer.status.is_success()
}

#[tokio::test]
async fn every_scenario_succeeds_with_the_templates_grants() {
    let stack = LocalStack::with_customer_keys().await;
    for scenario in Scenario::ALL {
        assert!(succeeds(scenario, &stack).await, "{scenario:?}");
    }
}

#[test]
fn every_grant_has_one_row_in_the_matrix() {
    let grants = grants().unwrap();
    for grant in &grants {
        assert!(exercise(grant).is_some(), "{grant:?} has no row");
    }
    assert_eq!(grants.len(), rows(), "a row without a grant");
}

#[tokio::test]
async fn every_grant_is_needed_by_the_scenario_that_names_it() {
    let named =
        grants()
            .unwrap()
            .into_iter()
            .filter_map(|grant: Grant| match exercise(&grant).unwrap() {
                Exercise::By(scenario) => Some((grant, scenario)),
                Exercise::NotHere(_) => None,
            });
    let outcomes: Vec<_> = stream::iter(named)
        .map(|(grant, scenario)| async move {
            let stack = LocalStack::without(grant.clone()).await;
            (!succeeds(scenario, &stack).await, grant, scenario)
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert!(!outcomes.is_empty());
    let needless: Vec<_> = outcomes.iter().filter(|(needed, ..)| !needed).collect();
    assert!(
        needless.is_empty(),
        "succeed without the grant: {needless:#?}"
    );
}
