//! Several sites in one distribution: each below its path, from its own bucket, with its own key and options.

use aws_sdk_s3::{Client, error::ProvideErrorMetadata as _, primitives::ByteStream};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_cloudformation::Sites;
use keyfront_dev_stack::{Grant, grants, grants_with};
use keyfront_tests::{local_stack::LocalStack, s3_client, stack::Stack};

const DOCUMENT: &str = r#"{"v":1,"sites":[
    {"path":"/docs/","prefix":"handbook/","index":"index.html","trailing_slash":"redirect"},
    {"path":"/docs/api/","prefix":"api/","query":["v"]},
    {"path":"/app/","bucket":"company-app","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/app",
     "prefix":"current/","fallback":"index.html","cors":[{"origins":["https://www.example.com"]}]},
    {"path":"/media/","bucket":"media-archive","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/media",
     "spelling":"accept","denied_as_missing":true}]}"#;

/// Objects by bucket; `""` is the stack's own. The body is the bucket and the key.
const OBJECTS: [(&str, &[&str]); 3] = [
    (
        "",
        &[
            "hello.txt",
            "docs/mine.txt",
            "handbook/index.html",
            "handbook/guide/index.html",
            "api/list.json",
        ],
    ),
    (
        "company-app",
        &["current/index.html", "current/app.js", "former/app.js"],
    ),
    ("media-archive", &["film.mp4", ".keyfront/publishers.json"]),
];

async fn put(s3: &Client, bucket: &str, key: &str) {
    let body = format!("{bucket} {key}");
    let call = s3.put_object().bucket(bucket).key(key);
    call.body(ByteStream::from(body.into_bytes()))
        .send()
        .await
        .unwrap();
}

async fn fill(s3: &Client, own: &str) {
    for (bucket, keys) in OBJECTS {
        let bucket = if bucket.is_empty() { own } else { bucket };
        for key in keys {
            put(s3, bucket, key).await;
        }
    }
}

async fn stack() -> LocalStack {
    let stack = without(None).await;
    fill(stack.s3(), &stack.dev.bucket).await;
    stack
}

async fn without(grant: Option<Grant>) -> LocalStack {
    LocalStack::configured(|config| {
        config.sites = Some(DOCUMENT.as_bytes().to_vec());
        config.withheld = grant;
    })
    .await
}

