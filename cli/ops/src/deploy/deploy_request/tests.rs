#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn validated(
    stack: &str,
    region: &str,
    parameters: &[(&str, &str)],
) -> Result<DeployRequest, InvalidRequest> {
    let owned = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let request = DeployRequest::validate(stack, region, owned.collect())?;
    request.validate_update(&BTreeMap::new())?;
    Ok(request)
}

#[test]
fn a_valid_request_is_accepted_in_one_region_and_in_two() {
    assert_eq!(
        validated("media", "us-east-1", &[]).unwrap().layout,
        Layout::Together
    );
    let apart = validated(
        "media",
        "eu-central-1",
        &[
            ("ReaderEnabled", "true"),
            ("CorsOrigins", "https://a.example"),
        ],
    );
    assert_eq!(apart.unwrap().layout, Layout::Apart);
}

/// Stack, Region, parameters, and what the error must say.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const INVALID: &[Case] = &[
    (
        "media",
        "us-east-1",
        &[("HostedZoneId", "Z2ABCDEFGHIJKL")],
        "needs a DomainName",
    ),
    (
        "media",
        "us-east-1",
        &[("TrailingSlash", "redirect")],
        "needs an IndexDocument",
    ),
    (
        "media",
        "us-east-1",
        &[
            ("TrailingSlash", "redirect"),
            ("IndexDocument", "index.html"),
            ("FallbackDocument", "app.html"),
        ],
        "exclude each other",
    ),
    (
        "media",
        "us-east-1",
        &[("ExistingBucket", "mine")],
        "ExistingBucket mine needs ExistingKeyArn",
    ),
    (
        "media",
        "us-east-1",
        &[
            ("MultiRegionAccessPoint", "abc.mrap"),
            ("AccessPointBuckets", "other"),
        ],
        "needs AccessPointKeyArns",
    ),
    (
        "media",
        "us-east-1",
        &[("MultiRegionAccessPoint", "abc.mrap")],
        "needs AccessPointBuckets",
    ),
    (
        "media",
        "us-east-1",
        &[("AccessPointBuckets", "other")],
        "give its alias as well",
    ),
    (
        "media",
        "us-east-1",
        &[("AccessPointBuckets", "one, two")],
        "separated by commas without spaces",
    ),
    (
        "media",
        "us-east-1",
        &[(
            "ExistingTrailArn",
            "arn:aws:cloudtrail:us-east-1:123456789012:trail/all",
        )],
        "give Audit=true as well",
    ),
    (
        "media",
        "us-east-1",
        &[("DomainName", "a.*.example.com")],
        "a lower-case host name",
    ),
    ("Media", "us-east-1", &[], "must be lower-case letters"),
    ("media-", "us-east-1", &[], "must be lower-case letters"),
    ("", "us-east-1", &[], "must be lower-case letters"),
    (
        "a-stack-whose-name-is-one-too-long",
        "us-east-1",
        &[],
        "longer than 32",
    ),
    ("media", "ca-west-1", &[], "no Lambda Function URLs"),
    ("media", "cn-north-1", &[], "not in the partition aws"),
    ("media", "mars", &[], "not in the partition aws"),
    (
        "media",
        "us-east-1",
        &[("ExistingBucket", "my.bucket")],
        "has a dot",
    ),
    (
        "media",
        "us-east-1",
        &[("ExistingBucket", "a..b")],
        "invalid bucket name \"a..b\": labels must not be empty",
    ),
    ("media", "us east", &[], "invalid Region \"us east\""),
    (
        "media",
        "us-east-1",
        &[("SitePrefx", "p/")],
        "did you mean \"SitePrefix\"?",
    ),
    (
        "media",
        "us-east-1",
        &[("ExistingBucket", "Bucket")],
        "invalid bucket name \"Bucket\": only lower-case",
    ),
    (
        "media",
        "us-east-1",
        &[
            (
                "CertificateArn",
                "arn:aws:acm:eu-west-1:123456789012:certificate/x",
            ),
            ("DomainName", "a.example"),
        ],
        "request or import it there",
    ),
    (
        "media",
        "us-east-1",
        &[("CertificateArn", "x")],
        "the ARN of an ACM certificate",
    ),
    (
        "media",
        "us-east-1",
        &[("DomainName", "a.example")],
        "go together",
    ),
    (
        "media",
        "eu-west-1",
        &[(
            "ExistingKeyArn",
            "arn:aws:kms:eu-central-1:123456789012:key/x",
        )],
        "use a key or replica there",
    ),
    (
        "media",
        "eu-west-1",
        &[("ExistingKeyArn", "alias/x")],
        "aliases",
    ),
    (
        "media",
        "us-east-1",
        &[("Nonsense", "1")],
        "unknown parameter \"Nonsense\"",
    ),
    (
        "media",
        "us-east-1",
        &[("ArtifactBucket", "mine")],
        "unknown parameter \"ArtifactBucket\"",
    ),
    (
        "media",
        "us-east-1",
        &[("PriceClass", "cheap")],
        "PriceClass_100",
    ),
    (
        "media",
        "us-east-1",
        &[("SitePrefix", "no-slash")],
        "SitePrefix",
    ),
];

#[test]
fn every_invalid_request_names_its_value_and_says_what_to_do() {
    for (stack, region, parameters, expected) in INVALID {
        let error = validated(stack, region, parameters)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_site_over_the_header_limit_is_refused_with_its_length() {
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let error =
        validated("media", "us-east-1", &[("CorsOrigins", &origins.join(","))]).unwrap_err();
    assert!(
        matches!(error, InvalidRequest::LongSite(length) if length > keyfront_edge::site::MAX_SITE_CHARS),
        "{error}"
    );
}

#[test]
fn what_is_kept_of_a_stack_counts_when_the_site_is_validated() {
    let request = validated("media", "us-east-1", &[("SitePrefix", "p/")]).unwrap();
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let kept = BTreeMap::from([("CorsOrigins".to_owned(), origins.join(","))]);
    assert!(matches!(
        request.validate_update(&kept),
        Err(InvalidRequest::LongSite(_))
    ));
}
