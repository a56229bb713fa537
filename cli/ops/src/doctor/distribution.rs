//! How the distribution serves the URL's path: its behaviour, the origin's site, the functions, the cache's query.

use anyhow::Context as _;
use aws_sdk_cloudfront::types::{
    CachePolicyQueryStringBehavior, DistributionConfig, EventType, LambdaFunctionAssociations,
    Origin,
};
use keyfront_cloudformation::PathPattern;
use keyfront_contract::header;
use keyfront_edge::Site;
use serde::Deserialize;

use super::{
    access::Access,
    evidence::{Behaviour, CarriedSite, Gathered},
};
use crate::{aws::call_error, web_target::Target};

const SITE_HEADER: &str = header::SITE;

/// What was found, and what others go on from.
pub(super) struct DistributionFacts {
    pub(super) behaviour: Behaviour,
    /// The site's document, where the origin carries one.
    pub(super) document: Option<String>,
    /// The URL's query, as far as the CDN sends it on.
    pub(super) query: String,
    /// ARN of the role that the function's version runs as.
    pub(super) role: Option<String>,
}

/// Reads the distribution's configuration.
///
/// # Errors
/// No distribution is known, or CloudFront does not return it.
pub(super) async fn read(access: &Access, target: &Target) -> anyhow::Result<DistributionFacts> {
    let id = access
        .distribution
        .as_ref()
        .context("the distribution is unknown; give --distribution")?;
    let client = access.cloudfront();
    let answer = client.get_distribution_config().id(id).send().await;
    let config = answer
        .map_err(|error| call_error(error).context(format!("distribution {id} cannot be read")))?
        .distribution_config
        .context("CloudFront returned no configuration")?;
    let Matched {
        pattern,
        origin,
        functions,
        cache_policy,
        sends_more,
    } = matched(&config, &target.path)?;
    let document = carried(origin);
    let (site, listed) = checked(document.as_deref())?;
    let passing = match cache_policy {
        Some(policy) if !sends_more => query_of(&client, &policy).await?,
        _ => Passing::All,
    };
    let is_dropped = |name: &&str| listed.iter().any(|kept| kept == name) && !passing.has(name);
    let request_function = function(functions.as_ref(), &EventType::OriginRequest);
    let (code, role) = code(access, request_function.as_deref()).await;
    Ok(DistributionFacts {
        behaviour: Behaviour {
            distribution: id.clone(),
            pattern,
            origin: format!(
                "{}{}",
                origin.domain_name(),
                origin.origin_path().unwrap_or_default()
            ),
            request_function,
            response_function: function(functions.as_ref(), &EventType::OriginResponse),
            published: access.edge_function.clone(),
            site,
            dropped: (target.query_names().filter(is_dropped))
                .map(str::to_owned)
                .collect(),
            code,
        },
        document,
        query: target.query_of(|name| passing.has(name)),
        role,
    })
}

/// The site as the edge reads it, with the parameters it lists.
fn checked(document: Option<&str>) -> anyhow::Result<(CarriedSite, Vec<String>)> {
    let Some(document) = document else {
        return Ok((CarriedSite::Missing, Vec::new()));
    };
    Ok(match Site::parse(document.as_bytes()) {
        Err(error) => (CarriedSite::Refused(error.to_string()), Vec::new()),
        Ok(site) => {
            let Names { bucket, region } = serde_json::from_str(document)?;
            (CarriedSite::Valid { bucket, region }, site.query)
        }
    })
}

#[derive(Deserialize)]
struct Names {
    bucket: String,
    region: String,
}

struct Matched<'c> {
    pattern: String,
    origin: &'c Origin,
    functions: Option<LambdaFunctionAssociations>,
    cache_policy: Option<String>,
    /// Whether an origin request policy sends more than the cache key.
    sends_more: bool,
}

