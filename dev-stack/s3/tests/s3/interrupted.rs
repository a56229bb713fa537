//! Uploads that break, lie or are overtaken, a server that is stopped, and what is left on the disk.

use std::{path::Path, time::Duration};

use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::calls::BucketCalls;
use crate::{
    raw::{Payload, Raw, Signing},
    stack::{Stack, code, noise},
};

fn files(folder: &Path, inside: &str) -> usize {
    std::fs::read_dir(folder.join("s3").join(inside))
        .unwrap()
        .count()
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("did not happen within five seconds");
}

/// The head of a signed PUT that announces `announced` bytes.
fn put_head(stack: &Stack, key: &str, announced: usize) -> Vec<u8> {
    let signing = Signing {
        payload: Payload::Unsigned,
        ..Signing::default()
    };
    let raw = Raw::put(&format!("/docs/{key}"), b"")
        .header("content-length", &announced.to_string())
        .signed(&stack.address.to_string(), &stack.admin, &signing);
    let mut head = format!("{} {} HTTP/1.1\r\n", raw.method, raw.target);
    for (name, value) in &raw.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    client
        .put("k")
        .body(b"old".to_vec().into())
        .send()
        .await
        .unwrap();
    let mut connection = TcpStream::connect(stack.address).await.unwrap();
    connection
        .write_all(&put_head(&stack, "k", 10_000_000))
        .await
        .unwrap();
    connection.write_all(&noise(5_000_000, 1)).await.unwrap();
    until(|| files(folder.path(), "incoming") == 1).await;
    drop(connection);
    until(|| files(folder.path(), "incoming") == 0).await;
    assert_eq!(files(folder.path(), "blobs"), 1);
    let got = client.get("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"old");
}

#[tokio::test]
async fn what_a_crash_left_is_swept_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    stack
        .client()
        .put("k")
        .body(noise(100_000, 1).into())
        .send()
        .await
        .unwrap();
    stack.stop().await;
    std::fs::write(
        folder.path().join("s3/blobs").join("0".repeat(32)),
        b"renamed, never committed",
    )
    .unwrap();
    std::fs::write(folder.path().join("s3/incoming/.tmpXYZ"), b"half written").unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    assert_eq!(
        (
            files(folder.path(), "blobs"),
            files(folder.path(), "incoming")
        ),
        (1, 0)
    );
    let got = stack.client().get("k").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == noise(100_000, 1));
}

#[tokio::test]
async fn a_write_whose_condition_fails_leaves_no_body() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let client = stack.client();
    let put = || {
        client
            .put("k")
            .if_none_match("*")
            .body(noise(100_000, 1).into())
    };
    put().send().await.unwrap();
    assert_eq!(code(put().send().await).0, 412);
    assert_eq!(
        (
            files(folder.path(), "blobs"),
            files(folder.path(), "incoming")
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn readers_see_one_version_or_the_other_while_writers_race() {
    let stack = Stack::start().await;
    let client = stack.client();
    let put = |n: u8| client.put("k").body(vec![n; 300_000].into()).send();
    put(0).await.unwrap();
    let writing = async {
        for n in 1..20 {
            put(n).await.unwrap();
        }
    };
    let reading = async {
        for _ in 0..40 {
            let got = client.get("k").send().await.unwrap();
            let body = got.body.collect().await.unwrap().to_vec();
            assert!(body.len() == 300_000 && body.iter().all(|byte| *byte == body[0]));
        }
    };
    tokio::join!(writing, reading);
}

#[tokio::test]
async fn stopping_lets_an_open_upload_finish() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let mut connection = TcpStream::connect(stack.address).await.unwrap();
    connection
        .write_all(&put_head(&stack, "k", 200_000))
        .await
        .unwrap();
    connection.write_all(&noise(100_000, 1)).await.unwrap();
    until(|| files(folder.path(), "incoming") == 1).await;
    let stopping = tokio::spawn(stack.stop());
    tokio::time::sleep(Duration::from_millis(50)).await;
    connection.write_all(&noise(100_000, 2)).await.unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut connection, &mut answer)
        .await
        .unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    stopping.await.unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    stack.client().head("k").send().await.unwrap();
}

#[tokio::test]
async fn memory_does_not_grow_with_the_object() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let size = 200 * 1024 * 1024;
    let chunk = noise(1024 * 1024, 1);
    let mut connection = TcpStream::connect(stack.address).await.unwrap();
    let before = resident();
    connection
        .write_all(&put_head(&stack, "big", size))
        .await
        .unwrap();
    for _ in 0..size / chunk.len() {
        connection.write_all(&chunk).await.unwrap();
    }
    let client = stack.client();
    let mut present = false;
    for _ in 0..500 {
        present = client.head("big").send().await.is_ok();
        if present {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(present);
    let mut body = client.get("big").send().await.unwrap().body;
    let mut read = 0;
    while let Some(bytes) = body.try_next().await.unwrap() {
        read += bytes.len();
    }
    assert_eq!(read, size);
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 * 1024, "grew by {grown} KiB");
}

/// Resident memory of this process, in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
