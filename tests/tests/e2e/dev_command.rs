//! `keyfront dev` as a command: how it starts, what it says when it cannot, how it stops.

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output},
    time::{Duration, Instant},
};

use http::{Method, StatusCode};
use keyfront_tests::{
    artefacts, publisher,
    stack::{self, DevJson, Stack},
    wire::Wire,
};

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_everything_it_started() {
    let stack = Stack::start();
    let children = children_of(stack.pid());
    assert!(!children.is_empty(), "the edge runs in Node processes");
    let addresses: Vec<_> = [
        &stack.dev.cdn_url,
        &stack.dev.publish_url,
        &stack.dev.s3_url,
        &stack.dev.kms_url,
        &stack.dev.sts_url,
    ]
    .map(|url| stack::address(url))
    .to_vec();
    assert!(stack.interrupt().success());
    for address in addresses {
        assert!(
            TcpStream::connect(address).is_err(),
            "{address} still answers"
        );
    }
    // What is killed ends a moment later, and is then init's to reap.
    let patience = Instant::now();
    for pid in children {
        while runs(&pid) {
            assert!(
                patience.elapsed() < Duration::from_secs(10),
                "Node process {pid} still runs"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Whether a process is there and no zombie (proc(5), the field behind the name).
fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let state = stat.ok().and_then(|stat| {
        let behind = stat.rsplit_once(") ")?.1;
        behind.chars().next()
    });
    state.is_some_and(|state| state != 'Z')
}

#[test]
fn a_port_in_use_is_reported_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for flag in [
        "--cdn-port",
        "--publish-port",
        "--preview-port",
        "--s3-port",
        "--kms-port",
        "--sts-port",
        "--cloudfront-port",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = stack::command(folder.path())
            .args(["--ephemeral", flag, &port])
            .output()
            .unwrap();
        let line = only_line(&output);
        assert!(line.contains(&port) && line.contains(flag), "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "x").unwrap();
    let output = stack::command(&file.join("state")).output().unwrap();
    let line = only_line(&output);
    assert!(line.contains("a-file/state"), "{line}");
}

#[test]
fn a_state_folder_in_use_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let _running = Stack::start_at(folder.path(), &[]);
    let output = stack::command(folder.path()).output().unwrap();
    let line = only_line(&output);
    assert!(line.contains("in use"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_without_its_database_is_refused_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let running = Stack::start_at(folder.path(), &["--edge", "native"]);
    let bearer = format!("Bearer {}", running.dev.publisher_token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let body = bytes::Bytes::from_static(b"kept");
    let origin = running.origin();
    let put = origin.send(Method::PUT, "/objects/kept.txt", &headers, body);
    assert_eq!(put.await.status, StatusCode::CREATED);
    drop(running);

    let state = folder.path().join("state");
    let bodies = || std::fs::read_dir(state.join("s3/blobs")).unwrap().count();
    let (before, whole) = (bodies(), std::fs::read(state.join("state.redb")).unwrap());
    assert!(before > 0);
    std::fs::remove_file(state.join("state.redb")).unwrap();
    for (content, expected) in [
        (None, "is missing or empty"),
        (Some(&b""[..]), "is missing or empty"),
        (Some(b"no database"), "is damaged"),
    ] {
        if let Some(content) = content {
            std::fs::write(state.join("state.redb"), content).unwrap();
        }
        let output = stack::command(folder.path())
            .args(["--edge", "native"])
            .output()
            .unwrap();
        let line = only_line(&output);
        assert!(line.contains(expected), "{line}");
        assert!(line.contains("start over by removing the folder"), "{line}");
        assert_eq!(bodies(), before, "{line}");
    }
    std::fs::write(state.join("state.redb"), whole).unwrap();
    let again = Stack::start_at(folder.path(), &["--edge", "native"]);
    assert_eq!(again.cdn().get("/kept.txt").await.body, "kept");
}

#[test]
fn a_missing_node_is_reported_in_one_line_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let output = stack::command(folder.path())
        .arg("--ephemeral")
        .env("PATH", folder.path())
        .output()
        .unwrap();
    let line = only_line(&output);
    assert!(
        line.contains("Node") && line.contains("--edge native"),
        "{line}"
    );
}

#[test]
fn a_missing_bundle_is_reported_in_one_line_with_the_command_that_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = stack::command(folder.path())
        .args(["--ephemeral", "--edge-bundle", "/nonexistent"])
        .output()
        .unwrap();
    let line = only_line(&output);
    assert!(
        line.contains("/nonexistent") && line.contains("make bundle-edge"),
        "{line}"
    );
}

#[test]
fn a_site_that_does_not_parse_is_reported_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.json");
    std::fs::write(
        &site,
        r#"{"v":1,"bucket":"b-name","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4","surprise":true}"#,
    )
    .unwrap();
    let output = stack::command(folder.path())
        .arg("--ephemeral")
        .arg("--site")
        .arg(&site)
        .output()
        .unwrap();
    let line = only_line(&output);
    assert!(line.contains("surprise"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_for_editors_is_checked_and_served() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("site.json");
    let check = |document: &str| {
        std::fs::write(&file, document).unwrap();
        let mut check = Command::new(artefacts::keyfront());
        check.args(["site", "check"]).arg(&file).output().unwrap()
    };
    let wrong = check("{\n  \"v\": 1,\n  \"bukcet\": \"b-name\"\n}");
    assert_eq!(wrong.status.code(), Some(1));
    let said = String::from_utf8(wrong.stdout).unwrap();
    let unknown = format!(
        "{}:3:3: bukcet is unknown; did you mean bucket?",
        file.display()
    );
    assert!(said.contains(&unknown), "{said}");
    assert!(said.contains("region is missing"), "{said}");

    // In one line and over several, with the address of the schema and without.
    let site = r#"{"$schema":"site.schema.json","v":1,"bucket":"b-name","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4"}"#;
    let lines = site
        .replace(r#""$schema":"site.schema.json","#, "")
        .replace(',', ",\n  ");
    for site in [site, &lines] {
        assert!(check(site).status.success());
        let flags = [
            "--ephemeral",
            "--edge",
            "native",
            "--site",
            file.to_str().unwrap(),
        ];
        let stack = Stack::start_with(&flags);
        assert_eq!(stack.dev.bucket, "b-name");
        assert_eq!(stack.cdn().get("/none").await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_body_is_reported_in_words_and_nothing_else_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let printed = folder.path().join("printed");
    let (output, ready) = (
        File::create(&printed).unwrap(),
        folder.path().join("ready.json"),
    );
    let mut running = stack::command(folder.path())
        .args(["--edge", "native", "--ready-file"])
        .arg(&ready)
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap();
    let patience = Instant::now();
    while !ready.exists() {
        assert!(patience.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    let dev: DevJson = serde_json::from_slice(&std::fs::read(&ready).unwrap()).unwrap();
    let bearer = format!("Bearer {}", dev.publisher_token);
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let (origin, cdn) = (
        Wire::plain(&dev.publish_url),
        Wire::tls(&dev.cdn_url, &dev.ca_cert),
    );
    let body = bytes::Bytes::from_static(b"gone");
    let target = "/objects/gone.txt?encryption=envelope-kms";
    let put = origin.send(Method::PUT, target, &headers, body).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    for blob in std::fs::read_dir(folder.path().join("state/s3/blobs")).unwrap() {
        std::fs::remove_file(blob.unwrap().path()).unwrap();
    }
    assert_eq!(cdn.get("/gone.txt").await.status, StatusCode::BAD_GATEWAY);
    let read = origin.send(Method::GET, "/read/gone.txt", &headers, bytes::Bytes::new());
    assert_eq!(read.await.status, StatusCode::SERVICE_UNAVAILABLE);
    // Through the function too, whose metrics are CloudWatch's.
    assert_eq!(cdn.get("/_publish/healthz").await.status, StatusCode::OK);
    running.kill().unwrap();
    running.wait().unwrap();
    let printed = std::fs::read_to_string(&printed).unwrap();
    for expected in [
        "blob",
        "is missing",
        "500 InternalError: We encountered an internal error.",
    ] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
    for form in ["Error {", "Response {", "CloudWatchMetrics"] {
        assert!(!printed.contains(form), "{form}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_json_is_private_and_complete() {
    let stack = Stack::start();
    let path = stack.folder().join("dev.json");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(stack.dev.credentials.admin.session_token, None);
    assert!(stack.dev.credentials.edge.session_token.is_some());
    assert!(stack.dev.credentials.origin.session_token.is_some());
    assert!(
        stack
            .dev
            .key_arn
            .starts_with(&format!("arn:aws:kms:{}:", stack.dev.region))
    );
    assert!(stack.dev.cdn_url.starts_with("https://localhost:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_linked_natively_serves_and_refuses_alike() {
    let native = Stack::start_with(&["--ephemeral", "--edge", "native"]);
    assert!(children_of(native.pid()).is_empty());
    let node = Stack::start();
    for stack in [&native, &node] {
        publisher::publish(stack, "a +%2B/ü", "content").await;
    }
    for target in [
        "/a%20+%252B/%C3%BC",
        "/missing",
        "/a/../b",
        "/%zz",
        "/?acl",
        "/.keyfront/x",
    ] {
        let (from_native, from_node) =
            (native.cdn().get(target).await, node.cdn().get(target).await);
        assert_eq!(from_native.status, from_node.status, "{target}");
        if from_native.status == StatusCode::OK {
            assert_eq!(from_native.body, from_node.body, "{target}");
        } else {
            assert_eq!(from_native.code(), from_node.code(), "{target}");
        }
    }
}

fn only_line(output: &Output) -> String {
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("keyfront: "), "{stderr}");
    stderr
}

fn children_of(pid: u32) -> Vec<String> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
    let mut all: Vec<String> = children.split_whitespace().map(str::to_owned).collect();
    // Threads other than the main one start processes as well.
    for task in std::fs::read_dir(format!("/proc/{pid}/task")).unwrap() {
        let children =
            std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
        all.extend(children.split_whitespace().map(str::to_owned));
    }
    all.sort();
    all.dedup();
    all
}