/// The first behaviour whose pattern covers the path, or the default one.
fn matched<'c>(config: &'c DistributionConfig, path: &str) -> anyhow::Result<Matched<'c>> {
    let named = config
        .cache_behaviors()
        .map_or(&[][..], |found| found.items());
    let found = named
        .iter()
        .find(|behaviour| PathPattern::new(behaviour.path_pattern()).covers(path));
    let default = config.default_cache_behavior();
    let (pattern, target, functions, cache_policy, request_policy) = match (found, default) {
        (Some(found), _) => (
            found.path_pattern(),
            found.target_origin_id(),
            found.lambda_function_associations(),
            found.cache_policy_id(),
            found.origin_request_policy_id(),
        ),
        (None, Some(found)) => (
            "*",
            found.target_origin_id(),
            found.lambda_function_associations(),
            found.cache_policy_id(),
            found.origin_request_policy_id(),
        ),
        (None, None) => anyhow::bail!("the distribution has no default behaviour"),
    };
    let origins = config.origins().map_or(&[][..], |found| found.items());
    let origin = origins
        .iter()
        .find(|origin| origin.id() == target)
        .with_context(|| format!("the distribution has no origin {target}"))?;
    Ok(Matched {
        pattern: pattern.to_owned(),
        origin,
        functions: functions.cloned(),
        cache_policy: cache_policy.map(str::to_owned),
        sends_more: request_policy.is_some(),
    })
}

fn carried(origin: &Origin) -> Option<String> {
    let headers = origin.custom_headers()?.items();
    let found = headers
        .iter()
        .find(|header| header.header_name().eq_ignore_ascii_case(SITE_HEADER))?;
    Some(found.header_value().to_owned())
}

fn function(functions: Option<&LambdaFunctionAssociations>, event: &EventType) -> Option<String> {
    let mut attached = functions?.items().iter();
    let found = attached.find(|function| function.event_type() == event)?;
    Some(found.lambda_function_arn().to_owned())
}

/// Which parameters pass the CDN.
enum Passing {
    All,
    Only(Vec<String>),
}

impl Passing {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|kept| kept == name),
        }
    }
}

/// The parameters of a cache key.
async fn query_of(client: &aws_sdk_cloudfront::Client, policy: &str) -> anyhow::Result<Passing> {
    let answer = client.get_cache_policy().id(policy).send().await;
    let policy = answer
        .map_err(|error| {
            call_error(error).context(format!("cache policy {policy} cannot be read"))
        })?
        .cache_policy;
    let config = policy
        .as_ref()
        .and_then(|policy| policy.cache_policy_config())
        .and_then(|config| config.parameters_in_cache_key_and_forwarded_to_origin())
        .and_then(|parameters| parameters.query_strings_config())
        .context("CloudFront returned no query behaviour of the cache policy")?;
    Ok(match config.query_string_behavior() {
        CachePolicyQueryStringBehavior::None => Passing::Only(Vec::new()),
        CachePolicyQueryStringBehavior::Whitelist => Passing::Only(
            config
                .query_strings()
                .map_or_else(Vec::new, |names| names.items().to_vec()),
        ),
        // `allExcept` keeps what a site cannot list anyway.
        _ => Passing::All,
    })
}

/// What Lambda reports of a version: its code, and the role it runs as.
async fn code(access: &Access, function: Option<&str>) -> (Gathered<String>, Option<String>) {
    let Some(function) = function else {
        return (Gathered::not_checked("no function is attached"), None);
    };
    let Some(lambda) = access.lambda() else {
        let why = "the dev stack runs its own bundle, not the one in the configuration";
        return (Gathered::not_checked(why), None);
    };
    let sent = lambda
        .get_function_configuration()
        .function_name(function)
        .send()
        .await;
    match sent {
        Err(error) => (
            Gathered::not_checked(format!("{:#}", call_error(error))),
            None,
        ),
        Ok(version) => {
            let code = format!(
                "{}, code SHA-256 {}, of {}",
                version
                    .runtime()
                    .map_or("no runtime", |runtime| runtime.as_str()),
                version.code_sha256().unwrap_or("unknown"),
                version.last_modified().unwrap_or("an unknown date"),
            );
            (Gathered::Found(code), version.role)
        }
    }
}
