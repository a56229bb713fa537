use keyfront_edge::Site;
use keyfront_names::KeyArn;
use keyfront_viewers::PublicKey;
use serde_json::{Value, json};

use super::{PEM, behaviour, distribution, document, refusal, site};
use crate::{Document, Resolution, Sites, Template, is_resource_of_sites, viewer_key_digest};

fn redirect_uri(host: &str) -> String {
    format!("https://{host}/_viewer/login/callback")
}

fn logged_out_uri(host: &str) -> String {
    format!("https://{host}/_viewer/logged-out")
}

#[test]
fn where_people_log_in_the_function_lies_behind_a_prefix_of_its_own_and_a_page_leads_there() {
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let viewers = |logins: bool| {
        let key = logins.then_some(arn);
        json!({"prefixes": ["members/"], "public_keys": [PEM[0]], "signing_key_arn": key, "logins": logins})
    };
    let config = |logins| {
        let sites = Sites::parse(&document(&viewers(logins), &json!([]))).unwrap();
        distribution(&sites, "www/")
    };
    let page_of = |config: &Value| {
        let mut pages = config["CustomErrorResponses"].as_array().unwrap().iter();
        pages.find(|page| page["ErrorCode"] == 403).unwrap().clone()
    };
    let with = config(true);
    let login = behaviour(&with, "/_viewer/login/callback");
    assert_eq!(login["TargetOriginId"], "logins");
    assert!(login["TrustedKeyGroups"].is_null());
    assert_eq!(
        login["CachePolicyId"],
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    );
    let served = Site::parse(site(&with, login).as_bytes()).unwrap();
    assert_eq!(served.publish.unwrap().prefix, "/_viewer");
    assert_eq!(
        page_of(&with)["ResponsePagePath"],
        "/_viewer/login-required"
    );
    assert_eq!(page_of(&with)["ResponseCode"], 403);
    let without = config(false);
    assert_eq!(
        behaviour(&without, "/_viewer/login")["TargetOriginId"],
        "bucket"
    );
    assert!(page_of(&without)["ResponsePagePath"].is_null());
    let keyless = json!({"prefixes": ["members/"], "public_keys": [PEM[0]], "logins": true});
    assert!(refusal(&keyless, &json!([])).contains("logins needs signing_key_arn"));
}

#[test]
fn a_document_without_keys_leaves_them_to_the_deployment_and_makes_no_template_before() {
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/1";
    let arns = [arn, "arn:aws:kms:eu-west-1:123456789012:key/2"];
    let viewers = json!({"prefixes": ["members/"], "logins": true});
    let sites = Sites::parse(&document(&viewers, &json!([]))).unwrap();
    assert!(sites.leaves_keys_to_deployment());
    assert!(
        Template::ALL
            .iter()
            .all(|template| template.body_with(&sites).is_err())
    );
    let keys = arns.iter().zip(PEM).map(|(arn, pem)| {
        (
            KeyArn::parse(arn).unwrap(),
            PublicKey::from_pem(pem).unwrap(),
        )
    });
    let sites = sites.with_keys_of_deployment(keys.collect());
    let text = Template::Keyfront.body_with(&sites).unwrap();
    let template = Document::parse(&text).unwrap();
    let variables = &template.properties("OriginFunction").unwrap()["Environment"]["Variables"];
    assert_eq!(variables["KEYFRONT_VIEWER_SIGNING_KEY"], arn);
    // While one takes the other's place, the origin may sign with both.
    let granted = format!("Resource: [\"{}\", \"{}\"]", arns[0], arns[1]);
    assert!(text.contains(&granted), "{granted}");
    let digests: Vec<String> = sites.public_keys().iter().map(viewer_key_digest).collect();
    assert!(text.contains(&format!("Value: \"{}\"", digests.join(","))));
    // A document that names keys keeps them.
    let named = json!({"prefixes": ["members/"], "public_keys": [PEM[0]]});
    let named = Sites::parse(&document(&named, &json!([]))).unwrap();
    assert!(!named.leaves_keys_to_deployment());
    assert_eq!(named.clone().with_keys_of_deployment(Vec::new()), named);
    let alone = json!({"prefixes": ["members/"], "signing_key_arn": arn});
    assert!(refusal(&alone, &json!([])).contains("public_keys is missing beside signing_key_arn"));
}

#[test]
fn links_are_shared_where_nothing_is_protected() {
    let viewers = json!({"public_keys": [PEM[0]], "signing_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"});
    let sites = Sites::parse(&document(&viewers, &json!([]))).unwrap();
    let config = distribution(&sites, "www/");
    let shared = behaviour(&config, "/_share/a");
    assert_eq!(shared["TrustedKeyGroups"], json!(["ViewerKeys"]));
    let served = Site::parse(site(&config, shared).as_bytes()).unwrap();
    assert!(served.viewers.unwrap().prefixes.is_empty());
    assert_eq!(behaviour(&config, "/a")["TargetOriginId"], "bucket");
    let text = Template::Keyfront.body_with(&sites).unwrap();
    assert!(text.contains("ViewerKeyIds:") && !text.contains("ProtectedPaths:"));
}

#[test]
fn a_user_pool_of_the_stack_takes_logins_at_the_contents_host_and_outlives_the_stack() {
    let viewers = json!({
        "prefixes": ["members/"], "public_keys": [PEM[0]], "logins": true, "user_pool": true,
        "signing_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1",
    });
    let sites = Sites::parse(&document(&viewers, &json!([]))).unwrap();
    for template in [Template::Keyfront, Template::Edge] {
        let text = template.body_with(&sites).unwrap();
        let document = Document::parse(&text).unwrap();
        let client = document.properties("UserPoolClient").unwrap();
        assert_eq!(client["GenerateSecret"], false);
        assert_eq!(client["AllowedOAuthFlows"], json!(["code"]));
        let resolution = Resolution::new(&document, [], |name| Some(name.to_owned()));
        let urls = |name: &str| resolution.value(&client[name]).unwrap();
        assert_eq!(
            urls("CallbackURLs"),
            json!([redirect_uri("Distribution.DomainName")])
        );
        assert_eq!(
            urls("LogoutURLs"),
            json!([logged_out_uri("Distribution.DomainName")])
        );
        let pool = document.properties("UserPool").unwrap();
        assert_eq!(
            pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"],
            true
        );
        let resources = document.section("Resources");
        let mut added = resources.filter(|(name, _)| name.starts_with("UserPool"));
        assert!(
            added.all(|(name, value)| is_resource_of_sites(name, value["Type"].as_str().unwrap()))
        );
        assert!(text.contains("UserPool:\n    Type: AWS::Cognito::UserPool\n    # It holds people's accounts.\n    DeletionPolicy: Retain"));
    }
    assert!(
        !Template::Origin
            .body_with(&sites)
            .unwrap()
            .contains("Cognito")
    );
    let nothing = json!({"logins": true});
    assert!(refusal(&nothing, &json!([])).contains("logins needs prefixes"));
    let alone = json!({"prefixes": ["members/"], "user_pool": true});
    assert!(refusal(&alone, &json!([])).contains("user_pool needs logins"));
}
