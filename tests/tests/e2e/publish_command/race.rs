//! Two publishers at once.

use std::{net::SocketAddr, sync::Arc};

use keyfront_tests::stack::address;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

use super::{Desk, stack, written};

/// Lets everything pass to the API but activations, which wait.
async fn holding(api: SocketAddr, reached: Arc<Notify>, go: Arc<Notify>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (reached, go) = (Arc::clone(&reached), Arc::clone(&go));
            tokio::spawn(async move {
                let server = TcpStream::connect(api).await.unwrap();
                let (mut from_client, mut to_client) = client.into_split();
                let (mut from_server, mut to_server) = server.into_split();
                tokio::spawn(
                    async move { tokio::io::copy(&mut from_server, &mut to_client).await },
                );
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
                    let part = &buffer[..read];
                    if part.windows(10).any(|text| text == b"/activate ") {
                        reached.notify_one();
                        go.notified().await;
                    }
                    if to_server.write_all(part).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    own
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_publishers_one_wins_and_the_other_is_told_by_whom() {
    let stack = stack().await;
    let winner = Desk::of(&stack.dev);
    winner.write("index.html", "first");
    winner.publish(&[]).await;
    let mut slow = Desk::of(&stack.dev);
    slow.write("index.html", "slow");
    let (reached, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let api = address(&stack.dev.publish_url);
    let proxy = holding(api, Arc::clone(&reached), Arc::clone(&go)).await;
    slow.publish_url = format!("http://{proxy}");
    let overtaken = tokio::spawn(async move {
        let output = slow.try_call(&["publish", "site", "--to", "docs"]).await;
        (slow, output)
    });
    reached.notified().await;
    winner.write("index.html", "second");
    let won = winner.publish(&[]).await;
    go.notify_one();
    let (slow, output) = overtaken.await.unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", written(&output));
    let said = written(&output);
    assert!(said.contains("release-conflict"), "{said}");
    assert!(
        said.contains(won["activation"]["by"].as_str().unwrap()),
        "{said}"
    );
    assert!(said.contains(won["release"].as_str().unwrap()), "{said}");
    let shown = winner.releases(&["show"]).await;
    assert_eq!(shown["id"], won["release"]);
    // The same command replaces what won, now that it knows it.
    go.notify_one();
    let again = slow.publish(&[]).await;
    assert_eq!(
        (&again["state"], &again["uploads"]),
        (&json!("active"), &json!(0))
    );
}
