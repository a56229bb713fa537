//! What publishers send: through the CDN, and straight to the bucket.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{
    client::{Answer, Client},
    content::content,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
};

const MIB: usize = 1 << 20;
/// Between the fields of a form.
const BOUNDARY: &str = "keyfront-accept";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 16,
        assumption: "The publish route passes Authorization and x-amz-content-sha256.",
        does: "publishes with the body's hash, with a wrong one, and without a token",
        needs: Needs::AnySystem,
        work: |context| Box::pin(publish_headers(context)),
    },
    Probe {
        number: 17,
        assumption: "Bodies up to 1 MiB reach the function whole, and larger ones by their hash.",
        does: "publishes 0 B, 1 MiB - 1, 1 MiB, 1 MiB + 1 and 5 MB, and reads them back from the bucket",
        needs: Needs::AnySystem,
        work: |context| Box::pin(bodies(context)),
    },
    Probe {
        number: 18,
        assumption: "A Function URL verifies the signature over the very path that is sent.",
        does: "publishes to paths with // %2F + ~ ( and lists with an empty query value",
        needs: Needs::AnySystem,
        work: |context| Box::pin(function_paths(context)),
    },
    Probe {
        number: 24,
        assumption: "A browser uploads directly to the bucket, and a share reads it for as long as it states.",
        does: "uploads by a presigned PUT, a form and in parts, completes each, and reads one by a share",
        needs: Needs::AnySystem,
        work: |context| Box::pin(direct_uploads(context)),
    },
    Probe {
        number: 25,
        assumption: "Of concurrent writers to a key without overwriting, exactly one succeeds.",
        does: "sends eight concurrent uploads of one key through the CDN, and four completions of multipart uploads of another",
        needs: Needs::AnySystem,
        work: |context| Box::pin(races(context)),
    },
];

