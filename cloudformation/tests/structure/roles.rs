//! What roles may do, and who assumes them.

use keyfront_cloudformation::{Document, Resolution, Template, statements, strings};
use serde_json::Value;

use super::{ACCESS_POINT, EVERYTHING, PLAIN, known, owned};

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
