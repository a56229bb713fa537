//! Uploads in parts: signed part by part, resumed, completed, given up.

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::stack::Stack;
use serde_json::{Value, json};

use super::{MIB, ask, at, begin, complete, read, send, sign, status_of};

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
