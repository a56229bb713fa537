//! Each refusal by its name.

use p256::ecdsa::SigningKey;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{
    DENIED, KEY_ID, MALFORMED, MISSING_KEY, UNKNOWN_KEY, canned, cookies, custom, document,
    encoded, in_an_hour, in_seconds, members, members_origin, open, policy, sign, signature,
};
use crate::stage::{Stage, TestOrigin, header};

/// A request that is refused: its name, its query, its cookies, and what its viewer is told.
struct Refused {
    name: &'static str,
    query: String,
    cookies: String,
    code: [&'static str; 2],
}

fn by_query(name: &'static str, query: impl Into<String>, code: [&'static str; 2]) -> Refused {
    Refused {
        name,
        query: query.into(),
        cookies: String::new(),
        code,
    }
}

fn by_cookies(name: &'static str, cookies: impl Into<String>, code: [&'static str; 2]) -> Refused {
    Refused {
        name,
        query: String::new(),
        cookies: cookies.into(),
        code,
    }
}

/// Each request for `/members/a` is refused, and reaches no origin.
async fn are_refused(stage: &Stage, origin: &TestOrigin, table: Vec<Refused>) {
    for Refused {
        name,
        query,
        cookies,
        code,
    } in table
    {
        let mut request = stage.get(&format!("/members/a?{query}"));
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
        assert_eq!(header(&response, "content-type"), "text/xml", "{name}");
        let x_cache = header(&response, "x-cache");
        assert_eq!(x_cache, "Error from cloudfront", "{name}");
        assert_eq!(response.text().await.unwrap(), document(code), "{name}");
    }
    assert_eq!(origin.count(), 0);
}

#[tokio::test]
async fn a_request_without_all_values_of_a_signature_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let good = canned(&stage.url("/members/a"), in_seconds(60));
    let without = |name: &str| good.replace(name, "x");
    let table = vec![
        by_query("no signature", "", MISSING_KEY),
        by_query("other parameters", "v=1&policy=a", MISSING_KEY),
        by_cookies("other cookies", "session=1; Policy=a", MISSING_KEY),
        by_query("no key id", without("Key-Pair-Id"), MISSING_KEY),
        by_query("an empty key id", good.replace(KEY_ID, ""), MISSING_KEY),
        by_cookies("no key id", cookies(&without("Key-Pair-Id")), MISSING_KEY),
        by_query("no policy", without("Expires"), DENIED),
        by_query("no signature beside a policy", without("Signature"), DENIED),
        by_cookies("no policy", cookies(&without("Expires")), DENIED),
    ];
    are_refused(&stage, &origin, table).await;
}

#[tokio::test]
async fn a_signature_of_another_key_or_another_policy_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let url = |path: &str| stage.url(path);
    let hour = in_an_hour();
    let good = canned(&url("/members/a"), in_seconds(60));
    let members = members(&stage);
    let stranger = SigningKey::from_slice(&[8; 32]).unwrap();
    let forged = signature(&stranger, &Sha256::digest(&members));
    let forged = custom(&members).replace(&sign(&members), &forged);
    let elsewhere = |resource: &str| custom(&policy(resource, &hour));
    let other_host = "https://www.example.com/members/*";
    let plain = url("/members/*").replace("https", "http");
    let any_query = format!("v=1&{}", elsewhere(&url("/members/a")));
    let table = vec![
        by_query("another key", forged.clone(), DENIED),
        by_cookies("another key", cookies(&forged), DENIED),
        by_query("an unknown key", good.replace(KEY_ID, "K3"), UNKNOWN_KEY),
        by_query(
            "a longer time",
            good.replace("Expires=", "Expires=9"),
            DENIED,
        ),
        by_query(
            "another path",
            canned(&url("/members/b"), in_seconds(60)),
            DENIED,
        ),
        by_query("another path", elsewhere(&url("/members/b")), DENIED),
        by_query("another folder", elsewhere(&url("/others/*")), DENIED),
        by_query("another host", elsewhere(other_host), DENIED),
        by_cookies("another host", cookies(&elsewhere(other_host)), DENIED),
        by_query("http", elsewhere(&plain), DENIED),
        by_query("a query beside", format!("v=1&{good}"), DENIED),
        by_query("a query beside a custom policy", any_query, DENIED),
        by_query(
            "without its query",
            elsewhere(&url("/members/a?v=1")),
            DENIED,
        ),
        by_query("another case", elsewhere(&url("/Members/*")), DENIED),
    ];
    are_refused(&stage, &origin, table).await;
}

#[tokio::test]
async fn a_policy_of_another_time_or_network_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let all = stage.url("/members/*");
    let hour = in_an_hour();
    let later = in_seconds(1_800);
    let later = format!(r#"{hour},"DateGreaterThan":{{"AWS:EpochTime":{later}}}"#);
    let network = format!(r#"{hour},"IpAddress":{{"AWS:SourceIp":"192.0.2.0/24"}}"#);
    let url = stage.url("/members/a");
    let table = vec![
        by_query("over", canned(&url, in_seconds(-1)), DENIED),
        by_query("over now", canned(&url, in_seconds(0)), DENIED),
        by_cookies("over", cookies(&canned(&url, in_seconds(-1))), DENIED),
        by_query("not yet valid", custom(&policy(&all, &later)), DENIED),
        by_query("another network", custom(&policy(&all, &network)), DENIED),
    ];
    are_refused(&stage, &origin, table).await;
}

#[tokio::test]
async fn a_label_of_another_hash_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let members = members(&stage);
    let by_sha256 = custom(&members);
    let by_sha1 = signature(&super::key(), &Sha1::digest(&members));
    let by_sha1 = by_sha256.replace(&sign(&members), &by_sha1);
    let labelled = |query: &str, label: &str| query.replace("&Hash-Algorithm=SHA256", label);
    let table = vec![
        by_query(
            "SHA-256 as SHA-1",
            labelled(&by_sha256, "&Hash-Algorithm=SHA1"),
            DENIED,
        ),
        by_query("SHA-256 without a label", labelled(&by_sha256, ""), DENIED),
        by_query("SHA-1 as SHA-256", by_sha1.clone(), DENIED),
        by_cookies("SHA-1 as SHA-256", cookies(&by_sha1), DENIED),
        by_query(
            "an unknown hash",
            labelled(&by_sha256, "&Hash-Algorithm=SHA512"),
            MALFORMED,
        ),
    ];
    are_refused(&stage, &origin, table).await;
}

