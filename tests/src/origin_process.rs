//! The origin as a process of its own, on the S3 and KMS it is given: it can be killed.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use crate::{artefacts, stack::DevJson, wire::Wire};

/// A running origin, killed when dropped.
pub struct OriginProcess {
    child: Child,
    url: String,
}

impl OriginProcess {
    /// Starts the origin of a stack, with S3 and KMS at other addresses.
    #[must_use]
    pub fn start(dev: &DevJson, s3_url: &str, kms_url: &str) -> Self {
        Self::start_with(dev, s3_url, kms_url, &[])
    }

    /// The same with further variables.
    #[must_use]
    pub fn start_with(
        dev: &DevJson,
        s3_url: &str,
        kms_url: &str,
        variables: &[(&str, &str)],
    ) -> Self {
        let role = &dev.credentials.origin;
        let mut child = Command::new(artefacts::origin())
            .args(["--listen", "127.0.0.1:0"])
            .env_clear()
            .env("AWS_REGION", &dev.region)
            .env("AWS_ACCESS_KEY_ID", &role.access_key_id)
            .env("AWS_SECRET_ACCESS_KEY", &role.secret_access_key)
            .envs(
                role.session_token
                    .iter()
                    .map(|token| ("AWS_SESSION_TOKEN", token)),
            )
            .env("KEYFRONT_BUCKET", &dev.bucket)
            .env("KEYFRONT_KEY_ARN", &dev.key_arn)
            .env("KEYFRONT_S3_ENDPOINT", s3_url)
            .env("KEYFRONT_S3_PATH_STYLE", "true")
            .env("KEYFRONT_KMS_ENDPOINT", kms_url)
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stdout.take().unwrap());
        let address = loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).unwrap() > 0, "the origin ended");
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap();
            if let Some(address) = entry["address"].as_str() {
                break address.to_owned();
            }
        };
        // A full pipe must never block the origin.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::stderr()));
        Self {
            child,
            url: format!("http://{address}"),
        }
    }

    /// A client of the publishers' API.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::plain(&self.url)
    }

    /// Where the publishers' API is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process id, to read its memory.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it without warning (SIGKILL), and waits for the end.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // One that has ended already needs neither.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for OriginProcess {
    fn drop(&mut self) {
        self.end();
    }
}
