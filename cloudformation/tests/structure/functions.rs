//! The functions: limits, URLs, settings, alarms.

use std::collections::BTreeMap;

use keyfront_cloudformation::{Resolution, Template, statements, strings};

use super::{EVERYTHING, known, properties_of};

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
