//! The templates generated for several sites, checked as a whole.
#![allow(clippy::unwrap_used, clippy::panic)]

mod permissions;
#[path = "../references/mod.rs"]
mod references;

use std::collections::BTreeSet;

use keyfront_cloudformation::{
    Document, PathPattern, Resolution, Sites, Template, statements, strings,
};
use keyfront_edge::Site;
use keyfront_edge::site::MAX_SITE_CHARS;
use references::{conditions_used, names_used};
use serde_json::Value;

const SAMPLE: &str = include_str!("../../samples/sites.json");

fn generated(template: Template) -> Document {
    let sites = Sites::parse(SAMPLE).unwrap();
    Document::parse(&template.body_with(&sites).unwrap()).unwrap()
}

/// What AWS would answer, in shape.
fn known(name: &str) -> Option<String> {
    Some(match name {
        "AWS::AccountId" => "123456789012".into(),
        "AWS::Partition" => "aws".into(),
        "AWS::Region" => "us-east-1".into(),
        "AWS::StackName" => "media".into(),
        "AWS::URLSuffix" => "amazonaws.com".into(),
        "Bucket" => "media-bucket-1n2b3v4c5x6z7".into(),
        "EdgeRole.Arn" => "arn:aws:iam::123456789012:role/edge".into(),
        "OriginUrl.FunctionUrl" => {
            format!("https://{}.lambda-url.us-east-1.on.aws/", "o".repeat(32))
        }
        other if !other.contains('.') && !other.contains(':') => other.to_owned(),
        other => format!("arn:aws:test:us-east-1:123456789012:{other}"),
    })
}

fn resolved<T>(
    document: &Document,
    parameters: &[(&str, &str)],
    read: impl FnOnce(&Resolution<'_, fn(&str) -> Option<String>>) -> T,
) -> T {
    let parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    read(&Resolution::new(document, parameters, known))
}

fn distribution(parameters: &[(&str, &str)]) -> Value {
    let document = generated(Template::Keyfront);
    let config = &document.properties("Distribution").unwrap()["DistributionConfig"];
    resolved(&document, parameters, |resolution| {
        resolution.value(config).unwrap()
    })
}

fn origin<'d>(config: &'d Value, id: &str) -> &'d Value {
    let origins = config["Origins"].as_array().unwrap();
    origins.iter().find(|origin| origin["Id"] == id).unwrap()
}

fn site_text(origin: &Value) -> &str {
    origin["OriginCustomHeaders"][0]["HeaderValue"]
        .as_str()
        .unwrap()
}

#[test]
fn the_same_document_gives_the_same_text_and_each_template_reads_and_refers_to_what_it_has() {
    let sites = || Sites::parse(SAMPLE).unwrap();
    for template in Template::ALL {
        let text = template.body_with(&sites()).unwrap();
        assert_eq!(text, template.body_with(&sites()).unwrap());
        assert!(!text.contains("@sites") && !text.contains("%edge-configuration%"));
        let document = Document::parse(&text).unwrap();
        let declared = |section: &str| -> Vec<String> {
            let entries = document.section(section);
            entries.map(|(name, _)| name.to_owned()).collect()
        };
        let (parameters, resources) = (declared("Parameters"), declared("Resources"));
        for name in names_used(document.root()) {
            let found = name.starts_with("AWS::")
                || parameters.contains(&name)
                || resources.contains(&name);
            assert!(found, "{}: {name}", template.file_name());
        }
        let conditions = declared("Conditions");
        for name in conditions_used(document.root()) {
            assert!(
                conditions.contains(&name),
                "{}: {name}",
                template.file_name()
            );
        }
        // The function at the edge is the same, so that no version is published for a site.
        let own = template.document().unwrap();
        for resource in ["EdgeFunction", "EdgeVersion"] {
            assert_eq!(document.properties(resource), own.properties(resource));
        }
        assert_eq!(document.parameters(), own.parameters());
    }
}

