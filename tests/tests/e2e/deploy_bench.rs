//! What the tests of `keyfront deploy` and its companions stand on: an AWS that fails on demand, and packages that are
//! small.

use std::{io::Write as _, path::PathBuf, process::Output, sync::Arc};

use keyfront_tests::scripted_aws::{FakeStack, ScriptedAws, State};
use tempfile::TempDir;

/// Everything is one stack in this Region.
pub(crate) const TOGETHER: &str = "us-east-1";

/// Where the policy of such a system's publishers is.
pub(crate) const POLICY: &str = "media-content/.keyfront/publishers.json";

/// An endpoint, and packages that are small.
pub(crate) struct Bench {
    pub(crate) aws: ScriptedAws,
    pub(crate) packages: Arc<TempDir>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let packages = Arc::new(tempfile::tempdir().unwrap());
        let bench = Self::with(State::default(), packages).await;
        bench.aws.state().buckets.insert("media-content".to_owned());
        bench.repackage("edge.zip", "index.mjs", "");
        bench.repackage("origin.zip", "bootstrap", "");
        bench
    }

    /// An endpoint with what there is, and packages.
    pub(crate) async fn with(state: State, packages: Arc<TempDir>) -> Self {
        let aws = ScriptedAws::start_with(state).await;
        Self { aws, packages }
    }

    /// Puts there what others have, and log groups of the edge.
    pub(crate) fn settle(&self) {
        let mut state = self.aws.state();
        let at = (TOGETHER.to_owned(), "shop".to_owned());
        let mut shop = FakeStack::at_rest(TOGETHER, "shop", "CREATE_COMPLETE");
        shop.template = "Resources: {Orders: {Type: 'AWS::DynamoDB::Table'}}".to_owned();
        state.stacks.insert(at, shop);
        state.buckets.insert("shop-orders".to_owned());
        state
            .objects
            .insert("shop-orders/1".to_owned(), "order".into());
        let own = "us-east-1.media-EdgeFunction-1";
        for (region, name) in [
            ("eu-west-2", own),
            ("ap-south-1", own),
            ("eu-west-2", "shop"),
        ] {
            let group = (region.to_owned(), format!("/aws/lambda/{name}"));
            state.log_groups.insert(group, None);
        }
    }

    pub(crate) fn repackage(&self, file: &str, entry: &str, content: &str) {
        let path = self.packages.path().join(file);
        let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
        zip.start_file(entry, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
        zip.finish().unwrap();
    }

    pub(crate) fn package(&self, file: &str) -> String {
        let path: PathBuf = self.packages.path().join(file);
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn deploying(&self, region: &str, flags: &[&str]) -> tokio::process::Command {
        let (edge, origin) = (self.package("edge.zip"), self.package("origin.zip"));
        let fixed = [
            "deploy",
            "--poll=5",
            "--stack=media",
            "--region",
            region,
            "--edge-bundle",
            &edge,
            "--origin-package",
            &origin,
        ];
        self.aws.keyfront(&[&fixed, flags].concat())
    }

    pub(crate) async fn deploy(&self, region: &str, flags: &[&str]) -> Output {
        self.deploying(region, flags).output().await.unwrap()
    }

    pub(crate) async fn run(&self, command: &str, flags: &[&str]) -> Output {
        self.run_in(TOGETHER, command, flags).await
    }

    pub(crate) async fn run_in(&self, region: &str, command: &str, flags: &[&str]) -> Output {
        let fixed = [command, "--poll=5", "--stack=media", "--region", region];
        self.aws
            .keyfront(&[&fixed, flags].concat())
            .output()
            .await
            .unwrap()
    }

    pub(crate) fn count(&self, action: &str) -> usize {
        self.aws
            .actions()
            .iter()
            .filter(|called| *called == action)
            .count()
    }

    /// Everything called that could change anything.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads = ["Describe", "Get", "List", "HEAD ", "GET ", "Validate"];
        let calls = self.aws.actions().into_iter();
        calls
            .filter(|action| !reads.iter().any(|read| action.starts_with(read)))
            .collect()
    }

    pub(crate) fn token(&self, output: &Output) -> String {
        let text = text(&output.stdout);
        text.lines()
            .find(|line| line.starts_with("kfp_"))
            .unwrap()
            .to_owned()
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub(crate) fn done(output: &Output) -> String {
    let output_text = text(&output.stderr);
    assert!(output.status.success(), "{output_text}");
    output_text
}
