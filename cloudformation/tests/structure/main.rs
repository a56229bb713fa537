//! The committed templates, checked as a whole: what a linter does not know of Keyfront, and what CloudFormation's
//! emulators skip.
#![allow(clippy::unwrap_used, clippy::panic)]

mod access_logs;
mod buckets;
mod distribution;
mod functions;
mod page;
#[path = "../references/mod.rs"]
mod references;
mod roles;
mod templates;

use keyfront_cloudformation::{Document, Template};
use serde_json::Value;

fn documents() -> impl Iterator<Item = (Template, Document)> {
    Template::ALL
        .into_iter()
        .map(|template| (template, template.document().unwrap()))
}

fn properties_of<'d>(document: &'d Document, kind: &str) -> Vec<(&'d str, &'d Value)> {
    document
        .section("Resources")
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name, &resource["Properties"]))
        .collect()
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
        "OriginUrl.FunctionUrl" => {
            format!("https://{}.lambda-url.us-east-1.on.aws/", "o".repeat(32))
        }
        name if name.ends_with(".DomainName") => "d111111abcdef8.cloudfront.net".into(),
        other => format!("arn:aws:test:us-east-1:123456789012:{other}"),
    })
}

const PLAIN: &[(&str, &str)] = &[];
const EVERYTHING: &[(&str, &str)] = &[
    ("ReaderEnabled", "true"),
    ("IndexDocument", "index.html"),
    ("FallbackDocument", "app/index.html"),
    ("SitePrefix", "public/v1/"),
    ("QueryParameters", "width,height,v"),
    ("Spelling", "accept"),
    ("UploadChecksum", "required"),
    (
        "CorsOrigins",
        "https://app.example.com,https://admin.example.com",
    ),
    ("DomainName", "media.example.com"),
    (
        "CertificateArn",
        "arn:aws:acm:us-east-1:123456789012:certificate/1",
    ),
    ("AllowedEncryption", "any"),
    ("Audit", "true"),
    ("NotFoundDocument", "errors/404.html"),
    ("DeniedAsMissing", "true"),
    ("CustomerKeys", "true"),
    ("OriginShieldRegion", "us-east-1"),
];
const ACCESS_POINT: &[(&str, &str)] = &[
    ("MultiRegionAccessPoint", "mfzwi23gnjvgw.mrap"),
    ("AccessPointBuckets", "media-eu,media-ap"),
    (
        "AccessPointKeyArns",
        "arn:aws:kms:eu-west-1:123456789012:key/1,arn:aws:kms:ap-south-1:123456789012:key/2",
    ),
    ("ReaderEnabled", "true"),
];

fn owned(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = parameters.iter();
    owned
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
