//! Scratch.
#![allow(clippy::unwrap_used)]
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_issuer::{Client, Issuer, IssuerConfig, SigningKey, serve};
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:19400")
        .await
        .unwrap();
    let issuer = Issuer::new(IssuerConfig {
        url: "http://localhost:19400".to_owned(),
        clients: vec![Client {
            id: "viewers".to_owned(),
            redirect_uris: vec![
                "http://localhost:19401/cb".to_owned(),
                "http://[::1]:19401/cb".to_owned(),
            ],
            post_logout_redirect_uris: vec!["http://localhost:19401/bye".to_owned()],
        }],
        signing_key: SigningKey::generate().unwrap(),
        clock: Clock::system(),
    })
    .unwrap();
    serve(
        listener,
        Arc::new(issuer),
        tokio_util::sync::CancellationToken::new(),
    )
    .await;
}
