#![allow(clippy::unwrap_used, clippy::panic)]

mod logins;

use keyfront_edge::{
    Connection, Edge, Invocation, RequestBody, RoleCredentials, Served, Site, ViewerRequest,
    site::MAX_SITE_CHARS,
};
use serde_json::{Value, json};

use crate::{
    Document, PathPattern, Resolution, Sites, SitesError, Template, is_resource_of_sites,
    path_pattern,
};

/// Public keys that protect nothing: their private halves were never kept.
const PEM: [&str; 2] = [
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE0VvskwG72bSR0lzaMiwg0YYDghQ1\njPn5T1ps0vS6CCbSug5XCRYx2KXVogKX2DuvOA68t48YDq+bQpCBf6LGxg==\n-----END PUBLIC KEY-----\n",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n",
];

fn document(viewers: &Value, sites: &Value) -> String {
    json!({"v": 1, "sites": sites, "viewers": viewers}).to_string()
}

fn protected(sites: &Value) -> Sites {
    let viewers = json!({"prefixes": ["members/", "read/staff/"], "public_keys": PEM});
    Sites::parse(&document(&viewers, sites)).unwrap()
}

fn refusal(viewers: &Value, sites: &Value) -> String {
    Sites::parse(&document(viewers, sites))
        .unwrap_err()
        .to_string()
}

/// The distribution with everything switched on, as CloudFormation resolves it.
fn distribution(sites: &Sites, prefix: &str) -> Value {
    let parameters = [
        ("ReaderEnabled", "true"),
        ("Listing", "true"),
        ("IndexDocument", "index.html"),
        ("SitePrefix", prefix),
    ];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let text = Template::Keyfront.body_with(sites).unwrap();
    let template = Document::parse(&text).unwrap();
    let resolution = Resolution::new(&template, parameters, |name| {
        Some(match name {
            "AWS::Region" => "eu-west-1".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "Bucket" => "the-bucket".to_owned(),
            "OriginUrl.FunctionUrl" => "https://origin.lambda-url.eu-west-1.on.aws/".to_owned(),
            other => other.to_owned(),
        })
    });
    let config = &template.properties("Distribution").unwrap()["DistributionConfig"];
    resolution.value(config).unwrap()
}

/// The behaviour CloudFront takes for a path: the first whose pattern matches, else the default one.
fn behaviour<'c>(config: &'c Value, path: &str) -> &'c Value {
    let path = path_pattern::normalised(path);
    let mut behaviours = config["CacheBehaviors"].as_array().unwrap().iter();
    behaviours
        .find(|one| PathPattern::new(one["PathPattern"].as_str().unwrap()).matches(&path))
        .unwrap_or(&config["DefaultCacheBehavior"])
}

/// The site of a behaviour's origin.
fn site<'c>(config: &'c Value, behaviour: &Value) -> &'c str {
    let mut origins = config["Origins"].as_array().unwrap().iter();
    let origin = origins
        .find(|origin| origin["Id"] == behaviour["TargetOriginId"])
        .unwrap();
    origin["OriginCustomHeaders"][0]["HeaderValue"]
        .as_str()
        .unwrap()
}

/// What the edge asks an origin for, or its status.
fn served(site: &str, path: &str) -> Result<String, u16> {
    let request = ViewerRequest {
        method: "GET",
        path,
        query: "",
        headers: &[],
        body: RequestBody::Empty,
        request_id: "request-1",
    };
    let invocation = Invocation {
        now: 1_800_000_000,
        credentials: RoleCredentials {
            access_key_id: "ASIAEXAMPLE",
            secret_access_key: "secret",
            session_token: "token",
            expires_at: None,
        },
        site: site.as_bytes(),
        connection: Connection::default(),
    };
    match Edge::new().serve(&request, &invocation) {
        Served::Forward(request) => Ok(request.path),
        Served::Answer { answer, .. } => Err(answer.status),
        Served::Ask(_) => Err(0),
    }
}

