//! Direct uploads: planned by the origin, sent straight to S3, completed and verified.

use aws_sdk_s3::types::{
    DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode,
    ObjectLockRule,
};
use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::{
    publisher, s3_client,
    stack::Stack,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};

const MIB: usize = 1 << 20;

async fn ask(stack: &Stack, method: Method, target: &str, document: Value) -> Answer {
    let bearer = stack.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    let body = if document.is_null() {
        Bytes::new()
    } else {
        document.to_string().into()
    };
    stack.origin().send(method, target, &headers, body).await
}

fn read(answer: &Answer) -> Value {
    assert!(answer.status.is_success(), "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

async fn begin(stack: &Stack, document: Value) -> Value {
    read(&ask(stack, Method::POST, "/uploads", document).await)
}

async fn complete(stack: &Stack, begun: &Value) -> Answer {
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}/complete");
    ask(stack, Method::POST, &target, Value::Null).await
}

fn at(url: &str) -> (Wire, String) {
    let start = url.find("://").unwrap() + 3;
    let slash = start + url[start..].find('/').unwrap();
    (Wire::plain(&url[..slash]), url[slash..].to_owned())
}

fn headers_of(grant: &Value) -> Vec<(String, String)> {
    let headers = grant["headers"].as_object().unwrap();
    headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .filter(|(name, _)| name != "content-length")
        .collect()
}

async fn send_with(grant: &Value, headers: &[(String, String)], body: Bytes) -> Answer {
    let (wire, target) = at(grant["url"].as_str().unwrap());
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    wire.send(Method::PUT, &target, &headers, body).await
}

async fn send(grant: &Value, body: impl Into<Bytes>) -> Answer {
    send_with(grant, &headers_of(grant), body.into()).await
}

async fn sign(stack: &Stack, begun: &Value, parts: Value) -> Vec<Value> {
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}/parts");
    let answer = ask(stack, Method::POST, &target, json!({"parts": parts})).await;
    read(&answer)["parts"].as_array().unwrap().clone()
}

async fn status_of(stack: &Stack, key: &str) -> StatusCode {
    let target = format!("/objects/{key}");
    ask(stack, Method::GET, &target, Value::Null).await.status
}

#[tokio::test]
async fn a_presigned_put_stores_exactly_what_was_planned() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "a/b+c \u{e9}.txt", "size": 5, "content_type": "text/plain",
               "checksum": {"algorithm": "sha256", "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}),
    )
    .await;
    assert_eq!(begun["method"], "PUT");
    assert_eq!(complete(&stack, &begun).await.code(), "upload-incomplete");
    assert_eq!(send(&begun, "hello").await.status, StatusCode::OK);
    let done = read(&complete(&stack, &begun).await);
    assert_eq!(
        (&done["size"], &done["encryption"]),
        (&json!(5), &json!("sse-kms"))
    );
    let path = done["path"].as_str().unwrap();
    let seen = stack.cdn().get(path).await;
    assert_eq!(
        (seen.status, &seen.body[..]),
        (StatusCode::OK, &b"hello"[..])
    );
    assert_eq!(seen.header("content-type"), "text/plain");
}