#[tokio::test]
async fn a_policy_that_is_not_one_statement_about_one_resource_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let resource = format!(r#""Resource":"{}""#, stage.url("/members/*"));
    let condition = format!(r#""Condition":{{{}}}"#, in_an_hour());
    let one = format!("{{{resource},{condition}}}");
    let table = [
        (
            "two statements",
            format!(r#"{{"Statement":[{one},{one}]}}"#),
        ),
        ("no statement", r#"{"Statement":[]}"#.to_owned()),
        ("no list", format!(r#"{{"Statement":{one}}}"#)),
        (
            "two lists",
            format!(r#"{{"Statement":[{one}],"Statement":[{one}]}}"#),
        ),
        (
            "an unknown field",
            format!(r#"{{"Version":"2012-10-17","Statement":[{one}]}}"#),
        ),
        (
            "no resource",
            format!(r#"{{"Statement":[{{{condition}}}]}}"#),
        ),
        (
            "two resources",
            format!(r#"{{"Statement":[{{{resource},{resource},{condition}}}]}}"#),
        ),
        ("no JSON", "members".to_owned()),
        ("more than JSON", format!(r#"{{"Statement":[{one}]}} x"#)),
    ]
    .map(|(name, policy)| by_query(name, custom(&policy), MALFORMED));
    are_refused(&stage, &origin, table.into()).await;
}

#[tokio::test]
async fn a_condition_that_is_unknown_or_stands_twice_is_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let hour = in_an_hour();
    let table = [
        ("no end", String::new()),
        ("two ends", format!("{hour},{hour}")),
        (
            "an end in words",
            r#""DateLessThan":{"AWS:EpochTime":"2147483647"}"#.to_owned(),
        ),
        (
            "an unknown condition",
            format!(r#"{hour},"StringLike":{{"a":"b"}}"#),
        ),
        (
            "a network of IPv6",
            format!(r#"{hour},"IpAddress":{{"AWS:SourceIp":"::/0"}}"#),
        ),
        (
            "a network without its length",
            format!(r#"{hour},"IpAddress":{{"AWS:SourceIp":"127.0.0.1"}}"#),
        ),
    ]
    .map(|(name, condition)| {
        let policy = policy(&stage.url("/members/*"), &condition);
        by_query(name, custom(&policy), MALFORMED)
    });
    are_refused(&stage, &origin, table.into()).await;
}

#[tokio::test]
async fn values_that_contradict_another_alphabet_and_too_much_are_refused() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let url = stage.url("/members/a");
    let good = canned(&url, in_seconds(60));
    let over = canned(&url, in_seconds(-60));
    let members = custom(&members(&stage));
    let wildcard = canned(&stage.url("/members/*"), in_seconds(60));
    let both = format!("{good}&Policy={}", encoded("{}"));
    let in_jar = cookies(&members);
    let standard = format!("Policy=e30=&Signature=AAAA&Key-Pair-Id={KEY_ID}");
    let unpadded = format!("Policy=e30&Signature=AAAA&Key-Pair-Id={KEY_ID}");
    let percent = good.replace("Signature=", "Signature=%4d");
    let table = vec![
        by_query("a value twice", format!("{good}&{good}"), DENIED),
        by_query("an empty value first", format!("Expires=&{good}"), DENIED),
        by_cookies("a cookie twice", format!("{in_jar}; {in_jar}"), DENIED),
        by_query("canned and custom", both.clone(), DENIED),
        by_cookies("canned and custom", cookies(&both), DENIED),
        Refused {
            cookies: in_jar.clone(),
            ..by_query("a URL that is over, beside good cookies", over, DENIED)
        },
        Refused {
            cookies: in_jar.clone(),
            ..by_query("half a URL beside good cookies", "Expires=1", MISSING_KEY)
        },
        by_query("a canned policy over a wildcard", wildcard, DENIED),
        by_query("the standard alphabet", standard, MALFORMED),
        by_query("no padding", unpadded, MALFORMED),
        by_query("percent-encoding", percent, MALFORMED),
        by_query(
            "a time that is no number",
            good.replace("Expires=", "Expires=+"),
            MALFORMED,
        ),
        by_cookies(
            "8 KB of cookies",
            format!("a={}; {in_jar}", "a".repeat(8_192)),
            DENIED,
        ),
    ];
    are_refused(&stage, &origin, table).await;
}

/// Whoever asks for a name with a star is not served what a custom policy of the same bytes would open.
#[tokio::test]
async fn a_name_with_a_star_is_opened_by_no_canned_policy() {
    let origin = members_origin().await;
    let stage = open(&origin).await;
    let query = canned(&stage.url("/members/a*"), in_seconds(60));
    let refused = stage.fetch(&format!("/members/a*?{query}")).await;
    assert_eq!((refused.0, refused.2), (403, document(DENIED)));
}
