//! Who of a publisher's people activated a release.

use std::{sync::Arc, time::SystemTime};

use keyfront_dev_ground::clock::Clock;
use keyfront_dev_issuer::{Issuer, IssuerConfig, SigningKey, serve};
use keyfront_tests::local_stack::LocalStack;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Publisher, Release, SITE, activation::chain, done, page};

const AUDIENCE: &str = "keyfront";

async fn issuer() -> Arc<Issuer> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = Issuer::new(IssuerConfig {
        url: format!("http://{}", listener.local_addr().unwrap()),
        clients: Vec::new(),
        signing_key: SigningKey::generate().unwrap(),
        clock: Clock::system(),
    });
    let issuer = Arc::new(issuer.unwrap());
    tokio::spawn(serve(
        listener,
        Arc::clone(&issuer),
        CancellationToken::new(),
    ));
    issuer
}

/// One publisher, by two issuers.
async fn one_publisher_of(stack: &LocalStack, issuers: &[(&str, &Issuer)]) {
    let of_policy = |(id, issuer): &(&str, &Issuer)| json!({"id": id, "issuer": issuer.url(), "audiences": [AUDIENCE]});
    let identity = |(id, _): &(&str, &Issuer)| json!({"oidc": {"issuer": id}});
    let policy = json!({
        "v": 3,
        "issuers": issuers.iter().map(of_policy).collect::<Vec<_>>(),
        "publishers": [{
            "id": "team", "sites": [SITE], "rules": [],
            "identities": issuers.iter().map(identity).collect::<Vec<_>>(),
        }],
    });
    let key = ".keyfront/publishers.json";
    stack.put_raw(key, policy.to_string().into(), &[]).await;
}

fn person(stack: &LocalStack, issuer: &Issuer) -> Publisher {
    let token = issuer.token("alice", &[], AUDIENCE, SystemTime::now());
    Publisher {
        api: stack.wire(),
        token: token.unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_issuers_people_under_one_publisher_are_told_apart_in_the_log_and_in_refusals() {
    let stack = LocalStack::start().await;
    let (staff, builds) = (issuer().await, issuer().await);
    one_publisher_of(&stack, &[("staff", &staff), ("builds", &builds)]).await;
    let people = [person(&stack, &staff), person(&stack, &builds)];
    let releases = ["one", "two", "three"].map(|text| Release::of(&[page("index.html", text)]));
    for release in &releases {
        people[0].publish(release).await;
    }
    let mut details = Vec::new();
    for (publisher, release) in people.iter().zip(&releases) {
        let activated = done(&publisher.activate(release, json!({})).await);
        let person = activated["activation"]["person"].as_str().unwrap();
        let expected = json!({"replaces": null});
        let refused = people[0].activate(&releases[2], expected).await;
        assert_eq!(refused.code(), "release-conflict");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        let named = format!("publisher \"team\" ({person}) activated it at");
        assert!(detail.contains(&named), "{detail}");
        assert!(!detail.contains("alice"), "{detail}");
        details.push(person.to_owned());
    }
    assert!(details[0].starts_with("oidc:staff/"), "{details:?}");
    assert!(details[1].starts_with("oidc:builds/"), "{details:?}");
    let hash = |person: &str| person.split_once('/').unwrap().1.to_owned();
    assert_ne!(hash(&details[0]), hash(&details[1]));

    let chain = chain(&stack).await;
    assert_eq!(chain.last().unwrap().person.as_ref(), Some(&details[1]));
    let listed = done(&people[0].get(&format!("/releases/{SITE}")).await);
    let log = listed["log"].as_array().unwrap();
    let named: Vec<_> = log.iter().map(|entry| entry["person"].clone()).collect();
    assert_eq!(named, [json!(details[1]), json!(details[0])]);
    assert!(log.iter().all(|entry| entry["by"] == "team"));
}