#[tokio::test]
async fn a_client_cannot_lie_about_size_type_checksum_or_encryption() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "lie.txt", "size": 5, "content_type": "text/plain",
               "checksum": {"algorithm": "sha256", "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="}}),
    )
    .await;
    let honest = headers_of(&begun);
    assert_eq!(send(&begun, "hello!").await.status, StatusCode::FORBIDDEN);
    assert_eq!(send(&begun, "jello").await.status, StatusCode::BAD_REQUEST);
    for (name, value) in &honest {
        let without: Vec<_> = honest.iter().filter(|(n, _)| n != name).cloned().collect();
        let answer = send_with(&begun, &without, "hello".into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "without {name}");
        let changed: Vec<_> = without
            .into_iter()
            .chain([(name.clone(), format!("{value}x"))])
            .collect();
        let answer = send_with(&begun, &changed, "hello".into()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name} changed");
    }
    let mut added = honest.clone();
    added.push(("x-amz-acl".to_owned(), "public-read".to_owned()));
    let answer = send_with(&begun, &added, "hello".into()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(status_of(&stack, "lie.txt").await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_client_adds_to_a_presigned_put_is_removed_at_completion() {
    let stack = Stack::start();
    for (name, value) in [
        ("content-disposition", "attachment; filename=invoice.exe"),
        ("content-encoding", "gzip"),
        ("content-language", "xx"),
        ("expires", "Thu, 01 Jan 2099 00:00:00 GMT"),
    ] {
        let key = format!("added/{name}");
        let begun = begin(
            &stack,
            json!({"key": key, "size": 5, "content_type": "text/plain"}),
        )
        .await;
        let mut added = headers_of(&begun);
        added.push((name.to_owned(), value.to_owned()));
        let sent = send_with(&begun, &added, "hello".into()).await;
        assert_eq!(sent.status, StatusCode::OK, "{name}");
        let refused = complete(&stack, &begun).await;
        assert_eq!(refused.code(), "upload-mismatch", "{name}");
        assert_eq!(
            status_of(&stack, &key).await,
            StatusCode::NOT_FOUND,
            "{name}"
        );
    }
}

#[tokio::test]
async fn of_two_writers_of_one_key_the_second_replaces_nothing() {
    let stack = Stack::start();
    let plan = json!({"key": "one", "size": 3});
    let (first, second) = (begin(&stack, plan.clone()).await, begin(&stack, plan).await);
    assert_eq!(send(&first, "one").await.status, StatusCode::OK);
    assert_eq!(
        send(&second, "two").await.status,
        StatusCode::PRECONDITION_FAILED
    );
    assert_eq!(complete(&stack, &second).await.code(), "upload-incomplete");
    read(&complete(&stack, &first).await);
    let parted = begin(
        &stack,
        json!({"key": "one", "size": 3, "method": "multipart"}),
    )
    .await;
    let part = &sign(&stack, &parted, json!([1])).await[0];
    assert_eq!(send(part, "two").await.status, StatusCode::OK);
    assert_eq!(complete(&stack, &parted).await.code(), "already-exists");
    assert_eq!(&stack.cdn().get("/one").await.body[..], b"one");
}

#[tokio::test]
async fn parts_are_signed_just_in_time_bound_to_their_length_and_resumed_after_a_lost_client() {
    let stack = Stack::start();
    let size = 16 * MIB + 7;
    let begun = begin(
        &stack,
        json!({"key": "big.bin", "size": size, "method": "multipart"}),
    )
    .await;
    assert_eq!(
        (&begun["parts"], &begun["part_size"]),
        (&json!(2), &json!(16 * MIB))
    );
    let parts = sign(&stack, &begun, json!([1, 2])).await;
    assert_eq!(
        send(&parts[1], vec![2; 8]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(send(&parts[1], vec![2; 7]).await.status, StatusCode::OK);
    let incomplete = complete(&stack, &begun).await;
    assert_eq!(incomplete.code(), "upload-incomplete");
    // All that a new client needs is the token.
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}");
    let held = read(&ask(&stack, Method::GET, &target, Value::Null).await);
    assert_eq!(held["held"][0]["number"], 2);
    assert_eq!(held["held"].as_array().unwrap().len(), 1);
    let again = sign(&stack, &begun, json!([1])).await;
    assert_eq!(
        send(&again[0], vec![1; 16 * MIB]).await.status,
        StatusCode::OK
    );
    let done = read(&complete(&stack, &begun).await);
    assert_eq!(done["size"], size);
    // A repeated completion, as after a lost answer, says the same.
    assert_eq!(read(&complete(&stack, &begun).await)["etag"], done["etag"]);
    let range = [("range", "bytes=16777215-16777216")];
    let seen = stack
        .cdn()
        .send(Method::GET, "/big.bin", &range, Bytes::new())
        .await;
    assert_eq!(&seen.body[..], [1, 2]);
}

#[tokio::test]
async fn a_multipart_upload_with_a_wrong_checksum_leaves_nothing() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "crc", "size": 9, "method": "multipart",
               "checksum": {"algorithm": "crc64nvme", "value": "rosUhgp5mIg="}}),
    )
    .await;
    let part = &sign(&stack, &begun, json!([1])).await[0];
    assert_eq!(send(part, "123456780").await.status, StatusCode::OK);
    assert_eq!(complete(&stack, &begun).await.code(), "upload-mismatch");
    assert_eq!(status_of(&stack, "crc").await, StatusCode::NOT_FOUND);
    assert_eq!(complete(&stack, &begun).await.code(), "upload-unknown");
    let again = begin(
        &stack,
        json!({"key": "crc", "size": 9, "method": "multipart",
               "checksum": {"algorithm": "crc64nvme", "value": "rosUhgp5mIg="}}),
    )
    .await;
    let part = &sign(&stack, &again, json!([1])).await[0];
    assert_eq!(send(part, "123456789").await.status, StatusCode::OK);
    read(&complete(&stack, &again).await);
}

