//! Proxies before a stack's services that count the calls of one row together, and a folder of its own.

use std::{path::PathBuf, sync::Arc};

use keyfront_tests::{
    audit::operator, fault_proxy::FaultProxy, interference::Interference, local_stack::LocalStack,
};
use tempfile::TempDir;
use tokio::process::Command;

/// Everything between a command and a stack.
pub(super) struct Watched {
    pub(super) interference: Arc<Interference>,
    pub(super) s3: FaultProxy,
    pub(super) kms: FaultProxy,
    sts: FaultProxy,
    folder: TempDir,
}

impl Watched {
    pub(super) async fn before(stack: &LocalStack) -> Self {
        let interference = Arc::<Interference>::default();
        let proxy = async |url: &str| FaultProxy::watched(url, Arc::clone(&interference)).await;
        let (s3, kms) = (
            proxy(&stack.dev.s3_url).await,
            proxy(&stack.dev.kms_url).await,
        );
        let sts = proxy(&stack.dev.sts_url).await;
        Self {
            interference,
            s3,
            kms,
            sts,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// `keyfront`, as the administrator, through the proxies.
    pub(super) fn keyfront(&self, stack: &LocalStack, line: &[&str]) -> Command {
        let dev = &stack.dev;
        let mut command = operator(
            dev,
            self.s3.url(),
            self.folder.path(),
            &dev.credentials.admin,
        );
        command
            .args(line)
            .arg("--checkpoint")
            .arg(self.folder.path().join("checkpoint.json"))
            .env("AWS_ENDPOINT_URL_KMS", self.kms.url())
            .env("AWS_ENDPOINT_URL_STS", self.sts.url());
        command
    }

    /// The stack's `dev.json` with the proxies in the place of the services.
    pub(super) fn dev_json(&self, stack: &LocalStack) -> PathBuf {
        let text = std::fs::read_to_string(stack.dev_json_path()).unwrap();
        let text = text
            .replace(&stack.dev.s3_url, &self.s3.url())
            .replace(&stack.dev.kms_url, &self.kms.url());
        let path = self.folder.path().join("dev.json");
        std::fs::write(&path, text).unwrap();
        path
    }
}
