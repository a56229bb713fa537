//! The bundle under `wrangler`, as a new user runs and deploys it (docs/worker.md).

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use keyfront_tests::{artefacts, publisher, stack::Stack, wire::Wire};
use serde_json::json;
use tempfile::TempDir;

/// A copy of the bundle's folder, as a user has it.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(artefacts::worker_bundle()).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn wrangler(&self, arguments: &[&str]) -> Command {
        let script = artefacts::worker_tools().join("node_modules/wrangler/bin/wrangler.js");
        let mut command = Command::new("node");
        command
            .arg(script)
            .args(arguments)
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("WRANGLER_SEND_METRICS", "false")
            .env("CI", "1")
            .stdin(Stdio::null());
        command
    }
}

/// `wrangler dev`, ended as Ctrl-C ends it.
struct Dev(Child);

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = Command::new("kill")
            .args(["-INT", &self.0.id().to_string()])
            .status();
        let since = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && since.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrangler_dev_serves_the_bucket_of_the_dev_stack() {
    let stack = Stack::start();
    publisher::publish(&stack, "guide/first steps.txt", "it works").await;
    let folder = Folder::new();
    let dev = &stack.dev;
    let sites = json!({"v": 1, "sites": [{"match": {}, "site": {
        "v": 1, "bucket": dev.bucket, "region": dev.region, "endpoint": dev.s3_url, "style": "path",
        "query": [], "signing": "sigv4",
    }}]});
    let edge = &dev.credentials.edge;
    let variables = format!(
        "KEYFRONT_SITES='{sites}'\nAWS_ACCESS_KEY_ID={}\nAWS_SECRET_ACCESS_KEY={}\nAWS_SESSION_TOKEN={}\n",
        edge.access_key_id,
        edge.secret_access_key,
        edge.session_token.as_deref().unwrap(),
    );
    fs::write(folder.path().join(".dev.vars"), variables).unwrap();
    let arguments = [
        "dev",
        "--local",
        "--ip",
        "127.0.0.1",
        "--port",
        "0",
        "--inspector-port",
        "0",
    ];
    let mut child = folder
        .wrangler(&arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = child.stdout.take().unwrap();
    let _ending = Dev(child);
    let wire = Wire::plain(&ready(output));
    let answer = wire.get("/guide/first%20steps.txt").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body[..]),
        (200, &b"it works"[..])
    );
    assert_eq!(wire.get("/guide/none.txt").await.code(), "not-found");
}

/// The URL `wrangler dev` says it is ready on. What it says after is read, so that it never waits for a reader.
fn ready(output: impl std::io::Read + Send + 'static) -> String {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, url)) = line.split_once("Ready on ") {
                let _ = sender.send(url.trim().to_owned());
            }
        }
    });
    receiver.recv_timeout(Duration::from_secs(60)).unwrap()
}

#[test]
fn wrangler_deploys_the_bundle_byte_for_byte() {
    let folder = Folder::new();
    let upload = folder.path().join("upload");
    let output = folder
        .wrangler(&["deploy", "--dry-run", "--outdir"])
        .arg(&upload)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("WARNING"), "{said}");
    for name in ["index.mjs", "keyfront_edge_worker_bg.wasm"] {
        let read = |folder: PathBuf| fs::read(folder.join(name)).unwrap();
        assert_eq!(
            read(upload.clone()),
            read(artefacts::worker_bundle()),
            "{name}"
        );
    }
}
