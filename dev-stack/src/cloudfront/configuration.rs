//! The distribution as `GetDistributionConfig` and `GetCachePolicy` tell it.
//!
//! Only what the local CDN has: whoever reads it finds origins, their custom headers, behaviours, their functions and
//! the keys of their caches. Pure.

use quick_xml::escape::escape;

use super::service::NAMESPACE;
use crate::cdn::{Behaviour, Distribution, ForwardHeaders, Origin, OriginKind, OriginProtocol};

/// Of the managed policy `AllViewerExceptHostHeader`.
const ALL_VIEWER_EXCEPT_HOST: &str = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

/// The answer of `GetDistributionConfig`.
pub(super) fn configuration(distribution: &Distribution, account: &str) -> String {
    let behaviours = &distribution.behaviours;
    let origins: Vec<String> = behaviours.iter().enumerate().map(origin).collect();
    let told: Vec<String> = (behaviours.iter().enumerate())
        .map(|(at, behaviour)| settings(at, behaviour, account))
        .collect();
    // The last behaviour is the default: a distribution without one is refused at the start.
    let (default, named) = told
        .split_last()
        .map_or(("", &told[..0]), |(default, named)| (default, named));
    let named: Vec<String> = (named.iter().zip(behaviours))
        .map(|(told, behaviour)| {
            let pattern = escape(behaviour.path_pattern.as_str());
            format!("<CacheBehavior><PathPattern>{pattern}</PathPattern>{told}</CacheBehavior>")
        })
        .collect();
    format!(
        "<DistributionConfig xmlns=\"{NAMESPACE}\"><CallerReference>{id}</CallerReference><Comment></Comment>\
         <Enabled>true</Enabled><Origins>{}</Origins><DefaultCacheBehavior>{default}</DefaultCacheBehavior>\
         <CacheBehaviors>{}</CacheBehaviors></DistributionConfig>",
        list(&origins),
        list(&named),
        id = escape(&distribution.id),
    )
}

/// The answer of `GetCachePolicy`; `None` if no behaviour has this policy.
pub(super) fn cache_policy(distribution: &Distribution, id: &str) -> Option<String> {
    let mut numbered = distribution.behaviours.iter().enumerate();
    let (_, behaviour) = numbered.find(|(at, _)| policy_id(*at) == id)?;
    let policy = &behaviour.cache;
    let keyed = |kind: &str, names: &[String]| {
        let mode = if names.is_empty() {
            "none"
        } else {
            "whitelist"
        };
        let items: Vec<String> = names
            .iter()
            .map(|name| format!("<Name>{}</Name>", escape(name)))
            .collect();
        format!(
            "<{kind}sConfig><{kind}Behavior>{mode}</{kind}Behavior><{kind}s>{}</{kind}s></{kind}sConfig>",
            list(&items)
        )
    };
    Some(format!(
        "<CachePolicy xmlns=\"{NAMESPACE}\"><Id>{id}</Id><LastModifiedTime>2026-01-01T00:00:00Z</LastModifiedTime>\
         <CachePolicyConfig><Name>{id}</Name><MinTTL>{}</MinTTL><DefaultTTL>{}</DefaultTTL><MaxTTL>{}</MaxTTL>\
         <ParametersInCacheKeyAndForwardedToOrigin><EnableAcceptEncodingGzip>false</EnableAcceptEncodingGzip>{}{}\
         <CookiesConfig><CookieBehavior>none</CookieBehavior></CookiesConfig>\
         </ParametersInCacheKeyAndForwardedToOrigin></CachePolicyConfig></CachePolicy>",
        policy.min_ttl,
        policy.default_ttl,
        policy.max_ttl,
        keyed("Header", &policy.headers),
        keyed("QueryString", &policy.query),
    ))
}

fn policy_id(at: usize) -> String {
    format!("keyfront-dev-{at}")
}

/// CloudFront's way to write one.
fn list(items: &[String]) -> String {
    format!(
        "<Quantity>{}</Quantity><Items>{}</Items>",
        items.len(),
        items.concat()
    )
}

fn origin((at, behaviour): (usize, &Behaviour)) -> String {
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
    let protocol = match protocol {
        OriginProtocol::Http => "http-only",
        OriginProtocol::Https => "https-only",
    };
    let kind = match kind {
        OriginKind::Custom => format!(
            "<CustomOriginConfig><HTTPPort>80</HTTPPort><HTTPSPort>{port}</HTTPSPort>\
             <OriginProtocolPolicy>{protocol}</OriginProtocolPolicy><OriginReadTimeout>{read_timeout}</OriginReadTimeout>\
             <OriginKeepaliveTimeout>{keepalive_timeout}</OriginKeepaliveTimeout></CustomOriginConfig>"
        ),
        OriginKind::S3 { .. } => {
            "<S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig>"
                .to_owned()
        }
    };
    format!(
        "<Origin><Id>{at}</Id><DomainName>{}</DomainName><OriginPath>{}</OriginPath><CustomHeaders>{}</CustomHeaders>\
         {kind}</Origin>",
        escape(domain_name),
        escape(path),
        list(&custom(custom_headers)),
    )
}

fn custom(headers: &[(String, String)]) -> Vec<String> {
    headers
        .iter()
        .map(|(name, value)| {
            format!(
                "<OriginCustomHeader><HeaderName>{}</HeaderName><HeaderValue>{}</HeaderValue></OriginCustomHeader>",
                escape(name),
                escape(value)
            )
        })
        .collect()
}

fn settings(at: usize, behaviour: &Behaviour, account: &str) -> String {
    let functions = behaviour.functions;
    let attached = [
        ("origin-request", functions.origin_request),
        ("origin-response", functions.origin_response),
    ];
    // No Lambda here has this version: the CDN runs the bundle itself.
    let associations: Vec<String> = attached
        .into_iter()
        .filter(|(_, attached)| *attached)
        .map(|(event, _)| {
            format!(
                "<LambdaFunctionAssociation><LambdaFunctionARN>arn:aws:lambda:us-east-1:{account}:function:keyfront-edge:1\
                 </LambdaFunctionARN><EventType>{event}</EventType></LambdaFunctionAssociation>"
            )
        })
        .collect();
    let forward = match &behaviour.forward.headers {
        ForwardHeaders::AllExceptHost => {
            format!("<OriginRequestPolicyId>{ALL_VIEWER_EXCEPT_HOST}</OriginRequestPolicyId>")
        }
        ForwardHeaders::CacheKeyOnly | ForwardHeaders::Listed(_) => String::new(),
    };
    format!(
        "<TargetOriginId>{at}</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>\
         <LambdaFunctionAssociations>{}</LambdaFunctionAssociations><CachePolicyId>{}</CachePolicyId>{forward}",
        list(&associations),
        policy_id(at),
    )
}
