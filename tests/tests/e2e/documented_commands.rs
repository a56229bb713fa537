//! The command lines that blocks of the pages show: each is run, here and now, or a row says why it cannot be.
//!
//! The tutorial is another matter: it is done word for word (`tutorial`). What lines say of flags and commands in running
//! text is held by `command_words`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    process::{Output, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use keyfront_tests::{
    artefacts,
    audit::new_kms_key,
    local_stack::LocalStack,
    scripted_aws::{FakeStack, LogLine, ScriptedAws},
};
use tempfile::TempDir;
use tokio::process::Command;

/// Where a line is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum World {
    /// On a stack of this machine, which takes the place of the deployed one, with further flags.
    Dev(&'static str),
    /// At a scripted AWS with the system `media`, with further flags.
    Aws(&'static str),
    /// As it is, in a folder with the documents that the page shows.
    Alone,
    /// Nowhere here, for this reason.
    Nowhere(&'static str),
}

use World::{Alone, Aws, Dev, Nowhere};

/// The first row with which a line begins says where it is run.
const ROWS: &[(&str, World)] = &[
    (
        "keyfront audit my-bucket --expect-key any --inventory",
        Nowhere("an inventory is S3's to write; `audit_scale` and `audit` read made ones"),
    ),
    (
        "keyfront audit media --expect-key alias/media --fix --batch",
        Nowhere("a job of S3 Batch Operations; `audit` has one scripted"),
    ),
    ("keyfront audit", Dev("")),
    ("keyfront rewrap docs/", Dev("--yes")),
    ("keyfront rewrap", Dev("")),
    (
        "keyfront doctor https://d111111abcdef8.cloudfront.net",
        Nowhere("a distribution of CloudFront"),
    ),
    (
        "keyfront doctor https://cdn.example.com/img/logo.png --distribution",
        Nowhere("a distribution of CloudFront; `doctor` has one scripted"),
    ),
    ("keyfront doctor", Dev("")),
    ("keyfront publisher", Dev("")),
    ("keyfront viewers rotate-key", Aws("")),
    ("keyfront viewers", Dev("")),
    ("KEYFRONT_TOKEN=kfp_... keyfront share", Dev("")),
    (
        "keyfront publish",
        Nowhere("`publish_command` publishes folders to a site with releases"),
    ),
    (
        "keyfront releases",
        Nowhere("`publish_command` has releases to list, compare and roll back"),
    ),
    (
        "keyfront verify",
        Nowhere("`publish_command` verifies the site that it publishes"),
    ),
    ("keyfront accept --dev", Dev("")),
    (
        "keyfront accept",
        Nowhere("an account at AWS; `accept::deployed_stacks` has one scripted"),
    ),
    ("keyfront logs", Aws("")),
    ("keyfront deploy", Aws("--yes --poll 5 --no-publisher")),
    (
        "target/debug/keyfront deploy",
        Aws("--yes --poll 5 --no-publisher"),
    ),
    ("keyfront adopt", Aws("--yes --poll 5")),
    ("keyfront revoke-sessions", Aws("--yes --poll 5")),
    ("keyfront site", Alone),
    ("curl", Dev("")),
    (
        "make",
        Nowhere("what it would build is built: this runs over it"),
    ),
    ("git clone", Nowhere("it is cloned")),
    ("npx wrangler", Nowhere("`worker_wrangler` runs wrangler")),
    (
        "aws ssm put-parameter",
        Nowhere("Amazon's own command, of Amazon's own service"),
    ),
    (
        "aws kms create-key",
        Nowhere("Amazon's own command, of Amazon's own service"),
    ),
];

/// Lines that do what they should with another status than 0.
const OTHER_STATUS: &[(&str, i32)] = &[
    // A dry run that found what is to be re-wrapped.
    ("keyfront rewrap \"\"", 1),
];

/// What `curl` gets for the lines that contain this: the first that is in one decides.
const ANSWERS: &[(&str, &str)] = &[
    ("curl -T", "201"),
    // The bucket refuses the read that the CDN has served.
    ("keyfront-dev/hello.txt", "403"),
    ("viewers sign", "200"),
    ("/members/plan.txt", "403"),
    ("", "200"),
];

/// What a line of a block begins with, if it is a command.
const COMMANDS: [&str; 8] = [
    "keyfront ",
    "target/debug/keyfront ",
    "KEYFRONT_TOKEN=",
    "curl ",
    "make",
    "npx ",
    "aws ",
    "git ",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_line_of_the_pages_is_run_or_says_why_not() {
    let mut pages: Vec<_> = fs::read_dir(artefacts::root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pages.push(artefacts::root().join("README.md"));
    pages.sort();
    let (mut run, mut wrong) = (0, Vec::new());
    let mut used = BTreeSet::new();
    for page in pages {
        let name = page.file_name().unwrap().to_string_lossy().into_owned();
        // Of the tutorial each line begins with a prompt; cli.md shows how lines look.
        if page.extension().is_none_or(|end| end != "md")
            || ["cli.md", "tutorial.md"].contains(&name.as_str())
        {
            continue;
        }
        let text = fs::read_to_string(&page).unwrap();
        let lines = lines(&text);
        if lines.is_empty() {
            continue;
        }
        let place = Place::for_page(&text).await;
        for line in lines {
            used.extend(row_of(&line).map(|(beginning, _)| *beginning));
            match place.take(&line).await {
                Ok(ran) => run += usize::from(ran),
                Err(why) => wrong.push(format!("{name}: {line}\n{why}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(run >= 30, "only {run} lines were run");
    let idle: Vec<_> = ROWS.iter().filter(|(row, _)| !used.contains(row)).collect();
    assert!(idle.is_empty(), "no line begins so: {idle:?}");
}

fn row_of(line: &str) -> Option<&'static (&'static str, World)> {
    ROWS.iter()
        .find(|(beginning, _)| line.starts_with(beginning))
}

/// The commands of the blocks that are of no language, each in one line.
fn lines(page: &str) -> Vec<String> {
    let joined = page.replace("\\\n", " ");
    let mut found = Vec::new();
    let mut inside = None;
    for line in joined.lines().map(str::trim) {
        match (line.strip_prefix("```"), inside) {
            (Some(language), None) => inside = Some(matches!(language, "" | "sh")),
            (Some(_), Some(_)) => inside = None,
            (None, Some(true)) if COMMANDS.iter().any(|word| line.starts_with(word)) => {
                let code = line.split(" #").next().unwrap();
                found.push(code.split_whitespace().collect::<Vec<_>>().join(" "));
            }
            (None, _) => {}
        }
    }
    found
}

/// What a page's lines are run in: a folder like the clone's, a stack of this machine and a scripted AWS, all of the page alone.
struct Place {
    folder: TempDir,
    stack: LocalStack,
    aws: ScriptedAws,
    /// Of the dev stack, beside the one that it has.
    other_key: String,
}

const REQUEST: &str = "1RiZbRkMhnNvqZ9o2-y2bP2tSDK5m8uVbVXs3iXkd3nTMQqZ8xkjkQ==";

impl Place {
    async fn for_page(page: &str) -> Self {
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
    async fn take(&self, line: &str) -> Result<bool, String> {
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

/// An AWS with what the lines of a page are about: the system that is deployed, where they deploy none.
async fn account(page: &str) -> ScriptedAws {
    let aws = ScriptedAws::start().await;
    let mut state = aws.state();
    for bucket in ["media-content", "company-app"] {
        state.buckets.insert(bucket.to_owned());
    }
    let key = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555";
    state.bucket_key = Some(key.to_owned());
    // A page that deploys nothing speaks of what is deployed.
    if !page.contains("keyfront deploy --stack") {
        for region in ["eu-central-1", "us-east-1"] {
            let stack = FakeStack::at_rest(region, "media", "CREATE_COMPLETE");
            state
                .stacks
                .insert((region.to_owned(), "media".to_owned()), stack);
        }
    }
    let group = (
        "us-east-1".to_owned(),
        "/aws/lambda/us-east-1.media-EdgeFunction-1".to_owned(),
    );
    state.log_groups.insert(group.clone(), None);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    state.log_lines.push(LogLine {
        region: group.0,
        group: group.1,
        timestamp: i64::try_from(now.as_millis()).unwrap() - 60_000,
        message: format!("keyfront refused request {REQUEST}: why"),
    });
    drop(state);
    aws
}