#[test]
fn every_site_has_an_origin_whose_document_the_edge_accepts_and_whose_host_it_names() {
    let access_point: &[(&str, &str)] = &[
        ("MultiRegionAccessPoint", "mfzwi23gnjvgw.mrap"),
        ("AccessPointBuckets", "media-eu"),
        (
            "AccessPointKeyArns",
            "arn:aws:kms:eu-west-1:123456789012:key/1",
        ),
    ];
    for parameters in [&[][..], &[("OriginType", "s3")], access_point] {
        let config = distribution(parameters);
        for path in Sites::parse(SAMPLE).unwrap().paths() {
            let origin = origin(&config, &format!("site{path}"));
            let text = site_text(origin);
            assert!(text.len() <= MAX_SITE_CHARS);
            let site =
                Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(origin["DomainName"], site.bucket.host);
            assert_eq!(format!("/{}", site.path), path);
            assert!(site.publish.is_none() && site.reader.is_none());
            let kinds =
                ["S3OriginConfig", "CustomOriginConfig"].map(|kind| origin.get(kind).is_some());
            let s3 = parameters.contains(&("OriginType", "s3"));
            assert_eq!(kinds, [s3, !s3]);
        }
    }
    let config = distribution(&[]);
    let app = Site::parse(site_text(origin(&config, "site/app/")).as_bytes()).unwrap();
    assert_eq!(app.bucket.host, "company-app.s3.eu-central-1.amazonaws.com");
    assert_eq!(
        (app.prefix.as_str(), app.fallback.as_deref()),
        ("current/", Some("index.html"))
    );
    assert_eq!(app.cors.len(), 1);
}

/// The origin of the first behaviour that covers a path, as CloudFront chooses it.
fn chosen<'d>(config: &'d Value, path: &str) -> &'d str {
    let behaviours = config["CacheBehaviors"].as_array().unwrap();
    let covering = behaviours.iter().find(|behaviour| {
        PathPattern::new(behaviour["PathPattern"].as_str().unwrap()).covers(path)
    });
    covering.unwrap_or(&config["DefaultCacheBehavior"])["TargetOriginId"]
        .as_str()
        .unwrap()
}

#[test]
fn the_most_specific_path_is_chosen_and_the_distributions_own_routes_stay_first() {
    let config = distribution(&[("ReaderEnabled", "true")]);
    for (path, id) in [
        ("/docs/a", "site/docs/"),
        ("/docs/", "site/docs/"),
        ("/docs", "site/docs/"),
        ("/docs/api/a", "site/docs/api/"),
        ("/docs/api", "site/docs/"),
        ("/docs/apis", "site/docs/"),
        ("/app/x/y", "site/app/"),
        ("/app", "bucket"),
        ("/application", "bucket"),
        ("/media/a", "site/media/"),
        ("/", "bucket"),
        ("/a", "bucket"),
        ("/_publish/docs/", "publish"),
        ("/read/docs/a", "reader"),
        ("/members/a", "protected/members/"),
        ("/read/staff/a", "protected/read/staff/"),
        ("/_share/docs/a", "shared"),
        ("/_viewer/login", "logins"),
    ] {
        assert_eq!(chosen(&config, path), id, "{path}");
    }
    let behaviours = config["CacheBehaviors"].as_array().unwrap().iter();
    let origins = behaviours.map(|one| one["TargetOriginId"].as_str().unwrap());
    // What is protected or leads to it comes before all.
    let of_viewers = |id: &&str| {
        id.starts_with("protected/") || ["shared", "shared-read", "logins"].contains(id)
    };
    let first: Vec<_> = origins.skip_while(of_viewers).take(3).collect();
    assert_eq!(first, ["publish", "publish", "reader"]);
}

