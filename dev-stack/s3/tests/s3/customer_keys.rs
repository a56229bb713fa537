//! SSE-C: the key comes with every request, is never kept, and a bucket may refuse it.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    BlockedEncryptionTypes, CompletedMultipartUpload, CompletedPart, EncryptionType,
    MetadataDirective, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code, error, noise};

/// A key in the three headers.
#[derive(Clone)]
struct Key {
    key: String,
    md5: String,
}

impl Key {
    fn of(byte: u8) -> Self {
        Self {
            key: STANDARD.encode([byte; 32]),
            md5: STANDARD.encode(Md5::digest([byte; 32])),
        }
    }
}

/// The SDK's builders share the names, not a trait.
macro_rules! under {
    ($request:expr, $key:expr) => {
        $request
            .sse_customer_algorithm("AES256")
            .sse_customer_key(&$key.key)
            .sse_customer_key_md5(&$key.md5)
    };
}

macro_rules! from {
    ($request:expr, $key:expr) => {
        $request
            .copy_source_sse_customer_algorithm("AES256")
            .copy_source_sse_customer_key(&$key.key)
            .copy_source_sse_customer_key_md5(&$key.md5)
    };
}

fn message<T, E>(result: &Result<T, SdkError<E>>) -> String
where
    E: ProvideErrorMetadata,
{
    let error = result.as_ref().err().unwrap();
    error.message().unwrap_or_default().to_owned()
}

async fn set_blocked(stack: &Stack, blocked: EncryptionType) {
    let default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(&stack.key_arn)
        .build()
        .unwrap();
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(default)
        .bucket_key_enabled(true)
        .blocked_encryption_types(
            BlockedEncryptionTypes::builder()
                .encryption_type(blocked)
                .build(),
        )
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder()
        .rules(rule)
        .build()
        .unwrap();
    let client = stack.client();
    let call = client.put_bucket_encryption().bucket(BUCKET);
    let call = call.server_side_encryption_configuration(configuration);
    call.send().await.unwrap();
}

async fn blocked(stack: &Stack) -> Vec<EncryptionType> {
    let client = stack.client();
    let found = client.get_bucket_encryption().bucket(BUCKET).send().await;
    let rules = found.unwrap().server_side_encryption_configuration.unwrap();
    let blocked = rules.rules()[0].blocked_encryption_types().unwrap();
    blocked.encryption_type().to_vec()
}

/// A stack whose bucket takes customer keys and has `secret` under the first.
async fn open_stack() -> (Stack, Key, Key) {
    let stack = Stack::start().await;
    set_blocked(&stack, EncryptionType::None).await;
    let (key, other) = (Key::of(7), Key::of(8));
    let put = under!(stack.client().put("secret"), key).body(b"hello".to_vec().into());
    put.send().await.unwrap();
    (stack, key, other)
}

#[tokio::test]
async fn every_read_of_an_object_under_a_customer_key_needs_that_key() {
    let (stack, key, other) = open_stack().await;
    let client = stack.client();
    let got = under!(client.get("secret"), key).send().await.unwrap();
    assert_eq!(got.sse_customer_algorithm(), Some("AES256"));
    assert_eq!(got.sse_customer_key_md5(), Some(&*key.md5));
    assert_eq!(got.server_side_encryption(), None);
    assert_ne!(
        got.e_tag(),
        Some("\"5d41402abc4b2a76b9719d911017c592\""),
        "the ETag is no MD5"
    );
    assert_eq!(got.body.collect().await.unwrap().to_vec(), b"hello");
    let range = under!(client.get("secret").range("bytes=1-3"), key).send();
    let range = range.await.unwrap().body.collect().await.unwrap();
    assert_eq!(range.to_vec(), b"ell");
    let head = under!(client.head("secret"), key).send().await.unwrap();
    assert_eq!(head.sse_customer_key_md5(), Some(&*key.md5));
    assert_eq!(head.content_length(), Some(5));

    let missing = client.get("secret").send().await;
    let text = message(&missing);
    assert_eq!(code(missing), error(400, "InvalidRequest"));
    assert!(
        text.contains("stored using a form of Server Side Encryption"),
        "{text}"
    );
    let missing = client.head("secret").send().await.unwrap_err();
    let missing = missing.raw_response().unwrap();
    assert_eq!(missing.status().as_u16(), 400);
    assert_eq!(missing.body().bytes(), Some(&b""[..]));
    let attributes = |client: &aws_sdk_s3::Client| {
        let call = client.get_object_attributes().bucket(BUCKET).key("secret");
        call.object_attributes(aws_sdk_s3::types::ObjectAttributes::ObjectSize)
    };
    let missing = attributes(&client).send().await;
    assert_eq!(code(missing), error(400, "InvalidRequest"));
    under!(attributes(&client), key).send().await.unwrap();

    let wrong = under!(client.get("secret"), other).send().await;
    assert_eq!(code(wrong), error(403, "AccessDenied"));
    let wrong = under!(client.head("secret"), other).send().await;
    let wrong = wrong.unwrap_err().raw_response().unwrap().status().as_u16();
    assert_eq!(wrong, 403);
}

