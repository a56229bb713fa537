//! The whole system as a user starts it: `keyfront dev` as a child process on free ports, stopped when dropped.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use serde::Deserialize;
use tempfile::TempDir;

use crate::{artefacts, wire::Wire};

pub use crate::wire::address;

/// How long a start may take: the first one makes a CA, a key and a bucket.
const START_LIMIT: Duration = Duration::from_secs(60);

/// `dev.json`, as scripts read it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DevJson {
    pub cdn_url: String,
    pub publish_url: String,
    pub page_url: Option<String>,
    pub s3_url: String,
    pub kms_url: String,
    pub sts_url: String,
    pub bucket: String,
    pub region: String,
    pub key_arn: String,
    pub publisher_token: String,
    pub ca_cert: PathBuf,
    pub credentials: RoleCredentials,
    /// The signing key of a stack that protects something.
    pub viewers: Option<serde_json::Value>,
    /// Where viewers of a stack with logins log in.
    pub viewer_issuer_url: Option<String>,
}

/// The three identities of the stack.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleCredentials {
    pub edge: AwsCredentials,
    pub origin: AwsCredentials,
    pub admin: AwsCredentials,
}

/// One identity's AWS credentials.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsCredentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// A running `keyfront dev`.
#[derive(Debug)]
pub struct Stack {
    child: Child,
    folder: PathBuf,
    _temporary: Option<TempDir>,
    pub dev: DevJson,
}

impl Stack {
    /// Starts an ephemeral stack.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&["--ephemeral"])
    }

    /// Starts a stack in a temporary folder with further flags.
    #[must_use]
    pub fn start_with(flags: &[&str]) -> Self {
        Self::start_with_environment(flags, &[])
    }

    /// Starts a stack in a temporary folder with further flags and variables.
    #[must_use]
    pub fn start_with_environment(flags: &[&str], environment: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().to_path_buf();
        Self::start_in(folder, Some(temporary), flags, environment)
    }

    /// Starts a stack whose state stays in `folder` when it stops.
    #[must_use]
    pub fn start_at(folder: &Path, flags: &[&str]) -> Self {
        Self::start_in(folder.to_path_buf(), None, flags, &[])
    }

    fn start_in(
        folder: PathBuf,
        temporary: Option<TempDir>,
        flags: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let ready = folder.join("ready.json");
        let _ = std::fs::remove_file(&ready);
        let mut child = command(&folder)
            .arg("--ready-file")
            .arg(&ready)
            .args(flags)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let started = Instant::now();
        let dev = loop {
            if let Ok(text) = std::fs::read(&ready) {
                break serde_json::from_slice(&text).unwrap();
            }
            if let Some(status) = child.try_wait().unwrap() {
                let mut text = String::new();
                let _ = stderr.read_to_string(&mut text);
                panic!("keyfront dev ended with {status} before it was ready:\n{text}");
            }
            assert!(
                started.elapsed() < START_LIMIT,
                "keyfront dev was not ready within {START_LIMIT:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        };
        // The log is shown when a test fails; a full pipe must never block the stack.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::stderr()));
        Self {
            child,
            folder,
            _temporary: temporary,
            dev,
        }
    }

    /// The state folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The process id, to read its memory.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client of the CDN that sends its bytes as given.
    #[must_use]
    pub fn cdn(&self) -> Wire {
        Wire::tls(&self.dev.cdn_url, &self.dev.ca_cert)
    }

    /// A client of the publish endpoint.
    #[must_use]
    pub fn origin(&self) -> Wire {
        Wire::plain(&self.dev.publish_url)
    }

    /// A client of the S3 endpoint that signs nothing.
    #[must_use]
    pub fn s3_unsigned(&self) -> Wire {
        Wire::plain(&self.dev.s3_url)
    }

    /// The publisher's header value.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.dev.publisher_token)
    }

    /// Sends SIGINT, as Ctrl-C does, and waits for the end.
    pub fn interrupt(mut self) -> ExitStatus {
        signal(self.child.id(), "INT");
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                since.elapsed() < Duration::from_secs(20),
                "keyfront dev did not stop within 20 s of Ctrl-C"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills the process without warning, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// `keyfront dev` on free ports with its state in `folder`.
#[must_use]
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(artefacts::keyfront());
    command
        .arg("dev")
        .arg("--state")
        .arg(folder)
        .arg("--edge-bundle")
        .arg(artefacts::edge_bundle());
    for port in [
        "--cdn-port",
        "--publish-port",
        "--preview-port",
        "--s3-port",
        "--kms-port",
        "--sts-port",
        "--cloudfront-port",
    ] {
        command.args([port, "0"]);
    }
    command
}

fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(pid.to_string())
        .status()
        .unwrap();
    assert!(status.success());
}
