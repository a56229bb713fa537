//! What a page's lines are run in.

use std::{
    collections::BTreeMap,
    fs,
    process::{Output, Stdio},
};

use keyfront_tests::{
    artefacts, audit::new_kms_key, local_stack::LocalStack, scripted_aws::ScriptedAws,
};
use tempfile::TempDir;
use tokio::process::Command;

use super::{
    account::{REQUEST, account},
    rows::{
        ANSWERS, OTHER_STATUS,
        World::{Alone, Aws, Dev, Nowhere},
        row_of,
    },
};

/// What a page's lines are run in: a folder like the clone's, a stack of this machine and a scripted AWS, all of the page alone.
pub(super) struct Place {
    folder: TempDir,
    stack: LocalStack,
    aws: ScriptedAws,
    /// Of the dev stack, beside the one that it has.
    other_key: String,
}

impl Place {
    pub(super) async fn for_page(page: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for built in ["target", "dist"] {
            let own = folder.path().join(built);
            std::os::unix::fs::symlink(artefacts::root().join(built), own).unwrap();
        }
        // The document that the page shows first is the one that its lines name.
        let document = page
            .split("```json\n")
            .nth(1)
            .and_then(|rest| rest.split("```").next());
        for file in ["sites.json", "site.json"] {
            fs::write(folder.path().join(file), document.unwrap_or("{}")).unwrap();
        }
        fs::write(folder.path().join("README.md"), "a file").unwrap();
        let stack = LocalStack::configured(|config| {
            config.protect = ["members/", "users/"].map(str::to_owned).to_vec();
            config.logins = true;
        })
        .await;
        let policy = ".keyfront/publishers.json";
        let mut publishers: serde_json::Value =
            serde_json::from_slice(&stack.raw(policy).await.body).unwrap();
        publishers["publishers"][0]["rules"][0]["max_lifetime"] = 604_800.into();
        let call = stack.s3().put_object().bucket(&stack.dev.bucket);
        let body = publishers.to_string().into_bytes();
        call.key(policy).body(body.into()).send().await.unwrap();
        let keys = ["hello.txt", "members/plan.pdf", "members/plan.txt"];
        // What a line of the page uploads is not there before.
        let uploads = |key: &&str| page.contains(&format!("/objects/{key}"));
        for key in keys.into_iter().filter(|key| !uploads(key)) {
            assert!(
                stack
                    .put(key, "sse-kms", "content".into(), &[])
                    .await
                    .status
                    .is_success()
            );
        }
        // The page begins the policy of viewers.
        let call = stack.s3().delete_object().bucket(&stack.dev.bucket);
        call.key(".keyfront/viewers.json").send().await.unwrap();
        let other_key = new_kms_key(&stack.dev).await;
        Self {
            folder,
            other_key,
            stack,
            aws: account(page).await,
        }
    }

