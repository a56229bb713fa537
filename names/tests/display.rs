//! A name is written as it was read.

#![allow(clippy::unwrap_used)]

use std::fmt::Display;

use keyfront_names::{
    BucketName, KeyArn, ObjectKey, ParameterArn, Region, RoleArn,
    host::{EndpointError, Scheme, endpoint},
};

fn written(text: &str, name: impl Display) {
    assert_eq!(name.to_string(), text);
}

#[test]
fn every_name_is_written_as_it_was_read() {
    let (key, bucket, region) = ("a/é +%", "my.bucket", "eu-central-1");
    written(key, ObjectKey::new(key).unwrap());
    written(bucket, BucketName::new(bucket).unwrap());
    written(region, Region::new(region).unwrap());
    assert_eq!(BucketName::new(bucket).unwrap().into_string(), bucket);
    let arn = "arn:aws:kms:eu-central-1:123456789012:key/1";
    written(arn, KeyArn::parse(arn).unwrap());
    let arn = "arn:aws:ssm:us-east-1:123456789012:parameter/a/b";
    written(arn, ParameterArn::parse(arn).unwrap());
    let arn = "arn:aws:iam::123456789012:role/keyfront/edge";
    written(arn, RoleArn::parse(arn).unwrap());
}

#[test]
fn schemes_and_endpoint_errors_have_one_text() {
    for text in ["http://127.0.0.1:9000", "https://s3.example.com"] {
        let (scheme, _) = endpoint(text).unwrap();
        assert_eq!(text.split_once("://").unwrap().0, scheme.as_str());
    }
    assert_ne!(Scheme::Http.as_str(), Scheme::Https.as_str());
    for error in [EndpointError::Form, EndpointError::PlainHttp] {
        written(error.as_str(), error);
    }
}
