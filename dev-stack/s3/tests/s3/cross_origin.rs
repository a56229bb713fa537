//! Pages of other origins: the bucket's configuration, preflights, and what answers say of their sharing.

use aws_sdk_s3::{
    error::SdkError,
    operation::put_bucket_cors::{PutBucketCorsError, PutBucketCorsOutput},
    types::{CorsConfiguration, CorsRule},
};

use crate::raw::{Answer, Raw, element};
use crate::stack::{BUCKET, Stack, code};

const PAGE: &str = "https://app.example.com";

fn rule(origins: &[&str], methods: &[&str], headers: &[&str]) -> CorsRule {
    let rule = CorsRule::builder()
        .expose_headers("ETag")
        .max_age_seconds(60);
    let rule = origins
        .iter()
        .fold(rule, |rule, one| rule.allowed_origins(*one));
    let rule = methods
        .iter()
        .fold(rule, |rule, one| rule.allowed_methods(*one));
    let rule = headers
        .iter()
        .fold(rule, |rule, one| rule.allowed_headers(*one));
    rule.build().unwrap()
}

async fn put(
    stack: &Stack,
    rules: &[CorsRule],
) -> Result<PutBucketCorsOutput, SdkError<PutBucketCorsError>> {
    let configuration = CorsConfiguration::builder().set_cors_rules(Some(rules.to_vec()));
    let call = stack.client().put_bucket_cors().bucket(BUCKET);
    call.cors_configuration(configuration.build().unwrap())
        .send()
        .await
}

async fn preflight(stack: &Stack, origin: &str, method: &str, headers: &str) -> Answer {
    let target = format!("/{BUCKET}/a/key.txt");
    let asked = Raw::new("OPTIONS", &target, b"")
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers);
    asked.send(stack.address).await
}

#[tokio::test]
async fn a_preflight_needs_no_signature_and_the_first_rule_that_fits_answers_it() {
    let stack = Stack::start().await;
    let without = preflight(&stack, PAGE, "PUT", "").await;
    assert_eq!(without.error(), (403, "AccessForbidden".to_owned()));
    assert_eq!(
        element(&without.text(), "Message"),
        "CORSResponse: CORS is not enabled for this bucket."
    );

    let rules = [
        rule(&[PAGE], &["PUT"], &["content-type"]),
        rule(&["*"], &["GET"], &[]),
    ];
    put(&stack, &rules).await.unwrap();
    let allowed = preflight(&stack, PAGE, "PUT", "Content-Type").await;
    assert_eq!(allowed.status, 200, "{allowed:?}");
    for (name, value) in [
        ("access-control-allow-origin", PAGE),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "PUT"),
        ("access-control-allow-headers", "Content-Type"),
        ("access-control-expose-headers", "ETag"),
        ("access-control-max-age", "60"),
        (
            "vary",
            "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
        ),
    ] {
        assert_eq!(allowed.header(name), value, "{name}");
    }
    let anyone = preflight(&stack, "https://other.example", "GET", "").await;
    assert_eq!(anyone.header("access-control-allow-origin"), "*");
    assert_eq!(anyone.header("access-control-allow-credentials"), "");

    for (origin, method, headers) in [
        ("https://other.example", "PUT", ""),
        (PAGE, "DELETE", ""),
        (PAGE, "PUT", "x-amz-acl"),
        (PAGE, "GET", "range"),
    ] {
        let refused = preflight(&stack, origin, method, headers).await;
        assert_eq!(
            refused.error(),
            (403, "AccessForbidden".to_owned()),
            "{origin} {method} {headers}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), "");
        assert_eq!(element(&refused.text(), "Method"), method);
    }
    let incomplete = Raw::new("OPTIONS", &format!("/{BUCKET}"), b"")
        .send(stack.address)
        .await;
    assert_eq!(incomplete.error(), (400, "BadRequest".to_owned()));
    let nowhere = Raw::new("OPTIONS", "/no-such-bucket/k", b"")
        .header("origin", PAGE)
        .header("access-control-request-method", "GET");
    let nowhere = nowhere.send(stack.address).await;
    assert_eq!(nowhere.error(), (403, "AccessForbidden".to_owned()));
}

#[tokio::test]
async fn an_answer_says_who_may_read_it_and_a_page_is_authorized_like_anyone() {
    let stack = Stack::start().await;
    put(&stack, &[rule(&[PAGE], &["GET"], &[])]).await.unwrap();
    let target = format!("/{BUCKET}/none");
    let page = stack
        .answer(&stack.sign(Raw::get(&target).header("origin", PAGE)))
        .await;
    assert_eq!(
        (page.status, page.header("access-control-allow-origin")),
        (404, PAGE)
    );
    let unsigned = Raw::get(&target)
        .header("origin", PAGE)
        .send(stack.address)
        .await;
    assert_eq!(
        (
            unsigned.status,
            unsigned.header("access-control-allow-origin")
        ),
        (403, PAGE)
    );
    for request in [
        Raw::get(&target).header("origin", "https://other.example"),
        Raw::get(&target),
    ] {
        let answer = stack.answer(&stack.sign(request)).await;
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("vary"), "");
    }
}

#[tokio::test]
async fn a_configuration_is_kept_as_it_was_put_and_refused_where_s3_refuses_it() {
    let stack = Stack::start().await;
    let client = stack.client();
    let get = || client.get_bucket_cors().bucket(BUCKET).send();
    assert_eq!(
        code(get().await),
        (404, "NoSuchCORSConfiguration".to_owned())
    );
    let rules = [rule(&["https://*.example.com"], &["PUT", "POST"], &["*"])];
    put(&stack, &rules).await.unwrap();
    assert_eq!(get().await.unwrap().cors_rules(), rules);

    let exposing = CorsRule::builder()
        .allowed_origins("*")
        .allowed_methods("GET");
    let exposing = exposing.expose_headers("x-amz-*").build().unwrap();
    for refused in [
        rule(&["*"], &["PATCH"], &[]),
        rule(&["https://*.*"], &["GET"], &[]),
        rule(&["*"], &["GET"], &["x-*-*"]),
        exposing,
    ] {
        let put = put(&stack, &[refused]).await;
        assert_eq!(code(put), (400, "InvalidRequest".to_owned()));
    }
    let many = vec![rule(&["*"], &["GET"], &[]); 101];
    assert_eq!(
        code(put(&stack, &many).await),
        (400, "MalformedXML".to_owned())
    );
    assert_eq!(get().await.unwrap().cors_rules(), rules);

    client
        .delete_bucket_cors()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(get().await),
        (404, "NoSuchCORSConfiguration".to_owned())
    );
}
