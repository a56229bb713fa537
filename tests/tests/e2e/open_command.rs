//! `keyfront open`: a file that was sealed in a browser, by its link.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::StatusCode;
use keyfront_envelope::{
    DataKey, Description, Format, MasterKey, OpenPolicy, Opening, SHARE_LENGTH, Seed,
    WrappedDataKey, begin, seal,
};
use keyfront_tests::{
    artefacts,
    local_stack::{LocalStack, content},
};
use sha2::{Digest as _, Sha256};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    process::Command,
};

const MASTER: [u8; 32] = [3; 32];

/// A sealed body, and what opens it.
fn sealed(plain: &[u8]) -> (Bytes, [u8; SHARE_LENGTH]) {
    let wrapped = WrappedDataKey::by_master_key(
        Format::V3,
        DataKey::new([7; 32]),
        &MasterKey::new(MASTER),
        [1; 12],
        Description::new(),
    );
    let length = Some(plain.len() as u64);
    let (mut sealer, envelope) = seal(wrapped, Seed::from_random([9; 28]), length).unwrap();
    let mut body = plain.to_vec();
    sealer.seal(&mut body).unwrap();
    body.extend(sealer.finish().unwrap());
    let opening = begin(envelope.metadata().unwrap(), OpenPolicy::default()).unwrap();
    let Opening::NeedsKey(awaiting) = opening else {
        panic!("the envelope is on the object");
    };
    let share = awaiting.share_with_master(&MasterKey::new(MASTER));
    (body.into(), *share.unwrap().expose_bytes())
}

/// As `web/src/sealing/link.ts` writes it.
fn link(share: &[u8; SHARE_LENGTH], length: usize, name: &str, url: &str) -> String {
    let mut body = vec![0x73];
    body.extend(share);
    body.extend((length as u64).to_be_bytes());
    body.extend(u16::try_from(name.len()).unwrap().to_be_bytes());
    body.extend(name.as_bytes());
    body.extend(url.as_bytes());
    let check = Sha256::digest(&body);
    body.extend(&check[..8]);
    format!(
        "https://publish.example/open#v1.{}",
        URL_SAFE_NO_PAD.encode(body)
    )
}

async fn open(folder: &Path, link: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(artefacts::keyfront());
    let mut child = command
        .arg("open")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(format!("{link}\n").as_bytes())
        .await
        .unwrap();
    drop(input);
    child.wait_with_output().await.unwrap()
}

fn written(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_sealed_in_a_browser_is_opened_by_its_link_and_written_once_verified() {
    let stack = LocalStack::start().await;
    let plain = content(3 << 20);
    let (body, share) = sealed(&plain);
    let put = stack.put("a.bin", "sse-kms", body.clone(), &[]).await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let mut altered = body.to_vec();
    altered[1000] ^= 1;
    let put = stack
        .put("altered.bin", "sse-kms", altered.into(), &[])
        .await;
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let url = |key: &str| format!("{}/{key}", stack.dev.cdn_url);
    let folder = tempfile::tempdir().unwrap();
    let ca = stack.dev.ca_cert.to_str().unwrap();

    let good = link(&share, plain.len(), "../my file.bin", &url("a.bin"));
    let output = open(folder.path(), &good, &["--ca-cert", ca]).await;
    assert!(output.status.success(), "{}", written(&output));
    assert_eq!(written(&output).trim(), "my file.bin");
    assert!(std::fs::read(folder.path().join("my file.bin")).unwrap() == plain);

    for (link, says) in [
        (good.clone(), "exists"),
        (
            link(&share, plain.len(), "b", &url("altered.bin")),
            "altered",
        ),
        (
            link(&share, plain.len() - 1, "b", &url("a.bin")),
            "instead of",
        ),
        (
            link(&share, plain.len(), "b", &url("missing.bin")),
            "no longer there",
        ),
        (
            link(&[1; SHARE_LENGTH], plain.len(), "b", &url("a.bin")),
            "not the file's own",
        ),
        (good[..good.len() - 9].to_owned(), "copy all of it"),
    ] {
        let output = open(folder.path(), &link, &["--ca-cert", ca]).await;
        assert_eq!(output.status.code(), Some(1), "{}", written(&output));
        let said = written(&output);
        assert!(said.contains(says), "{says}: {said}");
        assert!(!said.contains(&link[40..60]), "the link is repeated");
    }
    // Nothing unverified is left.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Serves a body with its ranges, and ends each connection after so many bytes.
async fn cutting_server(body: Bytes, after: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a.bin", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = stream.read(&mut head).await.unwrap_or_default();
            let head = String::from_utf8_lossy(&head[..read]).to_lowercase();
            let range = head.split("range: bytes=").nth(1);
            let first = range.and_then(|range| range.split('-').next()?.parse().ok());
            let from: usize = first.unwrap_or_default();
            let length = body.len();
            let status = match first {
                Some(first) => {
                    let last = length - 1;
                    format!("206 Partial Content\r\ncontent-range: bytes {first}-{last}/{length}")
                }
                None => "200 OK".to_owned(),
            };
            let left = length - from;
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {left}\r\n\r\n");
            let part = &body[from..length.min(from + after)];
            let _ = stream.write_all(&[head.as_bytes(), part].concat()).await;
        }
    });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_breaks_goes_on_where_it_stopped() {
    let plain = content(2 << 20);
    let (body, share) = sealed(&plain);
    let folder = tempfile::tempdir().unwrap();
    let url = cutting_server(body.clone(), 700_000).await;
    let good = link(&share, plain.len(), "a.bin", &url);
    let output = open(folder.path(), &good, &["--output", "b.bin"]).await;
    assert!(output.status.success(), "{}", written(&output));
    assert!(std::fs::read(folder.path().join("b.bin")).unwrap() == plain);

    // Where nothing more comes it gives up, and leaves nothing.
    let url = cutting_server(body, 0).await;
    let output = open(folder.path(), &link(&share, plain.len(), "c", &url), &[]).await;
    assert_eq!(output.status.code(), Some(1), "{}", written(&output));
    assert!(
        written(&output).contains("brought no more"),
        "{}",
        written(&output)
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_download_leaves_nothing() {
    let plain = content(1 << 20);
    let (body, share) = sealed(&plain);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a.bin", listener.local_addr().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(artefacts::keyfront());
    let mut child = command
        .arg("open")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let line = format!("{}\n", link(&share, plain.len(), "a.bin", &url));
    input.write_all(line.as_bytes()).await.unwrap();
    drop(input);
    // Half of the file, and then nothing.
    let (mut stream, _) = listener.accept().await.unwrap();
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    let sent = [head.as_bytes(), &body[..body.len() / 2]].concat();
    stream.write_all(&sent).await.unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    while files() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let pid = child.id().unwrap().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().await;
    assert!(killed.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", written(&output));
    assert!(
        written(&output).contains("interrupted"),
        "{}",
        written(&output)
    );
    assert_eq!(files(), 0);
}
