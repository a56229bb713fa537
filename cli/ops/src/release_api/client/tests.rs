//! What something else than the API answers, such as a proxy before it.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

/// An API that gives every request one answer, and how many it has given.
async fn answering(answer: String) -> (ReleaseApi, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let given = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&given);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !(request.ends_with(b"\r\n\r\n") || request.ends_with(b"}")) {
                stream.read_buf(&mut request).await.unwrap();
            }
            counted.fetch_add(1, Ordering::Relaxed);
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            // What is left of the request: closing on it would take the answer away.
            let _ = stream.read_to_end(&mut request).await;
        }
    });
    let api = ReleaseApi {
        connections: Connections::new(None).unwrap(),
        target: url.parse().unwrap(),
        bearer: HeaderValue::from_static("Bearer kfp_x"),
        site: SiteName::new("docs").unwrap(),
    };
    (api, given)
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Some\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn whoever_is_sent_elsewhere_has_done_nothing() {
    let id = ReleaseId::of_manifest(b"x");
    for status in [301, 302, 307, 308] {
        let elsewhere = answer(status, "location: /login\r\n", "{}");
        let (api, given) = answering(elsewhere).await;
        assert!(api.sign(id, b"{}".to_vec()).await.is_err(), "{status}");
        assert!(api.remove(id).await.is_err(), "{status}");
        assert_eq!(given.load(Ordering::Relaxed), 2);
        let url = api.document_url(id, "manifest").await.unwrap();
        assert_eq!(url, "/login");
    }
    let (api, _) = answering(answer(200, "location: /x\r\n", "{}")).await;
    assert!(api.sign(id, b"{}".to_vec()).await.is_ok());
    assert!(api.document_url(id, "manifest").await.is_err());
}

#[tokio::test]
async fn a_log_that_was_altered_is_reported_at_once() {
    let problem = r#"{"title":"altered","status":500,"code":"release-log-altered"}"#;
    let (api, given) = answering(answer(500, "", problem)).await;
    let refused = api.log(None).await.unwrap_err();
    assert!(refused.to_string().contains("altered"), "{refused:#}");
    assert_eq!(given.load(Ordering::Relaxed), 1);
}
