//! What a stack is started with. It is validated here, before anything starts.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use keyfront_cloudformation::{Sites, in_one_line};
use keyfront_contract::route::LOGINS;
use keyfront_edge::Site;
use keyfront_edge::site::FunctionOrigin;
use keyfront_names::host;
use serde::Deserialize;

use super::faults::Faults;
use super::grant::Grant;
use super::site_cors::cors_of_site;

/// The bucket and Region of a stack that is given no site.
const DEFAULT_BUCKET: &str = "keyfront-dev";
const DEFAULT_REGION: &str = "eu-west-1";
/// The id of its Function URL, as long as AWS's are.
const DEFAULT_FUNCTION_URL: &str = "keyfrontdevpublishfunctionurl000";

/// What to start, and where.
#[derive(Debug, Clone)]
pub struct StackConfig {
    /// The folder of `dev.json`, the CA and, with [`Storage::Folder`], everything else.
    pub folder: PathBuf,
    /// Where objects and keys are kept.
    pub storage: Storage,
    /// What runs the edge.
    pub edge: EdgeKind,
    /// What runs the publishers' API behind the CDN.
    pub origin: OriginKind,
    /// A site document; without one, the whole of one bucket is served, the publishers' API under `/_publish`, and
    /// the reader under `/read`.
    pub site: Option<Vec<u8>>,
    /// Web origins whose pages may read and upload, as the template's `CorsOrigins`. A site document has its own.
    pub cors_origins: Vec<String>,
    /// Folders below the site's prefix that only admitted viewers read; the stack then has a key that signs for them. A document
    /// of sites, and of a site, may name folders too.
    pub protect: Vec<String>,
    /// Whether viewers log in: at an OpenID issuer of the stack's own, below `/_viewer/` of the CDN. Something has to be protected.
    pub logins: bool,
    /// A document of sites that are served below paths of their own, as `keyfront deploy --sites` takes it. Buckets and keys
    /// it names are made here.
    pub sites: Option<Vec<u8>>,
    /// Where to listen.
    pub ports: Ports,
    /// Where a copy of `dev.json` appears once everything serves.
    pub ready_file: Option<PathBuf>,
    /// How often sessions are replaced, if not well before they end.
    pub rotate_every: Option<Duration>,
    /// Whether the host of the publishers' API serves the publishers' page as well, which may then read and upload; a site document
    /// has to list it among its own web origins.
    pub page: bool,
    /// Whether folders are listed, as the template's `Listing`. A site document says it itself.
    pub listing: bool,
    /// Whether the stack has customer keys (SSE-C).
    pub customer_keys: CustomerKeys,
    /// A grant of the template that the roles do not get, to see who needs it.
    pub withheld: Option<Grant>,
    /// What is broken on purpose; nothing by default.
    pub faults: Faults,
}

/// Where objects, keys and credentials are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// In the state folder.
    Folder,
    /// In memory, until the stack stops.
    Memory,
}

/// Whether objects can be encrypted with customer keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CustomerKeys {
    /// The bucket blocks them, as every new one does.
    #[default]
    Without,
    /// The origin has a key of the system's in a SecureString, and one for publishers; the bucket takes it from the origin.
    With,
}

/// What runs the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeKind {
    /// The built Lambda@Edge bundle, in Node processes.
    Node {
        /// The folder with `index.mjs`.
        bundle: PathBuf,
    },
    /// The edge core, linked into this program.
    Native,
}

impl EdgeKind {
    pub(super) fn description(&self) -> String {
        match self {
            Self::Node { bundle } => {
                format!("the Lambda@Edge bundle in Node, from {}", bundle.display())
            }
            Self::Native => "linked natively, not the Lambda@Edge bundle".to_owned(),
        }
    }
}

/// What runs the publishers' API behind the CDN. Its own port is served by the origin linked into this program always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginKind {
    /// The built Lambda, in processes that speak the Lambda Runtime API.
    Lambda {
        /// The deployment package.
        package: PathBuf,
    },
    /// The origin's Lambda entry, linked into this program.
    Native,
}

