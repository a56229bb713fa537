//! `keyfront publish`, `releases` and `verify`, over a site that serves its releases.

mod altered;
mod ctrl_c;
mod empty;
mod fetched;
mod interrupted;
mod large;
mod life;
mod proof;
mod race;
mod refused;
mod waiting;
mod watching;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use keyfront_tests::{artefacts, local_stack::LocalStack, stack::DevJson, wire::Answer};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

const SITES: &str = r#"{"v":1,"sites":[{"path":"/docs/","release":"docs","index":"index.html"}]}"#;
/// The host's own site lies in a folder, beside what the releases are.
const OWN: &str = r#"{"v":1,"bucket":"b-name","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4","prefix":"site/"}"#;
/// So that the next read shows the next release.
const UNCACHED: &str = "[[headers]]\nmatch = \"*.{html,css}\"\ncache = \"no-cache\"\n";

async fn stack() -> LocalStack {
    stack_settling(None).await
}

/// What was replaced is forgotten after so many milliseconds.
async fn stack_settling(after: Option<u64>) -> LocalStack {
    LocalStack::configured(|config| {
        config.site = Some(OWN.as_bytes().to_vec());
        config.sites = Some(SITES.as_bytes().to_vec());
        config.faults.release_settling = after;
        config.faults.message_visibility = after.map(|_| 1);
    })
    .await
}

/// A publisher's machine: a folder to publish, a cache, and where the system is.
struct Desk {
    folder: TempDir,
    publish_url: String,
    token: String,
    site_url: String,
    ca_cert: PathBuf,
}

impl Desk {
    fn of(dev: &DevJson) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("site")).unwrap();
        fs::write(folder.path().join("keyfront.toml"), UNCACHED).unwrap();
        Self {
            folder,
            publish_url: dev.publish_url.clone(),
            token: dev.publisher_token.clone(),
            site_url: format!("{}/docs", dev.cdn_url),
            ca_cert: dev.ca_cert.clone(),
        }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join("site").join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let place = self.place(name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, content).unwrap();
    }

    /// A new P-256 key in `NAME.pem`, its public half in `NAME.pub`.
    async fn new_key(&self, name: &str) {
        let pem = format!("{name}.pem");
        let public = format!("{name}.pub");
        let curve = "ec_paramgen_curve:P-256";
        let generate = ["genpkey", "-algorithm", "EC", "-pkeyopt", curve, "-out"];
        for arguments in [
            [&generate[..], &[&pem]].concat(),
            vec!["pkey", "-pubout", "-in", &pem, "-out", &public],
        ] {
            let mut openssl = Command::new("openssl");
            openssl.args(arguments).current_dir(self.folder.path());
            let output = openssl.output().await.unwrap();
            assert!(output.status.success(), "{}", written(&output));
        }
    }

    /// `keyfront ...` here.
    fn keyfront(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(artefacts::keyfront());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("KEYFRONT_TOKEN", &self.token)
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .kill_on_drop(true);
        command
    }

    /// The command of the publishers' API, its outcome as JSON, which must be a success.
    async fn call(&self, arguments: &[&str]) -> Value {
        let output = self.try_call(arguments).await;
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            written(&output)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    async fn try_call(&self, arguments: &[&str]) -> Output {
        let url = ["--url", self.publish_url.as_str(), "--json"];
        let arguments = [arguments, &url[..]].concat();
        self.keyfront(&arguments).output().await.unwrap()
    }

    async fn publish(&self, flags: &[&str]) -> Value {
        self.call(&[&["publish", "site", "--to", "docs"], flags].concat())
            .await
    }

    async fn releases(&self, words: &[&str]) -> Value {
        self.call(&[&["releases"], words, &["--site", "docs"]].concat())
            .await
    }

    /// `keyfront verify` of the site: exit code and document.
    async fn verify(&self, flags: &[&str]) -> (Option<i32>, Value) {
        let ca = self.ca_cert.to_str().unwrap();
        let own = ["verify", self.site_url.as_str(), "--json", "--ca-cert", ca];
        let output = self
            .keyfront(&[&own[..], flags].concat())
            .output()
            .await
            .unwrap();
        let document = serde_json::from_slice(&output.stdout);
        let document = document.unwrap_or_else(|_| panic!("{}", written(&output)));
        (output.status.code(), document)
    }
}

async fn interrupt(running: &tokio::process::Child) {
    let pid = running.id().unwrap().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().await;
    assert!(killed.unwrap().success());
}

fn written(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&text).into_owned()
}

async fn read(stack: &LocalStack, path: &str) -> Answer {
    stack.cdn().get(&format!("/docs/{path}")).await
}

/// Waits until edges serve this release: their pointer lives for five seconds.
async fn served(stack: &LocalStack, id: &Value) {
    for _ in 0..80 {
        let answer = read(stack, "index.html").await;
        if answer.header("x-keyfront-release") == id.as_str().unwrap() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("release {id} is not served");
}

fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(below).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path
                        .strip_prefix(folder)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned();
                    files.push((name, fs::read(&path).unwrap()));
                }
            }
        }
    }
    files.sort();
    files
}
