//! A stack that is made for one run and removed after it, by the commands an operator would type: `keyfront deploy` and
//! `keyfront destroy`, as programs of their own, whose words go to standard error.

use std::{collections::BTreeMap, path::PathBuf, process::Stdio};

use anyhow::Context as _;
use tokio::process::Command;

use super::system::random_name;
use crate::deploy::takes_site;

/// What `keyfront destroy` ends with when something has to wait.
const SOMETHING_REMAINS: i32 = 6;
/// A flag that help does not show.
const POLL: &str = "poll";
/// A site with releases, for the probe of them.
const SITES: &str =
    r#"{"v":1,"sites":[{"path":"/keyfront-accept-site/","release":"keyfront-accept"}]}"#;
/// The longest label of a name.
const LABEL: usize = 63;

/// How the stack is made.
#[derive(Debug, Clone)]
pub(super) struct ThrowAway {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) profile: Option<String>,
    pub(super) edge_bundle: Option<PathBuf>,
    pub(super) origin_package: Option<PathBuf>,
    /// `NAME=VALUE`, after those of the probes.
    pub(super) parameters: Vec<String>,
    /// Pause between two calls of CloudFormation, in milliseconds.
    pub(super) poll: Option<u64>,
}

impl ThrowAway {
    /// A name for a new one.
    pub(super) fn random_stack_name() -> anyhow::Result<String> {
        Ok(format!("keyfront-accept-{}", random_name()?))
    }

    /// Deploys it.
    ///
    /// # Errors
    /// The deployment failed; `keyfront deploy` has said why.
    pub(super) async fn create(&self) -> anyhow::Result<()> {
        let mut command = self.keyfront("deploy")?;
        command.args(["--yes", "--no-publisher"]);
        if let Some(bundle) = &self.edge_bundle {
            command.arg("--edge-bundle").arg(bundle);
        }
        if let Some(package) = &self.origin_package {
            command.arg("--origin-package").arg(package);
        }
        let sites = tempfile::Builder::new().suffix(".json").tempfile()?;
        std::fs::write(sites.path(), SITES)?;
        command.arg("--sites").arg(sites.path());
        let probed = probed_parameters(&self.region).into_iter();
        let probed = probed.map(|(name, value)| format!("{name}={value}"));
        for parameter in probed.chain(self.parameters.iter().cloned()) {
            command.args(["--parameter", &parameter]);
        }
        let status = command.status().await.context("keyfront deploy")?;
        anyhow::ensure!(status.success(), "keyfront deploy ended with {status}");
        Ok(())
    }

    /// Removes it with its bucket and its key; what remains, in words.
    pub(super) async fn remove(&self, bucket: Option<&str>, key: Option<&str>) -> Vec<String> {
        let mut flags = vec!["--yes".to_owned()];
        for (flag, name) in [("--delete-bucket", bucket), ("--delete-key", key)] {
            flags.extend(
                name.into_iter()
                    .flat_map(|name| [flag.to_owned(), name.to_owned()]),
            );
        }
        let ended = async {
            let mut command = self.keyfront("destroy")?;
            Ok::<_, anyhow::Error>(command.args(&flags).status().await?)
        };
        let again = format!(
            "`keyfront destroy --stack {} --region {} {}`",
            self.name,
            self.region,
            flags.join(" ")
        );
        match ended.await {
            Ok(status) if status.success() => Vec::new(),
            Ok(status) if status.code() == Some(SOMETHING_REMAINS) => vec![format!(
                "the edge function, until CloudFront has removed its replicas, which takes hours; {again} removes it then"
            )],
            Ok(status) => vec![format!(
                "stack {}: keyfront destroy ended with {status}; {again} continues",
                self.name
            )],
            Err(error) => vec![format!(
                "stack {} ({error:#}); {again} removes it",
                self.name
            )],
        }
    }

    fn keyfront(&self, command: &str) -> anyhow::Result<Command> {
        let program = std::env::current_exe().context("the path of this program is unknown")?;
        let mut keyfront = Command::new(program);
        keyfront
            .arg(command)
            .args(["--stack", &self.name, "--region", &self.region])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            // Standard output is for the table of this command.
            .stdout(Stdio::from(std::io::stderr()));
        if let Some(profile) = &self.profile {
            keyfront.args(["--profile", profile]);
        }
        if let Some(poll) = self.poll {
            keyfront.arg(format!("--{POLL}={poll}"));
        }
        Ok(keyfront)
    }
}

/// What the probes need of a site.
fn probed_parameters(region: &str) -> BTreeMap<String, String> {
    let parameters = [
        ("QueryParameters", "response-content-disposition"),
        ("ReaderEnabled", "true"),
        ("AllowedEncryption", "sse-kms-and-dsse"),
        ("Releases", "true"),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    fill(region, parameters.into_iter().collect())
}

/// Fills the site up to what a CloudFront header takes (probe 2) with web origins that nobody uses.
fn fill(region: &str, mut parameters: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut origins = "https://accept.example".to_owned();
    for length in (1..=LABEL).rev() {
        loop {
            let longer = format!("{origins},https://{}.example", "x".repeat(length));
            parameters.insert("CorsOrigins".to_owned(), longer.clone());
            if !takes_site(region, &parameters) {
                break;
            }
            origins = longer;
        }
    }
    parameters.insert("CorsOrigins".to_owned(), origins);
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_of_a_throw_away_stack_is_as_long_as_a_header_takes() {
        for region in ["us-east-1", "eu-central-1"] {
            let mut parameters = probed_parameters(region);
            assert!(takes_site(region, &parameters), "{region}");
            let origins = parameters.entry("CorsOrigins".to_owned()).or_default();
            assert!(origins.len() > 500, "{origins}");
            // One more, however short, would be too many.
            origins.push_str(",https://x.example");
            assert!(!takes_site(region, &parameters), "{region}");
        }
    }
}