    /// Runs a line; whether it could be.
    pub(super) async fn take(&self, line: &str) -> Result<bool, String> {
        let (_, world) = row_of(line).ok_or("no row says where it is run")?;
        let (here, environment) = match world {
            Nowhere(_) => return Ok(false),
            Dev(flags) => (
                format!("{} {flags}", self.on_this_machine(line)),
                BTreeMap::new(),
            ),
            Alone => (line.to_owned(), BTreeMap::new()),
            Aws(flags) => (
                format!("{} {flags}", line.replace("REQUEST-ID", REQUEST)),
                self.account(),
            ),
        };
        let here = match here.strip_prefix("curl ") {
            Some(arguments) => format!("curl -sS -o /dev/null -w '%{{http_code}}' {arguments}"),
            None => here,
        };
        let output = self.run(&here, environment).await;
        if line.starts_with("curl ") {
            let mut answers = ANSWERS.iter();
            let expected = answers
                .find(|(part, _)| line.contains(part))
                .map(|(_, status)| *status);
            let status = String::from_utf8_lossy(&output.stdout).into_owned();
            if expected != Some(status.as_str()) {
                return Err(format!("{here}\ngot {status}, and not {expected:?}"));
            }
        }
        let mut others = OTHER_STATUS.iter();
        let other = others.find(|(beginning, _)| line.starts_with(beginning));
        let expected = other.map_or(0, |(_, status)| *status);
        match output.status.code() == Some(expected) {
            true => Ok(true),
            false => Err(format!(
                "{here}\nended with {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )),
        }
    }

    async fn run(&self, line: &str, environment: BTreeMap<String, Option<String>>) -> Output {
        let path = std::env::var("PATH").unwrap();
        let programs = artefacts::keyfront()
            .parent()
            .unwrap()
            .display()
            .to_string();
        let mut shell = Command::new("bash");
        shell
            .args([
                "-o",
                "pipefail",
                "-c",
                &line.replace("target/debug/keyfront", "keyfront"),
            ])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .env("PATH", format!("{programs}:{path}"))
            .env("EDITOR", "true")
            .env_remove("VISUAL");
        for (name, value) in environment {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.output().await.unwrap()
    }

    fn account(&self) -> BTreeMap<String, Option<String>> {
        let command = self.aws.keyfront(&[]);
        let variables = command.as_std().get_envs();
        let text = |value: &std::ffi::OsStr| value.to_string_lossy().into_owned();
        variables
            .map(|(name, value)| (text(name), value.map(text)))
            .collect()
    }

    /// The line with what there is here in place of what the page has.
    fn on_this_machine(&self, line: &str) -> String {
        let dev = &self.stack.dev;
        let file = self.stack.dev_json_path().display().to_string();
        let own = format!("--dev {file}");
        let issuer = dev.viewer_issuer_url.as_ref().unwrap();
        let signing = dev.viewers.as_ref().unwrap()["signing_key_arn"]
            .as_str()
            .unwrap();
        let in_place = [
            ("--stack media --region eu-central-1", own.as_str()),
            ("--stack media --region eu-west-1", &own),
            ("--stack media", &own),
            ("--bucket my-bucket", &own),
            ("audit my-bucket", &format!("audit {own}")),
            ("--key KEY-ID", &format!("--key {signing} {own}")),
            ("alias/media-2", &self.other_key),
            ("alias/media", &dev.key_arn),
            (
                "https://cdn.example.com/img/logo.png",
                &format!("{}/hello.txt", dev.cdn_url),
            ),
            ("https://www.example.com/_publish", &dev.publish_url),
            ("https://www.example.com", &dev.cdn_url),
            ("https://localhost:9443", &dev.cdn_url),
            ("http://127.0.0.1:9080", &dev.publish_url),
            ("http://127.0.0.1:9000", &dev.s3_url),
            ("keyfront-dev/", &format!("{}/", dev.bucket)),
            ("/home/you/keyfront/.keyfront", ".keyfront"),
            (
                ".keyfront/cdn/cdn-ca.pem",
                &dev.ca_cert.display().to_string(),
            ),
            ("https://login.example.com", issuer),
            (
                "--audience web --client-id web",
                "--audience keyfront-dev --client-id keyfront-dev",
            ),
            ("kfp_-YZGUnsd...VhECY0gduw", &dev.publisher_token),
            ("kfp_...", &dev.publisher_token),
            ("Bearer TOKEN", &format!("Bearer {}", dev.publisher_token)),
        ];
        let mut here = in_place
            .iter()
            .fold(line.to_owned(), |line, (page, own)| line.replace(page, own));
        if here.ends_with("--dev") || here.contains("--dev)") {
            here = here
                .replace("--dev", &own)
                .replace(&format!("{own} {file}"), &own);
        }
        // Another stack of this machine may have the ports that the pages show.
        let usual = ["9443", "9080", "9000"].map(|port| format!(":{port}"));
        assert!(!usual.iter().any(|port| here.contains(port)), "{here}");
        here
    }
}
