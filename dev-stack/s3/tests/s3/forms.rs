//! Form uploads: every field is honoured or refused.

use aws_sigv4::sign::v4;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::calls::BucketCalls;
use crate::{
    raw::{Answer, Raw, Signing, element},
    stack::{REGION, Stack, error},
};

/// A form under a policy that allows every field there is.
fn form(stack: &Stack, target: &str, fields: &[(&str, &str)]) -> Raw {
    form_under(stack, target, fields, "")
}

/// A form under a policy that has more members.
fn form_under(stack: &Stack, target: &str, fields: &[(&str, &str)], members: &str) -> Raw {
    let now = time::OffsetDateTime::now_utc();
    let day = time::macros::format_description!("[year][month][day]");
    let moment = time::macros::format_description!("[year][month][day]T[hour][minute][second]Z");
    let (day, moment) = (now.format(day).unwrap(), now.format(moment).unwrap());
    let credential = format!(
        "{}/{day}/{REGION}/s3/aws4_request",
        stack.admin.access_key_id
    );
    let mut all = vec![
        ("x-amz-algorithm", "AWS4-HMAC-SHA256"),
        ("x-amz-credential", credential.as_str()),
        ("x-amz-date", moment.as_str()),
    ];
    all.extend(fields);
    if !fields.iter().any(|(name, _)| *name == "key") {
        all.push(("key", "form"));
    }
    let conditions: Vec<String> = all
        .iter()
        .map(|(name, _)| format!(r#"["starts-with","${name}",""]"#))
        .collect();
    let policy = format!(
        r#"{{"expiration":"2100-01-01T00:00:00Z","conditions":[{}]{members}}}"#,
        conditions.join(",")
    );
    let policy = STANDARD.encode(policy);
    let secret = stack.admin.secret_access_key.expose();
    let signing_key = v4::generate_signing_key(secret, Signing::default().time, REGION, "s3");
    let signature = v4::calculate_signature(signing_key, policy.as_bytes());
    all.extend([("policy", policy.as_str()), ("x-amz-signature", &signature)]);
    let mut body = String::new();
    for (name, value) in all {
        body +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nabc\r\n--b--\r\n";
    Raw::new("POST", target, body.as_bytes())
        .header("content-type", "multipart/form-data; boundary=b")
        .header("host", &stack.address.to_string())
}

async fn send(stack: &Stack, raw: &Raw) -> Answer {
    raw.send(stack.address).await
}

#[tokio::test]
async fn fields_of_the_object_are_stored() {
    let stack = Stack::start().await;
    let fields = [
        ("acl", "private"),
        ("bucket", "docs"),
        ("content-type", "text/css"),
        ("x-amz-meta-colour", "red"),
        ("x-amz-tagging", "a=b"),
        ("x-ignore-button", "Send"),
    ];
    let answer = send(&stack, &form(&stack, "/docs/", &fields)).await;
    assert_eq!(answer.status, 204, "{}", answer.text());
    let head = stack.client().head("form").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/css"));
    assert_eq!(head.metadata().unwrap()["colour"], "red");
    assert_eq!(head.tag_count(), Some(1));
}

#[tokio::test]
async fn a_form_is_answered_as_it_asks() {
    let stack = Stack::start().await;
    for (status, answered) in [("200", 200), ("204", 204), ("201", 201), ("999", 204)] {
        let raw = form(&stack, "/docs", &[("success_action_status", status)]);
        let answer = send(&stack, &raw).await;
        assert_eq!(answer.status, answered, "{status}");
        let text = answer.text();
        let created = answered == 201;
        assert_eq!(element(&text, "Key"), if created { "form" } else { "" });
        assert_eq!(element(&text, "Bucket"), if created { "docs" } else { "" });
        if created {
            assert_eq!(element(&text, "Location"), answer.header("location"));
            let etag = element(&text, "ETag").replace("&quot;", "\"");
            assert_eq!(etag, answer.header("etag"));
        }
    }
}

#[tokio::test]
async fn fields_that_cannot_be_honoured_are_refused() {
    let stack = Stack::start().await;
    for (name, value, status, code) in [
        ("acl", "public-read", 400, "AccessControlListNotSupported"),
        ("bucket", "other", 400, "InvalidArgument"),
        ("tagging", "<Tagging/>", 501, "NotImplemented"),
        ("redirect", "https://a.example", 501, "NotImplemented"),
        ("colour", "red", 501, "NotImplemented"),
        ("x-amz-colour", "red", 501, "NotImplemented"),
        ("x-amz-storage-class", "GLACIER", 501, "NotImplemented"),
        ("x-amz-checksum-crc32", "AAAAAA==", 400, "BadDigest"),
    ] {
        let answer = send(&stack, &form(&stack, "/docs", &[(name, value)])).await;
        assert_eq!(answer.error(), error(status, code), "{name}");
    }
    assert!(stack.client().head("form").send().await.is_err());
}

#[tokio::test]
async fn a_form_says_all_in_its_fields() {
    let stack = Stack::start().await;
    // The policy is about the key that the form has; a path would change it.
    let deep = form(&stack, "/docs/private", &[]);
    assert_eq!(
        send(&stack, &deep).await.error(),
        error(405, "MethodNotAllowed")
    );
    let query = form(&stack, "/docs?delete", &[]);
    assert_eq!(
        send(&stack, &query).await.error(),
        error(501, "NotImplemented")
    );
    for (name, value) in [
        ("x-amz-acl", "public-read"),
        ("x-amz-expected-bucket-owner", "999999999999"),
        ("content-md5", "AAAA"),
        ("if-none-match", "*"),
    ] {
        let raw = form(&stack, "/docs", &[]).header(name, value);
        assert_eq!(
            send(&stack, &raw).await.error(),
            error(501, "NotImplemented"),
            "{name}"
        );
    }
    let member = form_under(&stack, "/docs", &[], r#","colour":"red""#);
    assert_eq!(
        send(&stack, &member).await.error(),
        error(400, "InvalidPolicyDocument")
    );
    let signed = form(&stack, "/docs", &[]).header("authorization", "AWS4-HMAC-SHA256 x");
    assert_eq!(
        send(&stack, &signed).await.error(),
        error(400, "InvalidArgument")
    );
    assert!(
        stack
            .client()
            .list()
            .send()
            .await
            .unwrap()
            .contents()
            .is_empty()
    );
}
