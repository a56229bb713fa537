//! Uploads through the origin, whose S3 and KMS fail at any call.

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    interference::Way,
    local_stack::{LocalStack, content},
    origin_process::OriginProcess,
    wire::{Answer, Wire},
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::{Matrix, Row, watched::Watched};

/// An origin behind proxies; another one after it was killed.
struct Stage<'a> {
    stack: &'a LocalStack,
    watched: Watched,
    origin: OriginProcess,
}

/// What is uploaded, and how.
#[derive(Debug, Clone, Copy)]
struct Upload {
    /// With its query.
    target: &'static str,
    length: usize,
    /// Whether the origin can send the body to S3 again.
    replayed: bool,
    /// The number of the call that makes the object, if others verify it behind: what goes wrong there is a problem, and the object
    /// is there, until the publisher asks again.
    made_by: Option<usize>,
}

impl<'a> Stage<'a> {
    async fn open(stack: &'a LocalStack) -> Self {
        let watched = Watched::before(stack).await;
        let origin = OriginProcess::start(&stack.dev, &watched.s3.url(), &watched.kms.url());
        Self {
            stack,
            watched,
            origin,
        }
    }

    /// Sends a request; an error if the connection ends.
    fn send(&self, method: Method, target: String, body: Bytes) -> JoinHandle<Answer> {
        let (wire, bearer) = (self.origin.wire(), self.stack.dev.publisher_token.clone());
        let kind = match target.starts_with("/uploads") {
            true => "application/json",
            false => "application/octet-stream",
        };
        tokio::spawn(async move {
            let bearer = format!("Bearer {bearer}");
            let headers = [("authorization", bearer.as_str()), ("content-type", kind)];
            wire.send(method, &target, &headers, body).await
        })
    }

    /// Sends a request at one call of which something goes wrong; no answer if that killed the origin, after which there
    /// is another one.
    async fn disturbed(
        &mut self,
        row: &Row,
        (method, target, body): (Method, String, Bytes),
    ) -> anyhow::Result<Option<Answer>> {
        let interference = self.watched.interference.clone();
        interference.arm(row.number, row.way);
        let mut sent = self.send(method, target, body);
        let answer = tokio::select! {
            answer = &mut sent => Some(answer.context("the connection ended")?),
            () = interference.reached() => {
                self.restart();
                ensure!(sent.await.is_err(), "a killed origin answered");
                None
            }
        };
        ensure!(interference.was_met(), "the call never came");
        interference.heal();
        Ok(answer)
    }

    fn restart(&mut self) {
        let (s3, kms) = (self.watched.s3.url(), self.watched.kms.url());
        let fresh = OriginProcess::start(&self.stack.dev, &s3, &kms);
        std::mem::replace(&mut self.origin, fresh).kill();
    }

    /// Begins an upload in one part and sends it; the target that completes it.
    async fn send_part(&self, key: &str, body: Bytes) -> anyhow::Result<String> {
        let plan = json!({"key": key, "size": body.len(), "method": "multipart"});
        let begun = self.ask("/uploads".to_owned(), plan).await?;
        let id = begun["upload"].as_str().context("no upload")?.to_owned();
        let signed = self
            .ask(format!("/uploads/{id}/parts"), json!({"parts": [1]}))
            .await?;
        let grant = &signed["parts"][0];
        let url = grant["url"].as_str().context("no URL")?;
        let headers = grant["headers"].as_object().context("no headers")?.iter();
        let headers: Vec<_> = headers
            .filter(|(name, _)| *name != "content-length")
            .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
            .collect();
        let s3 = self.watched.s3.url();
        let target = url.strip_prefix(&s3).context("not the proxy's")?;
        let sent = Wire::plain(&s3)
            .send(Method::PUT, target, &headers, body)
            .await;
        ensure!(sent.status.is_success(), "{sent:?}");
        Ok(format!("/uploads/{id}/complete"))
    }

    async fn ask(&self, target: String, document: Value) -> anyhow::Result<Value> {
        let answer = self
            .send(Method::POST, target, document.to_string().into())
            .await?;
        ensure!(answer.status.is_success(), "{answer:?}");
        Ok(answer.json())
    }

    /// Whether the object is there; whole, if it is.
    async fn is_whole(&self, key: &str, expected: &Bytes) -> anyhow::Result<bool> {
        if !self.stack.exists(key).await {
            return Ok(false);
        }
        let read = self.stack.read(key, &[]).await;
        let content = match read.status.as_u16() {
            200 => read.body,
            // The reader opens envelopes only.
            404 => self.stack.raw(key).await.body,
            _ => bail!("it is there and cannot be read: {read:?}"),
        };
        ensure!(content == expected, "it is there with another content");
        Ok(true)
    }
}

