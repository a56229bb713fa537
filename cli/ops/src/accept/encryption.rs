//! What the key and the bucket's policy do.

use aws_sdk_s3::{
    operation::put_object::builders::PutObjectFluentBuilder, types::ServerSideEncryption,
};
use bytes::Bytes;

use super::{
    change::Change,
    context::Context,
    probe::{Checks, Needs, Observation, Probe},
};
use crate::aws::call_error;

const NO_STORE: &str = "no-store";

pub(super) const PROBES: &[Probe] = &[
    Probe {
        number: 10,
        assumption: "Where the key cannot be used, viewers get the edge's own problem document in place of S3's error.",
        does: "disables the key, reads an object by GET and HEAD, and always enables the key again",
        needs: Needs::Alone,
        work: |context| Box::pin(disabled_key(context)),
    },
    Probe {
        number: 14,
        assumption: "The edge's role may decrypt with any encryption context: with a bucket key, without, and DSSE.",
        does: "stores an object in each way and reads it through the CDN",
        needs: Needs::AnySystem,
        work: |context| Box::pin(contexts(context)),
    },
    Probe {
        number: 15,
        assumption: "The bucket refuses every other encryption, and accepts writes that name none.",
        does: "writes without a header and in parts (allowed), with aws:kms and no key, an alias, AES256 and SSE-C (refused)",
        needs: Needs::AnySystem,
        work: |context| Box::pin(denied_writes(context)),
    },
    Probe {
        number: 39,
        assumption: "While the key is disabled, S3 does not confirm copies: a conditional read is refused like any read, so disabling the key ends serving when the copies expire.",
        does: "reads an object that expires at once, disables the key, requests it from S3 with If-None-Match and from the CDN, and always enables the key again",
        needs: Needs::Alone,
        work: |context| Box::pin(revalidation(context)),
    },
];

async fn disabled_key(context: &Context) -> anyhow::Result<Observation> {
    context
        .put("key.txt", Bytes::from_static(b"key"), NO_STORE)
        .await?;
    let mut checks = Checks::default();
    let before = context.view("key.txt").await?;
    checks.that(before.status == 200, || {
        format!("before it is {}", before.described())
    });
    let looked = while_disabled(context, refusals(context, &mut checks)).await;
    if let Err(remains) = looked? {
        return Ok(Observation::fail(remains));
    }
    let back = context
        .eventually(async || Ok(context.view("key.txt").await?.status == 200))
        .await?;
    checks.that(back, || {
        "the object is not served again after the key was enabled".to_owned()
    });
    Ok(checks
        .conclude("a problem document by GET, none by HEAD; served again once the key is enabled"))
}

