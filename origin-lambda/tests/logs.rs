//! What the logs say and keep to themselves. In a binary of its own: which events are made at all is decided
//! once for a process, by the subscribers of all its threads.

#![allow(clippy::unwrap_used, clippy::panic)]

mod oidc_issuer;
mod scripted_s3;

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use axum::{body::Body, extract::Request};
use oidc_issuer::{Issuer, SigningKey, set};
use scripted_s3::Stage;
use serde_json::{Value, json};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const UPLOAD_TOKEN: &str = "an-upload-token-that-opens-an-upload";

async fn paths_that_hold_secrets(stage: &Stage) {
    for target in [
        format!("/uploads/{UPLOAD_TOKEN}"),
        format!("/s3/multipart/{UPLOAD_TOKEN}/1"),
        "/objects/site/a-name-nobody-should-read".to_owned(),
        "/nowhere/at-all".to_owned(),
    ] {
        stage.get(&target).await;
    }
}

fn patterns_are_logged(lines: &[Value]) {
    let routes: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["span"]["route"].as_str())
        .collect();
    for route in ["/uploads/{token}", "/objects/{*key}", "none"] {
        assert!(routes.contains(&route), "{routes:?}");
    }
}

#[tokio::test]
#[allow(
    clippy::too_many_lines,
    reason = "one log of everything that could tell"
)]
async fn log_lines_are_json_with_the_request_id_and_hold_no_secret() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let key = SigningKey::es256("e");
    let issuer = Issuer::start(set(&[&key])).await;
    let stage = Stage::set().await;
    stage
        .put("/objects/site/a", "text/plain", b"the body")
        .await;
    let id = stage.get("/objects/elsewhere/a").await.headers["x-keyfront-request-id"].clone();
    let mut claims = issuer.claims("alice");
    claims["email"] = json!("alice@example.com");
    let jwt = key.token(&claims);
    let presented = ["kfp_unknown-but-secret", &jwt, "Zm9vOmJhcg=="];
    for token in presented {
        let request = Request::get("/objects").header("authorization", format!("Bearer {token}"));
        stage.send(request.body(Body::empty()).unwrap()).await;
    }
    paths_that_hold_secrets(&stage).await;
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let own = |line: &&Value| {
        line["target"]
            .as_str()
            .is_some_and(|target| target.starts_with("keyfront"))
    };
    let stray: Vec<&Value> = lines
        .iter()
        .filter(own)
        .filter(|line| !line["span"]["request_id"].is_string())
        .collect();
    assert!(stray.is_empty(), "{stray:#?}");
    assert!(
        lines
            .iter()
            .filter(own)
            .any(|line| line["span"]["request_id"] == *id.to_str().unwrap())
    );
    patterns_are_logged(&lines);
    // Nobody's lines, the AWS SDK's neither, whatever level is asked for.
    assert!(!lines.iter().any(|line| line["level"] == "TRACE"));
    let ours: String = lines.iter().filter(own).map(Value::to_string).collect();
    let signature = jwt.rsplit('.').next().unwrap();
    for secret in [
        stage.token.as_str(),
        presented[0],
        presented[2],
        signature,
        UPLOAD_TOKEN,
    ] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    // The SDK names objects at DEBUG.
    for private in ["alice@", "the body", "a-name-nobody", "/nowhere"] {
        assert!(!ours.contains(private), "{private} is in the log");
    }
}