impl OriginKind {
    pub(super) fn description(&self) -> String {
        match self {
            Self::Lambda { package } => format!("the built Lambda, from {}", package.display()),
            Self::Native => "linked natively, not the built Lambda".to_owned(),
        }
    }
}

/// The loopback ports; 0 takes a free one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ports {
    /// HTTPS, for viewers.
    pub cdn: u16,
    /// Plain HTTP, for the publishers' page.
    pub preview: u16,
    /// The publishers' API.
    pub publish: u16,
    /// S3.
    pub s3: u16,
    /// KMS.
    pub kms: u16,
    /// STS.
    pub sts: u16,
    /// The CloudFront API.
    pub cloudfront: u16,
    /// The OpenID issuer.
    pub issuer: u16,
}

/// The site of the stack, validated by the edge's own rules.
#[derive(Debug)]
pub(super) struct DevSite {
    /// The document as it travels to the edge.
    pub(super) document: String,
    pub(super) bucket: String,
    pub(super) region: String,
    /// Whose pages may upload to the bucket and read shares: everyone whom the site lets read.
    pub(super) cors_origins: Vec<String>,
    /// Whether viewers log in below `/_viewer/`.
    pub(super) logins: bool,
    pub(super) parsed: Site,
}

impl DevSite {
    /// The host of the Function URL behind its publish or reader route, which is one function's.
    pub(super) fn function_host(&self) -> Option<&str> {
        let publish = self.parsed.publish.as_deref();
        let function = publish.or(self.parsed.reader.as_deref());
        function.map(|function| function.host.as_str())
    }

    /// The protected prefixes of the bucket's keys.
    pub(super) fn protected_prefixes(&self) -> &[String] {
        let viewers = self.parsed.viewers.as_ref();
        viewers.map_or(&[], |viewers| viewers.prefixes.as_slice())
    }

    /// The document for an origin through which something protected is served: one of the prefixes, or `*`.
    pub(super) fn serving(&self, serves: &str) -> anyhow::Result<String> {
        let mut document: serde_json::Value = serde_json::from_str(&self.document)?;
        document["viewers"]["serves"] = serves.into();
        Ok(in_one_line(&document.to_string()))
    }

    /// The document for the origin of logins, which lie where the publishers' API lies elsewhere.
    pub(super) fn for_logins(&self) -> anyhow::Result<String> {
        let mut document: serde_json::Value = serde_json::from_str(&self.document)?;
        document["publish"]["prefix"] = LOGINS.into();
        Ok(in_one_line(&document.to_string()))
    }
}

impl StackConfig {
    pub(super) fn site(&self) -> anyhow::Result<DevSite> {
        let document = match &self.site {
            Some(bytes) => as_it_travels(str::from_utf8(bytes).context("the site is not UTF-8")?),
            None => self.default_site()?,
        };
        anyhow::ensure!(
            self.site.is_none() || self.cors_origins.is_empty(),
            "the site has its own cross-origin rules: add the origins to its cors"
        );
        let document = self.with_protection(document)?;
        let parsed = Site::parse(document.as_bytes())
            .context("the site is invalid; `keyfront site check` reports every error")?;
        let names: Names = serde_json::from_str(&document).context("the site is invalid")?;
        anyhow::ensure!(
            names.endpoint.is_none(),
            "the site has an endpoint: remove it, the dev stack has its own S3"
        );
        let elsewhere = |function: &FunctionOrigin| function.region != names.region;
        for (name, function) in [("publish", &parsed.publish), ("reader", &parsed.reader)] {
            anyhow::ensure!(
                !function.as_deref().is_some_and(elsewhere),
                "the site's {name} function and its bucket are in different Regions: the dev stack has one Region"
            );
        }
        if let (Some(publish), Some(reader)) = (&parsed.publish, &parsed.reader) {
            anyhow::ensure!(
                publish.host == reader.host,
                "the site's reader and publish functions differ: the dev stack has one function"
            );
        }
        anyhow::ensure!(
            !self.logins || (parsed.viewers.is_some() && parsed.publish.is_some()),
            "viewers can only log in where folders are protected (--protect) and the site has publish, whose function takes logins"
        );
        Ok(DevSite {
            logins: self.logins,
            document,
            bucket: names.bucket,
            region: names.region,
            cors_origins: names
                .cors
                .into_iter()
                .flat_map(|rule| rule.origins)
                .collect(),
            parsed,
        })
    }