#[test]
fn no_spelling_of_a_path_reaches_a_protected_key_without_a_trusted_signature() {
    let site_in_the_bucket = json!([{"path": "/all/"}, {"path": "/in/", "prefix": "www/members/"}]);
    let config = distribution(&protected(&site_in_the_bucket), "www/");
    let (mut opened, mut refused) = (0, 0);
    for folder in ["members", "%6Dembers", "membe%72s", "MEMBERS"] {
        for path in [
            format!("/{folder}/a.txt"),
            format!("//{folder}/a.txt"),
            format!("/{folder}%2Fa.txt"),
            format!("/{folder}//a.txt"),
            format!("/{folder}/"),
            format!("/./{folder}/a.txt"),
            format!("/x/../{folder}/a.txt"),
            format!("/%2E/{folder}/a.txt"),
            format!("/_share/{folder}/a.txt"),
            format!("/_shar%65/{folder}/a.txt"),
            format!("//_share/{folder}/a.txt"),
            format!("/all/www/{folder}/a.txt"),
            format!("/_list/{folder}/"),
            format!("/%5Flist/{folder}/"),
            "/in/a.txt".to_owned(),
            "/read/staff/a.txt".to_owned(),
            "/read/st%61ff/a.txt".to_owned(),
            "/_share/read/staff/a.txt".to_owned(),
        ] {
            let behaviour = behaviour(&config, &path);
            let admits = !behaviour["TrustedKeyGroups"].is_null();
            match served(site(&config, behaviour), &path) {
                Ok(key) if key.contains("members/") || key.contains("staff/") => {
                    assert!(
                        admits,
                        "{path} reaches {key} through {}",
                        behaviour["TargetOriginId"]
                    );
                    opened += 1;
                }
                Ok(_) => {}
                Err(status) => {
                    assert!(matches!(status, 301 | 400 | 403 | 404), "{path}: {status}");
                    refused += usize::from(status == 403);
                }
            }
        }
    }
    assert!(
        opened > 10 && refused > 10,
        "{opened} opened, {refused} refused"
    );
}

#[test]
fn a_protected_folder_is_served_by_the_behaviour_that_admits_to_it() {
    for prefix in ["", "www/"] {
        let config = distribution(&protected(&json!([])), prefix);
        for (path, origin, served_as) in [
            (
                "/members/a.txt",
                "protected/members/",
                format!("/{prefix}members/a.txt"),
            ),
            (
                "/members/",
                "protected/members/",
                format!("/{prefix}members/index.html"),
            ),
            ("/_share/a.txt", "shared", format!("/{prefix}a.txt")),
            (
                "/_share/members/a.txt",
                "shared",
                format!("/{prefix}members/a.txt"),
            ),
        ] {
            let behaviour = behaviour(&config, path);
            assert_eq!(behaviour["TargetOriginId"], origin, "{path}");
            assert_eq!(
                behaviour["TrustedKeyGroups"],
                json!(["ViewerKeys"]),
                "{path}"
            );
            assert_eq!(
                served(site(&config, behaviour), path),
                Ok(served_as),
                "{path}"
            );
        }
        let open = behaviour(&config, "/a.txt");
        assert!(open["TrustedKeyGroups"].is_null());
        assert_eq!(
            served(site(&config, open), "/a.txt"),
            Ok(format!("/{prefix}a.txt"))
        );
        assert_eq!(
            behaviour(&config, "/_share/a.txt")["CachePolicyId"],
            super::CACHING_DISABLED
        );
    }
    // The reader serves the keys of the bucket below /read/, whatever the prefix is.
    let config = distribution(&protected(&json!([])), "");
    for (path, origin) in [
        ("/read/staff/a", "protected/read/staff/"),
        ("/_share/read/a", "shared-read"),
    ] {
        let behaviour = behaviour(&config, path);
        assert_eq!(behaviour["TargetOriginId"], origin, "{path}");
        assert!(served(site(&config, behaviour), path).is_ok(), "{path}");
    }
}

