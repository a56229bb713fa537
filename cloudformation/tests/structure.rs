//! The committed templates, checked as a whole: what a linter does not know of Keyfront, and what CloudFormation's
//! emulators skip.
#![allow(clippy::unwrap_used, clippy::panic)]

mod references;

use std::collections::BTreeMap;

use keyfront_cloudformation::{
    Document, Resolution, Template, statements, strings, with_parameter_table,
};
use keyfront_contract::{cross_origin::EXPOSED, header::REQUEST_ID};
use keyfront_edge::{Site, site::MAX_SITE_CHARS};
use references::{conditions_used, names_used};
use serde_json::{Value, json};

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

#[test]
fn the_committed_templates_are_assembled_from_their_fragments() {
    for template in Template::ALL {
        assert!(
            template.assemble().unwrap() == template.body(),
            "{} is not what its fragments make; run `make templates`",
            template.file_name()
        );
    }
}

#[test]
fn the_documented_parameters_are_the_templates_own() {
    let page = include_str!("../../docs/cloudformation.md");
    assert!(
        with_parameter_table(page).unwrap().as_deref() == Some(page),
        "docs/cloudformation.md lists other parameters than the templates have; run `make templates` twice"
    );
}

#[test]
fn every_reference_resolves_and_everything_declared_is_used() {
    for (template, document) in documents() {
        let file = template.file_name();
        let declared = |section: &str| -> Vec<String> {
            document
                .section(section)
                .map(|(name, _)| name.to_owned())
                .collect()
        };
        let (parameters, resources) = (declared("Parameters"), declared("Resources"));
        let used = names_used(document.root());
        for name in &used {
            let known =
                name.starts_with("AWS::") || parameters.contains(name) || resources.contains(name);
            assert!(known, "{file}: {name} is referred to and not declared");
        }
        for name in &parameters {
            assert!(used.contains(name), "{file}: parameter {name} is not used");
        }
        let (conditions, tested) = (declared("Conditions"), conditions_used(document.root()));
        for name in &tested {
            assert!(
                conditions.contains(name),
                "{file}: condition {name} is not declared"
            );
        }
        for name in &conditions {
            assert!(
                tested.contains(name),
                "{file}: condition {name} is not used"
            );
        }
    }
}

#[test]
fn every_parameter_says_what_it_is_for_and_takes_its_own_default() {
    for (template, document) in documents() {
        for parameter in document.parameters() {
            let at = format!("{} {}", template.file_name(), parameter.name);
            assert!(!parameter.description.is_empty(), "{at}");
            if let Some(default) = &parameter.default {
                assert_eq!(parameter.validate(default), Ok(()), "{at}");
            }
        }
    }
}

#[test]
fn the_edges_stack_takes_what_the_origins_stack_puts_out() {
    let origin = Template::Origin.document().unwrap();
    let outputs: Vec<_> = origin.outputs().collect();
    for needed in ["BucketName", "EdgeRoleArn", "OriginRoleName", "OriginUrl"] {
        assert!(outputs.contains(&needed), "{needed}");
    }
}

#[test]
fn functions_at_the_edge_keep_lambda_at_edges_limits() {
    for template in [Template::Keyfront, Template::Edge] {
        let document = template.document().unwrap();
        let resources: BTreeMap<_, _> = document.section("Resources").collect();
        for name in ["EdgeFunction", "EdgeVersion"] {
            assert_eq!(resources[name]["DeletionPolicy"], "Retain", "{name}");
            assert_eq!(resources[name]["UpdateReplacePolicy"], "Retain", "{name}");
        }
        let function = document.properties("EdgeFunction").unwrap();
        assert_eq!(function["Architectures"], serde_json::json!(["x86_64"]));
        let runtime = function["Runtime"].as_str().unwrap();
        let major: u32 = runtime
            .strip_prefix("nodejs")
            .and_then(|rest| rest.strip_suffix(".x"))
            .and_then(|major| major.parse().ok())
            .unwrap();
        assert!(major >= 22, "{runtime}");
        for absent in [
            "Environment",
            "Layers",
            "VpcConfig",
            "TracingConfig",
            "DeadLetterConfig",
        ] {
            assert!(function.get(absent).is_none(), "{absent}");
        }
        assert!(function["Timeout"].as_u64().unwrap() <= 30);
        let version = document.properties("EdgeVersion").unwrap();
        assert_eq!(version["CodeSha256"]["Ref"], "EdgeSha256");
        // Both change with the revision, so that there is something to publish whatever was published before.
        for described in [function, version] {
            let description = described["Description"].to_string();
            assert!(description.contains("${EdgeRevision}"), "{description}");
        }
    }
    let trust = &Template::Origin.document().unwrap();
    let trusted =
        &trust.properties("EdgeRole").unwrap()["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(
        strings(&trusted["Principal"]["Service"]),
        ["lambda.amazonaws.com", "edgelambda.amazonaws.com"]
    );
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
        other => format!("arn:aws:test:us-east-1:123456789012:{other}"),
    })
}

