//! The distribution of the stack: one site with its bucket, its publish endpoint and its reader, as the deployed one
//! would be configured, and the sites below paths of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyfront_cloudformation::PathPattern;
use keyfront_contract::{header, route::LOGINS};
use keyfront_dev_cdn::{
    AcceptEncoding, AllowedMethods, Behaviour, CacheLimits, CachePolicy, Cdn, CdnConfig, CdnError,
    CdnHandle, Distribution, EdgeCredentials, Functions, NodeConfig, Origin, OriginKind,
    OriginProtocol, OriginRequestPolicy, OriginTable, TrustedKey,
};
use keyfront_dev_cloudfront::CloudFront;
use keyfront_dev_ground::api_server;
use keyfront_edge::site::FunctionOrigin;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::aws::LocalAws;
use super::config::{DevSite, EdgeKind, StackConfig};
use super::faults::{EdgeFunctions, Faults, SiteHeader};
use super::listeners::{Addresses, loopback, unavailable};
use super::resources::DISTRIBUTION;

const DAY: u64 = 24 * 60 * 60;
/// Seconds.
const READ_TIMEOUT: u64 = 30;
/// What a site serves to whoever was admitted to one URL.
const EVERYTHING: &str = "*";
/// Seconds; the longest CloudFront gives without a raised quota.
const FUNCTION_TIMEOUT: u64 = 60;

/// Starts the CDN in front of the stack's S3 and its Function URL.
pub(super) async fn start(
    config: &StackConfig,
    distribution: Distribution,
    addresses: &Addresses,
    credentials: watch::Receiver<EdgeCredentials>,
) -> anyhow::Result<CdnHandle> {
    let listen = loopback(config.ports.cdn);
    let started = Cdn::start(CdnConfig {
        listen,
        preview: config.page.then(|| loopback(config.ports.preview)),
        state: config.folder.join("cdn"),
        origins: origins(&distribution, addresses, &config.faults),
        distribution,
        edge: Some(match &config.edge {
            EdgeKind::Node { bundle } => {
                keyfront_dev_cdn::EdgeKind::Node(NodeConfig::new(bundle.join("index.mjs")))
            }
            EdgeKind::Native => match config.faults.edge_clock_ahead {
                0 => keyfront_dev_cdn::EdgeKind::Native,
                seconds => keyfront_dev_cdn::EdgeKind::NativeAhead(seconds),
            },
        }),
        credentials,
        cache: CacheLimits::default(),
    });
    started.await.map_err(explain)
}

/// Serves the CloudFront API of the CDN's distribution until `stop`.
pub(super) fn serve_api(
    aws: &LocalAws,
    cdn: &CdnHandle,
    distribution: Distribution,
    faults: &Faults,
    listener: TcpListener,
    stop: CancellationToken,
) -> impl Future<Output = ()> + use<> {
    let api = CloudFront::new(Arc::clone(&aws.iam), distribution, cdn.invalidator())
        .with_wildcards_in_progress(faults.wildcards_in_progress);
    // CloudFront is a global service, and its signatures are scoped to us-east-1.
    let auth = aws.auth_in("us-east-1", "cloudfront");
    api_server::serve(listener, Arc::new(api), auth, stop)
}

/// Adds the flag or the command that helps.
fn explain(error: CdnError) -> anyhow::Error {
    match error {
        CdnError::Listen { address, source } => unavailable("--cdn-port", address, &source),
        CdnError::ListenForPreviews { address, source } => {
            unavailable("--preview-port", address, &source)
        }
        CdnError::NodeMissing { .. } | CdnError::NodeTooOld { .. } => {
            anyhow::anyhow!("{error}; install it, or start with --edge native")
        }
        CdnError::BundleMissing { .. } => {
            anyhow::anyhow!(
                "{error}; build it with `make bundle-edge`, or start with --edge native"
            )
        }
        other => other.into(),
    }
}

/// Functions have a timeout of their own, by which they are told from buckets.
fn origins(distribution: &Distribution, addresses: &Addresses, faults: &Faults) -> OriginTable {
    let s3 = faults.s3_for_cdn.unwrap_or(addresses.s3);
    let origins = distribution.behaviours.iter().map(|one| &one.origin);
    origins.fold(OriginTable::new(), |table, origin| {
        let address = match origin.read_timeout {
            FUNCTION_TIMEOUT => addresses.function_url,
            _ => s3,
        };
        table.with(&origin.domain_name, address)
    })
}

