//! The publishers' page: a distribution of its own, whose host serves no content.

use keyfront_cloudformation::{Resolution, Template, strings};
use keyfront_edge::Site;
use serde_json::{Value, json};

use super::known;

const OWN_NAME: &[(&str, &str)] = &[
    ("Page", "true"),
    ("PageDomainName", "publish.example.com"),
    (
        "CertificateArn",
        "arn:aws:acm:us-east-1:111122223333:certificate/1",
    ),
    ("CorsOrigins", "https://app.example.com"),
];
const NO_NAME: &[(&str, &str)] = &[("Page", "true")];

fn owned(parameters: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    let parameters = parameters.iter();
    parameters.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
}

fn of(resource: &str, parameters: &[(&str, &str)]) -> Value {
    let document = Template::Keyfront.document().unwrap();
    let resolution = Resolution::new(&document, owned(parameters), known);
    let properties = document.properties(resource).unwrap();
    resolution.value(properties).unwrap()
}

#[test]
fn the_pages_host_is_the_functions_altogether_and_marks_its_requests() {
    for parameters in [NO_NAME, OWN_NAME] {
        let config = &of("PageDistribution", parameters)["DistributionConfig"];
        let origins = config["Origins"].as_array().unwrap();
        assert_eq!(origins.len(), 1);
        let headers = origins[0]["OriginCustomHeaders"].as_array().unwrap();
        assert_eq!(headers[0]["HeaderName"], "x-keyfront-site");
        let text = headers[0]["HeaderValue"].as_str().unwrap();
        let site = Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        let publish = site.publish.unwrap();
        assert_eq!(publish.prefix, "");
        assert_eq!(origins[0]["DomainName"], publish.host);
        assert_eq!(headers[1]["HeaderName"], "x-keyfront-page");
        let default = &config["DefaultCacheBehavior"];
        assert_eq!(default["TargetOriginId"], "page");
        assert!(strings(&default["AllowedMethods"]).contains(&"PUT"));
    }
}

#[test]
fn the_page_has_a_web_acl_of_its_own_or_the_contents() {
    const CONTENT: &str = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/content/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    const PAGE: &str = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/page/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f";
    for (content, page, expected) in [
        ("", "", None),
        (CONTENT, "", Some(CONTENT)),
        ("", PAGE, Some(PAGE)),
        (CONTENT, PAGE, Some(PAGE)),
    ] {
        let parameters = [
            ("Page", "true"),
            ("WebAclArn", content),
            ("PageWebAclArn", page),
        ];
        let config = &of("PageDistribution", &parameters)["DistributionConfig"];
        assert_eq!(config["WebACLId"].as_str(), expected);
        let config = &of("Distribution", &parameters)["DistributionConfig"];
        assert_eq!(
            config["WebACLId"].as_str(),
            Some(content).filter(|acl| !acl.is_empty())
        );
    }
}

#[test]
fn nothing_but_the_pages_distribution_marks_requests_as_its_own() {
    for template in [Template::Keyfront, Template::Edge] {
        let document = template.document().unwrap();
        let content = document.properties("Distribution").unwrap().to_string();
        assert!(!content.contains("x-keyfront-page"), "{template:?}");
    }
}

#[test]
fn the_page_may_read_content_and_send_to_the_bucket() {
    for (parameters, bucket, origins) in [
        (NO_NAME, json!(["*"]), None),
        (
            OWN_NAME,
            json!(["https://publish.example.com", "https://app.example.com"]),
            Some(json!([
                "https://publish.example.com",
                "https://app.example.com"
            ])),
        ),
    ] {
        let cors = &of("Bucket", parameters)["CorsConfiguration"]["CorsRules"][0];
        assert_eq!(cors["AllowedOrigins"], bucket);
        let config = &of("Distribution", parameters)["DistributionConfig"];
        let site = &config["Origins"][0]["OriginCustomHeaders"][0]["HeaderValue"];
        assert!(
            Site::parse(site.as_str().unwrap().as_bytes()).is_ok(),
            "{site}"
        );
        let site: Value = serde_json::from_str(site.as_str().unwrap()).unwrap();
        let listed = &site["cors"][0]["origins"];
        match origins {
            Some(origins) => assert_eq!(*listed, origins),
            None => assert_eq!(*listed, json!(["https://d111111abcdef8.cloudfront.net"])),
        }
    }
}

#[test]
fn the_publish_url_is_the_pages_host_where_there_is_one() {
    let document = Template::Keyfront.document().unwrap();
    for (parameters, url) in [
        (OWN_NAME, "https://publish.example.com"),
        (
            &[("DomainName", "cdn.example.com")][..],
            "https://cdn.example.com/_publish",
        ),
    ] {
        let resolution = Resolution::new(&document, owned(parameters), known);
        let mut outputs = document.section("Outputs");
        let (_, output) = outputs.find(|(name, _)| *name == "PublishUrl").unwrap();
        assert_eq!(resolution.value(&output["Value"]).unwrap(), url);
    }
}
