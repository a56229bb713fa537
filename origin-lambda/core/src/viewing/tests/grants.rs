use serde_json::{Value, json};

use super::{ISSUER, claims, issuer, parse, policy, rule};
use crate::{
    oidc::UserFolder,
    viewing::{GrantedFolder, MAX_FOLDERS, NothingGranted, chosen},
};

/// Folder and rule of all that is granted.
fn granted(rules: &Value, of: &str, who: &Value) -> Result<Vec<(String, String)>, NothingGranted> {
    let policy = parse(&policy(rules)).unwrap();
    let granted = policy.grants(issuer(&policy, of), &claims(who))?;
    Ok(granted
        .into_iter()
        .map(|one| (one.folder, one.rule))
        .collect())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(folder, rule)| ((*folder).to_owned(), (*rule).to_owned()))
        .collect()
}

#[test]
fn rules_are_about_issuer_and_claims_and_the_first_that_allows_a_folder_names_it() {
    let rules = json!([
        {"id": "editors", "who": {"issuer": "staff", "claims": {"groups": "editors"}}, "folders": ["drafts/", "members/"]},
        rule("everybody", "staff", &json!({"folders": ["members/"]})),
        rule("own", "staff", &json!({"folders": ["users/{sub}/"]})),
        rule("guests", "guests", &json!({"folders": ["lobby/"]})),
    ]);
    let own = format!("users/{}/", UserFolder::of(ISSUER, "alice").as_str());
    let editor = json!({"sub": "alice", "groups": ["readers", "editors"]});
    assert_eq!(
        granted(&rules, "staff", &editor).unwrap(),
        pairs(&[
            ("drafts/", "editors"),
            ("members/", "editors"),
            (&own, "own")
        ])
    );
    assert_eq!(
        granted(&rules, "staff", &json!({"sub": "alice"})).unwrap(),
        pairs(&[("members/", "everybody"), (&own, "own")])
    );
    // The same subject and the same claims of another issuer are somebody else.
    assert_eq!(
        granted(&rules, "guests", &editor).unwrap(),
        pairs(&[("lobby/", "guests")])
    );
    for nobody in [json!({}), json!({"sub": ""}), json!({"sub": 1})] {
        assert_eq!(
            granted(&rules, "staff", &nobody),
            Err(NothingGranted::NoRule)
        );
    }
}

#[test]
fn a_denied_folder_is_granted_by_nobody_and_takes_along_the_one_that_holds_it() {
    let rules = |denied: &str| {
        json!([
            rule("all", "staff", &json!({"folders": ["a/b/", "c/"]})),
            {"id": "not-eve", "who": {"issuer": "staff", "claims": {"sub": "eve"}}, "effect": "deny", "folders": [denied]},
        ])
    };
    for denied in ["a/", "a/b/", "a/b/c/"] {
        let eve = granted(&rules(denied), "staff", &json!({"sub": "eve"}));
        assert_eq!(eve.unwrap(), pairs(&[("c/", "all")]), "{denied}");
        let bob = granted(&rules(denied), "staff", &json!({"sub": "bob"}));
        assert_eq!(bob.unwrap().len(), 2, "{denied}");
    }
    let nothing = json!([
        rule("all", "staff", &json!({"folders": ["a/"]})),
        rule(
            "none",
            "staff",
            &json!({"effect": "deny", "folders": ["a/"]})
        ),
    ]);
    let refused = granted(&nothing, "staff", &json!({"sub": "eve"})).unwrap_err();
    assert_eq!(refused, NothingGranted::Denied("none".to_owned()));
    assert_eq!(
        refused.to_string(),
        "the rule \"none\" denies what this viewer could read"
    );
}

#[test]
fn hostile_subjects_are_in_no_folder() {
    let rules = json!([rule("own", "staff", &json!({"folders": ["users/{sub}/"]}))]);
    for subject in [
        "*",
        "?",
        ";",
        "/",
        "%",
        "..",
        "../members",
        "a; Path=/",
        "a\r\nb",
        "\u{202e}",
    ] {
        let granted = granted(&rules, "staff", &json!({"sub": subject})).unwrap();
        let name = granted[0]
            .0
            .strip_prefix("users/")
            .unwrap()
            .strip_suffix('/')
            .unwrap();
        assert_eq!(name.len(), 26);
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
            "{name}"
        );
    }
}

#[test]
fn of_many_folders_the_one_that_is_asked_for_is_among_those_chosen() {
    let folders: Vec<GrantedFolder> = (0..12)
        .map(|number| GrantedFolder {
            folder: format!("f{number}/"),
            rule: "r".to_owned(),
            seconds: 60,
            network: None,
        })
        .collect();
    let names = |path| -> Vec<String> {
        chosen(folders.clone(), path)
            .into_iter()
            .map(|one| one.folder)
            .collect()
    };
    assert_eq!(names("/").len(), MAX_FOLDERS);
    assert_eq!(names("/f11/a")[..2], ["f11/", "f0/"]);
    assert_eq!(names("/f1"), names("/"));
}
