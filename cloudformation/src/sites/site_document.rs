//! What the edge reads of a site: its document, as `x-keyfront-site` carries it.
//!
//! Bucket and Region of the template's own are known to CloudFormation only, so a document has a part behind them.

use std::error::Error as _;

use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use serde_json::Value;

use super::{
    cors_rule::CorsRule,
    entry::{SiteEntry, Storage},
};

/// Names as AWS may give them, to have a document validated whose own are not known yet.
const SOME_BUCKET: &str = "the-bucket-of-the-stack";
const SOME_REGION: &str = "us-east-1";

/// Why the edge would refuse the site; `None` if it serves it.
pub(super) fn refused(entry: &SiteEntry) -> Option<String> {
    let document = match &entry.storage {
        Storage::Own => document(entry, SOME_BUCKET, SOME_REGION),
        Storage::Existing(bucket) => document(entry, bucket.name.as_str(), bucket.key.region()),
    };
    if document.len() > MAX_SITE_CHARS {
        return Some(format!(
            "its document has {} characters, more than the {MAX_SITE_CHARS} that CloudFront allows in a header; shorten its lists of origins, headers or query parameters",
            document.len()
        ));
    }
    let refused = Site::parse(document.as_bytes()).err()?;
    Some(match refused.source() {
        Some(source) => format!("{refused}: {source}"),
        None => refused.to_string(),
    })
}

/// The whole document of a site in a bucket.
pub(super) fn document(entry: &SiteEntry, bucket: &str, region: &str) -> String {
    let options = behind_the_region(entry);
    format!(r#"{{"v":1,"bucket":"{bucket}","region":"{region}{options},"signing":"sigv4"}}"#)
}

/// From the quotation mark behind the Region to the fields of the signature.
pub(super) fn behind_the_region(entry: &SiteEntry) -> String {
    let mut text = format!(r#"","style":"virtual","path":"{}""#, &entry.path[1..]);
    let prefix = Some(&entry.prefix).filter(|prefix| !prefix.is_empty());
    let fields = [
        ("prefix", prefix),
        ("index", entry.index.as_ref()),
        ("fallback", entry.fallback.as_ref()),
        ("trailing_slash", entry.trailing_slash.as_ref()),
        ("slashes", entry.slashes.as_ref()),
        ("spelling", entry.spelling.as_ref()),
        ("release", entry.release.as_ref()),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            text.push_str(&format!(r#","{name}":{}"#, Value::from(value.as_str())));
        }
    }
    let flags = [
        ("denied_as_missing", entry.denied_as_missing),
        ("customer_keys", entry.customer_keys),
    ];
    for (name, _) in flags.iter().filter(|(_, set)| *set) {
        text.push_str(&format!(r#","{name}":true"#));
    }
    text.push_str(&format!(r#","query":{}"#, list(&entry.query)));
    if !entry.cors.is_empty() {
        let rules: Vec<String> = entry.cors.iter().map(rule).collect();
        text.push_str(&format!(r#","cors":[{}]"#, rules.join(",")));
    }
    text
}

fn rule(rule: &CorsRule) -> String {
    let (origins, headers) = (list(&rule.origins), list(&rule.headers));
    let max_age = rule.max_age;
    let max_age = max_age.map_or_else(String::new, |seconds| format!(r#","max_age":{seconds}"#));
    format!(r#"{{"origins":{origins},"headers":{headers}{max_age}}}"#)
}

fn list(texts: &[String]) -> Value {
    Value::from(texts)
}
