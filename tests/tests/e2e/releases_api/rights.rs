//! Who may publish releases of a site, and what a path may say.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::local_stack::LocalStack;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Publisher, Release, SITE, page, path};

/// A stack with a publisher of each of these scopes, known by a token of the same text.
async fn with_publishers(scopes: &[(&str, Value)]) -> LocalStack {
    let stack = LocalStack::start().await;
    let publishers: Vec<Value> = scopes
        .iter()
        .map(|(token, sites)| {
            json!({
                "id": token, "sites": sites, "rules": [],
                "tokens": [{"id": "t", "sha256": hex::encode(Sha256::digest(token))}],
                "budget": {"signings_per_minute": 3},
            })
        })
        .collect();
    let policy = Bytes::from(json!({"v": 3, "publishers": publishers}).to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
    stack
}

fn publisher(stack: &LocalStack, token: &str) -> Publisher {
    Publisher {
        api: stack.wire(),
        token: token.to_owned(),
    }
}

fn calls(release: &Release) -> Vec<(Method, String)> {
    let of_release = |rest: &str| path(release, rest);
    let plain = format!("/releases/{SITE}/{}", release.id);
    vec![
        (Method::GET, format!("/releases/{SITE}")),
        (Method::POST, format!("/releases/{SITE}")),
        (Method::GET, plain.clone()),
        (Method::DELETE, plain),
        (Method::GET, of_release("manifest")),
        (Method::GET, of_release("signature")),
        (Method::PUT, of_release("signature")),
        (Method::GET, of_release("present")),
        (Method::POST, of_release("uploads")),
        (Method::POST, of_release("uploads/complete")),
        (Method::POST, of_release("downloads")),
        (Method::POST, of_release("copies")),
        (Method::POST, of_release("verify")),
        (Method::POST, of_release("activate")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_about_releases_needs_the_site_among_the_publishers_own() {
    let scopes = [
        ("nobody", json!([])),
        ("other", json!(["other"])),
        ("own", json!([SITE])),
        ("every", json!(["*"])),
    ];
    let stack = with_publishers(&scopes).await;
    let release = Release::of(&[page("index.html", "hello")]);
    for (method, target) in calls(&release) {
        let unknown = publisher(&stack, "unknown")
            .send(method.clone(), &target, "{}")
            .await;
        assert_eq!(
            unknown.status,
            StatusCode::UNAUTHORIZED,
            "{method} {target}"
        );
        for token in ["nobody", "other"] {
            let refused = publisher(&stack, token)
                .send(method.clone(), &target, "{}")
                .await;
            assert_eq!(refused.code(), "forbidden", "{token}: {method} {target}");
        }
    }
    for token in ["own", "every"] {
        let listed = publisher(&stack, token)
            .get(&format!("/releases/{SITE}"))
            .await;
        assert_eq!(
            listed.json(),
            json!({"site": SITE, "active": null, "log": [], "releases": [], "next_cursor": null})
        );
    }
    // What is signed is counted.
    let own = publisher(&stack, "own");
    let document = json!({"id": release.id, "size": release.bytes.len()});
    let mut last = StatusCode::OK;
    for _ in 0..4 {
        last = own
            .post(&format!("/releases/{SITE}"), document.clone())
            .await
            .status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_whom_no_log_can_name_begins_and_activates_nothing() {
    let stack = LocalStack::start().await;
    let of = |token: &str, id: &str| {
        let token = json!({"id": "t", "sha256": hex::encode(Sha256::digest(token))});
        json!({"id": id, "sites": [SITE], "rules": [], "tokens": [token]})
    };
    let publishers = [
        of("own", "own"),
        of("long", &"i".repeat(513)),
        of("lines", "eve\n"),
    ];
    let policy = Bytes::from(json!({"v": 3, "publishers": publishers}).to_string());
    stack
        .put_raw(".keyfront/publishers.json", policy, &[])
        .await;
    let release = Release::of(&[page("index.html", "hello")]);
    publisher(&stack, "own").publish(&release).await;
    for token in ["long", "lines"] {
        let unnamed = publisher(&stack, token);
        let document = json!({"id": release.id, "size": release.bytes.len()});
        for refused in [
            unnamed.post(&format!("/releases/{SITE}"), document).await,
            unnamed.activate(&release, json!({})).await,
        ] {
            assert_eq!(refused.code(), "forbidden", "{refused:?}");
            let detail = refused.json()["detail"].to_string();
            assert!(detail.contains("without control characters"), "{detail}");
        }
    }
    let pointer = format!(".keyfront/sites/{SITE}/current.json");
    assert!(!stack.exists(&pointer).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_names_no_site_or_release_is_nothing_there() {
    let stack = with_publishers(&[("every", json!(["*"]))]).await;
    let every = publisher(&stack, "every");
    let id = "a".repeat(64);
    for target in [
        "/releases/Docs".to_owned(),
        "/releases/-docs".to_owned(),
        "/releases/docs%2F..".to_owned(),
        "/releases/..%2F..%2Fpublishers.json".to_owned(),
        "/releases/%00".to_owned(),
        "/releases/%ff".to_owned(),
        format!("/releases/{}", "a".repeat(64)),
        "/releases/docs/current.json".to_owned(),
        format!("/releases/docs/{}", "A".repeat(64)),
        format!("/releases/docs/{}", "a".repeat(63)),
        format!("/releases/docs/{id}%2Ffiles"),
        format!("/releases/docs/{id}"),
        format!("/releases/docs/{id}/files/index.html"),
    ] {
        let answer = every.get(&target).await;
        assert_eq!(answer.code(), "not-found", "{target}: {answer:?}");
    }
    for document in [
        json!({}),
        json!({"id": id}),
        json!({"id": "a", "size": 1}),
        json!({"id": id, "size": 0}),
        json!({"id": id, "size": 1, "x": 1}),
    ] {
        let refused = every.post("/releases/docs", document.clone()).await;
        assert_eq!(refused.code(), "upload-refused", "{document}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_sites_are_all_is_told_which_are_served() {
    let sites = br#"{"v":1,"sites":[{"path":"/docs/","release":"docs"}]}"#;
    let stack = LocalStack::configured(|config| config.sites = Some(sites.to_vec())).await;
    let told = Publisher {
        api: stack.wire(),
        token: stack.dev.publisher_token.clone(),
    };
    let told = told.get("/publisher").await;
    assert_eq!(told.json()["sites"], json!(["*", "docs"]));
}
