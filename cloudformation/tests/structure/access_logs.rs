//! Access logs and the trail: where they go, and who may change them.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Document, Resolution, Template, statements, strings};
use serde_json::Value;

use super::{known, properties_of};

/// With audit switched on, the properties of a bucket that S3 writes access logs into.
fn access_log_destination(document: &Document) -> (&str, &Value) {
    let resources: BTreeMap<_, _> = document.section("Resources").collect();
    let logging = &resources["Bucket"]["Properties"]["LoggingConfiguration"]["Fn::If"][1];
    let name = logging["DestinationBucketName"]["Ref"].as_str().unwrap();
    let (name, destination) = resources.get_key_value(name).unwrap();
    (name, &destination["Properties"])
}

#[test]
fn access_logs_go_where_s3_delivers_them() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let resolution = Resolution::new(&document, audit(), known);
        let (name, destination) = access_log_destination(&document);
        for forbidden in ["ObjectLockEnabled", "ObjectLockConfiguration"] {
            assert!(destination.get(forbidden).is_none(), "{forbidden}");
        }
        let encryption = &destination["BucketEncryption"]["ServerSideEncryptionConfiguration"];
        let default = &encryption[0]["ServerSideEncryptionByDefault"];
        assert_eq!(default["SSEAlgorithm"], "AES256");
        let lifecycle = resolution
            .value(&destination["LifecycleConfiguration"])
            .unwrap();
        assert_eq!(lifecycle["Rules"][0]["ExpirationInDays"], "365");

        let policies = properties_of(&document, "AWS::S3::BucketPolicy");
        let (policy, _) = policies
            .iter()
            .find(|(_, policy)| policy["Bucket"]["Ref"] == name)
            .unwrap();
        let resources: BTreeMap<_, _> = document.section("Resources").collect();
        let after = strings(&resources["Bucket"]["DependsOn"]);
        assert_eq!(after, [*policy]);
        let policy = resolution.bucket_policy(policy).unwrap();
        let delivery = statements(&policy)
            .iter()
            .find(|one| one["Principal"]["Service"] == "logging.s3.amazonaws.com")
            .unwrap();
        assert_eq!(delivery["Effect"], "Allow");
        let condition = &delivery["Condition"];
        assert_eq!(
            condition["StringEquals"]["aws:SourceAccount"],
            "123456789012"
        );
        let source = condition["ArnLike"]["aws:SourceArn"].as_str().unwrap();
        let own = format!("arn:aws:s3:::{}", known("Bucket").unwrap());
        assert!(own.starts_with(source.strip_suffix('*').unwrap()), "{own}");
        let written = delivery["Resource"].as_str().unwrap();
        assert!(written.ends_with("/s3-access/*"), "{written}");
    }
}

#[test]
fn the_trails_files_are_locked_in_a_bucket_of_their_own() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let resolution = Resolution::new(&document, audit(), known);
        let (access_logs, _) = access_log_destination(&document);
        let trail = document.properties("Trail").unwrap();
        let name = trail["S3BucketName"]["Ref"].as_str().unwrap();
        assert_ne!(name, access_logs);
        let bucket = resolution.value(document.properties(name).unwrap());
        let bucket = bucket.unwrap();
        assert_eq!(bucket["ObjectLockEnabled"], true);
        let retention = &bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"];
        assert_eq!(retention["Days"], "365");
    }
}

#[test]
fn an_existing_trail_takes_the_place_of_a_new_one_and_its_bucket() {
    let trail = "arn:aws:cloudtrail:us-east-1:123456789012:trail/all";
    let given = audit().chain([("ExistingTrailArn".to_owned(), trail.to_owned())]);
    let document = Template::Keyfront.document().unwrap();
    let resolution = Resolution::new(&document, given, known);
    let resources: BTreeMap<_, _> = document.section("Resources").collect();
    let exists = |name: &str| resolution.exists(resources[name]).unwrap();
    assert!(!exists("Trail") && !exists("TrailBucket") && !exists("TrailBucketPolicy"));
    assert!(exists("AccessLogBucket"));
    let outputs: BTreeMap<_, _> = document.section("Outputs").collect();
    assert_eq!(
        resolution.value(&outputs["TrailArn"]["Value"]).unwrap(),
        trail
    );
}

fn audit() -> impl Iterator<Item = (String, String)> {
    [("Audit".to_owned(), "true".to_owned())].into_iter()
}