#[tokio::test]
async fn a_customer_key_does_not_fit_an_object_that_has_none() {
    let (stack, key, _) = open_stack().await;
    let client = stack.client();
    let put = client.put("plain").body(b"x".to_vec().into());
    put.send().await.unwrap();
    let refused = under!(client.get("plain"), key).send().await;
    assert!(message(&refused).contains("not applicable"));
    assert_eq!(code(refused), error(400, "InvalidRequest"));
    let both = under!(client.put("n"), key).server_side_encryption(ServerSideEncryption::Aes256);
    let both = both.body(b"x".to_vec().into()).send().await;
    assert_eq!(code(both), error(400, "InvalidArgument"));
}

#[tokio::test]
async fn the_digest_of_a_customer_key_is_bound_to_it() {
    let (stack, key, other) = open_stack().await;
    let mixed = Key {
        md5: other.md5,
        ..key
    };
    let client = stack.client();
    let put = under!(client.put("n"), mixed).body(b"x".to_vec().into());
    assert_eq!(code(put.send().await), error(400, "InvalidArgument"));
    let get = under!(client.get("secret"), mixed).send().await;
    assert_eq!(code(get), error(400, "InvalidArgument"));
}

#[tokio::test]
async fn every_part_of_an_upload_comes_with_its_customer_key() {
    let (stack, key, other) = open_stack().await;
    let client = stack.client();
    let begun = under!(client.create_upload("parts"), key);
    let begun = begun.send().await.unwrap();
    assert_eq!(begun.sse_customer_key_md5(), Some(&*key.md5));
    let id = begun.upload_id().unwrap();
    let part = |number| client.part("parts").upload_id(id).part_number(number);
    let body = noise(5 << 20, 1);
    let without = part(1).body(body.clone().into()).send().await;
    assert!(message(&without).contains("Subsequent part requests"));
    assert_eq!(code(without), error(400, "InvalidRequest"));
    let wrong = under!(part(1), other).body(body.clone().into());
    assert_eq!(code(wrong.send().await), error(400, "InvalidArgument"));
    let one = under!(part(1), key).body(body.clone().into());
    let one = one.send().await.unwrap();
    assert_eq!(one.sse_customer_key_md5(), Some(&*key.md5));
    let two = client.copy_part("parts").upload_id(id).part_number(2);
    let two = from!(under!(two, key), key).copy_source("docs/secret");
    let two = two.send().await.unwrap();
    let completed = |number, etag: Option<&str>| {
        CompletedPart::builder()
            .part_number(number)
            .set_e_tag(etag.map(str::to_owned))
            .build()
    };
    let list = CompletedMultipartUpload::builder()
        .parts(completed(1, one.e_tag()))
        .parts(completed(2, two.copy_part_result().unwrap().e_tag()))
        .build();
    let complete = client.complete("parts").upload_id(id);
    complete.multipart_upload(list).send().await.unwrap();
    let got = under!(client.get("parts").range("bytes=5242878-"), key).send();
    let got = got.await.unwrap().body.collect().await.unwrap().to_vec();
    assert_eq!(got, [&body[body.len() - 2..], b"hello"].concat());
    let missing = client.get("parts").send().await;
    assert_eq!(code(missing), error(400, "InvalidRequest"));
}

