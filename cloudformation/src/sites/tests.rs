#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use crate::Template;

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1";

fn parse(entries: &str) -> Result<Sites, SitesError> {
    Sites::parse(&format!(r#"{{"v":1,"sites":[{entries}]}}"#))
}

fn refusal(entries: &str) -> String {
    parse(entries).unwrap_err().to_string()
}

/// Fields of a site, and what its refusal says.
const REFUSED: &[(&str, &str)] = &[
    (
        r#""path":"docs/""#,
        "site 1 (\"docs/\"): path must begin and end with a slash",
    ),
    (r#""path":"/""#, "the site of / is the template's own"),
    (r#""path":"/docs""#, "path must begin and end with a slash"),
    (r#""path":"//""#, "path must begin and end with a slash"),
    (r#""path":"/a//b/""#, "path has a folder"),
    (r#""path":"/a/../b/""#, "path has a folder"),
    (r#""path":"/.keyfront/""#, "path has a folder"),
    (r#""path":"/a*/""#, "path has a folder"),
    (r#""path":"/a?/""#, "path has a folder"),
    (r#""path":"/é/""#, "path has a folder"),
    (
        r#""path":"/_publish/x/""#,
        "path lies under /_publish/, /read/, /_list/, /_share/ or /_viewer/,",
    ),
    (r#""path":"/read/""#, "choose another"),
    (
        r#""path":"/a/","bucket":"media""#,
        "key_arn is missing; give the ARN",
    ),
    (
        r#""path":"/a/","prefix":"b""#,
        "prefix must end with a slash",
    ),
    (
        r#""path":"/a/","prefix":"/b/""#,
        "prefix must not start with a slash",
    ),
    (
        r#""path":"/a/","prefix":"b/../c/""#,
        "prefix is not an object key: key: dot segment",
    ),
    (r#""path":"/a/","prefix":".keyfront/""#, "prefix"),
    (
        r#""path":"/a/","prefix":"b*/""#,
        "prefix has characters besides",
    ),
    (r#""path":"/a/","index":"b/c""#, "index must be a file name"),
    (
        r#""path":"/a/","index":"b%c""#,
        "index has characters besides",
    ),
    (
        r#""path":"/a/","fallback":"b c""#,
        "fallback has characters besides",
    ),
    (
        r#""path":"/a/","trailing_slash":"redirect""#,
        "trailing_slash redirects to folders, which needs index or listing",
    ),
    (
        r#""path":"/a/","trailing_slash":"keep""#,
        "trailing_slash must be redirect",
    ),
    (r#""path":"/a/","slashes":"drop""#, "slashes must be merge"),
    (
        r#""path":"/a/","spelling":"any""#,
        "spelling must be redirect or accept",
    ),
    (
        r#""path":"/a/","query":["X-Amz-Date"]"#,
        "query lists an S3 subresource",
    ),
    (
        r#""path":"/a/","query":["a","a"]"#,
        "query lists a name twice",
    ),
    (
        r#""path":"/a/","query":["1","2","3","4","5","6","7","8","9","10","11"]"#,
        "query lists more than 10 names",
    ),
    (
        r#""path":"/a/","cors":[{"origins":[]}]"#,
        "cors has a rule without origins",
    ),
    (
        r#""path":"/a/","cors":[{"origins":["app"]}]"#,
        "cors has an origin that is not",
    ),
    (
        r#""path":"/a/","content_security_policy":"""#,
        "content_security_policy must have 1 to 1024",
    ),
    (
        r#""path":"/a/","content_security_policy":"é""#,
        "printable ASCII",
    ),
    (
        r#""path":"/a/","not_found":"404.html""#,
        "use the parameter NotFoundDocument",
    ),
];

#[test]
fn every_refusal_of_a_site_names_it_and_the_field_and_what_to_do() {
    for (fields, expected) in REFUSED {
        let refused = refusal(&format!("{{{fields}}}"));
        assert!(refused.contains(expected), "{fields}: {refused}");
        assert!(refused.starts_with("site 1 ("), "{refused}");
    }
}

#[test]
fn a_bucket_and_its_key_are_refused_by_their_fields() {
    for (storage, expected) in [
        (format!(r#""key_arn":"{KEY}""#), "bucket is missing"),
        (
            format!(r#""bucket":"s3://b","key_arn":"{KEY}""#),
            "bucket is an invalid bucket name",
        ),
        (
            format!(r#""bucket":"a.b-c","key_arn":"{KEY}""#),
            "bucket has a dot",
        ),
        (
            r#""bucket":"media","key_arn":"alias/media""#.to_owned(),
            "key_arn is not the ARN of a KMS key",
        ),
        (
            r#""bucket":"media","key_arn":"arn:aws-cn:kms:cn-north-1:123456789012:key/1""#
                .to_owned(),
            "key_arn is not in the partition aws",
        ),
        (
            r#""bucket":"media","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/*""#.to_owned(),
            "key_arn has characters",
        ),
    ] {
        let refused = refusal(&format!(r#"{{"path":"/a/",{storage}}}"#));
        assert!(refused.contains(expected), "{storage}: {refused}");
    }
}

#[test]
fn unknown_repeated_and_mistyped_fields_are_refused_by_name() {
    for (document, expected) in [
        (
            r#"{"v":1,"sites":[{"path":"/a/","cache":1}]}"#,
            "unknown field `cache`, expected one of `path`",
        ),
        (r#"{"v":1,"sites":[],"more":1}"#, "unknown field `more`"),
        (
            r#"{"v":1,"sites":[{"path":"/a/","path":"/b/"}]}"#,
            "duplicate field `path`",
        ),
        (
            r#"{"v":1,"sites":[{"bucket":"b"}]}"#,
            "missing field `path`",
        ),
        (
            r#"{"v":1,"sites":[{"path":"/a/","cors":[{"origin":"x"}]}]}"#,
            "unknown field `origin`",
        ),
        (r#"{"v":1,"sites":[{"path":1}]}"#, "expected a string"),
        (r#"{"sites":[]}"#, "missing field `v`"),
        (
            r#"{"v":2,"sites":[{"path":"/a/"}]}"#,
            "unsupported version 2 in field v",
        ),
        (r#"{"v":1,"sites":[]}"#, "field sites is empty"),
        ("", "invalid sites document"),
        (
            r#"{"v":1,"sites":[{"path":"/a/"}]} x"#,
            "trailing characters",
        ),
    ] {
        let refused = Sites::parse(document).unwrap_err().to_string();
        assert!(refused.contains(expected), "{document}: {refused}");
    }
}

#[test]
fn two_sites_have_paths_of_their_own_and_one_key_for_a_bucket() {
    let refused = refusal(r#"{"path":"/a/"},{"path":"/b/"},{"path":"/a/","prefix":"x/"}"#);
    assert_eq!(
        refused,
        "sites 1 and 3: path is the same; give each site a different path"
    );
    let on = |path: &str, key: u32| {
        format!(
            r#"{{"path":"{path}","bucket":"media","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/{key}"}}"#
        )
    };
    let refused = refusal(&format!("{},{}", on("/a/", 1), on("/b/", 2)));
    assert!(
        refused.contains("sites 1 and 2: key_arn differs"),
        "{refused}"
    );
    let sites = parse(&format!("{},{}", on("/a/", 1), on("/b/", 1))).unwrap();
    assert_eq!(sites.existing_buckets().len(), 1);
}

#[test]
fn a_path_stands_before_those_it_lies_under_whatever_the_order_in_the_file() {
    let sites =
        parse(r#"{"path":"/a/"},{"path":"/b/"},{"path":"/a/b/c/"},{"path":"/a/b/"}"#).unwrap();
    assert_eq!(
        sites.paths().collect::<Vec<_>>(),
        ["/a/b/c/", "/a/b/", "/a/", "/b/"]
    );
    let other =
        parse(r#"{"path":"/a/b/"},{"path":"/a/b/c/"},{"path":"/b/"},{"path":"/a/"}"#).unwrap();
    for template in Template::ALL {
        let (one, two) = (template.body_with(&sites), template.body_with(&other));
        assert_eq!(one.unwrap(), two.unwrap());
    }
}

#[test]
fn a_distribution_has_no_more_behaviours_than_cloudfront_takes() {
    let many = |count: u32, more: &str| {
        let entries: Vec<String> = (0..count)
            .map(|at| format!(r#"{{"path":"/{at}/"{more}}}"#))
            .collect();
        parse(&entries.join(","))
    };
    assert!(many(19, "").is_ok());
    let refused = many(20, "").unwrap_err().to_string();
    assert!(
        refused.contains("26 cache behaviours, more than CloudFront's 25"),
        "{refused}"
    );
    let redirecting = r#","index":"index.html","trailing_slash":"redirect""#;
    assert!(many(9, redirecting).is_ok());
    assert!(matches!(
        many(10, redirecting),
        Err(SitesError::TooMany(26))
    ));
}

#[test]
fn no_sites_change_no_template() {
    for template in Template::ALL {
        assert_eq!(
            template.body_with(&Sites::default()).unwrap(),
            template.body()
        );
    }
}

#[test]
fn every_resource_of_a_template_with_sites_is_recognised_as_the_systems() {
    let sites = parse(&format!(
        r#"{{"path":"/a/","query":["v"],"content_security_policy":"default-src 'self'"}},{{"path":"/b/","bucket":"media","key_arn":"{KEY}","cors":[{{"origins":["https://a.example"]}}]}}"#
    ))
    .unwrap();
    for template in Template::ALL {
        let body = template.body_with(&sites).unwrap();
        let document = crate::Document::parse(&body).unwrap();
        let known = template.resource_types().unwrap();
        let mut added = 0;
        for (name, value) in document.section("Resources") {
            let kind = value["Type"].as_str().unwrap();
            let own = known.get(name).is_some_and(|own| own == kind);
            assert!(own || is_resource_of_sites(name, kind), "{name} {kind}");
            added += usize::from(!own);
        }
        assert_eq!(added > 0, template != Template::Origin, "{template:?}");
    }
    for (name, kind) in [
        ("SitesCache", "AWS::CloudFront::CachePolicy"),
        ("SitesCacheZZZZZZZZ", "AWS::CloudFront::CachePolicy"),
        ("SitesCache00000000", "AWS::S3::Bucket"),
        ("Mine", "AWS::CloudFront::CachePolicy"),
    ] {
        assert!(!is_resource_of_sites(name, kind), "{name} {kind}");
    }
}