/// The distribution of a site, and of `further` ones below paths of their own.
pub(super) fn distribution(
    site: &DevSite,
    further: Vec<Behaviour>,
    trusted: &[TrustedKey],
    faults: &Faults,
) -> anyhow::Result<Distribution> {
    let mut behaviours = protected(site, trusted)?;
    let publish = site.parsed.publish.as_ref();
    if let Some(publish) = publish.filter(|_| site.logins) {
        behaviours.push(logging_in(site, publish)?);
    }
    behaviours.extend(
        publish
            .into_iter()
            .flat_map(|publish| publishing(site, publish)),
    );
    let reader = site.parsed.reader.as_ref();
    behaviours.extend(reader.into_iter().flat_map(|reader| opening(site, reader)));
    let listing = site.parsed.listing.as_ref();
    behaviours.extend(
        listing
            .into_iter()
            .flat_map(|listing| listing_folders(site, listing)),
    );
    behaviours.extend(further);
    behaviours.push(reading(site, faults));
    Ok(Distribution {
        id: DISTRIBUTION.to_owned(),
        domain_name: "keyfront-dev.cloudfront.net".to_owned(),
        behaviours,
        // Errors say no-store themselves.
        error_ttl: BTreeMap::new(),
        error_pages: page_of_404(site)
            .into_iter()
            .chain(page_of_refusals(site))
            .collect(),
    })
}

/// What only admitted viewers read, before all else: the protected folders, and shared links to any object.
fn protected(site: &DevSite, trusted: &[TrustedKey]) -> anyhow::Result<Vec<Behaviour>> {
    let prefixes = site.protected_prefixes();
    if prefixes.is_empty() {
        return Ok(Vec::new());
    }
    let folders = prefixes.iter().filter_map(|prefix| {
        // A folder of the bucket that lies outside of the site has no path.
        let folder = prefix.strip_prefix(&site.parsed.prefix)?;
        Some((format!("/{}{folder}", site.parsed.path), prefix.as_str()))
    });
    let reader = site.parsed.reader.iter();
    let shared = reader
        .map(|reader| format!("/_share{}/", reader.prefix))
        .chain(["/_share/".to_owned()])
        .map(|path| (path, EVERYTHING));
    let admitting = folders.chain(shared);
    let behaviours = admitting.map(|(path, serves)| {
        let behind = path.strip_prefix("/_share").unwrap_or(&path);
        let reader = site.parsed.reader.as_ref();
        let origin = match reader.filter(|reader| reader.strip(behind).is_some()) {
            Some(reader) => origin(site, &reader.host, FUNCTION_TIMEOUT),
            None => origin(site, &site.parsed.bucket.host, READ_TIMEOUT),
        };
        let origin = Origin {
            custom_headers: vec![(header::SITE.to_owned(), site.serving(serves)?)],
            ..origin
        };
        let behaviour = viewing(site, PathPattern::new(format!("{path}*")), origin);
        Ok(Behaviour {
            trusted_keys: trusted.to_vec(),
            cache: match serves {
                EVERYTHING => CachePolicy::disabled(),
                _ => behaviour.cache.clone(),
            },
            ..behaviour
        })
    });
    behaviours.collect()
}

/// The templates' custom error response for 404, if the site names a page.
fn page_of_404(site: &DevSite) -> Option<(u16, String)> {
    let path = keyfront_edge::Edge::new().missing_page(site.document.as_bytes())?;
    Some((404, path))
}

/// The template's page for all that is refused, if viewers can log in.
fn page_of_refusals(site: &DevSite) -> Option<(u16, String)> {
    site.logins
        .then(|| (403, format!("{LOGINS}/login-required")))
}

/// What lies below the prefix of logins: the function of the publishers' API, through an origin of its own.
fn logging_in(site: &DevSite, publish: &FunctionOrigin) -> anyhow::Result<Behaviour> {
    let [_, behaviour] = publishing(site, publish);
    Ok(Behaviour {
        path_pattern: PathPattern::new(format!("{LOGINS}/*")),
        origin: Origin {
            custom_headers: vec![(header::SITE.to_owned(), site.for_logins()?)],
            ..behaviour.origin.clone()
        },
        ..behaviour
    })
}