fn distribution(parameters: &[(&str, &str)]) -> Value {
    let document = Template::Keyfront.document().unwrap();
    let parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let resolution = Resolution::new(&document, parameters, known);
    let config = &document.properties("Distribution").unwrap()["DistributionConfig"];
    resolution.value(config).unwrap()
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
const S3_ORIGIN: &[(&str, &str)] = &[("OriginType", "s3")];

#[test]
fn the_site_of_every_origin_is_one_the_edge_accepts_and_names_that_origins_host() {
    for parameters in [PLAIN, EVERYTHING, ACCESS_POINT, S3_ORIGIN] {
        let config = distribution(parameters);
        for origin in config["Origins"].as_array().unwrap() {
            let header = &origin["OriginCustomHeaders"][0];
            assert_eq!(header["HeaderName"], "x-keyfront-site");
            let text = header["HeaderValue"].as_str().unwrap();
            assert!(text.len() <= MAX_SITE_CHARS, "{} characters", text.len());
            let site =
                Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
            let host = match origin["Id"].as_str().unwrap() {
                "bucket" => site.bucket.host.clone(),
                "publish" => site.publish.as_ref().unwrap().host.clone(),
                "reader" => site.reader.as_ref().unwrap().host.clone(),
                other => panic!("origin {other}"),
            };
            assert_eq!(origin["DomainName"], host);
        }
    }
}

#[test]
fn behaviours_route_what_the_site_routes_and_only_publishing_takes_a_body() {
    let config = distribution(EVERYTHING);
    let behaviours = config["CacheBehaviors"].as_array().unwrap();
    let of = |behaviour: &Value| {
        let functions = behaviour["LambdaFunctionAssociations"]
            .as_array()
            .unwrap()
            .clone();
        let events: Vec<_> = functions
            .iter()
            .map(|one| one["EventType"].clone())
            .collect();
        assert_eq!(events, ["origin-request", "origin-response"]);
        let body = functions.iter().any(|one| one.get("IncludeBody").is_some());
        let target = behaviour["TargetOriginId"].as_str().unwrap().to_owned();
        let writes = strings(&behaviour["AllowedMethods"]).contains(&"PUT");
        (target, writes, body)
    };
    for behaviour in behaviours {
        let (target, writes, body) = of(behaviour);
        let publishes = target == "publish";
        assert_eq!((writes, body), (publishes, publishes), "{target}");
        let pattern = behaviour["PathPattern"].as_str().unwrap();
        assert_eq!(publishes, pattern.starts_with("/_publish"), "{pattern}");
    }
    let default = &config["DefaultCacheBehavior"];
    assert_eq!(of(default), ("bucket".to_owned(), false, false));
}

#[test]
fn no_error_is_kept_by_the_cdn() {
    let config = distribution(PLAIN);
    let errors = config["CustomErrorResponses"].as_array().unwrap();
    let codes: Vec<_> = errors
        .iter()
        .map(|error| error["ErrorCode"].as_u64().unwrap())
        .collect();
    assert_eq!(
        codes,
        [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
    );
    assert!(errors.iter().all(|error| error["ErrorCachingMinTTL"] == 0));
}

#[test]
fn no_cache_policy_keeps_what_says_no_store() {
    for template in [Template::Keyfront, Template::Edge] {
        let document = template.document().unwrap();
        let policies = properties_of(&document, "AWS::CloudFront::CachePolicy");
        assert!(!policies.is_empty());
        for (name, policy) in policies {
            let config = &policy["CachePolicyConfig"];
            assert_eq!(config["MinTTL"], 0, "{name}: a redirect would be kept");
            // What the origin says of copies that name no time.
            assert_eq!(config["DefaultTTL"], 86400, "{name}");
            assert_eq!(config["MaxTTL"], 31_536_000, "{name}");
        }
    }
}

#[test]
fn the_origin_knows_what_its_invalidations_and_plans_depend_on() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let parameters = EVERYTHING
            .iter()
            .filter(|(name, _)| {
                document
                    .parameters()
                    .iter()
                    .any(|parameter| parameter.name == *name)
            })
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let resolution = Resolution::new(&document, parameters, known);
        let function = document.properties("OriginFunction").unwrap();
        let variables = resolution
            .value(&function["Environment"]["Variables"])
            .unwrap();
        for (name, value) in [
            ("KEYFRONT_SITE_PREFIX", "public/v1/"),
            ("KEYFRONT_SITE_INDEX", "index.html"),
            ("KEYFRONT_SITE_FALLBACK", "app/index.html"),
            ("KEYFRONT_SITE_QUERY", "width,height,v"),
            ("KEYFRONT_SITE_SPELLING", "accept"),
            ("KEYFRONT_UPLOAD_CHECKSUM", "required"),
        ] {
            assert_eq!(variables[name], value, "{name}");
        }
    }
}

