//! What the edge's role may do for the sites, and what owners of other buckets are told.

use super::*;

#[test]
fn the_edges_role_reads_below_each_sites_prefix_and_decrypts_with_each_buckets_key() {
    for template in [Template::Keyfront, Template::Origin] {
        let document = generated(template);
        let policies = resolved(&document, &[], |resolution| {
            resolution.role_policies("EdgeRole").unwrap()
        });
        let all: Vec<Value> = policies
            .iter()
            .flat_map(|policy| statements(&policy.document).to_vec())
            .collect();
        let statement = |sid: &str| all.iter().find(|one| one["Sid"] == sid).unwrap();
        assert_eq!(
            strings(&statement("ReadSites")["Resource"]),
            [
                "arn:aws:s3:::company-app/current/*",
                "arn:aws:s3:::media-archive/*"
            ]
        );
        // Who answers denials with 404 needs to see no list.
        assert_eq!(
            strings(&statement("KnowWhatIsMissingInSites")["Resource"]),
            ["arn:aws:s3:::company-app"]
        );
        assert_eq!(
            strings(&statement("NeverKeyfrontsOwnDocumentsInSites")["Resource"]),
            ["arn:aws:s3:::media-archive/.keyfront/*"]
        );
        let decrypt = statement("DecryptSites1");
        assert!(
            decrypt["Resource"]
                .as_str()
                .unwrap()
                .contains(":eu-central-1:")
        );
        let condition = &decrypt["Condition"];
        assert_eq!(
            condition["StringEquals"]["kms:ViaService"],
            "s3.eu-central-1.amazonaws.com"
        );
        assert_eq!(
            strings(&condition["StringLike"]["kms:EncryptionContext:aws:s3:arn"]),
            [
                "arn:aws:s3:::company-app",
                "arn:aws:s3:::company-app/current/*"
            ]
        );
        for one in all.iter().filter(|one| one["Effect"] == "Allow") {
            assert!(
                strings(&one["Action"])
                    .iter()
                    .all(|action| !action.contains('*'))
            );
        }
    }
}

#[test]
fn owners_of_buckets_and_keys_are_told_the_statements_that_their_policies_need() {
    let document = generated(Template::Origin);
    let outputs: Vec<(String, Value)> = resolved(&document, &[], |resolution| {
        let of_sites = document
            .section("Outputs")
            .filter(|(name, _)| name.starts_with("Site"));
        of_sites
            .map(|(name, output)| {
                let text = resolution.value(&output["Value"]).unwrap();
                (
                    name.to_owned(),
                    serde_json::from_str(text.as_str().unwrap()).unwrap(),
                )
            })
            .collect()
    });
    let names: Vec<_> = outputs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "SiteBucketPolicy1",
            "SiteBucketPolicy2",
            "SiteKeyPolicy1",
            "SiteKeyPolicy2"
        ]
    );
    for (name, policy) in &outputs {
        for statement in policy.as_array().unwrap() {
            assert_eq!(
                statement["Principal"]["AWS"], "arn:aws:iam::123456789012:role/edge",
                "{name}"
            );
        }
    }
    let bucket = outputs[0].1.as_array().unwrap();
    assert_eq!(
        strings(&bucket[0]["Resource"]),
        ["arn:aws:s3:::company-app/current/*"]
    );
    assert_eq!(bucket[1]["Action"], "s3:ListBucket");
    assert_eq!(outputs[1].1.as_array().unwrap().len(), 1);
}

