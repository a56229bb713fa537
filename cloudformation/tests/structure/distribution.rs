//! The distribution: its behaviours, sites, policies, pages and names.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Document, Resolution, Template, strings};
use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use serde_json::{Value, json};

use super::{ACCESS_POINT, EVERYTHING, PLAIN, known, owned, properties_of};

fn distribution(parameters: &[(&str, &str)]) -> Value {
    let document = Template::Keyfront.document().unwrap();
    let parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let resolution = Resolution::new(&document, parameters, known);
    let config = &document.properties("Distribution").unwrap()["DistributionConfig"];
    resolution.value(config).unwrap()
}

const S3_ORIGIN: &[(&str, &str)] = &[("OriginType", "s3")];

#[test]
fn the_site_of_every_origin_is_one_the_edge_accepts_and_names_that_origins_host() {
    for parameters in [PLAIN, EVERYTHING, ACCESS_POINT, S3_ORIGIN] {
        let config = distribution(parameters);
        for origin in config["Origins"].as_array().unwrap() {
            let header = &origin["OriginCustomHeaders"][0];
            assert_eq!(header["HeaderName"], "x-keyfront-site");
            let text = header["HeaderValue"].as_str().unwrap();
            assert!(text.len() <= MAX_SITE_CHARS, "{} characters", text.len());
            let site =
                Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
            let host = match origin["Id"].as_str().unwrap() {
                "bucket" => site.bucket.host.clone(),
                "publish" => site.publish.as_ref().unwrap().host.clone(),
                "reader" => site.reader.as_ref().unwrap().host.clone(),
                other => panic!("origin {other}"),
            };
            assert_eq!(origin["DomainName"], host);
        }
    }
}

#[test]
fn behaviours_route_what_the_site_routes_and_only_publishing_takes_a_body() {
    let config = distribution(EVERYTHING);
    let behaviours = config["CacheBehaviors"].as_array().unwrap();
    let of = |behaviour: &Value| {
        let functions = behaviour["LambdaFunctionAssociations"]
            .as_array()
            .unwrap()
            .clone();
        let events: Vec<_> = functions
            .iter()
            .map(|one| one["EventType"].clone())
            .collect();
        assert_eq!(events, ["origin-request", "origin-response"]);
        let body = functions.iter().any(|one| one.get("IncludeBody").is_some());
        let target = behaviour["TargetOriginId"].as_str().unwrap().to_owned();
        let writes = strings(&behaviour["AllowedMethods"]).contains(&"PUT");
        (target, writes, body)
    };
    for behaviour in behaviours {
        let (target, writes, body) = of(behaviour);
        let publishes = target == "publish";
        assert_eq!((writes, body), (publishes, publishes), "{target}");
        let pattern = behaviour["PathPattern"].as_str().unwrap();
        assert_eq!(publishes, pattern.starts_with("/_publish"), "{pattern}");
    }
    let default = &config["DefaultCacheBehavior"];
    assert_eq!(of(default), ("bucket".to_owned(), false, false));
}

