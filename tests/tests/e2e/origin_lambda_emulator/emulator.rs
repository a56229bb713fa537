//! The very `bootstrap` of `dist/origin-lambda.zip` under cargo-lambda's emulator of Lambda's
//! runtime API and Function URLs.
//!
//! Both processes end with the [`Emulator`].

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::account::{Account, BUCKET, REGION};

pub(crate) const EDGE_ROLE: &str = "arn:aws:iam::123456789012:role/keyfront/edge";
/// The name the emulator gives to a function it does not build itself.
const FUNCTION: &str = "_";
const TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) struct Emulator {
    base: String,
    pub(crate) client: reqwest::Client,
    // In this order: the function ends before the API it polls.
    _function: Process,
    _emulator: Process,
    folder: TempDir,
}

impl Emulator {
    /// Starts emulator and function, and waits until `/healthz` answers.
    pub(crate) async fn start(account: &Account) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let bootstrap = unpack(folder.path())?;
        let port = free_port()?;
        let emulator = Process::spawn(&mut emulator(port)?, &folder.path().join("emulator.log"))?;
        // The function gives up at once if the API it polls is not there.
        listening(port, folder.path()).await?;
        let base = format!("http://127.0.0.1:{port}");
        let function = Process::spawn(
            &mut function(&bootstrap, &base, account),
            &folder.path().join("function.log"),
        )?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            .build()?;
        let started = Self {
            base,
            client,
            _function: function,
            _emulator: emulator,
            folder,
        };
        started.wait().await?;
        Ok(started)
    }

    /// The Function URL of a path and query.
    pub(crate) fn url(&self, target: &str) -> String {
        format!("{}/lambda-url/{FUNCTION}{target}", self.base)
    }

    /// Invokes the function with an event, as AWS does once it has verified the caller. The emulator makes HTTP of the
    /// streamed answer; here it is returned as one document.
    pub(crate) async fn invoke(&self, event: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/2015-03-31/functions/{FUNCTION}/invocations", self.base);
        let answer = self.client.post(url).body(event.to_string()).send().await?;
        let status = answer.status().as_u16();
        let headers = answer.headers().iter();
        let headers: BTreeMap<String, String> = headers
            .map(|(name, value)| Ok((name.to_string(), value.to_str()?.to_owned())))
            .collect::<anyhow::Result<_>>()?;
        let body = answer.text().await?;
        Ok(json!({"statusCode": status, "headers": headers, "body": body}))
    }

    /// What the function has logged.
    pub(crate) fn log(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.folder.path().join("function.log"))?)
    }

    async fn wait(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let answer = self.client.get(self.url("/healthz")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(());
            }
            if Instant::now() > deadline {
                let log =
                    |name| fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
                bail!(
                    "the function does not answer\n{}\n{}",
                    log("emulator.log"),
                    log("function.log")
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn listening(port: u16, folder: &Path) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .is_err()
    {
        ensure!(
            Instant::now() < deadline,
            "the emulator does not listen\n{}",
            logs(folder)
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

fn logs(folder: &Path) -> String {
    let log = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    format!("{}\n{}", log("emulator.log"), log("function.log"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn unpack(folder: &Path) -> anyhow::Result<PathBuf> {
    let zip = root().join("dist/origin-lambda.zip");
    ensure!(
        zip.exists(),
        "{} is missing; run `make bundle`",
        zip.display()
    );
    let unpacked = Command::new("python3")
        .args(["-m", "zipfile", "-e"])
        .arg(&zip)
        .arg(folder)
        .status();
    ensure!(
        unpacked.context("python3")?.success(),
        "{} cannot be unpacked",
        zip.display()
    );
    let bootstrap = folder.join("bootstrap");
    // Python's unpacker leaves modes out; Lambda's does not.
    fs::set_permissions(&bootstrap, Permissions::from_mode(0o755))?;
    Ok(bootstrap)
}

fn emulator(port: u16) -> anyhow::Result<Command> {
    let program = root().join(".tools/cargo-lambda/bin/cargo-lambda");
    ensure!(
        program.exists(),
        "{} is missing; run `make bundle`",
        program.display()
    );
    let mut command = Command::new(program);
    command
        .args(["lambda", "watch", "--only-lambda-apis", "--disable-cors"])
        .args([
            "--invoke-address",
            "127.0.0.1",
            "--invoke-port",
            &port.to_string(),
        ])
        .current_dir(root());
    Ok(command)
}

fn function(bootstrap: &Path, base: &str, account: &Account) -> Command {
    let session = account
        .origin
        .session_token
        .as_ref()
        .map_or("", |token| token.expose());
    let mut command = Command::new(bootstrap);
    // As on Lambda: nothing of the caller's environment.
    command.env_clear().envs([
        ("AWS_LAMBDA_RUNTIME_API", format!("{base}/.rt").as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", FUNCTION),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", &account.origin.access_key_id),
        (
            "AWS_SECRET_ACCESS_KEY",
            account.origin.secret_access_key.expose(),
        ),
        ("AWS_SESSION_TOKEN", session),
        ("KEYFRONT_BUCKET", BUCKET),
        ("KEYFRONT_KEY_ARN", &account.key_arn),
        ("KEYFRONT_EDGE_ROLE_ARN", EDGE_ROLE),
        ("KEYFRONT_KMS_ENDPOINT", &account.kms_endpoint),
        ("KEYFRONT_S3_ENDPOINT", &account.endpoint),
        ("KEYFRONT_S3_PATH_STYLE", "true"),
    ]);
    command
}

fn free_port() -> anyhow::Result<u16> {
    // The emulator cannot choose a port itself: the port is free again when it starts.
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// A child process that is killed and reaped on drop.
struct Process(Child);

impl Process {
    fn spawn(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = File::create(log)?;
        let name = command.get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn();
        Ok(Self(child.with_context(|| {
            format!("cannot start {}", name.display())
        })?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A child that has ended already needs neither.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