#[tokio::test]
async fn an_aborted_upload_is_over_and_a_forged_token_opens_nothing() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "gone", "size": 9, "method": "multipart"}),
    )
    .await;
    let part = sign(&stack, &begun, json!([1])).await.remove(0);
    let token = begun["upload"].as_str().unwrap();
    let target = format!("/uploads/{token}");
    let answer = ask(&stack, Method::DELETE, &target, Value::Null).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(send(&part, "123456789").await.status, StatusCode::NOT_FOUND);
    let answer = ask(&stack, Method::GET, &target, Value::Null).await;
    assert_eq!(answer.code(), "upload-unknown");
    for at in [0, 40, token.len() / 2, token.len() - 2] {
        let mut forged = token.as_bytes().to_vec();
        forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
        let target = format!("/uploads/{}", String::from_utf8(forged).unwrap());
        let answer = ask(&stack, Method::GET, &target, Value::Null).await;
        assert_eq!(answer.code(), "upload-unknown", "byte {at}");
    }
}

#[tokio::test]
async fn a_part_cut_in_the_middle_stores_nothing_and_is_sent_again() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "cut", "size": 9, "method": "multipart"}),
    )
    .await;
    let part = sign(&stack, &begun, json!([1])).await.remove(0);
    let (wire, target) = at(part["url"].as_str().unwrap());
    let host = wire.authority();
    let request = format!("PUT {target} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 9\r\n\r\n1234");
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .unwrap();
    drop(stream);
    assert_eq!(complete(&stack, &begun).await.code(), "upload-incomplete");
    assert_eq!(send(&part, "123456789").await.status, StatusCode::OK);
    read(&complete(&stack, &begun).await);
}

#[tokio::test]
async fn an_upload_survives_the_death_of_the_whole_stack() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::start_at(folder.path(), &[]);
    let begun = begin(
        &stack,
        json!({"key": "dead", "size": 9, "method": "multipart"}),
    )
    .await;
    let part = sign(&stack, &begun, json!([1])).await.remove(0);
    assert_eq!(send(&part, "123456789").await.status, StatusCode::OK);
    stack.kill();
    let stack = Stack::start_at(folder.path(), &[]);
    assert_eq!(status_of(&stack, "dead").await, StatusCode::NOT_FOUND);
    assert_eq!(read(&complete(&stack, &begun).await)["size"], 9);
    assert_eq!(&stack.cdn().get("/dead").await.body[..], b"123456789");
}

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

