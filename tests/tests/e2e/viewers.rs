//! Protected folders through the local CDN: who is let in, and that no other way leads to them. URLs and cookies are signed by
//! the command, in the stack's own KMS.

use std::process::Command;

use http::Method;
use keyfront_dev_stack::{EdgeKind, StackConfig};
use keyfront_tests::{artefacts, local_stack::LocalStack, wire::Answer};
use serde_json::{Value, json};

/// Objects whose content is their key.
const OBJECTS: [&str; 6] = [
    "members/plan.txt",
    "members/index.html",
    "members/deep/a b.txt",
    "open.txt",
    "index.html",
    "membersx/open.txt",
];

async fn protecting(configure: impl FnOnce(&mut StackConfig)) -> LocalStack {
    let stack = LocalStack::configured(|config| {
        config.protect = vec!["members/".to_owned()];
        configure(config);
    })
    .await;
    for key in OBJECTS {
        let headers = [("cache-control", "max-age=300")];
        let stored = stack.put(key, "sse-kms", key.into(), &headers).await;
        assert!(stored.status.is_success(), "{key}: {stored:?}");
    }
    stack
}

/// What `keyfront viewers sign --dev` prints.
fn sign(stack: &LocalStack, target: &str, flags: &[&str]) -> String {
    let output = Command::new(artefacts::keyfront())
        .args(["viewers", "sign", "--dev"])
        .arg(stack.dev_json_path())
        .args(flags)
        .arg(format!("{}{target}", stack.dev.cdn_url))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The id of the stack's own public key.
fn key_id(stack: &LocalStack) -> String {
    let text = std::fs::read_to_string(stack.dev_json_path()).unwrap();
    let dev: Value = serde_json::from_str(&text).unwrap();
    dev["viewers"]["key_id"].as_str().unwrap().to_owned()
}

/// The path and query of a signed URL.
fn signed(stack: &LocalStack, target: &str, flags: &[&str]) -> String {
    let url = sign(stack, target, flags);
    url.strip_prefix(&stack.dev.cdn_url).unwrap().to_owned()
}

async fn read(stack: &LocalStack, target: &str) -> Answer {
    stack.cdn().get(target).await
}

async fn read_with(stack: &LocalStack, target: &str, cookies: &str) -> Answer {
    let (name, value) = cookies.split_once(": ").unwrap();
    let headers = [(name, value)];
    stack
        .cdn()
        .send(Method::GET, target, &headers, "".into())
        .await
}

fn is_refused_by_the_cdn(answer: &Answer, code: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 403, "{body}");
    assert!(body.contains(&format!("<Code>{code}</Code>")), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_folder_opens_to_signed_urls_and_cookies() {
    let stack = protecting(|_| ()).await;
    is_refused_by_the_cdn(&read(&stack, "/members/plan.txt").await, "MissingKey");
    assert_eq!(read(&stack, "/open.txt").await.status, 200);
    assert_eq!(read(&stack, "/membersx/open.txt").await.status, 200);

    let url = signed(&stack, "/members/plan.txt", &["--for", "10m"]);
    let first = read(&stack, &url).await;
    assert_eq!(
        (first.status.as_u16(), &first.body[..]),
        (200, &b"members/plan.txt"[..])
    );
    // One copy for all who are admitted, and none for anybody else.
    let second = read(
        &stack,
        &signed(&stack, "/members/plan.txt", &["--for", "20m"]),
    )
    .await;
    assert_eq!(second.header("x-cache"), "Hit from cloudfront");
    is_refused_by_the_cdn(&read(&stack, "/members/plan.txt").await, "MissingKey");
    let moved = url.replace("plan.txt", "index.html");
    is_refused_by_the_cdn(&read(&stack, &moved).await, "AccessDenied");

    let cookies = sign(&stack, "/members/", &[]);
    assert!(
        cookies.starts_with("Cookie: CloudFront-Policy="),
        "{cookies}"
    );
    for target in [
        "/members/plan.txt",
        "/members/deep/a%20b.txt",
        "/members/index.html",
    ] {
        let answer = read_with(&stack, target, &cookies).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
    }
    let elsewhere = sign(&stack, "/elsewhere/", &[]);
    is_refused_by_the_cdn(
        &read_with(&stack, "/members/plan.txt", &elsewhere).await,
        "AccessDenied",
    );
    let of_another_network = sign(&stack, "/members/", &["--network", "192.0.2.0/24"]);
    let refused = read_with(&stack, "/members/plan.txt", &of_another_network).await;
    is_refused_by_the_cdn(&refused, "AccessDenied");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_link_opens_one_object_and_is_gone_with_it() {
    let stack = protecting(|_| ()).await;
    for (target, key) in [
        ("/_share/open.txt", "open.txt"),
        ("/_share/members/plan.txt", "members/plan.txt"),
    ] {
        is_refused_by_the_cdn(&read(&stack, target).await, "MissingKey");
        let url = signed(&stack, target, &[]);
        for _ in 0..2 {
            let answer = read(&stack, &url).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.body[..]),
                (200, key.as_bytes()),
                "{target}"
            );
            assert_eq!(answer.header("x-cache"), "Miss from cloudfront", "{target}");
        }
        assert!(stack.delete(key).await.status.is_success());
        assert_eq!(read(&stack, &url).await.status, 404, "{target}");
    }
    // A link is for one object: cookies for the folder of all links are nothing that a link needs.
    let endpoint = signed(&stack, "/_share/_publish/objects", &[]);
    assert_eq!(read(&stack, &endpoint).await.status, 404);
    let sealed = stack
        .put("read/secret.txt", "envelope-kms", "sealed".into(), &[])
        .await;
    assert!(sealed.status.is_success(), "{sealed:?}");
    let opened = read(&stack, &signed(&stack, "/_share/read/secret.txt", &[])).await;
    assert_eq!(
        (opened.status.as_u16(), &opened.body[..]),
        (200, &b"sealed"[..])
    );
}

/// Ways that could lead round a behaviour, and what they come to without a signature.
const WAYS_ROUND: [(&str, u16, &str); 14] = [
    (
        "/%6Dembers/plan.txt",
        403,
        "AccessDenied or MissingKey of the CDN, or viewer-denied",
    ),
    ("//members/plan.txt", 403, "as the CDN takes the path"),
    ("/members%2Fplan.txt", 403, "another spelling"),
    ("/membe%72s/plan.txt", 403, "another spelling"),
    (
        "/./members/plan.txt",
        403,
        "the CDN's idea of the path, or the edge's refusal",
    ),
    ("/x/../members/plan.txt", 403, "the same"),
    ("/members/", 403, "the index document"),
    ("/_list/members/", 403, "a listing"),
    ("/%5Flist/members/", 403, "a listing, in another spelling"),
    (
        "/_shar%65/members/plan.txt",
        403,
        "a link, in another spelling",
    ),
    (
        "//_share/members/plan.txt",
        403,
        "as the CDN takes the path",
    ),
    ("/all/members/plan.txt", 403, "another site on the bucket"),
    ("/all//members/plan.txt", 404, "a key with two slashes"),
    ("/in/plan.txt", 403, "another site in the folder itself"),
];

async fn no_way_leads_round(edge: EdgeKind) {
    let stack = protecting(|config| {
        config.edge = edge;
        config.listing = true;
        let sites =
            json!({"v": 1, "sites": [{"path": "/all/"}, {"path": "/in/", "prefix": "members/"}]});
        config.sites = Some(sites.to_string().into_bytes());
    })
    .await;
    let mut unexpected = Vec::new();
    for (target, status, why) in WAYS_ROUND {
        let answer = read(&stack, target).await;
        let body = String::from_utf8_lossy(&answer.body);
        assert!(!body.contains("members/"), "{target}: {body}");
        if answer.status != status {
            unexpected.push(format!("{target} ({why}): {}", answer.status));
        }
        if answer.status == 301 {
            let next = answer.header("location");
            let behind = read(&stack, next).await;
            assert_eq!(behind.status, 403, "{target} leads to {next}");
        }
    }
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let denied = read(&stack, "/all/members/plan.txt").await;
    assert_eq!(denied.json()["code"], "viewer-denied");
    assert_eq!(denied.header("cache-control"), "no-store");
    let root: Value = read(&stack, "/_list/?format=json").await.json();
    assert!(
        root["folders"]
            .as_array()
            .unwrap()
            .contains(&"members/".into()),
        "{root}"
    );
    let head = stack
        .cdn()
        .send(Method::HEAD, "/members/plan.txt", &[], "".into())
        .await;
    assert_eq!(head.status, 403);
    let preflight = stack
        .cdn()
        .send(
            Method::OPTIONS,
            "/members/plan.txt",
            &[
                ("origin", "https://app.example"),
                ("access-control-request-method", "GET"),
            ],
            "".into(),
        )
        .await;
    assert_eq!(preflight.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_and_no_other_site_leads_round_a_protected_folder() {
    no_way_leads_round(EdgeKind::Native).await;
    no_way_leads_round(EdgeKind::Node {
        bundle: artefacts::edge_bundle(),
    })
    .await;
}

/// A document of sites that protects, with the public half of a key that is not the stack's.
#[tokio::test(flavor = "multi_thread")]
async fn the_document_of_sites_protects_here_as_when_it_is_deployed() {
    let signer = protecting(|_| ()).await;
    let printed = Command::new(artefacts::keyfront())
        .args(["viewers", "public-key", "--json", "--dev"])
        .arg(signer.dev_json_path())
        .output()
        .unwrap();
    let pem: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert!(
        pem.as_str()
            .unwrap()
            .starts_with("-----BEGIN PUBLIC KEY-----\n"),
        "{pem}"
    );
    let document = json!({"v": 1, "viewers": {"prefixes": ["members/"], "public_keys": [pem]}});
    let stack = protecting(|config| {
        config.protect.clear();
        config.sites = Some(document.to_string().into_bytes());
    })
    .await;
    is_refused_by_the_cdn(&read(&stack, "/members/plan.txt").await, "MissingKey");
    let own = signed(&stack, "/members/plan.txt", &[]);
    assert_eq!(read(&stack, &own).await.status, 200);
    // The other key signs for this host too, under the id that its public half has here.
    let key_id = key_id(&signer);
    let url = Command::new(artefacts::keyfront())
        .args(["viewers", "sign", "--key-id", &key_id, "--dev"])
        .arg(signer.dev_json_path())
        .arg(format!("{}/members/plan.txt", stack.dev.cdn_url))
        .output()
        .unwrap();
    let url = String::from_utf8(url.stdout).unwrap();
    let target = url.trim().strip_prefix(&stack.dev.cdn_url).unwrap();
    assert_eq!(read(&stack, target).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_signed_is_refused_with_its_reason() {
    let stack = protecting(|_| ()).await;
    let open = LocalStack::start().await;
    for (dev, line, expected) in [
        (&stack, &["http://localhost/members/a"][..], "HTTPS only"),
        (
            &stack,
            &["https://localhost/members/a*"],
            "cannot be granted by itself",
        ),
        (&stack, &["https://localhost/members/a?b"], "has a query"),
        (
            &stack,
            &["--for", "8d", "https://localhost/members/a"],
            "7 days",
        ),
        (
            &stack,
            &["--network", "2001:db8::/32", "https://localhost/members/a"],
            "IPv4",
        ),
        (
            &open,
            &["https://localhost/members/a"],
            "this dev stack protects nothing",
        ),
    ] {
        let output = Command::new(artefacts::keyfront())
            .args(["viewers", "sign"])
            .args(line)
            .arg("--dev")
            .arg(dev.dev_json_path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(expected),
            "{line:?}: {said}"
        );
        assert!(output.stdout.is_empty(), "{line:?}");
    }
}
