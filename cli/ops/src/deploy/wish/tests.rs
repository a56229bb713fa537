#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;

fn judge(stack: &str, region: &str, parameters: &[(&str, &str)]) -> Result<Wish, Unfit> {
    let owned = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let wish = Wish::judge(stack, region, owned.collect())?;
    wish.judge_with(&BTreeMap::new())?;
    Ok(wish)
}

#[test]
fn a_careful_wish_is_accepted_in_one_region_and_in_two() {
    assert_eq!(
        judge("media", "us-east-1", &[]).unwrap().layout,
        Layout::Together
    );
    let apart = judge(
        "media",
        "eu-central-1",
        &[
            ("ReaderEnabled", "true"),
            ("CorsOrigins", "https://a.example"),
        ],
    );
    assert_eq!(apart.unwrap().layout, Layout::Apart);
}

#[test]
fn every_bad_wish_is_told_by_its_name_and_says_what_to_do() {
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: &[Case<'_>] = &[
        ("Media", "us-east-1", &[], "must be lower case"),
        ("media-", "us-east-1", &[], "must be lower case"),
        ("", "us-east-1", &[], "must be lower case"),
        (
            "a-stack-whose-name-is-one-too-long",
            "us-east-1",
            &[],
            "longer than 32",
        ),
        ("media", "ca-west-1", &[], "no Lambda Function URLs"),
        (
            "media",
            "cn-north-1",
            &[],
            "choose one of the aws partition",
        ),
        ("media", "mars", &[], "choose one of the aws partition"),
        (
            "media",
            "us-east-1",
            &[("ExistingBucket", "my.bucket")],
            "has a dot",
        ),
        (
            "media",
            "us-east-1",
            &[("ExistingBucket", "Bucket")],
            "no bucket name",
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
            "no ACM certificate",
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
            "no parameter Nonsense",
        ),
        (
            "media",
            "us-east-1",
            &[("ArtifactBucket", "mine")],
            "no parameter ArtifactBucket",
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
    for (stack, region, parameters, told) in cases {
        let error = judge(stack, region, parameters).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_site_over_the_header_limit_is_refused_with_its_length() {
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let error = judge("media", "us-east-1", &[("CorsOrigins", &origins.join(","))]).unwrap_err();
    assert!(
        matches!(error, Unfit::LongSite(length) if length > keyfront_edge::site::MAX_SITE_CHARS),
        "{error}"
    );
}

#[test]
fn what_is_kept_of_a_stack_counts_when_the_site_is_judged() {
    let wish = judge("media", "us-east-1", &[("SitePrefix", "p/")]).unwrap();
    let origins: Vec<String> = (0..80)
        .map(|at| format!("https://origin-{at}.example"))
        .collect();
    let kept = BTreeMap::from([("CorsOrigins".to_owned(), origins.join(","))]);
    assert!(matches!(wish.judge_with(&kept), Err(Unfit::LongSite(_))));
}