async fn post(begun: &Value, fields: &[(String, String)], file: &str) -> Answer {
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
    let fields: Vec<(String, String)> = begun["fields"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
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
    let fields = begun["fields"].as_object().unwrap().iter();
    let with_key = |key: &str| {
        let fields = fields.clone().map(|(name, value)| match name.as_str() {
            "key" => (name.clone(), key.to_owned()),
            _ => (name.clone(), value.as_str().unwrap().to_owned()),
        });
        fields.collect::<Vec<_>>()
    };
    let replaced = post(&begun, &with_key("in/${filename}"), "hello").await;
    assert_eq!(replaced.status, StatusCode::FORBIDDEN);
    let named = post_named(&begun, &with_key("in/${filename}"), "hello", "C:\\x\\plain").await;
    assert_eq!(named.status, StatusCode::CREATED, "{named:?}");
}

fn s3(stack: &Stack) -> aws_sdk_s3::Client {
    let dev = &stack.dev;
    s3_client::client(&dev.s3_url, &dev.region, &dev.credentials.admin)
}

#[tokio::test]
async fn a_bucket_that_retains_objects_is_written_with_checksums_only() {
    let stack = Stack::start();
    let retention = DefaultRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .days(1);
    let rule = ObjectLockRule::builder().default_retention(retention.build());
    let lock = ObjectLockConfiguration::builder()
        .object_lock_enabled(ObjectLockEnabled::Enabled)
        .rule(rule.build());
    let put = s3(&stack).put_object_lock_configuration();
    let put = put.bucket(&stack.dev.bucket);
    let put = put.object_lock_configuration(lock.build());
    put.send().await.unwrap();
    // Through the origin, in memory and as a stream.
    publisher::publish(&stack, "small", "hello").await;
    publisher::publish(&stack, "large", vec![7; 7 * MIB]).await;
    let plan = json!({"key": "direct", "size": 5, "content_type": "text/plain"});
    let bare = begin(&stack, plan.clone()).await;
    assert_eq!(send(&bare, "hello").await.status, StatusCode::BAD_REQUEST);
    let mut summed = plan;
    summed["checksum"] = json!({"algorithm": "sha256",
        "value": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="});
    let summed = begin(&stack, summed).await;
    assert_eq!(send(&summed, "hello").await.status, StatusCode::OK);
    read(&complete(&stack, &summed).await);
}

#[tokio::test]
async fn a_stored_aws_chunked_never_reaches_a_viewer() {
    let stack = Stack::start();
    for (key, stored, seen) in [
        ("framed", "aws-chunked", ""),
        ("both", "aws-chunked,gzip", "gzip"),
    ] {
        let put = s3(&stack).put_object().bucket(&stack.dev.bucket).key(key);
        let put = put.content_encoding(stored).body(b"hello".to_vec().into());
        put.send().await.unwrap();
        let answer = stack.cdn().get(&format!("/{key}")).await;
        assert_eq!(&answer.body[..], b"hello");
        assert_eq!(answer.header("content-encoding"), seen, "{key}");
        let target = format!("/objects/{key}");
        let described = read(&ask(&stack, Method::GET, &target, Value::Null).await);
        let coding = described["content_encoding"].as_str().unwrap_or_default();
        assert_eq!(coding, seen, "{key}");
    }
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
            "form" => {
                let fields = begun["fields"].as_object().unwrap().iter();
                let fields: Vec<_> = fields
                    .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
                    .collect();
                post(&begun, &fields, "hello").await
            }
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

#[tokio::test]
async fn a_share_is_a_url_for_one_second_to_twelve_hours() {
    let stack = Stack::start();
    publisher::publish(&stack, "shared", "hello").await;
    for seconds in [0, 43_201, 604_800] {
        let document = json!({"key": "shared", "expires": seconds});
        let answer = ask(&stack, Method::POST, "/shares", document).await;
        assert_eq!(answer.code(), "lifetime-refused");
    }
    let absent = ask(&stack, Method::POST, "/shares", json!({"key": "absent"})).await;
    assert_eq!(absent.code(), "not-found");
    let document = json!({"key": "shared", "expires": 43_200});
    let shared = read(&ask(&stack, Method::POST, "/shares", document).await);
    // The origin's session began before it was asked: it ends before twelve hours from now.
    assert!(
        ["shortened", "exact"].contains(&shared["validity"].as_str().unwrap()),
        "{shared}"
    );
    let (wire, target) = at(shared["url"].as_str().unwrap());
    assert_eq!(&wire.get(&target).await.body[..], b"hello");
}

#[tokio::test]
async fn the_image_api_stores_lists_and_refuses_a_missing_field() {
    let stack = Stack::start();
    let document = json!({"file_name": "cat.png", "file_data": "aGVsbG8="});
    let stored = ask(&stack, Method::POST, "/images", document).await;
    assert_eq!(stored.header("access-control-allow-origin"), "*");
    assert_eq!(stored.status, StatusCode::OK);
    assert_eq!(read(&stored)["file_name"], "cat.png");
    assert!(read(&stored)["message"].is_string());
    for missing in [json!({"file_name": "x"}), json!({"file_data": ""})] {
        let answer = ask(&stack, Method::POST, "/images", missing).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let listed = read(&ask(&stack, Method::GET, "/images", Value::Null).await);
    let image = &listed["images"][0];
    assert_eq!(image["key"], "images/cat.png");
    assert!(image["lastModified"].is_string());
    // On the CDN: a presigned URL would show its readers the origin's session token and the key's ARN.
    let url = image["imageUrl"].as_str().unwrap();
    assert_eq!(
        url,
        format!("{}/images/cat.png", stack.dev.cdn_url.trim_end_matches('/'))
    );
    let seen = stack.cdn().get("/images/cat.png").await;
    assert_eq!(
        (&seen.body[..], seen.header("content-type")),
        (&b"hello"[..], "image/png")
    );
    let preflight = stack
        .origin()
        .send(Method::OPTIONS, "/images", &[], Bytes::new())
        .await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        "authorization, *"
    );
}

#[tokio::test]
async fn uploads_nobody_goes_on_with_are_given_up_on_demand_by_age() {
    let stack = Stack::start();
    let begun = begin(
        &stack,
        json!({"key": "old/a", "size": 9, "method": "multipart"}),
    )
    .await;
    let target = "/uploads?prefix=old/&older_than=60";
    let refused = ask(&stack, Method::DELETE, target, Value::Null).await;
    assert_eq!(refused.code(), "query-refused");
    let target = "/uploads?prefix=old/&older_than=3600";
    let young = read(&ask(&stack, Method::DELETE, target, Value::Null).await);
    assert_eq!(young["aborted"], 0);
    sign(&stack, &begun, json!([1])).await;
}
