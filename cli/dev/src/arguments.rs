//! The arguments of `keyfront dev`, and the stack they ask for.

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use keyfront_dev_stack::{CustomerKeys, EdgeKind, Faults, OriginKind, Ports, StackConfig, Storage};

use crate::requests::Shown;

/// What is protected where viewers log in, unless folders are named.
const LOGIN_FOLDERS: [&str; 2] = ["members/", "users/"];

/// Run the whole system on this machine: S3, KMS, STS, the publishers' API and the CDN, all on loopback.
///
/// Prints the URLs when everything is ready. Scripts read them from dev.json in the state folder, or from the file
/// named by --ready-file, which appears only when the system is ready.
///
/// Then it shows a line for each request of readers and publishers. KEYFRONT_LOG sets the log level of the parts: error,
/// warn (the default), info or debug, also by part, as in warn,keyfront_origin=info.
#[derive(Debug, Args)]
// A script may append a flag to defaults of its own: the last one counts.
#[command(args_override_self = true)]
pub(crate) struct DevArguments {
    /// Folder for dev.json, the CA and, unless --ephemeral, all objects and keys
    #[arg(long, value_name = "DIR", default_value = ".keyfront")]
    state: PathBuf,

    /// Keep objects and keys in memory only
    #[arg(long)]
    ephemeral: bool,

    /// Run the edge as the built Lambda@Edge bundle in Node, or linked into this program
    #[arg(long, value_enum, default_value = "node")]
    edge: Edge,

    /// The built Lambda@Edge bundle
    #[arg(long, value_name = "DIR", default_value = "dist/edge-cloudfront")]
    edge_bundle: PathBuf,

    /// Run the publishers' API behind the CDN as the built Lambda, or linked into this program
    #[arg(long, value_enum, default_value = "native")]
    origin: Origin,

    /// The built origin Lambda
    #[arg(long, value_name = "FILE", default_value = "dist/origin-lambda.zip")]
    origin_package: PathBuf,

    /// A site to serve, as JSON (docs/site.md); its bucket and region are created
    #[arg(long, value_name = "FILE")]
    site: Option<PathBuf>,

    /// Web origins whose pages may read and upload, separated by commas, as the template's CorsOrigins
    #[arg(
        long,
        value_name = "ORIGINS",
        value_delimiter = ',',
        conflicts_with = "site"
    )]
    cors_origins: Vec<String>,

    /// Folders that need a signed URL or cookies, separated by commas, such as members/; `keyfront viewers sign --dev` makes them
    #[arg(long, value_name = "FOLDERS", value_delimiter = ',')]
    protect: Vec<String>,

    /// Let viewers log in, at an OpenID issuer on this machine that accepts any user name; protects members/ and users/ unless --protect names others
    #[arg(long)]
    viewers: bool,

    /// Further sites to serve, each below its own path, as for `keyfront deploy`; their buckets and keys are created
    #[arg(long, value_name = "FILE")]
    sites: Option<PathBuf>,

    /// Enable customer keys (SSE-C): keys in SSM, and a bucket that accepts them from the origin
    #[arg(long)]
    customer_keys: bool,

    /// Serve folder listings under /_list/, as the template's Listing
    #[arg(long, conflicts_with = "site")]
    listing: bool,

    /// Show no requests
    #[arg(long, short, conflicts_with = "verbose")]
    quiet: bool,

    /// Show the requests to S3, KMS and all other services too
    #[arg(long, short)]
    verbose: bool,

    /// Port of the CDN (HTTPS); 0 chooses a free one
    #[arg(long, value_name = "PORT", default_value_t = 9443)]
    cdn_port: u16,

    /// Port of the publishers' API
    #[arg(long, value_name = "PORT", default_value_t = 9080)]
    publish_port: u16,

    /// Port of the CDN over plain HTTP, where the publishers' page reads
    #[arg(long, value_name = "PORT", default_value_t = 9081)]
    preview_port: u16,

    /// Port of S3
    #[arg(long, value_name = "PORT", default_value_t = 9000)]
    s3_port: u16,

    /// Port of KMS
    #[arg(long, value_name = "PORT", default_value_t = 9001)]
    kms_port: u16,

    /// Port of STS
    #[arg(long, value_name = "PORT", default_value_t = 9002)]
    sts_port: u16,

    /// Port of the CloudFront API
    #[arg(long, value_name = "PORT", default_value_t = 9003)]
    cloudfront_port: u16,

    /// Port of the OpenID issuer of --viewers
    #[arg(long, value_name = "PORT", default_value_t = 9004)]
    issuer_port: u16,

    /// Write a copy of dev.json here once everything is ready
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,

    /// Replace the edge's and the origin's sessions this often [default: well before their 12 hours end]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    rotate_every: Option<u64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Edge {
    Node,
    Native,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Origin {
    Lambda,
    Native,
}

impl DevArguments {
    /// Which requests are shown.
    pub(crate) const fn shown(&self) -> Shown {
        match (self.quiet, self.verbose) {
            (true, _) => Shown::Nothing,
            (false, true) => Shown::Everything,
            (false, false) => Shown::Public,
        }
    }
}

/// The stack that was asked for.
///
/// # Errors
/// A document cannot be read.
pub(crate) fn config(arguments: DevArguments) -> anyhow::Result<StackConfig> {
    let read = |path: PathBuf| {
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))
    };
    let site = arguments.site.map(read).transpose()?;
    let sites = arguments.sites.map(read).transpose()?;
    Ok(StackConfig {
        folder: arguments.state,
        storage: if arguments.ephemeral {
            Storage::Memory
        } else {
            Storage::Folder
        },
        edge: match arguments.edge {
            Edge::Node => EdgeKind::Node {
                bundle: arguments.edge_bundle,
            },
            Edge::Native => EdgeKind::Native,
        },
        origin: match arguments.origin {
            Origin::Lambda => OriginKind::Lambda {
                package: arguments.origin_package,
            },
            Origin::Native => OriginKind::Native,
        },
        cors_origins: arguments.cors_origins,
        protect: match arguments.protect.is_empty()
            && arguments.viewers
            && sites.is_none()
            && site.is_none()
        {
            true => LOGIN_FOLDERS.map(str::to_owned).to_vec(),
            false => arguments.protect,
        },
        logins: arguments.viewers,
        site,
        sites,
        ports: Ports {
            cdn: arguments.cdn_port,
            preview: arguments.preview_port,
            publish: arguments.publish_port,
            s3: arguments.s3_port,
            kms: arguments.kms_port,
            sts: arguments.sts_port,
            cloudfront: arguments.cloudfront_port,
            issuer: arguments.issuer_port,
        },
        ready_file: arguments.ready_file,
        rotate_every: arguments.rotate_every.map(Duration::from_secs),
        page: true,
        listing: arguments.listing,
        customer_keys: match arguments.customer_keys {
            true => CustomerKeys::With,
            false => CustomerKeys::Without,
        },
        withheld: None,
        faults: Faults::default(),
    })
}
