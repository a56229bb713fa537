use keyfront_edge::Site;
use serde_json::{Value, json};

use super::{PEM, behaviour, distribution, document, refusal, site};
use crate::Sites;

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
