//! The buckets: private, encrypted, kept, open to the site's pages.

use keyfront_cloudformation::{Resolution, Template, statements, strings};
use keyfront_contract::{cross_origin::EXPOSED, header::REQUEST_ID};

use super::{documents, known, properties_of};

#[test]
fn data_and_keys_outlive_the_stack() {
    for (_, document) in documents() {
        for (name, resource) in document.section("Resources") {
            let kind = resource["Type"].as_str().unwrap();
            if ["AWS::S3::Bucket", "AWS::KMS::Key", "AWS::S3::BucketPolicy"].contains(&kind) {
                // What a failed creation made would be in the way of the next one.
                assert_eq!(resource["DeletionPolicy"], "RetainExceptOnCreate", "{name}");
                assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{name}");
            }
        }
    }
}

#[test]
fn the_bucket_blocks_customer_keys_unless_the_origin_has_one() {
    let arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/k";
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let (_, bucket) = properties_of(&document, "AWS::S3::Bucket")
            .into_iter()
            .find(|(name, _)| *name == "Bucket")
            .unwrap();
        let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
        let blocked = &rule["BlockedEncryptionTypes"];
        for (parameter, types, exempt) in [("", "SSE-C", None), (arn, "NONE", Some("origin"))] {
            let parameters = [("CustomerKeyParameterArn".to_owned(), parameter.to_owned())];
            let resolution = Resolution::new(&document, parameters, |name| match name {
                "OriginRole.Arn" => Some("origin".to_owned()),
                other => Some(other.to_owned()),
            });
            let found = resolution.value(blocked).unwrap();
            assert_eq!(found["EncryptionType"][0], types, "{template:?}");
            let policy = resolution.bucket_policy("BucketPolicy").unwrap();
            let denial = statements(&policy)
                .iter()
                .find(|statement| statement["Sid"] == "NoKeyOfTheClient")
                .unwrap();
            let condition = &denial["Condition"];
            assert_eq!(
                condition["Null"]["s3:x-amz-server-side-encryption-customer-algorithm"],
                "false"
            );
            assert_eq!(
                condition["ArnNotEquals"]["aws:PrincipalArn"].as_str(),
                exempt,
                "{condition}"
            );
        }
    }
}

#[test]
fn buckets_are_private_and_the_objects_bucket_encrypts_with_the_key() {
    let document = Template::Origin.document().unwrap();
    for (name, bucket) in properties_of(&document, "AWS::S3::Bucket") {
        let block = &bucket["PublicAccessBlockConfiguration"];
        for setting in [
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        ] {
            assert_eq!(block[setting], true, "{name}: {setting}");
        }
        assert_eq!(
            bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
            "BucketOwnerEnforced"
        );
        assert_eq!(bucket["VersioningConfiguration"]["Status"], "Enabled");
    }
    let bucket = document.properties("Bucket").unwrap();
    let rule = &bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0];
    assert_eq!(rule["BucketKeyEnabled"], true);
    assert_eq!(
        rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "aws:kms"
    );
    assert_eq!(
        document.properties("Key").unwrap()["EnableKeyRotation"],
        true
    );
}

#[test]
fn the_buckets_own_cors_lets_a_page_upload_parts_and_read_shares() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let given = [(
            "CorsOrigins".to_owned(),
            "https://app.example.com".to_owned(),
        )];
        let resolution = Resolution::new(&document, given, known);
        let cors = &document.properties("Bucket").unwrap()["CorsConfiguration"];
        let cors = resolution.value(cors).unwrap();
        let rule = &cors["CorsRules"][0];
        assert_eq!(
            strings(&rule["AllowedOrigins"]),
            ["https://app.example.com"]
        );
        assert_eq!(
            strings(&rule["AllowedMethods"]),
            ["GET", "HEAD", "PUT", "POST"]
        );
        assert_eq!(strings(&rule["AllowedHeaders"]), ["*"]);
        let exposed = EXPOSED.split(", ").filter(|name| *name != "retry-after");
        let exposed = exposed.map(|name| match name {
            REQUEST_ID => "x-amz-request-id",
            name => name,
        });
        let of_bucket = strings(&rule["ExposedHeaders"]).join(", ").to_lowercase();
        assert_eq!(of_bucket, exposed.collect::<Vec<_>>().join(", "));
    }
}

#[test]
fn the_bucket_lets_no_presigned_request_pass_that_the_origin_would_not_make() {
    for (seconds, millis) in [(None, "3600000"), (Some("900"), "900000")] {
        let document = Template::Keyfront.document().unwrap();
        let given = seconds.map(|text| ("PresignedLifetime".to_owned(), text.to_owned()));
        let resolution = Resolution::new(&document, given, known);
        let policy = resolution.bucket_policy("BucketPolicy").unwrap();
        let old = statements(&policy)
            .iter()
            .find(|one| one["Sid"] == "NoOldPresignedRequests")
            .unwrap();
        assert_eq!(old["Effect"], "Deny");
        let age = &old["Condition"]["NumericGreaterThan"]["s3:signatureAge"];
        assert_eq!(age, millis);
        let function = document.properties("OriginFunction").unwrap();
        let variables = resolution
            .value(&function["Environment"]["Variables"])
            .unwrap();
        let lifetime = &variables["KEYFRONT_PRESIGNED_LIFETIME"];
        assert_eq!(lifetime, seconds.unwrap_or("3600"));
    }
}
