//! SSE-KMS and SSE-S3: who may decrypt, what answers disclose, what is on the disk, and how often KMS is called.

use aws_sdk_s3::types::{
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use keyfront_dev_kms::Operation;

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error, noise};

const READ: &str = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::docs","arn:aws:s3:::docs/*"]}"#;
const READ_AND_DECRYPT: &str = r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::docs","arn:aws:s3:::docs/*"]},
    {"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"s3.eu-central-1.amazonaws.com","kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::docs"}}}"#;

async fn put(stack: &Stack, key: &str, body: &[u8]) {
    stack
        .client()
        .put(key)
        .body(body.to_vec().into())
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn the_default_applies_and_is_returned() {
    let stack = Stack::start().await;
    let client = stack.client();
    let put = client
        .put("k")
        .body(b"x".to_vec().into())
        .send()
        .await
        .unwrap();
    assert_eq!(
        put.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(put.ssekms_key_id(), Some(stack.key_arn.as_str()));
    assert_eq!(put.bucket_key_enabled(), Some(true));
    let get = client.get("k").send().await.unwrap();
    assert_eq!(
        get.server_side_encryption(),
        Some(&ServerSideEncryption::AwsKms)
    );
    assert_eq!(get.ssekms_key_id(), Some(stack.key_arn.as_str()));
    let md5 = "\"9dd4e461268c8034f5c8564e155c67a6\"";
    assert_ne!(get.e_tag(), Some(md5), "an SSE-KMS ETag is not the MD5");
    let plain = client
        .put("p")
        .server_side_encryption(ServerSideEncryption::Aes256);
    let plain = plain.body(b"x".to_vec().into()).send().await.unwrap();
    assert_eq!(
        plain.server_side_encryption(),
        Some(&ServerSideEncryption::Aes256)
    );
    assert_eq!((plain.ssekms_key_id(), plain.e_tag()), (None, Some(md5)));
}

#[tokio::test]
async fn reading_needs_kms_decrypt_as_in_aws() {
    let stack = Stack::start().await;
    put(&stack, "k", b"secret").await;
    let without = stack.client_of(&stack.session("edge", READ));
    let denied = without
        .get("k")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let message = denied.meta().message().unwrap();
    assert_eq!(denied.meta().code(), Some("AccessDenied"));
    assert!(
        message.contains("kms:Decrypt") && message.contains("assumed-role/edge/test"),
        "{message}"
    );
    without.head("k").send().await.unwrap();

    let with = stack.client_of(&stack.session("reader", READ_AND_DECRYPT));
    let got = with.get("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"secret");
    assert_eq!(
        code(without.get("k").send().await),
        error(403, "AccessDenied"),
        "a cached bucket key lends no rights"
    );
}

#[tokio::test]
async fn writing_needs_kms_generate_data_key() {
    let stack = Stack::start().await;
    let put_only = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::docs/*"}"#;
    let writer = stack.client_of(&stack.session("writer", put_only));
    let put = || writer.put("k").body(b"x".to_vec().into());
    assert_eq!(code(put().send().await), error(403, "AccessDenied"));
    assert_eq!(
        code(writer.create_upload("k").send().await),
        error(403, "AccessDenied")
    );
    put()
        .server_side_encryption(ServerSideEncryption::Aes256)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_disabled_key_makes_its_objects_unreadable_until_it_is_enabled() {
    let stack = Stack::start().await;
    put(&stack, "k", b"x").await;
    let client = stack.client();
    let get = || client.get("k");
    get().send().await.unwrap();
    stack
        .kms
        .disable_key(&stack.administrator(), &stack.key_arn)
        .unwrap();
    assert_eq!(
        code(get().send().await),
        error(400, "KMS.DisabledException")
    );
    let write = client.put("k2").body(b"x".to_vec().into());
    assert_eq!(
        code(write.send().await),
        error(400, "KMS.DisabledException")
    );
    stack
        .kms
        .enable_key(&stack.administrator(), &stack.key_arn)
        .unwrap();
    get().send().await.unwrap();
    stack
        .kms
        .schedule_key_deletion(&stack.administrator(), &stack.key_arn, 7)
        .unwrap();
    assert_eq!(
        code(get().send().await),
        error(400, "KMS.KMSInvalidStateException")
    );
}

#[tokio::test]
async fn with_bucket_keys_kms_is_called_once_for_many_objects() {
    let stack = Stack::start().await;
    let before = stack.kms.calls();
    for n in 0..20 {
        put(&stack, &format!("k{n}"), b"x").await;
    }
    let calls = stack.kms.calls();
    assert_eq!(
        calls.of(Operation::GenerateDataKey) - before.of(Operation::GenerateDataKey),
        1
    );
    assert_eq!(calls.of(Operation::Decrypt), before.of(Operation::Decrypt));
    let client = stack.client();
    let single = client
        .put("own")
        .server_side_encryption(ServerSideEncryption::AwsKms);
    let single = single
        .ssekms_key_id(&stack.key_arn)
        .bucket_key_enabled(false)
        .body(b"x".to_vec().into());
    assert_eq!(single.send().await.unwrap().bucket_key_enabled(), None);
    for _ in 0..3 {
        client.get("own").send().await.unwrap();
    }
    assert_eq!(
        stack.kms.calls().of(Operation::Decrypt) - calls.of(Operation::Decrypt),
        3
    );
}

#[tokio::test]
async fn kms_throttling_is_slow_down() {
    let stack = Stack::start().await;
    stack.kms.throttle_next(1);
    let put = || stack.client().put("k").body(b"x".to_vec().into()).send();
    assert_eq!(code(put().await), error(503, "SlowDown"));
    put().await.unwrap();
}

#[tokio::test]
async fn the_encryption_context_is_what_policies_see() {
    let stack = Stack::start().await;
    let client = stack.client();
    let context = STANDARD.encode(r#"{"team":"red"}"#);
    let put = client
        .put("c")
        .server_side_encryption(ServerSideEncryption::AwsKms);
    let put = put
        .ssekms_key_id(&stack.key_arn)
        .bucket_key_enabled(false)
        .ssekms_encryption_context(context);
    put.body(b"x".to_vec().into()).send().await.unwrap();
    let statement = |team: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}},
               {{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{{"StringEquals":
                 {{"kms:EncryptionContext:team":"{team}","kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::docs/c"}}}}}}"#
        )
    };
    let red = stack.client_of(&stack.session("red", &statement("red")));
    red.get("c").send().await.unwrap();
    let blue = stack.client_of(&stack.session("blue", &statement("blue")));
    assert_eq!(code(blue.get("c").send().await), error(403, "AccessDenied"));
}

#[tokio::test]
async fn contradicting_encryption_headers_are_refused() {
    let stack = Stack::start().await;
    let client = stack.client();
    let put = || client.put("k").body(b"x".to_vec().into());
    let key_with_aes = put()
        .server_side_encryption(ServerSideEncryption::Aes256)
        .ssekms_key_id(&stack.key_arn);
    assert_eq!(
        code(key_with_aes.send().await),
        error(400, "InvalidArgument")
    );
    let no_such_key = put()
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id("alias/none");
    assert_eq!(
        code(no_such_key.send().await),
        error(400, "KMS.NotFoundException")
    );
    // As in AWS, where the account's own `aws/s3` key stands in; the stack makes none.
    let no_key = put().server_side_encryption(ServerSideEncryption::AwsKmsDsse);
    assert_eq!(
        code(no_key.send().await),
        error(400, "KMS.NotFoundException")
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn bucket_encryption_is_put_read_and_reset() {
    let stack = Stack::start().await;
    let client = stack.client();
    let read = || async {
        let answer = client
            .get_bucket_encryption()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap();
        let rule = answer
            .server_side_encryption_configuration()
            .unwrap()
            .rules()[0]
            .clone();
        let default = rule
            .apply_server_side_encryption_by_default()
            .unwrap()
            .clone();
        (
            default.sse_algorithm,
            default.kms_master_key_id,
            rule.bucket_key_enabled,
        )
    };
    assert_eq!(
        read().await,
        (
            ServerSideEncryption::AwsKms,
            Some(stack.key_arn.clone()),
            Some(true)
        )
    );
    client
        .delete_bucket_encryption()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        read().await,
        (ServerSideEncryption::Aes256, None, Some(false))
    );
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(&stack.key_arn)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(false)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    client
        .put_bucket_encryption()
        .bucket(BUCKET)
        .server_side_encryption_configuration(configuration)
        .send()
        .await
        .unwrap();
    assert_eq!(
        read().await,
        (
            ServerSideEncryption::AwsKms,
            Some(stack.key_arn.clone()),
            Some(false)
        )
    );
}

#[tokio::test]
async fn the_raw_bytes_on_disk_never_contain_the_plaintext() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let marker = b"PLAINTEXT-MARKER-0123456789";
    let mut body = noise(300_000, 5);
    body[100_000..100_000 + marker.len()].copy_from_slice(marker);
    put(&stack, "kms", &body).await;
    let plain = stack
        .client()
        .put("s3")
        .server_side_encryption(ServerSideEncryption::Aes256);
    plain.body(body.clone().into()).send().await.unwrap();
    stack.stop().await;
    let mut files = vec![folder.path().to_owned()];
    let mut read = 0;
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        read += bytes.len();
        assert!(
            !bytes.windows(marker.len()).any(|window| window == marker),
            "{}",
            path.display()
        );
    }
    assert!(read > 600_000);
}

#[tokio::test]
async fn objects_survive_a_restart_and_tampering_with_the_disk_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    let body = noise(2_500_000, 6);
    put(&stack, "k", &body).await;
    stack.stop().await;
    let stack = Stack::in_folder(folder.path()).await;
    let got = stack.client().get("k").send().await.unwrap();
    assert!(got.body.collect().await.unwrap().to_vec() == body);
    let blob = std::fs::read_dir(folder.path().join("s3/blobs"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let sealed = std::fs::read(&blob).unwrap();
    let flip = |at: usize| {
        let mut bytes = sealed.clone();
        bytes[at] ^= 1;
        std::fs::write(&blob, bytes).unwrap();
    };
    flip(70_000);
    let client = stack.client();
    let get = || client.get("k");
    assert_eq!(code(get().send().await), error(500, "InternalError"));
    let untouched = get().range("bytes=0-65535").send().await.unwrap();
    assert_eq!(
        untouched.body.collect().await.unwrap().to_vec(),
        body[..65_536]
    );
    flip(2_000_000);
    let got = get().send().await.unwrap();
    assert!(got.body.collect().await.is_err(), "the transfer breaks off");
}
