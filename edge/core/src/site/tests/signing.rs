//! Access points of several regions, and SigV4A.

use super::{names_field, refusal, replaced};
use crate::site::{Signing, Site, SiteError};

/// The smallest site of a multi-region access point, with another text for one of its parts.
fn access_point(from: &str, to: &str) -> Result<Site, SiteError> {
    let document = r#"{"v":1,"bucket":"mfzwi23gnjvgw.mrap","region":"us-east-1","style":"virtual","query":[],"signing":"sigv4a","region_set":"*"}"#;
    assert!(document.contains(from), "{from}");
    Site::parse(document.replacen(from, to, 1).as_bytes())
}

#[test]
fn a_multi_region_access_point_is_reached_by_its_alias_and_signed_for_its_region_set() {
    let bucket = access_point("", "").unwrap().bucket;
    let host = "mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com";
    assert_eq!((bucket.host.as_str(), bucket.path.as_str()), (host, ""));
    let region_set = "*".to_owned();
    assert_eq!(bucket.signing, Signing::SigV4a { region_set });
    for (from, to, name) in [
        (
            r#""signing":"sigv4a","region_set":"*""#,
            r#""signing":"sigv4""#,
            "signing",
        ),
        (r#""virtual""#, r#""path""#, "style"),
        (
            r#","query""#,
            r#","endpoint":"https://s3.example","query""#,
            "endpoint",
        ),
        ("mfzwi23gnjvgw.mrap", "a.mfzwi23gnjvgw.mrap", "bucket"),
    ] {
        let error = access_point(from, to).unwrap_err();
        assert!(names_field(&error, name), "{to}: {error}");
    }
}

#[test]
fn sigv4a_needs_a_region_set_that_may_hold_the_sites_region() {
    let signed = |set: &str| {
        let signing = format!(r#""signing":"sigv4a","region_set":"{set}""#);
        replaced(r#""signing":"sigv4""#, &signing)
    };
    for set in ["*", "eu-central-1", "us-east-1,eu-central-1", "eu-*"] {
        let region_set = set.to_owned();
        let bucket = signed(set).unwrap().bucket;
        assert_eq!(bucket.signing, Signing::SigV4a { region_set });
    }
    for set in ["", ",", "eu-central-1,", "eu central", "eu/*", "us-east-1"] {
        assert!(
            names_field(&signed(set).unwrap_err(), "region_set"),
            "{set}"
        );
    }
    let missing = replaced(r#""signing":"sigv4""#, r#""signing":"sigv4a""#).unwrap_err();
    assert!(names_field(&missing, "region_set"));
    assert!(names_field(&refusal(r#","region_set":"*""#), "region_set"));
}
