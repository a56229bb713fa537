//! The distribution as `GetDistributionConfig` and `GetCachePolicy` answer it.
//!
//! Only what the local CDN has: whoever reads it finds origins, their custom headers, behaviours, their functions and
//! the keys of their caches. Pure.

use keyfront_dev_cdn::{
    AcceptEncoding, Behaviour, Distribution, ForwardHeaders, Origin, OriginKind, OriginProtocol,
};
use keyfront_dev_ground::aws_error::xml;
use serde::Serialize;

use super::NAMESPACE;
use super::list::{List, Text};

/// Of the managed policy `AllViewerExceptHostHeader`.
const ALL_VIEWER_EXCEPT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The answer of `GetDistributionConfig`.
pub(super) fn configuration(distribution: &Distribution, account: &str) -> String {
    let behaviours = &distribution.behaviours;
    let settings = |at, behaviour, path_pattern| settings(at, behaviour, path_pattern, account);
    // The last behaviour is the default: a distribution without one is refused at the start.
    let named = behaviours.split_last().map_or(&[][..], |(_, named)| named);
    let default_at = named.len();
    xml(&DistributionConfig {
        namespace: NAMESPACE,
        caller_reference: &distribution.id,
        comment: "",
        enabled: true,
        origins: List::of(behaviours.iter().enumerate().map(origin)),
        default_cache_behavior: behaviours
            .last()
            .map(|behaviour| settings(default_at, behaviour, None)),
        cache_behaviors: List::of(named.iter().enumerate().map(|(at, behaviour)| {
            let pattern = Some(behaviour.path_pattern.as_str());
            Element::CacheBehavior(settings(at, behaviour, pattern))
        })),
    })
}

/// The answer of `GetCachePolicy`; `None` if no behaviour has this policy.
pub(super) fn cache_policy(distribution: &Distribution, id: &str) -> Option<String> {
    let mut numbered = distribution.behaviours.iter().enumerate();
    let (_, behaviour) = numbered.find(|(at, _)| policy_id(*at) == id)?;
    let policy = &behaviour.cache;
    Some(xml(&CachePolicy {
        namespace: NAMESPACE,
        id,
        last_modified_time: "2026-01-01T00:00:00Z",
        cache_policy_config: CachePolicyConfig {
            name: id,
            min_ttl: policy.min_ttl,
            default_ttl: policy.default_ttl,
            max_ttl: policy.max_ttl,
            parameters: Parameters {
                enable_accept_encoding_gzip: policy.accept_encoding == AcceptEncoding::Normalised,
                headers_config: HeadersConfig {
                    header_behavior: listed(&policy.headers),
                    headers: names(&policy.headers),
                },
                query_strings_config: QueryStringsConfig {
                    query_string_behavior: listed(&policy.query),
                    query_strings: names(&policy.query),
                },
                cookies_config: CookiesConfig {
                    cookie_behavior: "none",
                },
            },
        },
    }))
}

fn policy_id(at: usize) -> String {
    format!("keyfront-dev-{at}")
}

fn listed(names: &[String]) -> &'static str {
    if names.is_empty() {
        "none"
    } else {
        "whitelist"
    }
}

fn names(names: &[String]) -> List<Text<'_>> {
    List::of(names.iter().map(|name| Text::Name(name)))
}

fn origin((at, behaviour): (usize, &Behaviour)) -> Element<'_> {
    let Origin {
        domain_name,
        path,
        port,
        protocol,
        custom_headers,
        kind,
        read_timeout,
        keepalive_timeout,
    } = &behaviour.origin;
    let custom = match kind {
        OriginKind::Custom => Some(CustomOriginConfig {
            http_port: 80,
            https_port: *port,
            origin_protocol_policy: match protocol {
                OriginProtocol::Http => "http-only",
                OriginProtocol::Https => "https-only",
            },
            origin_read_timeout: *read_timeout,
            origin_keepalive_timeout: *keepalive_timeout,
        }),
        OriginKind::S3 { .. } => None,
    };
    let s3 = custom.is_none().then_some(S3OriginConfig {
        origin_access_identity: "",
    });
    Element::Origin(OriginDocument {
        id: at,
        domain_name,
        origin_path: path,
        custom_headers: List::of(custom_headers.iter().map(|(name, value)| {
            Element::OriginCustomHeader(OriginCustomHeader {
                header_name: name,
                header_value: value,
            })
        })),
        custom_origin_config: custom,
        s3_origin_config: s3,
    })
}

