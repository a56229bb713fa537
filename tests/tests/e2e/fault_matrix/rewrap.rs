//! `keyfront rewrap` of objects whose wrapped keys are in their metadata, in an instruction file, and over the limit of one
//! copy.

use anyhow::{Context as _, bail, ensure};
use aws_sdk_s3::types::ServerSideEncryption as Sse;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use keyfront_envelope::{
    Commitment, DataKey, Format, KeyNeed, OpenPolicy, Opening, begin, content_context,
};
use keyfront_tests::{
    audit::{Report, read},
    aws_client,
    interference::Way,
    local_stack::content,
    rewrap::{Rewrapped, with_envelope},
};
use serde_json::json;
use tokio::process::Command;

use super::{
    super::rewrap::instruction_files::put_with_file, Matrix, Row, ended_as_promised,
    watched::Watched,
};

/// Names and lengths of a row's objects; the last one is over the limit of a copy.
const OBJECTS: [(&str, usize); 3] = [("a", 1000), ("b", 1001), ("c", 5000)];

/// Seals a row's objects under the old key. S3 keeps the first under KMS, where each copy has another entity tag.
async fn seal(rewrapped: &Rewrapped, prefix: &str) {
    let old = &rewrapped.other_key;
    for (name, length) in OBJECTS {
        let (object, plain) = (format!("{prefix}{name}"), content(length));
        let format = if name == "b" { Format::V2 } else { Format::V3 };
        let (envelope, body) = rewrapped.seal_by_kms(format, old, &object, &plain).await;
        if name == "b" {
            put_with_file(rewrapped, &object, &envelope, &body).await;
            continue;
        }
        let mut put = with_envelope(rewrapped.put(&object, body), &envelope);
        if name == "a" {
            // Tags of uploads in parts are what this S3 does not have.
            put = put.tagging("team=media");
        }
        let put = put
            .server_side_encryption(Sse::AwsKms)
            .ssekms_key_id(rewrapped.key());
        put.send().await.unwrap();
    }
}

/// Opens an object with a key; `None` if the key is another one.
async fn opened(rewrapped: &Rewrapped, object: &str, key: &str) -> anyhow::Result<Option<Bytes>> {
    let raw = rewrapped.stack.raw(object).await;
    let policy = OpenPolicy {
        commitment: Commitment::Optional,
        context: content_context(rewrapped.bucket(), object),
        ..OpenPolicy::default()
    };
    let awaiting = match begin(&raw.metadata, policy)? {
        Opening::NeedsKey(awaiting) => awaiting,
        Opening::NeedsInstructionFile(awaiting) => {
            let file = rewrapped.stack.raw(&format!("{object}.instruction")).await;
            awaiting.supply(&file.body)?
        }
    };
    let KeyNeed::KmsDecrypt {
        ciphertext,
        context,
    } = awaiting.need()
    else {
        bail!("{object} is wrapped by a master key");
    };
    let input = json!({
        "KeyId": key, "CiphertextBlob": STANDARD.encode(ciphertext), "EncryptionContext": context,
    });
    let Some(answer) = aws_client::kms_if_granted(&rewrapped.stack.dev, "Decrypt", &input).await
    else {
        return Ok(None);
    };
    let plain = answer["Plaintext"].as_str().context("no plaintext")?;
    let unlocked = awaiting.unlock(&DataKey::from_slice(&STANDARD.decode(plain)?)?)?;
    let mut body = raw.body.to_vec();
    unlocked.open_verified(&mut body)?;
    Ok(Some(body.into()))
}

/// Every object of the row opens byte for byte with one of these keys.
async fn all_open(rewrapped: &Rewrapped, prefix: &str, keys: &[&str]) -> anyhow::Result<()> {
    for (name, length) in OBJECTS {
        let object = format!("{prefix}{name}");
        let mut found = None;
        for key in keys {
            found = found.or(opened(rewrapped, &object, key)
                .await
                .context(object.clone())?);
        }
        ensure!(
            found.as_ref() == Some(&content(length)),
            "{object} does not open"
        );
        let tags = rewrapped
            .s3()
            .get_object_tagging()
            .bucket(rewrapped.bucket());
        let tagged = if name == "b" {
            format!("{object}.instruction")
        } else {
            object
        };
        let tags = tags.key(&tagged).send().await?;
        ensure!(
            name == "c" || tags.tag_set().len() == 1,
            "{tagged} has lost its tags"
        );
    }
    Ok(())
}

fn rewrap(watched: &Watched, rewrapped: &Rewrapped, prefix: &str) -> Command {
    let line = [
        "rewrap",
        prefix,
        "--bucket",
        rewrapped.bucket(),
        "--format=json",
        "--from",
        &rewrapped.other_key,
        "--to",
        rewrapped.key(),
        "--copy-limit=4000",
        "--concurrency=1",
        "--yes",
    ];
    watched.keyfront(&rewrapped.stack, &line)
}

/// All objects are under the new key, by this run or before.
fn ensure_all_done(report: &Report) -> anyhow::Result<()> {
    let number = |name: &str| report.summary[name].as_u64().unwrap_or_default();
    let done = number("rewrapped") + number("already");
    ensure!(report.code == 0 && done == 3, "{report:?}");
    Ok(())
}

async fn hold(rewrapped: &Rewrapped, row: &Row) -> anyhow::Result<()> {
    let prefix = format!("read/{}-{:?}/", row.number, row.way);
    seal(rewrapped, &prefix).await;
    let watched = Watched::before(&rewrapped.stack).await;
    let interference = &watched.interference;
    interference.arm(row.number, row.way);
    let output = interference.run(rewrap(&watched, rewrapped, &prefix)).await;
    ensure!(interference.was_met(), "the call never came");
    let all_is_done =
        output.status.code() == Some(0) && ensure_all_done(&read(output.clone())).is_ok();
    // Where another key opens what this one is denied for, there is nothing to say.
    if !(row.way == Way::Denied && all_is_done) {
        ended_as_promised(&output, row.way, 0..=2)?;
    }
    if row.way.passes() {
        ensure_all_done(&read(output))?;
    }
    let (old, new) = (rewrapped.other_key.as_str(), rewrapped.key());
    all_open(rewrapped, &prefix, &[old, new]).await?;
    interference.heal();
    let again = rewrap(&watched, rewrapped, &prefix).output().await?;
    ensure_all_done(&read(again)).context("again")?;
    all_open(rewrapped, &prefix, &[new])
        .await
        .context("after another run")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rewrap_disturbed_at_any_call_leaves_every_object_open_and_is_finished_by_another() {
    let rewrapped = Rewrapped::start().await;
    seal(&rewrapped, "read/undisturbed/").await;
    let watched = Watched::before(&rewrapped.stack).await;
    let output = rewrap(&watched, &rewrapped, "read/undisturbed/")
        .output()
        .await
        .unwrap();
    ensure_all_done(&read(output)).unwrap();
    let matrix = Matrix {
        name: "rewrap",
        calls: watched.interference.calls(),
        floor: 200,
        telling: ("PUT /", Way::AnswerLost),
    };
    matrix.hold(async |row| hold(&rewrapped, row).await).await;
}
