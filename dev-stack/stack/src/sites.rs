//! The sites below paths of their own, as the generated template has them: behaviours of the distribution, and what the
//! origin is told. Nothing about a site is decided here, so that what is served is what would be deployed.

use anyhow::Context as _;
use keyfront_cloudformation::{PathPattern, strings};
use keyfront_dev_cdn::{
    AcceptEncoding, AllowedMethods, Behaviour, CachePolicy, Functions, Origin, OriginKind,
    OriginProtocol, OriginRequestPolicy,
};
use keyfront_origin::config::FurtherSite;
use serde_json::Value;

use super::template::StackTemplate;

/// What the ids of the origins of sites begin with.
const SITE_ORIGIN: &str = "site";

/// The behaviours of the sites, in the template's order.
///
/// # Errors
/// A template that says something the local CDN has no word for.
pub(super) fn behaviours(template: &StackTemplate<'_>) -> anyhow::Result<Vec<Behaviour>> {
    let config = template.document().properties("Distribution");
    let config = config.map(|distribution| &distribution["DistributionConfig"]);
    let config = config.context("the template has no distribution")?;
    let all = config["CacheBehaviors"].as_array().into_iter().flatten();
    let of_sites = all.filter_map(|behaviour| {
        let id = behaviour["TargetOriginId"].as_str()?;
        id.starts_with(SITE_ORIGIN).then_some((behaviour, id))
    });
    of_sites
        .map(|(behaviour, id)| read(template, config, behaviour, id))
        .collect()
}

fn read(
    template: &StackTemplate<'_>,
    config: &Value,
    behaviour: &Value,
    id: &str,
) -> anyhow::Result<Behaviour> {
    let origins = config["Origins"].as_array().into_iter().flatten();
    let mut origins = origins.filter(|origin| origin["Id"] == id);
    let origin = origins.next().with_context(|| format!("origin {id}"))?;
    let methods = strings(&behaviour["AllowedMethods"]);
    anyhow::ensure!(
        methods == ["GET", "HEAD", "OPTIONS"],
        "methods of {id}: {methods:?}"
    );
    let policy = text(&behaviour["CachePolicyId"]["Ref"])?;
    let attached = behaviour["LambdaFunctionAssociations"].as_array();
    let has = |event: &str| {
        let mut attached = attached.into_iter().flatten();
        attached.any(|function| function["EventType"] == event)
    };
    Ok(Behaviour {
        path_pattern: PathPattern::new(text(&behaviour["PathPattern"])?),
        origin: read_origin(&template.value(origin)?)?,
        methods: AllowedMethods::GetHeadOptions,
        cache: cache_policy(template, policy)?,
        forward: OriginRequestPolicy::default(),
        functions: Functions {
            origin_request: has("origin-request"),
            origin_response: has("origin-response"),
            include_body: false,
        },
        trusted_keys: Vec::new(),
    })
}

fn read_origin(origin: &Value) -> anyhow::Result<Origin> {
    let custom = &origin["CustomOriginConfig"];
    let seconds = |name: &str| custom[name].as_u64().context("an origin's timeout");
    let headers = origin["OriginCustomHeaders"].as_array();
    let headers = headers.into_iter().flatten().map(|header| {
        let (name, value) = (text(&header["HeaderName"])?, text(&header["HeaderValue"])?);
        Ok((name.to_owned(), value.to_owned()))
    });
    Ok(Origin {
        domain_name: text(&origin["DomainName"])?.to_owned(),
        protocol: OriginProtocol::Https,
        port: 443,
        path: String::new(),
        kind: OriginKind::Custom,
        custom_headers: headers.collect::<anyhow::Result<_>>()?,
        read_timeout: seconds("OriginReadTimeout")?,
        keepalive_timeout: seconds("OriginKeepaliveTimeout")?,
    })
}

fn cache_policy(template: &StackTemplate<'_>, id: &str) -> anyhow::Result<CachePolicy> {
    let policy = template.document().properties(id);
    let policy = &policy.with_context(|| format!("policy {id}"))?["CachePolicyConfig"];
    let keyed = &policy["ParametersInCacheKeyAndForwardedToOrigin"];
    let ttl = |name: &str| policy[name].as_u64().context("a cache policy's times");
    let names = |value: &Value| -> Vec<String> {
        let names = strings(value);
        names.into_iter().map(str::to_owned).collect()
    };
    let headers = names(&keyed["HeadersConfig"]["Headers"]);
    Ok(CachePolicy {
        query: names(&keyed["QueryStringsConfig"]["QueryStrings"]),
        headers: headers.iter().map(|name| name.to_lowercase()).collect(),
        accept_encoding: match keyed["EnableAcceptEncodingGzip"] == true
            && keyed["EnableAcceptEncodingBrotli"] == true
        {
            true => AcceptEncoding::Normalised,
            false => AcceptEncoding::Removed,
        },
        min_ttl: ttl("MinTTL")?,
        default_ttl: ttl("DefaultTTL")?,
        max_ttl: ttl("MaxTTL")?,
    })
}

/// The sites on the bucket that the origin writes into.
///
/// # Errors
/// A variable that the origin would refuse.
pub(super) fn further_sites(template: &StackTemplate<'_>) -> anyhow::Result<Vec<FurtherSite>> {
    let function = template.document().properties("OriginFunction");
    let variable = function.map(|function| {
        let variables = &function["Environment"]["Variables"];
        &variables[keyfront_origin::config::FURTHER_SITES]
    });
    match variable.and_then(Value::as_str) {
        Some(sites) => Ok(serde_json::from_str(sites)?),
        None => Ok(Vec::new()),
    }
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value
        .as_str()
        .with_context(|| format!("{value} in the place of a text"))
}
