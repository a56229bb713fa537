//! The built Cloudflare Worker in workerd, as miniflare starts it: one child process, ended when dropped.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{artefacts, stack::AwsCredentials, wire::Wire};

/// What a Worker is deployed with, and the network it finds.
#[derive(Debug, Clone, Serialize, Default)]
pub struct WorkerConfig {
    /// Variables and secrets.
    pub vars: BTreeMap<String, String>,
    /// Host names and the loopback addresses that serve them.
    pub table: BTreeMap<String, String>,
    /// A `dev.json` whose edge credentials are the secrets, read anew with every request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dev: Option<PathBuf>,
    /// Whether a request for `/break` leaves the module in a state that it panics in.
    pub broken: bool,
}

impl WorkerConfig {
    /// One site for every request, signed with these credentials.
    #[must_use]
    pub fn of(site: &Value, credentials: &AwsCredentials) -> Self {
        Self::default()
            .with_sites(&json!({"v": 1, "sites": [{"match": {}, "site": site}]}))
            .with_credentials(credentials)
    }

    /// Sets the Worker's document.
    #[must_use]
    pub fn with_sites(self, document: &Value) -> Self {
        self.with_var("KEYFRONT_SITES", &document.to_string())
    }

    /// Sets the three secrets.
    #[must_use]
    pub fn with_credentials(self, credentials: &AwsCredentials) -> Self {
        let token = credentials.session_token.as_deref().unwrap_or_default();
        self.with_var("AWS_ACCESS_KEY_ID", &credentials.access_key_id)
            .with_var("AWS_SECRET_ACCESS_KEY", &credentials.secret_access_key)
            .with_var("AWS_SESSION_TOKEN", token)
    }

    /// Sets a variable or secret.
    #[must_use]
    pub fn with_var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Has the secrets read from a `dev.json` with every request.
    #[must_use]
    pub fn with_rotating(mut self, dev: PathBuf) -> Self {
        self.dev = Some(dev);
        self
    }

    /// Has a request for `/break` leave the module in a state that it panics in.
    #[must_use]
    pub fn with_breaking(mut self) -> Self {
        self.broken = true;
        self
    }

    /// Has a host name served at `url`'s address.
    #[must_use]
    pub fn with_host(mut self, host: &str, url: &str) -> Self {
        let address = url.split("://").last().unwrap().trim_end_matches('/');
        self.table.insert(host.to_owned(), address.to_owned());
        self
    }
}

/// A running Worker.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    started: Started,
    log: Arc<Mutex<String>>,
}

#[derive(Debug, Deserialize)]
struct Started {
    url: String,
    pid: u32,
}

impl Worker {
    /// Starts workerd.
    #[must_use]
    pub fn start(config: &WorkerConfig) -> Self {
        let _ = artefacts::worker_bundle();
        let mut child = Command::new("node")
            .arg(artefacts::worker_tools().join("run.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.as_mut().unwrap();
        writeln!(input, "{}", serde_json::to_string(config).unwrap()).unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        collect(child.stderr.take().unwrap(), Arc::clone(&log));
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let started = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("workerd did not start: {}", log.lock().unwrap()));
        Self {
            child,
            started,
            log,
        }
    }

    /// A client of the Worker; nothing stands between.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::plain(&self.started.url)
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.started.url
    }

    /// workerd's process id.
    #[must_use]
    pub fn runtime_pid(&self) -> u32 {
        self.started.pid
    }

    /// What was logged until now.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Waits until a line of the log holds `text`.
    pub async fn logged(&self, text: &str) -> String {
        let since = Instant::now();
        loop {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(text)) {
                return line.to_owned();
            }
            assert!(
                since.elapsed() < Duration::from_secs(10),
                "no line holds {text:?}:\n{log}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Its input ends, and so does workerd, which a kill of its parent would leave behind.
        drop(self.child.stdin.take());
        let since = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if since.elapsed() > Duration::from_secs(10) {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn collect(stream: impl std::io::Read + Send + 'static, log: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