fn sha256(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

async fn put(
    context: &Context,
    name: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> anyhow::Result<Answer> {
    context
        .publish("PUT", &context.object(name), headers, body)
        .await
}

async fn publish_headers(context: &Context) -> anyhow::Result<Observation> {
    let publishing = context.publishing()?;
    let body = Bytes::from_static(b"published");
    let (right, wrong) = (sha256(&body), sha256(b"another"));
    let kind = ("content-type", "text/plain");
    let hashed = |hash| [kind, ("x-amz-content-sha256", hash)];
    let mut checks = Checks::default();
    let stored = put(context, "hashed.txt", &hashed(&right), body.clone()).await?;
    checks.that(stored.status == 201, || {
        format!("with its hash it is {}", stored.described())
    });
    let refused = put(context, "wrong.txt", &hashed(&wrong), body.clone()).await?;
    checks.that(refused.status >= 400, || {
        format!("with a wrong hash it is {}", refused.described())
    });
    let left = context.stored(&context.key("wrong.txt")).await?;
    checks.that(left.is_none(), || {
        "a body with a wrong hash was stored".to_owned()
    });
    let target = format!("{}{}", publishing.prefix, context.object("nobody.txt"));
    let nobody = context.cdn.send("PUT", &target, &[kind], body).await?;
    checks.that(nobody.status == 401, || {
        format!("without a token it is {}", nobody.described())
    });
    Ok(checks.conclude(format!(
        "201 with the hash, {} with a wrong one and nothing stored, 401 without a token",
        refused.described()
    )))
}

async fn bodies(context: &Context) -> anyhow::Result<Observation> {
    let mut checks = Checks::default();
    for (size, hashed) in [
        (0, false),
        (MIB - 1, false),
        (MIB, false),
        (MIB + 1, true),
        (5_000_000, true),
    ] {
        // Text, which Lambda's event does not grow by base64.
        let body: Bytes = content(size).iter().map(|byte| b'a' + byte % 26).collect();
        let hash = sha256(&body);
        let name = format!("body-{size}.txt");
        let mut headers = vec![("content-type", "text/plain")];
        if hashed {
            headers.push(("x-amz-content-sha256", &hash));
        }
        let stored = put(context, &name, &headers, body.clone()).await?;
        checks.that(stored.status == 201, || {
            format!("{size} bytes are {}", stored.described())
        });
        let found = context.stored(&context.key(&name)).await?;
        checks.that(found.as_ref() == Some(&body), || {
            let length = found.map(|found| found.len());
            format!("of {size} bytes {length:?} are stored")
        });
    }
    let unhashed = put(
        context,
        "too-large.txt",
        &[("content-type", "text/plain")],
        content(MIB + 1),
    )
    .await?;
    checks.that(unhashed.status == 413, || {
        format!("1 MiB + 1 without a hash is {}", unhashed.described())
    });
    Ok(checks.conclude("five sizes stored byte for byte; 1 MiB + 1 without a hash is 413"))
}

async fn function_paths(context: &Context) -> anyhow::Result<Observation> {
    let start = format!("/objects/{}", context.key(""));
    let mut checks = Checks::default();
    for (written, name) in [
        ("two//slashes.txt", "two//slashes.txt"),
        ("encoded%2Fslash.txt", "encoded/slash.txt"),
        ("a+b.txt", "a+b.txt"),
        ("a%2Bb%20c.txt", "a+b c.txt"),
        ("til~de(1)*.txt", "til~de(1)*.txt"),
        ("caf%C3%A9.txt", "caf\u{e9}.txt"),
    ] {
        let key = context.key(&format!("function/{name}"));
        let target = format!("{start}function/{written}?overwrite=true");
        let body = Bytes::from_static(name.as_bytes());
        let headers = [("content-type", "text/plain")];
        let stored = context
            .publish("PUT", &target, &headers, body.clone())
            .await?;
        checks.that(stored.status == 201, || {
            format!("{written} is {}", stored.described())
        });
        let found = context.stored(&key).await?;
        checks.that(found.as_ref() == Some(&body), || {
            format!("{written} is not stored as {key}")
        });
    }
    // The origin may refuse it in its own words; a signature that does not verify is AWS's 403.
    let target = format!("/objects?prefix={}&cursor=", context.key("function/"));
    let listed = context.publish("GET", &target, &[], Bytes::new()).await?;
    let refused = listed.status == 403 || listed.status >= 500;
    checks.that(!refused, || {
        format!("an empty query value is {}", listed.described())
    });
    Ok(checks.conclude("six spellings stored under their keys; an empty query value is accepted"))
}

pub(super) async fn call(
    context: &Context,
    target: &str,
    document: &Value,
) -> anyhow::Result<Value> {
    let headers = [("content-type", "application/json")];
    let body = Bytes::from(document.to_string());
    let answer = context.publish("POST", target, &headers, body).await?;
    answer.document()
}

/// Sends to a presigned URL.
async fn send(
    context: &Context,
    method: &str,
    url: &Value,
    headers: &[(&str, &str)],
    body: Bytes,
) -> anyhow::Result<Answer> {
    let url = url.as_str().unwrap_or_default();
    let (client, target) = Client::new(
        url,
        &context.trust,
        std::sync::Arc::clone(&context.costs.viewer_requests),
    )?;
    client
        .send(method, &target.on_the_wire(), headers, body)
        .await
}

async fn direct_uploads(context: &Context) -> anyhow::Result<Observation> {
    let body = Bytes::from_static(b"direct");
    let mut checks = Checks::default();
    for method in ["put", "form", "multipart"] {
        let key = context.key(&format!("direct-{method}.txt"));
        let plan = json!({
            "key": key, "size": body.len(), "method": method, "content_type": "text/plain",
            // Forms know no condition.
            "overwrite": method == "form",
        });
        let begun = call(context, "/uploads", &plan).await?;
        let token = begun["upload"].as_str().unwrap_or_default();
        let sent = match method {
            "form" => post_form(context, &begun, &body).await?,
            "put" => put_granted(context, &begun, body.clone()).await?,
            _ => {
                let target = format!("/uploads/{token}/parts");
                let parts = call(context, &target, &json!({"parts": [1]})).await?;
                put_granted(context, &parts["parts"][0], body.clone()).await?
            }
        };
        checks.that((200..300).contains(&sent.status), || {
            let text = String::from_utf8_lossy(&sent.body);
            format!("{method} is {}: {text:.200}", sent.described())
        });
        let completion = format!("/uploads/{token}/complete");
        let completed = context
            .publish("POST", &completion, &[], Bytes::new())
            .await?;
        checks.that((200..300).contains(&completed.status), || {
            format!("completing {method} is {}", completed.described())
        });
        let found = context.stored(&key).await?;
        checks.that(found.as_ref() == Some(&body), || {
            format!("{method} stored something else")
        });
    }
    context.put("shared.txt", body.clone(), "no-store").await?;
    let document = json!({"key": context.key("shared.txt"), "expires": 3600, "via": "s3"});
    let share = call(context, "/shares", &document).await?;
    let read = send(context, "GET", &share["url"], &[], Bytes::new()).await?;
    checks.that(read.status == 200 && read.body == body, || {
        format!("the share is {}", read.described())
    });
    Ok(checks.conclude(
        "stored by PUT, form and parts, and read by a share; its expiry after 1, 6, 12 and 24 hours is not tested",
    ))
}

pub(super) async fn put_granted(
    context: &Context,
    grant: &Value,
    body: Bytes,
) -> anyhow::Result<Answer> {
    let named = grant["headers"].as_object();
    let headers: Vec<(&str, &str)> = named
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "content-length")
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
        .collect();
    send(context, "PUT", &grant["url"], &headers, body).await
}

async fn post_form(context: &Context, begun: &Value, body: &[u8]) -> anyhow::Result<Answer> {
    let mut form = String::new();
    for (name, value) in begun["fields"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        form.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    form.push_str(&format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\nContent-Type: text/plain\r\n\r\n{}\r\n--{BOUNDARY}--\r\n",
        String::from_utf8_lossy(body)
    ));
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let headers = [("content-type", kind.as_str())];
    send(context, "POST", &begun["url"], &headers, form.into()).await
}

async fn races(context: &Context) -> anyhow::Result<Observation> {
    const WRITERS: usize = 8;
    let headers = [("content-type", "text/plain")];
    let writes = (0..WRITERS).map(|writer| {
        put(
            context,
            "raced.txt",
            &headers,
            Bytes::from(format!("writer {writer}")),
        )
    });
    let answers = futures::future::try_join_all(writes).await?;
    let won = answers.iter().filter(|answer| answer.status == 201).count();
    let lost = answers
        .iter()
        .filter(|answer| matches!(answer.status, 409 | 412))
        .count();
    let mut checks = Checks::default();
    checks.that((won, lost) == (1, WRITERS - 1), || {
        format!("of {WRITERS} uploads {won} succeeded and {lost} were refused")
    });
    let completed = raced_completions(context).await?;
    checks.that(completed == 1, || {
        format!("of four completions {completed} succeeded")
    });
    Ok(checks.conclude(format!(
        "one of {WRITERS} uploads and one of four completions succeeded, the others were refused"
    )))
}

/// How many of four completions of one key, each on the condition that there is none, succeeded.
async fn raced_completions(context: &Context) -> anyhow::Result<usize> {
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

    let key = context.key("raced-parts.txt");
    let bucket = &context.bucket;
    let mut uploads = Vec::new();
    for writer in 0..4 {
        context.costs.s3(3);
        let call = context.s3.create_multipart_upload().bucket(bucket);
        let begun = call
            .key(&key)
            .send()
            .await
            .map_err(crate::aws::call_error)?;
        let id = begun.upload_id.unwrap_or_default();
        let call = context.s3.upload_part().bucket(bucket).key(&key);
        let part = call
            .upload_id(&id)
            .part_number(1)
            .body(Bytes::from(format!("writer {writer}")).into());
        let part = part.send().await.map_err(crate::aws::call_error)?;
        let part = CompletedPart::builder()
            .part_number(1)
            .set_e_tag(part.e_tag)
            .set_checksum_crc32(part.checksum_crc32)
            .build();
        uploads.push((id, CompletedMultipartUpload::builder().parts(part).build()));
    }
    let completions = uploads.into_iter().map(async |(id, parts)| {
        let call = context.s3.complete_multipart_upload().bucket(bucket);
        let call = call.key(&key).upload_id(id).multipart_upload(parts);
        call.if_none_match("*").send().await.is_ok()
    });
    let completed = futures::future::join_all(completions).await;
    Ok(completed.into_iter().filter(|won| *won).count())
}