/// The publish prefix itself and what lies under it: whole segments, as the edge routes them.
fn publishing(site: &DevSite, publish: &FunctionOrigin) -> [Behaviour; 2] {
    ["", "/*"].map(|under| Behaviour {
        path_pattern: PathPattern::new(format!("{}{under}", publish.prefix)),
        origin: origin(site, &publish.host, FUNCTION_TIMEOUT),
        methods: AllowedMethods::All,
        cache: CachePolicy::disabled(),
        forward: OriginRequestPolicy::all_viewer_except_host(),
        functions: Functions {
            origin_request: true,
            origin_response: true,
            include_body: true,
        },
        trusted_keys: Vec::new(),
    })
}

/// The reader's prefix, with the reader's own origin and timeout; what it answers may be kept as it says itself.
fn opening(site: &DevSite, reader: &FunctionOrigin) -> [Behaviour; 2] {
    ["", "/*"].map(|under| {
        let path_pattern = PathPattern::new(format!("{}{under}", reader.prefix));
        let origin = origin(site, &reader.host, FUNCTION_TIMEOUT);
        viewing(site, path_pattern, origin)
    })
}

/// The prefix of listings: kept by what a page depends on.
fn listing_folders(site: &DevSite, listing: &FunctionOrigin) -> [Behaviour; 2] {
    let mut behaviours = opening(site, listing);
    for behaviour in &mut behaviours {
        behaviour.cache.query = ["after", "format"].map(str::to_owned).to_vec();
    }
    behaviours
}

fn reading(site: &DevSite, faults: &Faults) -> Behaviour {
    let mut origin = origin(site, &site.parsed.bucket.host, READ_TIMEOUT);
    match &faults.site_header {
        SiteHeader::Own => {}
        SiteHeader::Missing => origin.custom_headers.clear(),
        SiteHeader::Other(text) => {
            origin.custom_headers = vec![(header::SITE.to_owned(), text.clone())];
        }
    }
    let mut behaviour = viewing(site, PathPattern::new("*"), origin);
    behaviour.functions.origin_request = faults.edge_functions != EdgeFunctions::None;
    behaviour.functions.origin_response = faults.edge_functions == EdgeFunctions::Both;
    let dropped = &faults.query_dropped;
    behaviour.cache.query.retain(|name| !dropped.contains(name));
    behaviour
}

fn viewing(site: &DevSite, path_pattern: PathPattern, origin: Origin) -> Behaviour {
    Behaviour {
        path_pattern,
        origin,
        // The edge tells a method it does not serve by its own 405.
        methods: AllowedMethods::All,
        cache: CachePolicy {
            query: site.parsed.query.clone(),
            headers: cors_headers(site),
            // Nothing else of this site depends on it.
            accept_encoding: match site.parsed.release {
                Some(_) => AcceptEncoding::Normalised,
                None => AcceptEncoding::Removed,
            },
            min_ttl: 0,
            default_ttl: DAY,
            max_ttl: 365 * DAY,
        },
        forward: OriginRequestPolicy::default(),
        functions: Functions {
            origin_request: true,
            origin_response: true,
            include_body: false,
        },
        trusted_keys: Vec::new(),
    }
}

fn origin(site: &DevSite, host: &str, read_timeout: u64) -> Origin {
    Origin {
        domain_name: host.to_owned(),
        protocol: OriginProtocol::Https,
        port: 443,
        path: String::new(),
        kind: OriginKind::Custom,
        custom_headers: vec![(header::SITE.to_owned(), site.document.clone())],
        read_timeout,
        keepalive_timeout: 5,
    }
}

/// Cross-origin answers depend on who asks and, for a preflight, on what it asks for.
fn cors_headers(site: &DevSite) -> Vec<String> {
    let names = [
        "origin",
        "access-control-request-method",
        "access-control-request-headers",
    ];
    if site.parsed.cors.is_empty() {
        Vec::new()
    } else {
        names.map(str::to_owned).to_vec()
    }
}