fn settings<'a>(
    at: usize,
    behaviour: &'a Behaviour,
    path_pattern: Option<&'a str>,
    account: &str,
) -> CacheBehavior<'a> {
    let functions = behaviour.functions;
    let attached = [
        ("origin-request", functions.origin_request),
        ("origin-response", functions.origin_response),
    ];
    // No Lambda here has this version: the CDN runs the bundle itself.
    let function = format!("arn:aws:lambda:us-east-1:{account}:function:keyfront-edge:1");
    let associations = attached.into_iter().filter(|(_, attached)| *attached);
    CacheBehavior {
        path_pattern,
        target_origin_id: at,
        viewer_protocol_policy: "https-only",
        lambda_function_associations: List::of(associations.map(|(event_type, _)| {
            Element::LambdaFunctionAssociation(LambdaFunctionAssociation {
                lambda_function_arn: function.clone(),
                event_type,
            })
        })),
        cache_policy_id: policy_id(at),
        origin_request_policy_id: match &behaviour.forward.headers {
            ForwardHeaders::AllExceptHost => Some(ALL_VIEWER_EXCEPT_HOST),
            ForwardHeaders::CacheKeyOnly | ForwardHeaders::Listed(_) => None,
        },
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DistributionConfig<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    caller_reference: &'a str,
    comment: &'a str,
    enabled: bool,
    origins: List<Element<'a>>,
    default_cache_behavior: Option<CacheBehavior<'a>>,
    cache_behaviors: List<Element<'a>>,
}

/// An element of a list.
#[derive(Serialize)]
enum Element<'a> {
    Origin(OriginDocument<'a>),
    CacheBehavior(CacheBehavior<'a>),
    OriginCustomHeader(OriginCustomHeader<'a>),
    LambdaFunctionAssociation(LambdaFunctionAssociation),
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OriginDocument<'a> {
    id: usize,
    domain_name: &'a str,
    origin_path: &'a str,
    custom_headers: List<Element<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_origin_config: Option<CustomOriginConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_origin_config: Option<S3OriginConfig>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OriginCustomHeader<'a> {
    header_name: &'a str,
    header_value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CustomOriginConfig {
    #[serde(rename = "HTTPPort")]
    http_port: u16,
    #[serde(rename = "HTTPSPort")]
    https_port: u16,
    origin_protocol_policy: &'static str,
    origin_read_timeout: u64,
    origin_keepalive_timeout: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct S3OriginConfig {
    origin_access_identity: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CacheBehavior<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path_pattern: Option<&'a str>,
    target_origin_id: usize,
    viewer_protocol_policy: &'static str,
    lambda_function_associations: List<Element<'a>>,
    cache_policy_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin_request_policy_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct LambdaFunctionAssociation {
    #[serde(rename = "LambdaFunctionARN")]
    lambda_function_arn: String,
    event_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CachePolicy<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'a str,
    id: &'a str,
    last_modified_time: &'a str,
    cache_policy_config: CachePolicyConfig<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CachePolicyConfig<'a> {
    name: &'a str,
    #[serde(rename = "MinTTL")]
    min_ttl: u64,
    #[serde(rename = "DefaultTTL")]
    default_ttl: u64,
    #[serde(rename = "MaxTTL")]
    max_ttl: u64,
    #[serde(rename = "ParametersInCacheKeyAndForwardedToOrigin")]
    parameters: Parameters<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters<'a> {
    enable_accept_encoding_gzip: bool,
    headers_config: HeadersConfig<'a>,
    query_strings_config: QueryStringsConfig<'a>,
    cookies_config: CookiesConfig,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct HeadersConfig<'a> {
    header_behavior: &'static str,
    headers: List<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct QueryStringsConfig<'a> {
    query_string_behavior: &'static str,
    query_strings: List<Text<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CookiesConfig {
    cookie_behavior: &'static str,
}