#[test]
fn static_origin_headers_are_ones_cloudfront_takes() {
    for origin in distribution(EVERYTHING)["Origins"].as_array().unwrap() {
        for header in origin["OriginCustomHeaders"].as_array().unwrap() {
            let name = header["HeaderName"].as_str().unwrap().to_lowercase();
            let refused = name.starts_with("x-amz-")
                || name.starts_with("if-")
                || name.starts_with("x-edge-");
            assert!(
                !refused && !["host", "range", "cache-control"].contains(&name.as_str()),
                "{name}"
            );
        }
    }
}

#[test]
fn function_urls_ask_for_iam_and_have_both_permissions() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        for (name, url) in properties_of(&document, "AWS::Lambda::Url") {
            assert_eq!(url["AuthType"], "AWS_IAM", "{name}");
            let function = url["TargetFunctionArn"]["Fn::GetAtt"][0].as_str().unwrap();
            let parameters = [("AllowedEncryption".to_owned(), "any".to_owned())];
            let resolution = Resolution::new(&document, parameters, known);
            let policy = resolution.function_policy(function).unwrap();
            let actions: Vec<_> = statements(&policy)
                .iter()
                .map(|one| &one["Action"])
                .collect();
            assert_eq!(
                actions,
                ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
                "{function}"
            );
            for statement in statements(&policy) {
                assert_ne!(statement["Principal"]["AWS"], "*");
                assert_ne!(statement["Condition"], serde_json::json!({}));
            }
        }
    }
}

#[test]
fn no_role_has_a_wildcard_for_an_action_and_none_for_a_whole_resource() {
    let document = Template::Keyfront.document().unwrap();
    let parameters = EVERYTHING
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let resolution = Resolution::new(&document, parameters, known);
    for role in document.roles() {
        for policy in resolution.role_policies(role).unwrap() {
            for statement in statements(&policy.document) {
                assert!(
                    statement["Sid"].is_string(),
                    "{role}: a statement without a name"
                );
                if statement["Effect"] != "Allow" {
                    continue;
                }
                for action in strings(&statement["Action"]) {
                    assert!(!action.contains('*'), "{role}: {action}");
                    assert!(
                        !action.starts_with("kms:") || statement.get("Condition").is_some(),
                        "{role}: {action}"
                    );
                }
                for resource in strings(&statement["Resource"]) {
                    assert!(
                        resource.starts_with("arn:") && !resource.ends_with(":*:*"),
                        "{role}: {resource}"
                    );
                }
            }
        }
    }
}

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

