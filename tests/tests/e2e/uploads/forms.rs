//! Forms that browsers post, and sealed metadata on every way round the origin.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{stack::Stack, wire::Answer};
use serde_json::{Value, json};

use super::{ask, at, begin, complete, read, send, sign, status_of};

fn form_of(fields: &[(String, String)], file: &str, name: &str) -> Bytes {
    let mut body = String::new();
    for (name, value) in fields {
        body +=
            &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    body += &format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{file}\r\n--b--\r\n"
    );
    body.into()
}

/// The fields of a form that was planned.
pub(crate) fn fields_of(begun: &Value) -> Vec<(String, String)> {
    let fields = begun["fields"].as_object().unwrap().iter();
    let fields = fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
    fields.collect()
}

/// Posts a form with these fields and a file.
pub(crate) async fn post(begun: &Value, fields: &[(String, String)], file: &str) -> Answer {
    post_named(begun, fields, file, "f").await
}

async fn post_named(begun: &Value, fields: &[(String, String)], file: &str, name: &str) -> Answer {
    let (wire, target) = at(begun["url"].as_str().unwrap());
    let headers = [("content-type", "multipart/form-data; boundary=b")];
    wire.send(Method::POST, &target, &headers, form_of(fields, file, name))
        .await
}

#[tokio::test]
async fn a_browsers_form_is_bound_to_every_field_and_to_the_size() {
    let stack = Stack::start();
    let plan =
        json!({"key": "form.txt", "size": 5, "method": "form", "content_type": "text/plain"});
    let refused = ask(&stack, Method::POST, "/uploads", plan.clone()).await;
    assert_eq!(refused.code(), "upload-refused");
    let mut plan = plan;
    plan["overwrite"] = true.into();
    let begun = begin(&stack, plan).await;
    let fields = fields_of(&begun);
    assert_eq!(
        post(&begun, &fields, "hello!").await.status,
        StatusCode::BAD_REQUEST
    );
    for at in 0..fields.len() {
        let mut lie = fields.clone();
        lie[at].1 += "x";
        let answer = post(&begun, &lie, "hello").await;
        assert!(
            answer.status.is_client_error(),
            "{}: {answer:?}",
            fields[at].0
        );
    }
    let mut more = fields.clone();
    more.insert(0, ("x-amz-meta-more".to_owned(), "1".to_owned()));
    assert_eq!(
        post(&begun, &more, "hello").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(status_of(&stack, "form.txt").await, StatusCode::NOT_FOUND);
    let stored = post(&begun, &fields, "hello").await;
    assert_eq!(stored.status, StatusCode::CREATED, "{stored:?}");
    assert_eq!(
        read(&complete(&stack, &begun).await)["content_type"],
        "text/plain"
    );
}

#[tokio::test]
async fn a_form_is_refused_for_a_key_in_which_s3_would_put_the_files_name() {
    let stack = Stack::start();
    let mut plan = json!({"key": "in/${filename}", "size": 5, "overwrite": true, "method": "form"});
    let refused = ask(&stack, Method::POST, "/uploads", plan.clone()).await;
    assert_eq!(refused.code(), "upload-refused");
    plan["method"] = "put".into();
    let begun = begin(&stack, plan).await;
    assert_eq!(send(&begun, "hello").await.status, StatusCode::OK);
    assert_eq!(
        read(&complete(&stack, &begun).await)["key"],
        "in/${filename}"
    );
    // What S3 does with such a field: the policy binds the key as it was written, and the file is called `f`.
    let begun = begin(
        &stack,
        json!({"key": "in/plain", "size": 5, "overwrite": true, "method": "form"}),
    )
    .await;
    let with_key = |key: &str| {
        let mut fields = fields_of(&begun);
        fields.retain(|(name, _)| name != "key");
        fields.push(("key".to_owned(), key.to_owned()));
        fields
    };
    let replaced = post(&begun, &with_key("in/${filename}"), "hello").await;
    assert_eq!(replaced.status, StatusCode::FORBIDDEN);
    let named = post_named(&begun, &with_key("in/${filename}"), "hello", "C:\\x\\plain").await;
    assert_eq!(named.status, StatusCode::CREATED, "{named:?}");
}

#[tokio::test]
async fn what_goes_round_the_origin_carries_its_sealed_metadata_too() {
    let stack = Stack::start();
    for method in ["put", "form", "multipart"] {
        let key = format!("sealed/{method}");
        let begun = begin(
            &stack,
            json!({"key": key, "size": 5, "method": method, "overwrite": true,
                   "file_name": "J\u{e4}nner.pdf", "tags": ["draft", "2026"]}),
        )
        .await;
        let sent = match method {
            "put" => send(&begun, "hello").await,
            "form" => post(&begun, &fields_of(&begun), "hello").await,
            _ => send(&sign(&stack, &begun, json!([1])).await[0], "hello").await,
        };
        assert!(sent.status.is_success(), "{method}: {sent:?}");
        assert!(!begun.to_string().contains("nner"), "{begun}");
        read(&complete(&stack, &begun).await);
        let target = format!("/objects/{key}");
        let description = read(&ask(&stack, Method::GET, &target, Value::Null).await);
        let metadata = &description["metadata"];
        assert_eq!(metadata["file_name"], "J\u{e4}nner.pdf", "{method}");
        assert_eq!(metadata["tags"], json!(["draft", "2026"]), "{method}");
        assert_eq!(metadata["uploader"], "dev", "{method}");
    }
    for wrong in [
        json!({"file_name": ""}),
        json!({"file_name": "a\n"}),
        json!({"tags": vec!["t"; 17]}),
    ] {
        let mut document = json!({"key": "sealed/wrong", "size": 5});
        document
            .as_object_mut()
            .unwrap()
            .extend(wrong.as_object().unwrap().clone());
        let refused = ask(&stack, Method::POST, "/uploads", document).await;
        assert_eq!(refused.code(), "upload-refused", "{wrong}");
    }
}