#[test]
fn every_origin_of_the_template_says_what_is_protected_in_a_document_that_fits() {
    let prefixes: Vec<String> = (0..8)
        .map(|number| format!("a-folder-of-some-length-{number}/"))
        .collect();
    let viewers = json!({"prefixes": prefixes, "public_keys": [PEM[0]]});
    let sites = Sites::parse(&document(
        &viewers,
        &json!([{"path": "/docs/", "prefix": "handbook/"}]),
    ))
    .unwrap();
    let config = distribution(&sites, "www/");
    let origins = config["Origins"].as_array().unwrap();
    assert_eq!(origins.len(), 3 + 1 + 8 + 2);
    for origin in origins {
        let text = origin["OriginCustomHeaders"][0]["HeaderValue"]
            .as_str()
            .unwrap();
        assert!(
            text.len() <= MAX_SITE_CHARS,
            "{}: {}",
            origin["Id"],
            text.len()
        );
        let viewers = Site::parse(text.as_bytes()).unwrap().viewers.unwrap();
        assert_eq!(viewers.prefixes.len(), 8, "{}", origin["Id"]);
        assert!(
            viewers.prefixes[0].starts_with("www/a-folder"),
            "{}",
            origin["Id"]
        );
    }
}

#[test]
fn keys_are_resources_by_their_content_and_their_group_names_all() {
    let text = Template::Edge.body_with(&protected(&json!([]))).unwrap();
    let template = Document::parse(&text).unwrap();
    let keys: Vec<(&str, &Value)> = template
        .section("Resources")
        .filter(|(_, resource)| resource["Type"] == "AWS::CloudFront::PublicKey")
        .collect();
    assert_eq!(keys.len(), 2);
    for (name, resource) in &keys {
        let pem = resource["Properties"]["PublicKeyConfig"]["EncodedKey"].as_str();
        assert!(PEM.contains(&pem.unwrap()), "{name}");
        assert!(
            is_resource_of_sites(name, "AWS::CloudFront::PublicKey"),
            "{name}"
        );
    }
    assert!(is_resource_of_sites(
        "ViewerKeys",
        "AWS::CloudFront::KeyGroup"
    ));
    assert!(!is_resource_of_sites(
        "ViewerKeys",
        "AWS::CloudFront::PublicKey"
    ));
    let group = &template.properties("ViewerKeys").unwrap()["KeyGroupConfig"]["Items"];
    assert_eq!(group.as_array().unwrap().len(), 2);
    let outputs: Vec<&str> = template.outputs().collect();
    assert!(
        outputs.contains(&"ProtectedPaths") && outputs.contains(&"ViewerKeyIds"),
        "{outputs:?}"
    );
    assert!(!outputs.contains(&"SitePaths"), "{outputs:?}");
    // The bucket's side does not change.
    assert_eq!(
        Template::Origin.body_with(&protected(&json!([]))).unwrap(),
        Template::Origin.body()
    );
}