#[test]
fn behind_an_access_point_every_bucket_and_key_that_is_named_may_be_read() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let given = owned(ACCESS_POINT);
        let resolution = Resolution::new(&document, given, known);
        let policies = resolution.role_policies("EdgeRole").unwrap();
        let statement = |sid: &str| -> Value {
            let all = policies.iter().flat_map(|one| statements(&one.document));
            let mut all = all.filter(|one| one["Sid"] == sid);
            all.next().unwrap().clone()
        };
        assert_eq!(
            strings(&statement("ReadWhatIsBehindTheAccessPoint")["Resource"]),
            ["arn:aws:s3:::media-eu/*", "arn:aws:s3:::media-ap/*"]
        );
        assert_eq!(
            strings(&statement("KnowWhatIsMissingBehindTheAccessPoint")["Resource"]),
            ["arn:aws:s3:::media-eu", "arn:aws:s3:::media-ap"]
        );
        assert_eq!(
            strings(&statement("NeverKeyfrontsOwnDocumentsBehindTheAccessPoint")["Resource"]),
            [
                "arn:aws:s3:::media-eu/.keyfront/*",
                "arn:aws:s3:::media-ap/.keyfront/*"
            ]
        );
        let decrypt = statement("DecryptBehindTheAccessPoint");
        assert_eq!(strings(&decrypt["Resource"]).len(), 2);
        let condition = &decrypt["Condition"]["StringLike"];
        assert_eq!(
            strings(&condition["kms:EncryptionContext:aws:s3:arn"]),
            [
                "arn:aws:s3:::media-eu",
                "arn:aws:s3:::media-ap",
                "arn:aws:s3:::media-eu/*",
                "arn:aws:s3:::media-ap/*"
            ]
        );
        assert_eq!(condition["kms:ViaService"], "s3.*.amazonaws.com");
    }
}

/// An output of the template in one stack.
fn output(name: &str, parameters: &[(&str, &str)]) -> Value {
    let document = Template::Keyfront.document().unwrap();
    let resolution = Resolution::new(&document, owned(parameters), known);
    let outputs: BTreeMap<_, _> = document.section("Outputs").collect();
    resolution.value(&outputs[name]["Value"]).unwrap()
}