/// What each path answers: a body, a redirect, or a code.
const READS: &[(&str, &str)] = &[
    ("/hello.txt", "keyfront-dev hello.txt"),
    ("/handbook/index.html", "keyfront-dev handbook/index.html"),
    ("/docs/", "keyfront-dev handbook/index.html"),
    ("/docs/guide/", "keyfront-dev handbook/guide/index.html"),
    ("/docs/api/list.json", "keyfront-dev api/list.json"),
    ("/docs/api/list.json?v=2", "keyfront-dev api/list.json"),
    ("/app/", "company-app current/index.html"),
    ("/app/users/42", "company-app current/index.html"),
    ("/app/app.js", "company-app current/app.js"),
    ("/media/film.mp4", "media-archive film.mp4"),
    ("/media/f%69lm.mp4", "media-archive film.mp4"),
    ("/docs", "-> /docs/"),
    ("/docs/guide", "-> /docs/guide/"),
    ("/docs/%67uide/", "-> /docs/guide/"),
    // Of the stack's own site, which has neither.
    ("/app", "not-found"),
    ("/media", "not-found"),
    ("/docs/missing.txt", "not-found"),
    ("/app/missing.js", "not-found"),
    ("/media/missing.mp4", "not-found"),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_path_is_served_from_its_own_bucket_with_its_own_options() {
    let stack = stack().await;
    for (path, expected) in READS {
        let answer = stack.cdn().get(path).await;
        let found = match answer.status {
            StatusCode::OK => String::from_utf8_lossy(&answer.body).into_owned(),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => {
                format!("-> {}", answer.header("location"))
            }
            _ => answer.code(),
        };
        assert_eq!(found, *expected, "{path}");
    }
    for (path, granted) in [
        ("/app/app.js", true),
        ("/docs/", false),
        ("/hello.txt", false),
    ] {
        let origin = [("origin", "https://www.example.com")];
        let answer = stack
            .cdn()
            .send(Method::GET, path, &origin, Bytes::new())
            .await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(
            allowed == "https://www.example.com",
            granted,
            "{path}: {allowed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_of_a_site_reaches_an_object_outside_of_it() {
    let stack = stack().await;
    for path in [
        "/app/../former/app.js",
        "/app/%2e%2e/former/app.js",
        "/app/..%2fformer/app.js",
        "/app/former/app.js",
        "/app/../media/film.mp4",
        "//app/app.js",
        "//media/film.mp4",
        "/media/.keyfront/publishers.json",
        "/media/%2Ekeyfront/publishers.json",
        "/docs/hello.txt",
        "/docs/mine.txt",
        "/docs/../hello.txt",
        "/docs/handbook/index.html",
        "/docs/app/app.js",
        "/docs/api/../index.html",
        "/media/company-app/current/app.js",
        "/company-app/current/app.js",
        "/current/app.js",
        "/film.mp4",
        "/APP/app.js",
    ] {
        let answer = stack.cdn().get(path).await;
        let refused = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST];
        let redirected = answer.status.is_redirection();
        assert!(
            redirected || refused.contains(&answer.status),
            "{path}: {answer:?}"
        );
        if redirected {
            let location = answer.header("location").to_owned();
            let followed = stack.cdn().get(&location).await;
            assert_eq!(
                followed.status,
                StatusCode::NOT_FOUND,
                "{path} -> {location}"
            );
        }
    }
    // An escaped slash leaves a path to the stack's own site, which answers with what is its own or sends it back.
    let answer = stack.cdn().get("/app%2Fapp.js").await;
    assert_eq!(answer.header("location"), "/app/app.js", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_role_itself_reads_no_more_of_a_bucket_than_its_sites() {
    let stack = stack().await;
    let edge = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.edge,
    );
    let read = async |bucket: &str, key: &str| {
        let answer = edge.get_object().bucket(bucket).key(key).send().await;
        answer
            .map(drop)
            .map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let denied = Err("AccessDenied".to_owned());
    assert_eq!(read("company-app", "current/app.js").await, Ok(()));
    assert_eq!(read("company-app", "former/app.js").await, denied);
    assert_eq!(read("media-archive", "film.mp4").await, Ok(()));
    assert_eq!(
        read("media-archive", ".keyfront/publishers.json").await,
        denied
    );
    // What is missing shows as that only where a site has to know.
    assert_eq!(
        read("company-app", "current/missing").await,
        Err("NoSuchKey".to_owned())
    );
    assert_eq!(read("media-archive", "missing").await, denied);
    let listed = edge.list_objects_v2().bucket("media-archive").send().await;
    assert_eq!(listed.unwrap_err().code(), Some("AccessDenied"));
    let written = edge
        .put_object()
        .bucket("company-app")
        .key("current/x")
        .send()
        .await;
    assert_eq!(written.unwrap_err().code(), Some("AccessDenied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bucket_has_the_key_that_its_sites_name() {
    let stack = stack().await;
    let mut keys = Vec::new();
    for (bucket, key) in [
        (stack.dev.bucket.as_str(), "hello.txt"),
        ("company-app", "current/app.js"),
        ("media-archive", "film.mp4"),
    ] {
        let head = stack
            .s3()
            .head_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await
            .unwrap();
        keys.push(head.ssekms_key_id.unwrap());
    }
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 3);
    // Without its key a site fails, and no other.
    stack.disable_key().await;
    let answers = [
        "/hello.txt",
        "/docs/guide/",
        "/app/app.js",
        "/media/film.mp4",
    ];
    for (path, status) in answers.iter().zip([502, 502, 200, 200]) {
        assert_eq!(
            stack.cdn().get(path).await.status.as_u16(),
            status,
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_clears_every_path_that_an_object_has_in_any_site() {
    let stack = stack().await;
    for (key, paths) in [
        (
            "handbook/index.html",
            ["/docs/", "/docs/index.html", "/handbook/index.html"],
        ),
        (
            "api/list.json",
            [
                "/docs/api/list.json",
                "/docs/api/list.json?v=1",
                "/docs/api/list.json?v=2",
            ],
        ),
    ] {
        for path in paths {
            let body = stack.cdn().get(path).await.body;
            assert_eq!(body, format!("keyfront-dev {key}"), "{path}");
        }
        put_new(&stack, key).await;
        for path in paths {
            assert_eq!(stack.cdn().get(path).await.body, "new", "{path}");
        }
    }
}

async fn put_new(stack: &LocalStack, key: &str) {
    let target = format!("/objects/{key}?overwrite=true");
    let headers = [("content-type", "application/octet-stream")];
    let stored = stack
        .call(Method::PUT, &target, &headers, Bytes::from_static(b"new"))
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stored.json()["cdn"], "invalidated", "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_and_reader_routes_keep_their_place_before_sites() {
    let stack = stack().await;
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let target = "/_publish/objects/handbook/by-cdn.txt";
    let stored = stack
        .cdn()
        .send(Method::PUT, target, &headers, Bytes::from_static(b"by cdn"))
        .await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(stack.cdn().get("/docs/by-cdn.txt").await.body, "by cdn");
    let sealed = stack
        .put(
            "read/sealed",
            "envelope-kms",
            Bytes::from_static(b"opened"),
            &[],
        )
        .await;
    assert_eq!(sealed.status, StatusCode::CREATED, "{sealed:?}");
    assert_eq!(stack.cdn().get("/read/sealed").await.body, "opened");
    for method in [Method::PUT, Method::DELETE, Method::POST] {
        let answer = stack
            .cdn()
            .send(method.clone(), "/docs/x", &headers, Bytes::new())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
}

/// A read, what it answers with a statement's grant, and what without.
fn needs(grant: &Grant) -> (&'static str, StatusCode, StatusCode) {
    let (ok, missing) = (StatusCode::OK, StatusCode::NOT_FOUND);
    match grant.statement.as_str() {
        "ReadSites" | "DecryptSites1" => ("/app/app.js", ok, StatusCode::BAD_GATEWAY),
        // The site hides denials.
        "DecryptSites2" => ("/media/film.mp4", ok, missing),
        "KnowWhatIsMissingInSites" => ("/app/missing.js", missing, StatusCode::BAD_GATEWAY),
        other => panic!("{other} has no row"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grant_that_sites_add_is_needed() {
    let sites = Sites::parse(DOCUMENT).unwrap();
    let own = grants().unwrap();
    let mut added = grants_with(&sites).unwrap();
    added.retain(|grant| !own.contains(grant));
    assert_eq!(added.len(), 4, "{added:?}");
    let with_all = stack().await;
    for grant in added {
        let (path, status, without_it) = needs(&grant);
        assert_eq!(with_all.cdn().get(path).await.status, status, "{grant:?}");
        let stack = without(Some(grant.clone())).await;
        fill(stack.s3(), &stack.dev.bucket).await;
        let answer = stack.cdn().get(path).await;
        assert_eq!(answer.status, without_it, "{grant:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_built_bundle_serves_the_same_sites_and_they_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sites.json");
    std::fs::write(&file, DOCUMENT).unwrap();
    let flags = ["--sites", file.to_str().unwrap()];
    let stack = Stack::start_at(folder.path(), &flags);
    let s3 = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.admin,
    );
    fill(&s3, &stack.dev.bucket).await;
    assert!(stack.interrupt().success());
    let stack = Stack::start_at(folder.path(), &flags);
    for (path, expected) in READS {
        let answer = stack.cdn().get(path).await;
        let found = match answer.status {
            StatusCode::OK => String::from_utf8_lossy(&answer.body).into_owned(),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => {
                format!("-> {}", answer.header("location"))
            }
            _ => answer.code(),
        };
        assert_eq!(found, *expected, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_of_sites_that_the_stack_cannot_have_is_refused_at_the_start() {
    for (document, expected) in [
        (
            DOCUMENT.replace("eu-west-1", "eu-central-1"),
            "the stack has one Region, eu-west-1",
        ),
        (
            DOCUMENT.replace("company-app", "keyfront-dev"),
            "is the stack's own",
        ),
        (DOCUMENT.replace("/app/", "/docs/"), "path is the same"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("sites.json");
        std::fs::write(&file, document).unwrap();
        let output = keyfront_tests::stack::command(folder.path())
            .arg("--sites")
            .arg(&file)
            .output()
            .unwrap();
        let reported = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{reported}");
        assert!(reported.contains(expected), "{reported}");
    }
}