#[test]
fn the_origin_signs_shared_links_with_the_key_that_is_named_and_no_other() {
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let viewers =
        json!({"prefixes": ["members/"], "public_keys": [PEM[1], PEM[0]], "signing_key_arn": arn});
    let sites = Sites::parse(&document(&viewers, &json!([]))).unwrap();
    let text = Template::Keyfront.body_with(&sites).unwrap();
    let template = Document::parse(&text).unwrap();
    let variables = &template.properties("OriginFunction").unwrap()["Environment"]["Variables"];
    assert_eq!(variables["KEYFRONT_VIEWER_SIGNING_KEY"], arn);
    let parameters = [("SitePrefix".to_owned(), "www/".to_owned())];
    let resolution = Resolution::new(&template, parameters, |name| Some(name.to_owned()));
    let policies = resolution.role_policies("OriginRole").unwrap();
    let mut statements = policies
        .iter()
        .flat_map(|policy| crate::statements(&policy.document));
    let signs = statements
        .find(|statement| statement["Sid"] == "SignForViewers")
        .unwrap();
    assert_eq!(signs["Action"], json!(["kms:Sign", "kms:GetPublicKey"]));
    assert_eq!(signs["Resource"], json!([arn]));
    let parameter = resolution
        .value(template.properties("ViewersParameter").unwrap())
        .unwrap();
    let value: Value = serde_json::from_str(parameter["Value"].as_str().unwrap()).unwrap();
    assert_eq!(value["url"], "https://Distribution.DomainName");
    assert_eq!(value["prefixes"], json!(["www/members/"]));
    assert_eq!(value["reader"], json!(false));
    assert_eq!(value["signing_key_arn"], arn);
    let first = value["key_id"].as_str().unwrap();
    assert_eq!(
        template.properties(first).unwrap()["PublicKeyConfig"]["EncodedKey"],
        PEM[1]
    );
    assert!(is_resource_of_sites(
        "ViewersParameter",
        "AWS::SSM::Parameter"
    ));
    assert!(
        template
            .outputs()
            .any(|output| output == "ViewerSigningKeyArn")
    );
    // Without such a key the origin signs nothing.
    let text = Template::Keyfront
        .body_with(&protected(&json!([])))
        .unwrap();
    assert!(!text.contains("KEYFRONT_VIEWER") && !text.contains("kms:Sign"));
}

#[test]
fn what_cannot_be_protected_is_refused_with_its_remedy() {
    let refused = |prefixes: Value, keys: Value| {
        refusal(
            &json!({"prefixes": prefixes, "public_keys": keys}),
            &json!([]),
        )
    };
    for (prefixes, expected) in [
        (
            (0..17).map(|number| format!("folder-{number}/")).collect(),
            "names more than 16 folders",
        ),
        (json!(["members"]), "without a slash at its end"),
        (json!(["/"]), "without a slash at its end"),
        (json!(["/members/"]), "rename it"),
        (json!(["a//b/"]), "rename it"),
        (json!(["a/../b/"]), "rename it"),
        (json!([".keyfront/"]), "rename it"),
        (json!(["a*/"]), "rename it"),
        (json!(["a b/"]), "rename it"),
        (json!(["_publish/"]), "which the distribution serves itself"),
        (json!(["_share/x/"]), "which the distribution serves itself"),
        (json!(["a/", "a/b/"]), "within another"),
        (json!(["a/", "a/"]), "within another"),
    ] {
        let text = refused(prefixes.clone(), json!([PEM[0]]));
        assert!(
            text.starts_with("viewers: prefixes ") && text.contains(expected),
            "{prefixes}: {text}"
        );
    }
    for (keys, expected) in [
        (json!([]), "public_keys must hold 1 to 5 keys"),
        (json!([PEM[0], PEM[0]]), "public_keys holds a key twice"),
        (json!(["ssh-ed25519 AAAA"]), "not a public key in PEM"),
        (
            json!(["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"]),
            "neither a P-256 key nor",
        ),
    ] {
        let text = refused(json!(["members/"]), keys.clone());
        assert!(
            text.starts_with("viewers: ") && text.contains(expected),
            "{keys}: {text}"
        );
    }
    let aliased = json!({"prefixes": ["members/"], "public_keys": [PEM[0]], "signing_key_arn": "arn:aws:kms:eu-west-1:123456789012:alias/viewers"});
    assert!(refusal(&aliased, &json!([])).contains("signing_key_arn is not the ARN of a KMS key"));
    for path in ["/members/", "/members/deep/"] {
        let viewers = json!({"prefixes": ["members/"], "public_keys": [PEM[0]]});
        let text = refusal(&viewers, &json!([{"path": path}]));
        assert!(text.contains("choose another path"), "{text}");
    }
    let viewers = json!({"prefixes": ["docs/members/"], "public_keys": [PEM[0]]});
    assert!(refusal(&viewers, &json!([{"path": "/docs/"}])).contains("choose another path"));
    let nothing = Sites::parse(r#"{"v":1,"sites":[]}"#);
    assert!(matches!(nothing, Err(SitesError::Empty)));
}