#[test]
fn no_error_is_kept_by_the_cdn() {
    let config = distribution(PLAIN);
    let errors = config["CustomErrorResponses"].as_array().unwrap();
    let codes: Vec<_> = errors
        .iter()
        .map(|error| error["ErrorCode"].as_u64().unwrap())
        .collect();
    assert_eq!(
        codes,
        [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
    );
    assert!(errors.iter().all(|error| error["ErrorCachingMinTTL"] == 0));
}

#[test]
fn no_cache_policy_keeps_what_says_no_store() {
    for template in [Template::Keyfront, Template::Edge] {
        let document = template.document().unwrap();
        let policies = properties_of(&document, "AWS::CloudFront::CachePolicy");
        assert!(!policies.is_empty());
        for (name, policy) in policies {
            let config = &policy["CachePolicyConfig"];
            assert_eq!(config["MinTTL"], 0, "{name}: a redirect would be kept");
            // What the origin says of copies that name no time.
            assert_eq!(config["DefaultTTL"], 86400, "{name}");
            assert_eq!(config["MaxTTL"], 31_536_000, "{name}");
        }
    }
}

#[test]
fn static_origin_headers_are_ones_cloudfront_takes() {
    for origin in distribution(EVERYTHING)["Origins"].as_array().unwrap() {
        for header in origin["OriginCustomHeaders"].as_array().unwrap() {
            let name = header["HeaderName"].as_str().unwrap().to_lowercase();
            let refused = name.starts_with("x-amz-")
                || name.starts_with("if-")
                || name.starts_with("x-edge-");
            assert!(
                !refused && !["host", "range", "cache-control"].contains(&name.as_str()),
                "{name}"
            );
        }
    }
}

/// An output of the template in one stack.
fn output(name: &str, parameters: &[(&str, &str)]) -> Value {
    let document = Template::Keyfront.document().unwrap();
    let resolution = Resolution::new(&document, owned(parameters), known);
    let outputs: BTreeMap<_, _> = document.section("Outputs").collect();
    resolution.value(&outputs[name]["Value"]).unwrap()
}

#[test]
fn a_wildcard_domain_makes_no_url_and_the_distributions_own_name_is_always_an_output() {
    let own = known("Distribution.DomainName").unwrap();
    for (domain, url) in [
        ("", format!("https://{own}")),
        ("*.example.com", format!("https://{own}")),
        ("cdn.example.com", "https://cdn.example.com".to_owned()),
    ] {
        let given = [("DomainName", domain)];
        assert_eq!(output("CdnUrl", &given), url);
        assert_eq!(output("PublishUrl", &given), format!("{url}/_publish"));
        assert_eq!(output("DistributionDomain", &given), own);
        let document = Template::Keyfront.document().unwrap();
        let resolution = Resolution::new(&document, owned(&given), known);
        let function = document.properties("OriginFunction").unwrap();
        let environment = &function["Environment"]["Variables"];
        let public = resolution.value(&environment["KEYFRONT_PUBLIC_URL"]);
        let expected = if url.contains(&own) { "" } else { &url };
        assert_eq!(public.unwrap(), expected);
    }
}

#[test]
fn strict_transport_security_is_for_as_much_as_was_chosen() {
    let document = Template::Edge.document().unwrap();
    let hsts = |chosen: &[(&str, &str)]| {
        let resolution = Resolution::new(&document, owned(chosen), known);
        let policy = document.properties("ResponseHeaders").unwrap();
        let security = &policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
        resolution.value(security).unwrap()["StrictTransportSecurity"].clone()
    };
    let of = |chosen: &str| hsts(&[("StrictTransportSecurity", chosen)]);
    assert_eq!(of("off"), Value::Null);
    for (chosen, subdomains, preload) in [
        ("host", false, false),
        ("subdomains", true, false),
        ("preload", true, true),
    ] {
        let headers = of(chosen);
        assert_eq!(headers["AccessControlMaxAgeSec"], 31_536_000, "{chosen}");
        assert_eq!(headers["IncludeSubdomains"], subdomains, "{chosen}");
        assert_eq!(headers["Preload"], preload, "{chosen}");
    }
    assert_eq!(hsts(PLAIN), of("host"));
}

#[test]
fn a_sites_pages_redirects_and_denials_are_what_the_parameters_say() {
    let site = |given: &[(&str, &str)]| {
        let config = distribution(given);
        let header = &config["Origins"][0]["OriginCustomHeaders"][0]["HeaderValue"];
        let text = header.as_str().unwrap().to_owned();
        Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let plain = site(PLAIN);
    for absent in [
        "not_found",
        "trailing_slash",
        "slashes",
        "listing",
        "denied_as_missing",
        "customer_keys",
    ] {
        assert!(plain.get(absent).is_none(), "{absent}");
    }
    let chosen = [
        ("IndexDocument", "index.html"),
        ("TrailingSlash", "redirect"),
        ("Slashes", "merge"),
        ("Listing", "true"),
        ("NotFoundDocument", "404.html"),
        ("DeniedAsMissing", "true"),
        ("CustomerKeys", "true"),
    ];
    let full = site(&chosen);
    assert_eq!(full["trailing_slash"], "redirect");
    assert_eq!(full["slashes"], "merge");
    assert_eq!(full["listing"], "/_list");
    assert_eq!(full["not_found"], "404.html");
    assert_eq!(full["denied_as_missing"], true);
    assert_eq!(full["customer_keys"], true);
    let config = distribution(&chosen);
    let errors = config["CustomErrorResponses"].as_array().unwrap();
    let missing = errors.iter().find(|one| one["ErrorCode"] == 404).unwrap();
    assert_eq!(missing["ResponsePagePath"], "/404.html");
    assert_eq!(missing["ResponseCode"], 404);
}

#[test]
fn listings_have_behaviours_of_their_own_kept_by_page_and_format() {
    let plain = distribution(PLAIN);
    let listing = distribution(&[("Listing", "true")]);
    let of = |config: &Value| {
        let behaviours = config["CacheBehaviors"].as_array().unwrap().iter();
        let listings = behaviours.filter(|one| {
            one["PathPattern"]
                .as_str()
                .is_some_and(|path| path.starts_with("/_list"))
        });
        listings.cloned().collect::<Vec<_>>()
    };
    assert!(of(&plain).is_empty());
    let found = of(&listing);
    let patterns: Vec<&str> = found
        .iter()
        .map(|one| one["PathPattern"].as_str().unwrap())
        .collect();
    assert_eq!(patterns, ["/_list", "/_list/*"]);
    for behaviour in &found {
        // The function makes the pages.
        assert_eq!(behaviour["TargetOriginId"], "publish");
        assert_eq!(
            behaviour["AllowedMethods"],
            json!(["GET", "HEAD", "OPTIONS"])
        );
    }
    let document = Template::Keyfront.document().unwrap();
    let policies = properties_of(&document, "AWS::CloudFront::CachePolicy");
    let (_, policy) = policies
        .iter()
        .find(|(name, _)| *name == "ListingCachePolicy")
        .unwrap();
    let key = &policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(
        key["QueryStringsConfig"]["QueryStrings"],
        json!(["after", "format"])
    );
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
}

/// Whether resources exist under parameters.
fn existing(document: &Document, given: &[(&str, &str)], names: &[&str]) -> Vec<bool> {
    let resolution = Resolution::new(document, owned(given), known);
    let resources: BTreeMap<_, _> = document.section("Resources").collect();
    let names = names.iter();
    names
        .map(|name| resolution.exists(resources[*name]).unwrap())
        .collect()
}

#[test]
fn records_logs_shield_and_policy_of_the_cdn_exist_where_they_are_named() {
    let document = Template::Edge.document().unwrap();
    let names = [
        "AddressRecord",
        "Address6Record",
        "CdnLogSource",
        "CdnLogDestination",
        "CdnLogDelivery",
    ];
    assert_eq!(existing(&document, PLAIN, &names), [false; 5]);
    let chosen = [
        ("DomainName", "*.example.com"),
        ("HostedZoneId", "Z2ABCDEFGHIJKL"),
        ("CdnLogDestinationArn", "arn:aws:s3:::logs-of-mine"),
        ("OriginShieldRegion", "eu-central-1"),
        ("ContentSecurityPolicy", "default-src 'self'"),
    ];
    assert_eq!(existing(&document, &chosen, &names), [true; 5]);
    let resolution = Resolution::new(&document, owned(&chosen), known);
    let of = |name: &str| {
        resolution
            .value(document.properties(name).unwrap())
            .unwrap()
    };
    for (name, kind) in [("AddressRecord", "A"), ("Address6Record", "AAAA")] {
        let record = of(name);
        assert_eq!(record["Type"], kind);
        assert_eq!(record["Name"], "*.example.com");
        assert_eq!(record["AliasTarget"]["HostedZoneId"], "Z2FDTNDATAQYW2");
    }
    let (source, delivery) = (of("CdnLogSource"), of("CdnLogDelivery"));
    assert_eq!(source["Name"], delivery["DeliverySourceName"]);
    let headers = of("ResponseHeaders");
    let security = &headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
    assert_eq!(
        security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "default-src 'self'"
    );
    for kind in ["custom", "s3"] {
        let given = [("OriginType", kind), ("OriginShieldRegion", "eu-central-1")];
        let shield = distribution(&given)["Origins"][0]["OriginShield"].clone();
        assert_eq!(shield["OriginShieldRegion"], "eu-central-1", "{kind}");
        let none = distribution(&[("OriginType", kind)]);
        assert!(none["Origins"][0].get("OriginShield").is_none());
    }
}