    /// The site's document with the folders that `--protect` and the document of sites name.
    fn with_protection(&self, document: String) -> anyhow::Result<String> {
        let mut folders = self.protect.clone();
        if let Some(sites) = self.parsed_sites()? {
            folders.extend_from_slice(sites.protected_prefixes());
        }
        if folders.is_empty() {
            return Ok(document);
        }
        let mut site: serde_json::Value =
            serde_json::from_str(&document).context("the site is invalid")?;
        anyhow::ensure!(
            site["viewers"].is_null(),
            "the site protects folders of its own: write all of them into its viewers"
        );
        let prefix = site["prefix"].as_str().unwrap_or_default();
        let folders: Vec<String> = folders
            .iter()
            .map(|folder| format!("{prefix}{folder}"))
            .collect();
        site["viewers"] = serde_json::json!({ "prefixes": folders });
        Ok(in_one_line(&site.to_string()))
    }

    fn default_site(&self) -> anyhow::Result<String> {
        let host = host::of_function_url(DEFAULT_FUNCTION_URL, DEFAULT_REGION);
        let function =
            |prefix| serde_json::json!({"prefix": prefix, "host": host, "region": DEFAULT_REGION});
        let mut site = serde_json::json!({
            "v": 1, "bucket": DEFAULT_BUCKET, "region": DEFAULT_REGION, "style": "virtual", "query": [], "signing": "sigv4",
            "customer_keys": self.customer_keys == CustomerKeys::With,
            "publish": function("/_publish"),
            "reader": function("/read"),
        });
        if self.listing {
            site["listing"] = "/_list".into();
        }
        if !self.cors_origins.is_empty() {
            site["cors"] = cors_of_site(&self.cors_origins)?;
        }
        Ok(site.to_string())
    }
}

impl StackConfig {
    /// The sites below paths of their own.
    pub(super) fn sites(&self, site: &DevSite) -> anyhow::Result<Sites> {
        let sites = self.parsed_sites()?.unwrap_or_default();
        for bucket in sites.existing_buckets() {
            let name = bucket.name.as_str();
            anyhow::ensure!(
                name != site.bucket,
                "bucket {name} of the sites is the stack's own bucket: remove bucket and key_arn"
            );
            anyhow::ensure!(
                bucket.key.region() == site.region,
                "the key of bucket {name} is in {}: the stack has one Region, {}; give --site one in the other Region, or change the key's",
                bucket.key.region(),
                site.region
            );
        }
        Ok(sites)
    }
}

impl StackConfig {
    fn parsed_sites(&self) -> anyhow::Result<Option<Sites>> {
        let Some(document) = &self.sites else {
            return Ok(None);
        };
        let text = std::str::from_utf8(document).context("the sites are not UTF-8")?;
        Ok(Some(Sites::parse(text).context("the sites are invalid")?))
    }
}

/// A document as it travels: in one line, without the address of its schema, which is for editors.
fn as_it_travels(document: &str) -> String {
    if let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_str(document)
        && fields.remove("$schema").is_some()
    {
        return in_one_line(&serde_json::Value::Object(fields).to_string());
    }
    in_one_line(document)
}

/// What the stack needs of a site besides what the edge makes of it.
#[derive(Deserialize)]
struct Names {
    bucket: String,
    region: String,
    endpoint: Option<String>,
    #[serde(default)]
    cors: Vec<CorsNames>,
}

#[derive(Deserialize)]
struct CorsNames {
    origins: Vec<String>,
}