#[test]
fn the_role_reads_the_releases_of_exactly_the_sites_that_have_some() {
    let sites =
        r#"{"v":1,"sites":[{"path":"/docs/","release":"docs"},{"path":"/a/","prefix":"a/"}]}"#;
    let sites = Sites::parse(sites).unwrap();
    let document = Document::parse(&Template::Keyfront.body_with(&sites).unwrap()).unwrap();
    let policies = resolved(&document, &[], |resolution| {
        resolution.role_policies("EdgeRole").unwrap()
    });
    let resources = |sid: &str| -> Vec<String> {
        let all = policies
            .iter()
            .flat_map(|policy| statements(&policy.document));
        let mut named = all.filter(|statement| statement["Sid"] == sid);
        let resources = strings(&named.next().unwrap()["Resource"]);
        let keys = resources
            .into_iter()
            .map(|arn| arn.split_once("/.keyfront/").unwrap().1.to_owned());
        keys.collect()
    };
    assert_eq!(
        resources("ReadReleases"),
        ["sites/docs/current.json", "sites/docs/releases/*"]
    );
    assert_eq!(
        resources("NeverKeyfrontsOwnDocuments"),
        [
            "publishers.json",
            "viewers.json",
            "sites/docs/log/*",
            "sites/docs/invalidated/*"
        ]
    );
    for (refused, why) in [
        (
            r#"{"path":"/a/","release":"a","bucket":"media","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/1"}"#,
            "release is for the stack's own bucket",
        ),
        (
            r#"{"path":"/a/","release":"a","prefix":"b/"}"#,
            "release excludes prefix",
        ),
        (
            r#"{"path":"/a/","release":"A"}"#,
            "release is not a site name",
        ),
        (
            r#"{"path":"/a/","release":"a"},{"path":"/b/","release":"a"}"#,
            "release is the same",
        ),
    ] {
        let refused = Sites::parse(&format!(r#"{{"v":1,"sites":[{refused}]}}"#));
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
}

/// Whether a pattern of a policy, in which only stars are special, covers a text.
fn covers(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(start) else {
        return false;
    };
    let mut ends = (0..=text.len()).filter(|at| text.is_char_boundary(*at));
    ends.any(|at| covers(rest, &text[at..]))
}

/// Whether a role of the template for a site with releases and one without may act on a key of the template's bucket.
fn may(role: &str, parameters: &[(&str, &str)], action: &str, key: &str) -> bool {
    let sites =
        r#"{"v":1,"sites":[{"path":"/docs/","release":"docs"},{"path":"/a/","prefix":"a/"}]}"#;
    let sites = Sites::parse(sites).unwrap();
    let document = Document::parse(&Template::Keyfront.body_with(&sites).unwrap()).unwrap();
    let policies = resolved(&document, parameters, |resolution| {
        resolution.role_policies(role).unwrap()
    });
    let arn = format!("arn:aws:s3:::{}/{key}", known("Bucket").unwrap());
    let says = |effect: &str| {
        let mut all = policies
            .iter()
            .flat_map(|policy| statements(&policy.document));
        all.any(|statement| {
            let is_about = |element: &str, text: &str| {
                let patterns = strings(&statement[element]);
                patterns.iter().any(|pattern| covers(pattern, text))
            };
            statement["Effect"] == effect
                && is_about("Action", action)
                && is_about("Resource", &arn)
        })
    };
    says("Allow") && !says("Deny")
}

#[test]
fn the_edge_reads_no_release_of_another_site_where_there_is_a_site_prefix() {
    let with_prefix: &[(&str, &str)] = &[("SitePrefix", "site/")];
    for (key, without, with) in [
        ("site/x.html", true, true),
        ("x.html", true, false),
        (".keyfront/publishers.json", false, false),
        (".keyfront/viewers.json", false, false),
        (".keyfront/sites/docs/current.json", true, true),
        (".keyfront/sites/docs/releases/1/files/log/x", true, true),
        (".keyfront/sites/docs/log/1.json", false, false),
        (".keyfront/sites/docs/invalidated/1.json", false, false),
        // Without a prefix the role reads the bucket but what is denied, and no policy has a word for "all but these".
        (".keyfront/sites/other/current.json", true, false),
        (".keyfront/sites/other/log/1.json", true, false),
    ] {
        for (parameters, readable) in [(&[][..], without), (with_prefix, with)] {
            assert_eq!(
                may("EdgeRole", parameters, "s3:GetObject", key),
                readable,
                "{key} {parameters:?}"
            );
        }
    }
}

#[test]
fn the_origin_writes_below_keyfront_where_releases_are_switched_on_and_never_a_policy() {
    for (action, key, off, on) in [
        ("s3:PutObject", "a.html", true, true),
        ("s3:PutObject", ".keyfront/publishers.json", false, false),
        ("s3:DeleteObject", ".keyfront/publishers.json", false, false),
        ("s3:PutObject", ".keyfront/viewers.json", false, false),
        ("s3:GetObject", ".keyfront/publishers.json", true, true),
        (
            "s3:GetObject",
            ".keyfront/sites/docs/current.json",
            true,
            true,
        ),
        (
            "s3:PutObject",
            ".keyfront/sites/docs/current.json",
            false,
            true,
        ),
        (
            "s3:DeleteObject",
            ".keyfront/sites/docs/releases/1/files/x",
            false,
            true,
        ),
    ] {
        for (releases, allowed) in [("false", off), ("true", on)] {
            assert_eq!(
                may("OriginRole", &[("Releases", releases)], action, key),
                allowed,
                "{action} {key} {releases}"
            );
        }
    }
}