#[test]
fn a_sites_behaviour_reads_only_and_keys_its_cache_by_what_the_site_lists() {
    let document = generated(Template::Keyfront);
    let config = distribution(&[]);
    let behaviours = config["CacheBehaviors"].as_array().unwrap();
    let of_sites = behaviours
        .iter()
        .filter(|one| one["TargetOriginId"].as_str().unwrap().starts_with("site"));
    let mut policies = BTreeSet::new();
    for behaviour in of_sites {
        assert_eq!(
            strings(&behaviour["AllowedMethods"]),
            ["GET", "HEAD", "OPTIONS"]
        );
        let functions = behaviour["LambdaFunctionAssociations"].as_array().unwrap();
        assert!(functions.iter().all(|one| one.get("IncludeBody").is_none()));
        let id = behaviour["TargetOriginId"].as_str().unwrap();
        let site = Site::parse(site_text(origin(&config, id)).as_bytes()).unwrap();
        let policy = behaviour["CachePolicyId"].as_str().unwrap();
        policies.insert(policy);
        let properties = document.properties(policy).unwrap();
        let policy = &properties["CachePolicyConfig"];
        assert_eq!(policy["MinTTL"], 0, "a redirect would be kept");
        let keyed = &policy["ParametersInCacheKeyAndForwardedToOrigin"];
        assert_eq!(
            strings(&keyed["QueryStringsConfig"]["QueryStrings"]),
            site.query
        );
        let headers = strings(&keyed["HeadersConfig"]["Headers"]);
        assert_eq!(headers.contains(&"Origin"), !site.cors.is_empty());
    }
    // Of four sites two have the same key.
    assert_eq!(policies.len(), 3);
}

#[test]
fn a_content_security_policy_of_a_site_comes_with_the_other_headers_of_the_distribution() {
    let document = generated(Template::Edge);
    let of = |id: &str| {
        let properties = document.properties(id).unwrap();
        resolved(
            &document,
            &[("StrictTransportSecurity", "preload")],
            |resolution| {
                resolution
                    .value(&properties["ResponseHeadersPolicyConfig"])
                    .unwrap()
            },
        )
    };
    let own = of("ResponseHeaders");
    let config = distribution(&[]);
    let behaviours = config["CacheBehaviors"].as_array().unwrap();
    let app = behaviours
        .iter()
        .find(|one| one["TargetOriginId"] == "site/app/")
        .unwrap();
    let mut policy = of(app["ResponseHeadersPolicyId"].as_str().unwrap());
    let security = &mut policy["SecurityHeadersConfig"];
    assert_eq!(
        security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "default-src 'self'"
    );
    security
        .as_object_mut()
        .unwrap()
        .remove("ContentSecurityPolicy");
    for part in ["SecurityHeadersConfig", "RemoveHeadersConfig"] {
        assert_eq!(policy[part], own[part], "{part}");
    }
    let docs = behaviours
        .iter()
        .find(|one| one["TargetOriginId"] == "site/docs/")
        .unwrap();
    assert_eq!(docs["ResponseHeadersPolicyId"], "ResponseHeaders");
}

#[test]
fn the_origin_learns_of_the_sites_on_its_own_bucket_only() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = generated(template);
        let function = document.properties("OriginFunction").unwrap();
        let variable = function["Environment"]["Variables"]["KEYFRONT_FURTHER_SITES"].as_str();
        let sites: Value = serde_json::from_str(variable.unwrap()).unwrap();
        assert_eq!(
            sites,
            serde_json::json!([
                {"path": "/docs/api/", "prefix": "api-reference/", "index": "index.html", "query": ["v"]},
                {"path": "/docs/", "prefix": "handbook/", "index": "index.html"},
            ])
        );
    }
}

#[test]
fn what_a_value_holds_is_text_and_never_a_mark_or_a_function() {
    let policy = r#"default-src 'self' @bucket@ %pattern% ${AWS::StackName} \"x\" # no comment"#;
    let document =
        format!(r#"{{"v":1,"sites":[{{"path":"/a/","content_security_policy":"{policy}"}}]}}"#);
    let sites = Sites::parse(&document).unwrap();
    let template = Document::parse(&Template::Edge.body_with(&sites).unwrap()).unwrap();
    let texts = template.root().to_string();
    let held = serde_json::to_string(&policy.replace("\\\"", "\"")).unwrap();
    assert!(texts.contains(&held), "{held}");
}