#[tokio::test]
async fn a_copy_changes_the_key_or_leaves_it_behind() {
    let (stack, key, other) = open_stack().await;
    let client = stack.client();
    let copy = |to: &str| client.copy_to(to).copy_source("docs/secret");
    let without = copy("copy").send().await;
    assert_eq!(code(without), error(400, "InvalidRequest"));
    let copied = from!(under!(copy("copy"), other), key).send().await;
    assert_eq!(copied.unwrap().sse_customer_key_md5(), Some(&*other.md5));
    under!(client.get("copy"), other).send().await.unwrap();
    let old = under!(client.get("copy"), key).send().await;
    assert_eq!(code(old), error(403, "AccessDenied"));
    from!(copy("plain"), key).send().await.unwrap();
    client.get("plain").send().await.unwrap();
    // Rotation is a copy onto itself.
    let rotated = from!(under!(copy("secret"), other), key);
    let rotated = rotated.metadata_directive(MetadataDirective::Copy).send();
    rotated.await.unwrap();
    under!(client.get("secret"), other).send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_blocks_customer_keys_until_it_says_otherwise_and_reads_go_on() {
    let stack = Stack::start().await;
    let client = stack.client();
    let key = Key::of(7);
    let put = || under!(client.put("k"), key).body(b"x".to_vec().into());
    assert_eq!(blocked(&stack).await, [EncryptionType::SseC]);
    assert_eq!(code(put().send().await), error(403, "AccessDenied"));
    let half = client.put("k").sse_customer_algorithm("AES256");
    assert_eq!(
        code(half.body(b"x".to_vec().into()).send().await),
        error(403, "AccessDenied"),
        "before the key is looked at"
    );
    let begun = under!(client.create_upload("k"), key).send().await;
    assert_eq!(code(begun), error(403, "AccessDenied"));
    set_blocked(&stack, EncryptionType::None).await;
    assert_eq!(blocked(&stack).await, [EncryptionType::None]);
    put().send().await.unwrap();
    set_blocked(&stack, EncryptionType::SseC).await;
    assert_eq!(code(put().send().await), error(403, "AccessDenied"));
    under!(client.get("k"), key).send().await.unwrap();
    let copy = from!(client.copy_to("plain"), key).copy_source("docs/k");
    copy.send().await.unwrap();
}

#[tokio::test]
async fn nothing_in_the_state_folder_is_the_key_or_its_digest() {
    let folder = tempfile::tempdir().unwrap();
    let stack = Stack::in_folder(folder.path()).await;
    set_blocked(&stack, EncryptionType::None).await;
    let key = Key::of(0xA7);
    let marked = b"body under a customer key".repeat(64);
    let put = under!(stack.client().put("k"), key).body(marked.clone().into());
    put.send().await.unwrap();
    stack.stop().await;
    let (raw, digest) = ([0xA7_u8; 32], STANDARD.decode(&key.md5).unwrap());
    let mut searched = 0;
    for file in files_below(folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        searched += bytes.len();
        for needle in [
            &raw[..],
            &digest,
            key.key.as_bytes(),
            key.md5.as_bytes(),
            &marked[..25],
        ] {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{}", file.display());
        }
    }
    assert!(searched > 1000, "{searched}");
    let stack = Stack::in_folder(folder.path()).await;
    let got = under!(stack.client().get("k"), key).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), marked);
}

fn files_below(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files_below(&path)),
            false => found.push(path),
        }
    }
    found
}

#[tokio::test]
async fn a_version_keeps_its_customer_key() {
    let stack = Stack::start().await;
    let client = stack.client();
    set_blocked(&stack, EncryptionType::None).await;
    let enabled = aws_sdk_s3::types::VersioningConfiguration::builder()
        .status(aws_sdk_s3::types::BucketVersioningStatus::Enabled)
        .build();
    let put = client.put_bucket_versioning().bucket(BUCKET);
    put.versioning_configuration(enabled).send().await.unwrap();
    let keys = [Key::of(1), Key::of(2)];
    let mut ids = Vec::new();
    for (n, key) in keys.iter().enumerate() {
        let put = under!(client.put("k").body(vec![n as u8; 10].into()), key);
        ids.push(put.send().await.unwrap().version_id.unwrap());
    }
    for (n, id) in ids.iter().enumerate() {
        let got = under!(client.get("k").version_id(id), &keys[n]);
        let body = got.send().await.unwrap().body.collect().await.unwrap();
        assert_eq!(body.to_vec(), [n as u8; 10]);
        let other = under!(client.get("k").version_id(id), &keys[1 - n]);
        assert_eq!(code(other.send().await), error(403, "AccessDenied"));
        let keyless = client.get("k").version_id(id).send().await;
        assert_eq!(code(keyless), error(400, "InvalidRequest"));
    }
    let source = format!("docs/k?versionId={}", ids[0]);
    let restore = from!(client.copy_to("k").copy_source(&source), &keys[0]);
    under!(restore, &keys[1]).send().await.unwrap();
    let got = under!(client.get("k"), &keys[1]).send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().to_vec(), [0; 10]);
}
