//! How long requests and uploads live, and the rule of the moment.

use super::*;

fn rule_of(change: fn(&mut serde_json::Value)) -> Rule {
    let mut rule = json!({"prefix": "site/", "max_size": 100, "content_types": ["text/*"]});
    change(&mut rule);
    serde_json::from_value(rule).unwrap()
}

#[test]
fn a_presigned_request_lives_an_hour_or_as_rule_and_bucket_allow() {
    let default = rule_of(|_| ());
    let short = rule_of(|rule| rule["max_lifetime"] = json!(60));
    let long = rule_of(|rule| rule["max_lifetime"] = json!(604_800));
    let week = 604_800;
    for (rule, of_bucket, requested, granted) in [
        (&default, week, None, Some(3600)),
        (&default, week, Some(3600), Some(3600)),
        (&default, week, Some(3601), None),
        (&short, week, None, Some(60)),
        (&short, week, Some(61), None),
        (&long, week, None, Some(3600)),
        (&long, week, Some(week), Some(week)),
        (&long, 7200, None, Some(3600)),
        (&long, 7200, Some(7200), Some(7200)),
        (&long, 7200, Some(7201), None),
        (&long, 600, None, Some(600)),
    ] {
        let outcome = lifetime(rule, of_bucket, requested);
        match granted {
            Some(granted) => assert_eq!(outcome.unwrap(), granted),
            None => assert_eq!(outcome.unwrap_err().problem().code, "lifetime-refused"),
        }
    }
    for seconds in [0, 604_801, u32::MAX] {
        let rule = json!({"prefix": "a/", "max_size": 1, "content_types": ["*/*"], "max_lifetime": seconds});
        assert!(serde_json::from_value::<Rule>(rule).is_err(), "{seconds}");
    }
}

#[test]
fn an_upload_is_what_the_rule_of_the_moment_allows_and_ends_after_a_week() {
    const DAY: u64 = 24 * 60 * 60;
    let upload = planned(&request()).unwrap();
    let begun = upload.begun;
    let readmitted = |upload: &Upload, publisher: &Publisher, now| {
        let readmitted = upload.clone().readmitted(publisher, now);
        readmitted.map(|(upload, _)| upload)
    };
    let session = session();
    let same = session.publisher();
    assert_eq!(readmitted(&upload, same, begun + 7 * DAY).unwrap(), upload);
    let late = readmitted(&upload, same, begun + 7 * DAY + 1).unwrap_err();
    assert_eq!(late.problem().code, "upload-unknown");
    for publisher in [
        with_rule(|rule| rule["max_size"] = json!(4)),
        with_rule(|rule| rule["content_types"] = json!(["image/*"])),
        with_rule(|rule| rule["encryption"] = json!(["dsse-kms"])),
        with_rule(|rule| rule["methods"] = json!(["GET"])),
        with_rule(|rule| rule["prefix"] = json!("elsewhere/")),
    ] {
        let refused = readmitted(&upload, &publisher, begun).unwrap_err();
        assert!(matches!(refused, Error::Denied(_)), "{refused:?}");
    }
    let unsized_one = Upload {
        size: None,
        ..upload.clone()
    };
    let smaller = with_rule(|rule| rule["max_size"] = json!(7));
    let readmitted_one = readmitted(&unsized_one, &smaller, begun).unwrap();
    assert_eq!(readmitted_one.max_size, 7);
    let replacing = Upload {
        overwrite: true,
        ..upload.clone()
    };
    assert!(readmitted(&replacing, &with_rule(|_| ()), begun).is_err());
    let opened = Upload {
        content_type: "text/html".to_owned(),
        ..upload
    };
    let refused = readmitted(&opened, &with_rule(|_| ()), begun).unwrap_err();
    assert_eq!(refused.problem().code, "upload-refused");
}

/// A publisher with the one rule.
fn with_rule(change: fn(&mut serde_json::Value)) -> Publisher {
    let rules = [rule_of(change)];
    serde_json::from_value(json!({"id": "web", "rules": rules})).unwrap()
}
