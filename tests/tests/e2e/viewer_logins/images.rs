use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use keyfront_tests::local_stack::LocalStack;
use serde_json::{Value, json};

use super::{Browser, token};

/// Everybody whom the stack's issuer knows may keep images in a folder of their own. The origin has not read the policy yet.
async fn people_publish(stack: &LocalStack) {
    let key = ".keyfront/publishers.json";
    let object = stack.raw(key).await;
    let mut policy: Value = serde_json::from_slice(&object.body).unwrap();
    let issuer = stack.dev.viewer_issuer_url.clone().unwrap();
    policy["issuers"] = json!([{"id": "dev", "issuer": issuer, "audiences": ["keyfront-dev"]}]);
    policy["publishers"].as_array_mut().unwrap().push(json!({
        "id": "people",
        "identities": [{"oidc": {"issuer": "dev"}}],
        "rules": [{
            "prefix": "images/{sub}/", "methods": ["LIST", "HEAD", "READ", "PUT"], "max_size": 1000, "content_types": ["image/*"],
        }],
    }));
    let call = stack.s3().put_object().bucket(&stack.dev.bucket).key(key);
    let body = policy.to_string().into_bytes();
    call.body(body.into()).send().await.unwrap();
}

async fn images(stack: &LocalStack, method: Method, subject: &str, body: Value) -> Value {
    let bearer = format!("Bearer {}", token(stack, subject, &[]));
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let answer = stack
        .cdn()
        .send(method, "/_publish/images", &headers, body.into())
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_their_own_images_by_links_of_the_cdn() {
    let stack = LocalStack::configured(|config| {
        config.protect = vec!["images/".to_owned()];
        config.logins = true;
    })
    .await;
    people_publish(&stack).await;
    for (subject, content) in [("alice", "a"), ("bob", "b")] {
        let image = json!({"file_name": "cat.png", "file_data": STANDARD.encode(content)});
        images(&stack, Method::POST, subject, image).await;
    }
    for (subject, content) in [("alice", "a"), ("bob", "b")] {
        let listed = images(&stack, Method::GET, subject, Value::Null).await;
        let listed = listed["images"].as_array().unwrap().clone();
        assert_eq!(listed.len(), 1, "{listed:?}");
        let url = listed[0]["imageUrl"].as_str().unwrap().to_owned();
        let target = url.strip_prefix(&stack.dev.cdn_url).unwrap();
        assert!(target.starts_with("/_share/images/"), "{target}");
        let read = stack.cdn().get(target).await;
        assert_eq!(
            (read.status.as_u16(), &read.body[..]),
            (200, content.as_bytes())
        );
        // The same folder is theirs where they log in as viewers, if a rule says so; this stack's lets everybody read all.
        let key = listed[0]["key"].as_str().unwrap();
        let mut browser = Browser::new(&stack);
        assert_eq!(browser.get(&format!("/{key}")).await.status, 403);
        browser.log_in("%2F", subject).await;
        assert_eq!(browser.get(&format!("/{key}")).await.body, content);
    }
}