/// Success, or a problem with a code that is not the publisher's fault.
fn success_or_problem(answer: &Answer) -> anyhow::Result<bool> {
    if answer.status.is_success() {
        return Ok(true);
    }
    ensure!(answer.status.is_server_error(), "{answer:?}");
    ensure!(!answer.code().is_empty(), "{answer:?}");
    Ok(false)
}

/// One request that stores `key`, disturbed and repeated.
async fn hold(
    stage: &mut Stage<'_>,
    row: &Row,
    key: &str,
    request: (Method, String, Bytes),
    upload: Upload,
) -> anyhow::Result<()> {
    let plain = content(upload.length);
    let answer = stage.disturbed(row, request.clone()).await?;
    let stored = match &answer {
        Some(answer) => success_or_problem(answer)?,
        None => false,
    };
    let whole = stage.is_whole(key, &plain).await?;
    ensure!(
        whole || !stored,
        "success, and nothing is there: {answer:?}"
    );
    let is_made = upload.made_by.is_some_and(|made_by| row.number > made_by);
    ensure!(
        stored || !whole || is_made || row.way.is_done(),
        "a problem, and the object is there: {answer:?}"
    );
    let is_repeated = upload.replayed || !row.call.starts_with("PUT ");
    ensure!(
        stored || !(row.way.passes() && is_repeated),
        "not tried again: {answer:?}"
    );
    let (method, target, body) = request;
    let again = stage.send(method, target, body).await?;
    // Whoever got no answer finds the object there.
    let is_there = whole && answer.is_none_or(|answer| answer.status.is_success());
    ensure!(
        again.status.is_success() || (is_there && again.code() == "already-exists"),
        "again: {again:?}"
    );
    ensure!(
        stage.is_whole(key, &plain).await?,
        "not there after another try"
    );
    Ok(())
}

/// The matrix of a `PUT` of an object.
async fn put_matrix(
    name: &'static str,
    upload: Upload,
    floor: usize,
    telling: (&'static str, Way),
) {
    let stack = LocalStack::start().await;
    let request = |key: &str| {
        let target = format!("/objects/{key}{}", upload.target);
        (Method::PUT, target, content(upload.length))
    };
    let stage = Stage::open(&stack).await;
    stage.watched.interference.heal();
    let (method, target, body) = request("undisturbed");
    let answer = stage.send(method, target, body).await.unwrap();
    assert!(answer.status.is_success(), "{answer:?}");
    let matrix = Matrix {
        name,
        calls: stage.watched.interference.calls(),
        floor,
        telling,
    };
    let calls = matrix.hold(async |row| {
        let key = format!("undisturbed-{}-{:?}", row.number, row.way);
        let mut stage = Stage::open(&stack).await;
        hold(&mut stage, row, &key, request(&key), upload).await
    });
    calls.await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_disturbed_at_any_call_stores_all_or_nothing_and_says_which() {
    let upload = Upload {
        target: "?encryption=sse-kms",
        length: 64,
        replayed: true,
        made_by: None,
    };
    put_matrix("PUT", upload, 20, ("PUT /", Way::AnswerLost)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelopes_put_disturbed_at_any_call_stores_all_or_nothing_and_says_which() {
    let upload = Upload {
        target: "?encryption=envelope-kms",
        length: 64,
        replayed: true,
        made_by: None,
    };
    put_matrix(
        "PUT, envelope",
        upload,
        28,
        ("GenerateDataKey", Way::Denied),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_streamed_put_disturbed_at_any_call_stores_all_or_nothing_and_says_which() {
    let upload = Upload {
        target: "?encryption=envelope-kms",
        length: 7 << 20,
        replayed: false,
        made_by: None,
    };
    put_matrix(
        "PUT, streamed envelope",
        upload,
        28,
        ("PUT /", Way::AnswerLost),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_completion_disturbed_at_any_call_stores_all_or_nothing_and_says_which() {
    let stack = LocalStack::start().await;
    let complete = |target: String| (Method::POST, target, Bytes::new());
    let stage = Stage::open(&stack).await;
    let target = stage.send_part("undisturbed", content(64)).await.unwrap();
    stage.watched.interference.heal();
    let (method, target, body) = complete(target);
    let answer = stage.send(method, target, body).await.unwrap();
    assert!(answer.status.is_success(), "{answer:?}");
    let calls = stage.watched.interference.calls();
    let made_by = calls.iter().position(|call| call.starts_with("POST "));
    assert!(made_by.is_some(), "{calls:?}");
    let upload = Upload {
        target: "",
        length: 64,
        replayed: true,
        made_by,
    };
    let matrix = Matrix {
        name: "complete",
        calls,
        floor: 20,
        telling: ("POST /", Way::KilledAfter),
    };
    let rows = matrix.hold(async |row| {
        let key = format!("undisturbed-{}-{:?}", row.number, row.way);
        let mut stage = Stage::open(&stack).await;
        let target = stage.send_part(&key, content(64)).await?;
        hold(&mut stage, row, &key, complete(target), upload).await
    });
    rows.await;
}