/// Does the work while the key is disabled; what remains, if it cannot be enabled again.
async fn while_disabled(
    context: &Context,
    work: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<Result<(), String>> {
    context.changes.note(Change::KeyDisabled);
    context.costs.kms(1);
    let call = context.kms.disable_key().key_id(&context.key_arn);
    call.send().await.map_err(call_error)?;
    let worked = work.await;
    // Before anything else: the key is the system's.
    let remains = context.undo_last().await;
    worked?;
    Ok(remains.map_or(Ok(()), Err))
}

const REVALIDATED: &str = "revalidated.txt";

async fn revalidation(context: &Context) -> anyhow::Result<Observation> {
    let body = Bytes::from_static(b"revalidated");
    context.put(REVALIDATED, body, "max-age=0").await?;
    let mut checks = Checks::default();
    let before = context.view(REVALIDATED).await?;
    checks.that(before.status == 200, || {
        format!("before it is {}", before.described())
    });
    let etag = before.header("etag").trim_start_matches("W/").to_owned();
    let mut seen = String::new();
    let work = confirmations(context, &etag, &mut checks, &mut seen);
    if let Err(remains) = while_disabled(context, work).await? {
        return Ok(Observation::fail(remains));
    }
    Ok(checks.conclude(format!(
        "S3 returned {seen} for If-None-Match, and the expired copy was not served"
    )))
}

async fn confirmations(
    context: &Context,
    etag: &str,
    checks: &mut Checks,
    seen: &mut String,
) -> anyhow::Result<()> {
    let refused = context
        .eventually(async || {
            *seen = confirmation(context, etag).await;
            Ok(!matches!(seen.as_str(), "304" | "200"))
        })
        .await?;
    checks.that(refused, || {
        format!(
            "S3 returned {seen} for If-None-Match although the key is disabled: CDNs continue to serve expired copies; invalidate /* whenever you disable a key"
        )
    });
    let ended = context
        .eventually(async || Ok(context.view(REVALIDATED).await?.status >= 500))
        .await?;
    checks.that(ended, || {
        "the CDN serves an expired copy although the key is disabled; invalidate /* whenever you disable a key".to_owned()
    });
    Ok(())
}

/// What S3 answers to a condition that holds: the status, or the code of its refusal.
async fn confirmation(context: &Context, etag: &str) -> String {
    context.costs.s3(1);
    let call = context.s3.get_object().bucket(&context.bucket);
    let call = call.key(context.key(REVALIDATED)).if_none_match(etag);
    match call.send().await {
        Ok(_) => "200".to_owned(),
        Err(error) => {
            let status = error.raw_response().map(|answer| answer.status().as_u16());
            if status == Some(304) {
                return "304".to_owned();
            }
            let error = call_error(error).to_string();
            error.split(':').next().unwrap_or_default().to_owned()
        }
    }
}

async fn refusals(context: &Context, checks: &mut Checks) -> anyhow::Result<()> {
    let refused = context
        .eventually(async || Ok(context.view("key.txt").await?.status >= 500))
        .await?;
    checks.that(refused, || {
        "the object is served although the key is disabled".to_owned()
    });
    let get = context.view("key.txt").await?;
    checks.that(!get.code().is_empty(), || {
        format!(
            "GET is {} of type {:?}",
            get.described(),
            get.header("content-type")
        )
    });
    let head = context.view_with("HEAD", "key.txt", &[]).await?;
    // S3 decrypts nothing for HEAD, which may succeed.
    checks.that(head.body.is_empty(), || {
        format!("HEAD is {} with a body", head.described())
    });
    Ok(())
}

/// A write as the operator, under a name of its own.
fn write(context: &Context, name: &str) -> PutObjectFluentBuilder {
    context.costs.s3(1);
    let call = context.s3.put_object().bucket(&context.bucket);
    call.key(context.key(name))
        .cache_control(NO_STORE)
        .body(Bytes::from_static(b"encrypted").into())
}

async fn contexts(context: &Context) -> anyhow::Result<Observation> {
    let mut checks = Checks::default();
    let mut read = Vec::new();
    for (name, mode, bucket_key) in [
        ("bucket-key.txt", ServerSideEncryption::AwsKms, Some(true)),
        ("object-key.txt", ServerSideEncryption::AwsKms, Some(false)),
        ("dsse.txt", ServerSideEncryption::AwsKmsDsse, None),
    ] {
        let is_dsse = mode == ServerSideEncryption::AwsKmsDsse;
        let call = write(context, name)
            .server_side_encryption(mode)
            .ssekms_key_id(&context.key_arn);
        let stored = call.set_bucket_key_enabled(bucket_key).send().await;
        match stored.map_err(call_error) {
            // The bucket's policy takes DSSE only where the stack was asked to.
            Err(error) if is_dsse && error.to_string().starts_with("AccessDenied") => {
                read.push("dsse.txt refused by the bucket's policy".to_owned());
                continue;
            }
            Err(error) => return Err(error.context(format!("{name} cannot be stored"))),
            Ok(_) => {}
        }
        let answer = context.view(name).await?;
        checks.that(answer.status == 200 && answer.body == "encrypted", || {
            format!("{name} is {}", answer.described())
        });
        read.push(name.to_owned());
    }
    Ok(checks.conclude(format!("read: {}", read.join(", "))))
}

async fn denied_writes(context: &Context) -> anyhow::Result<Observation> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let mut checks = Checks::default();
    let default = write(context, "default.txt").send().await;
    checks.that(default.is_ok(), || {
        "a write that names no encryption is refused".to_owned()
    });
    let parts = in_parts(context).await;
    checks.that(parts.is_ok(), || format!("parts are refused: {parts:?}"));
    let kms = ServerSideEncryption::AwsKms;
    let customer = STANDARD.encode([7; 32]);
    let customer_md5 = "vTaNxI0L9yEBiQgQ2WkRdw==";
    let mut refused = vec![
        (
            "aws:kms without a key",
            write(context, "no-key.txt").server_side_encryption(kms.clone()),
        ),
        (
            "an alias",
            write(context, "alias.txt")
                .server_side_encryption(kms)
                .ssekms_key_id("alias/keyfront-accept"),
        ),
        (
            "SSE-C",
            write(context, "sse-c.txt")
                .sse_customer_algorithm("AES256")
                .sse_customer_key(customer)
                .sse_customer_key_md5(customer_md5),
        ),
    ];
    let aes = policy_text(context).await?.contains("AES256");
    if !aes {
        refused.push((
            "AES256",
            write(context, "aes256.txt").server_side_encryption(ServerSideEncryption::Aes256),
        ));
    }
    let mut seen = Vec::new();
    for (what, call) in refused {
        let answer = call.send().await.map_err(call_error);
        checks.that(answer.is_err(), || format!("{what} is accepted"));
        if let Err(error) = answer {
            let code = error.to_string();
            let code = code.split(':').next().unwrap_or_default();
            seen.push(format!("{what}: {code}"));
        }
    }
    if aes {
        seen.push("AES256 is allowed by the stack's AllowedEncryption".to_owned());
    }
    Ok(checks.conclude(format!("default and parts stored; {}", seen.join("; "))))
}

/// The bucket's policy; empty if it has none.
async fn policy_text(context: &Context) -> anyhow::Result<String> {
    use aws_sdk_s3::error::ProvideErrorMetadata as _;

    context.costs.s3(1);
    let call = context.s3.get_bucket_policy().bucket(&context.bucket);
    match call.send().await {
        Ok(answer) => Ok(answer.policy.unwrap_or_default()),
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => Ok(String::new()),
        Err(error) => Err(call_error(error).context("the bucket's policy cannot be read")),
    }
}

async fn in_parts(context: &Context) -> anyhow::Result<()> {
    use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

    context.costs.s3(3);
    let (bucket, key) = (&context.bucket, context.key("parts.txt"));
    let call = context.s3.create_multipart_upload().bucket(bucket);
    let begun = call.key(&key).send().await.map_err(call_error)?;
    let id = begun.upload_id.unwrap_or_default();
    let call = context.s3.upload_part().bucket(bucket).key(&key);
    let call = call
        .upload_id(&id)
        .part_number(1)
        .body(Bytes::from_static(b"part").into());
    let part = call.send().await.map_err(call_error)?;
    let part = CompletedPart::builder()
        .part_number(1)
        .set_e_tag(part.e_tag)
        .set_checksum_crc32(part.checksum_crc32)
        .build();
    let parts = CompletedMultipartUpload::builder().parts(part).build();
    let call = context.s3.complete_multipart_upload().bucket(bucket);
    let call = call.key(&key).upload_id(id).multipart_upload(parts);
    call.send().await.map_err(call_error)?;
    Ok(())
}