fn owned(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = parameters.iter();
    owned
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_wildcard_domain_makes_no_url_and_the_distributions_own_name_is_always_an_output() {
    let own = known("Distribution.DomainName").unwrap();
    for (domain, url) in [
        ("", format!("https://{own}")),
        ("*.example.com", format!("https://{own}")),
        ("cdn.example.com", "https://cdn.example.com".to_owned()),
    ] {
        let given = [("DomainName", domain)];
        assert_eq!(output("CdnUrl", &given), url);
        assert_eq!(output("PublishUrl", &given), format!("{url}/_publish"));
        assert_eq!(output("DistributionDomain", &given), own);
        let document = Template::Keyfront.document().unwrap();
        let resolution = Resolution::new(&document, owned(&given), known);
        let function = document.properties("OriginFunction").unwrap();
        let environment = &function["Environment"]["Variables"];
        let public = resolution.value(&environment["KEYFRONT_PUBLIC_URL"]);
        let expected = if url.contains(&own) { "" } else { &url };
        assert_eq!(public.unwrap(), expected);
    }
}

#[test]
fn strict_transport_security_is_for_as_much_as_was_chosen() {
    let document = Template::Edge.document().unwrap();
    let hsts = |chosen: &[(&str, &str)]| {
        let resolution = Resolution::new(&document, owned(chosen), known);
        let policy = document.properties("ResponseHeaders").unwrap();
        let security = &policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
        resolution.value(security).unwrap()["StrictTransportSecurity"].clone()
    };
    let of = |chosen: &str| hsts(&[("StrictTransportSecurity", chosen)]);
    assert_eq!(of("off"), Value::Null);
    for (chosen, subdomains, preload) in [
        ("host", false, false),
        ("subdomains", true, false),
        ("preload", true, true),
    ] {
        let headers = of(chosen);
        assert_eq!(headers["AccessControlMaxAgeSec"], 31_536_000, "{chosen}");
        assert_eq!(headers["IncludeSubdomains"], subdomains, "{chosen}");
        assert_eq!(headers["Preload"], preload, "{chosen}");
    }
    assert_eq!(hsts(PLAIN), of("host"));
}

#[test]
fn the_edges_alarm_counts_what_the_handler_logs() {
    for template in [Template::Keyfront, Template::Edge] {
        let document = template.document().unwrap();
        let filter = document.properties("EdgeFailures").unwrap();
        assert_eq!(filter["LogGroupName"]["Ref"], "EdgeLogs");
        let logged = keyfront_edge::Refusal::CredentialsMissing
            .log_line("id")
            .unwrap();
        let pattern = filter["FilterPattern"].as_str().unwrap();
        let terms = pattern.split('?').map(|term| term.trim().trim_matches('"'));
        let mut terms = terms.filter(|term| !term.is_empty());
        assert!(terms.any(|term| logged.starts_with(term)), "{logged}");
        let counted = &filter["MetricTransformations"][0];
        let alarm = document.properties("EdgeErrorsAlarm").unwrap();
        let metrics = alarm["Metrics"].as_array().unwrap();
        let metric = metrics.iter().find(|one| one["Id"] == "logged").unwrap();
        let metric = &metric["MetricStat"]["Metric"];
        assert_eq!(metric["Namespace"], counted["MetricNamespace"]);
        assert_eq!(metric["MetricName"], counted["MetricName"]);
    }
}

#[test]
fn a_sites_pages_redirects_and_denials_are_what_the_parameters_say() {
    let site = |given: &[(&str, &str)]| {
        let config = distribution(given);
        let header = &config["Origins"][0]["OriginCustomHeaders"][0]["HeaderValue"];
        let text = header.as_str().unwrap().to_owned();
        Site::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let plain = site(PLAIN);
    for absent in [
        "not_found",
        "trailing_slash",
        "slashes",
        "listing",
        "denied_as_missing",
        "customer_keys",
    ] {
        assert!(plain.get(absent).is_none(), "{absent}");
    }
    let chosen = [
        ("IndexDocument", "index.html"),
        ("TrailingSlash", "redirect"),
        ("Slashes", "merge"),
        ("Listing", "true"),
        ("NotFoundDocument", "404.html"),
        ("DeniedAsMissing", "true"),
        ("CustomerKeys", "true"),
    ];
    let full = site(&chosen);
    assert_eq!(full["trailing_slash"], "redirect");
    assert_eq!(full["slashes"], "merge");
    assert_eq!(full["listing"], "/_list");
    assert_eq!(full["not_found"], "404.html");
    assert_eq!(full["denied_as_missing"], true);
    assert_eq!(full["customer_keys"], true);
    let config = distribution(&chosen);
    let errors = config["CustomErrorResponses"].as_array().unwrap();
    let missing = errors.iter().find(|one| one["ErrorCode"] == 404).unwrap();
    assert_eq!(missing["ResponsePagePath"], "/404.html");
    assert_eq!(missing["ResponseCode"], 404);
}

#[test]
fn listings_have_behaviours_of_their_own_kept_by_page_and_format() {
    let plain = distribution(PLAIN);
    let listing = distribution(&[("Listing", "true")]);
    let of = |config: &Value| {
        let behaviours = config["CacheBehaviors"].as_array().unwrap().iter();
        let listings = behaviours.filter(|one| {
            one["PathPattern"]
                .as_str()
                .is_some_and(|path| path.starts_with("/_list"))
        });
        listings.cloned().collect::<Vec<_>>()
    };
    assert!(of(&plain).is_empty());
    let found = of(&listing);
    let patterns: Vec<&str> = found
        .iter()
        .map(|one| one["PathPattern"].as_str().unwrap())
        .collect();
    assert_eq!(patterns, ["/_list", "/_list/*"]);
    for behaviour in &found {
        // The function makes the pages.
        assert_eq!(behaviour["TargetOriginId"], "publish");
        assert_eq!(
            behaviour["AllowedMethods"],
            json!(["GET", "HEAD", "OPTIONS"])
        );
    }
    let document = Template::Keyfront.document().unwrap();
    let policies = properties_of(&document, "AWS::CloudFront::CachePolicy");
    let (_, policy) = policies
        .iter()
        .find(|(name, _)| *name == "ListingCachePolicy")
        .unwrap();
    let key = &policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"];
    assert_eq!(
        key["QueryStringsConfig"]["QueryStrings"],
        json!(["after", "format"])
    );
    assert_eq!(key["CookiesConfig"]["CookieBehavior"], "none");
}

/// Whether resources exist under parameters.
fn existing(document: &Document, given: &[(&str, &str)], names: &[&str]) -> Vec<bool> {
    let resolution = Resolution::new(document, owned(given), known);
    let resources: BTreeMap<_, _> = document.section("Resources").collect();
    let names = names.iter();
    names
        .map(|name| resolution.exists(resources[*name]).unwrap())
        .collect()
}

#[test]
fn records_logs_shield_and_policy_of_the_cdn_exist_where_they_are_named() {
    let document = Template::Edge.document().unwrap();
    let names = [
        "AddressRecord",
        "Address6Record",
        "CdnLogSource",
        "CdnLogDestination",
        "CdnLogDelivery",
    ];
    assert_eq!(existing(&document, PLAIN, &names), [false; 5]);
    let chosen = [
        ("DomainName", "*.example.com"),
        ("HostedZoneId", "Z2ABCDEFGHIJKL"),
        ("CdnLogDestinationArn", "arn:aws:s3:::logs-of-mine"),
        ("OriginShieldRegion", "eu-central-1"),
        ("ContentSecurityPolicy", "default-src 'self'"),
    ];
    assert_eq!(existing(&document, &chosen, &names), [true; 5]);
    let resolution = Resolution::new(&document, owned(&chosen), known);
    let of = |name: &str| {
        resolution
            .value(document.properties(name).unwrap())
            .unwrap()
    };
    for (name, kind) in [("AddressRecord", "A"), ("Address6Record", "AAAA")] {
        let record = of(name);
        assert_eq!(record["Type"], kind);
        assert_eq!(record["Name"], "*.example.com");
        assert_eq!(record["AliasTarget"]["HostedZoneId"], "Z2FDTNDATAQYW2");
    }
    let (source, delivery) = (of("CdnLogSource"), of("CdnLogDelivery"));
    assert_eq!(source["Name"], delivery["DeliverySourceName"]);
    let headers = of("ResponseHeaders");
    let security = &headers["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"];
    assert_eq!(
        security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "default-src 'self'"
    );
    for kind in ["custom", "s3"] {
        let given = [("OriginType", kind), ("OriginShieldRegion", "eu-central-1")];
        let shield = distribution(&given)["Origins"][0]["OriginShield"].clone();
        assert_eq!(shield["OriginShieldRegion"], "eu-central-1", "{kind}");
        let none = distribution(&[("OriginType", kind)]);
        assert!(none["Origins"][0].get("OriginShield").is_none());
    }
}

#[test]
fn the_boundary_bounds_every_role_and_the_reservation_the_origins_function() {
    let boundary = "arn:aws:iam::123456789012:policy/bounds";
    let chosen = [
        ("PermissionsBoundaryArn", boundary),
        ("OriginReservedConcurrency", "20"),
    ];
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let with = Resolution::new(&document, owned(&chosen), known);
        let without = Resolution::new(&document, owned(PLAIN), known);
        let roles: Vec<&str> = document.roles().collect();
        assert_eq!(roles.len(), 2);
        for role in roles {
            let properties = document.properties(role).unwrap();
            let bound = &properties["PermissionsBoundary"];
            assert_eq!(with.value(bound).unwrap(), boundary, "{role}");
            assert_eq!(without.value(bound).unwrap(), Value::Null, "{role}");
        }
        let function = document.properties("OriginFunction").unwrap();
        let reserved = &function["ReservedConcurrentExecutions"];
        assert_eq!(with.value(reserved).unwrap(), "20");
        assert_eq!(without.value(reserved).unwrap(), Value::Null);
    }
}

/// The stack with everything set, in which unknown names are made up.
fn everything(document: &Document) -> Resolution<'_, impl Fn(&str) -> Option<String>> {
    let declared = document.parameters();
    let given = EVERYTHING
        .iter()
        .filter(|(name, _)| declared.iter().any(|parameter| parameter.name == *name))
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Resolution::new(document, given, known)
}

#[test]
fn the_edges_role_reads_below_the_sites_prefix_only() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        let policies = everything(&document).role_policies("EdgeRole").unwrap();
        let read = policies
            .iter()
            .flat_map(|policy| statements(&policy.document))
            .find(|one| one["Sid"] == "ReadObjects")
            .unwrap();
        let resource = read["Resource"].as_str().unwrap();
        assert!(resource.ends_with("/public/v1/*"), "{resource}");
    }
}

#[test]
fn a_service_assumes_the_roles_for_this_account_alone() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = template.document().unwrap();
        for role in ["EdgeRole", "OriginRole"] {
            let trust = &document.properties(role).unwrap()["AssumeRolePolicyDocument"];
            let trust = everything(&document).value(trust).unwrap();
            for statement in statements(&trust) {
                let condition = &statement["Condition"]["StringEqualsIfExists"];
                assert_eq!(condition["aws:SourceAccount"], "123456789012", "{role}");
            }
        }
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
