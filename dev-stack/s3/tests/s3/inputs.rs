//! What every operation does with inputs it does not know, and with those that every client sends.
//!
//! One row an operation: a request that it takes. What an input means where it is known is in the files of the operations.

use keyfront_dev_s3::SUPPORTED_OPERATIONS;

use crate::calls::BucketCalls;
use crate::{
    raw::{Answer, Raw},
    stack::{ACCOUNT, BUCKET, Stack, error},
};

const COMPLETION: &str = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>";
const CORS: &str = "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>";
const ENCRYPTION: &str = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
const LOCATION: &str = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
const LOCK: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
const BLOCK: &str = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
const TAGGING: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";
const VERSIONING: &str =
    "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const DELETE: &str = "<Delete><Object><Key>none</Key></Object></Delete>";
const POLICY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"}}"#;

/// Operation, method, target, body. `UPLOAD` stands for the id of an upload of `m`.
const REQUESTS: [(&str, &str, &str, &str); 47] = [
    ("ListBuckets", "GET", "/", ""),
    ("HeadBucket", "HEAD", "/docs", ""),
    ("CreateBucket", "PUT", "/fresh", LOCATION),
    ("PutBucketCors", "PUT", "/docs?cors", CORS),
    ("PutBucketEncryption", "PUT", "/docs?encryption", ENCRYPTION),
    ("PutBucketPolicy", "PUT", "/docs?policy", POLICY),
    (
        "PutObjectLockConfiguration",
        "PUT",
        "/docs?object-lock",
        LOCK,
    ),
    (
        "PutPublicAccessBlock",
        "PUT",
        "/docs?publicAccessBlock",
        BLOCK,
    ),
    ("GetBucketAcl", "GET", "/docs?acl", ""),
    ("GetBucketCors", "GET", "/docs?cors", ""),
    ("GetBucketEncryption", "GET", "/docs?encryption", ""),
    ("GetBucketLocation", "GET", "/docs?location", ""),
    ("GetBucketLogging", "GET", "/docs?logging", ""),
    (
        "GetBucketOwnershipControls",
        "GET",
        "/docs?ownershipControls",
        "",
    ),
    ("GetBucketPolicy", "GET", "/docs?policy", ""),
    ("GetBucketPolicyStatus", "GET", "/docs?policyStatus", ""),
    ("GetBucketVersioning", "GET", "/docs?versioning", ""),
    ("PutBucketVersioning", "PUT", "/docs?versioning", VERSIONING),
    ("GetObjectLockConfiguration", "GET", "/docs?object-lock", ""),
    ("GetPublicAccessBlock", "GET", "/docs?publicAccessBlock", ""),
    ("ListMultipartUploads", "GET", "/docs?uploads", ""),
    ("ListObjectVersions", "GET", "/docs?versions", ""),
    ("ListObjects", "GET", "/docs", ""),
    ("ListObjectsV2", "GET", "/docs?list-type=2", ""),
    ("PutObject", "PUT", "/docs/n", "x"),
    ("GetObject", "GET", "/docs/k", ""),
    ("HeadObject", "HEAD", "/docs/k", ""),
    ("GetObjectAttributes", "GET", "/docs/k?attributes", ""),
    ("GetObjectLegalHold", "GET", "/docs/k?legal-hold", ""),
    ("GetObjectRetention", "GET", "/docs/k?retention", ""),
    ("PutObjectTagging", "PUT", "/docs/k?tagging", TAGGING),
    ("GetObjectTagging", "GET", "/docs/k?tagging", ""),
    ("DeleteObjectTagging", "DELETE", "/docs/k?tagging", ""),
    ("CopyObject", "PUT", "/docs/copy", ""),
    ("CreateMultipartUpload", "POST", "/docs/m?uploads", ""),
    (
        "UploadPart",
        "PUT",
        "/docs/m?partNumber=1&uploadId=UPLOAD",
        "x",
    ),
    (
        "UploadPartCopy",
        "PUT",
        "/docs/m?partNumber=2&uploadId=UPLOAD",
        "",
    ),
    ("ListParts", "GET", "/docs/m?uploadId=UPLOAD", ""),
    (
        "CompleteMultipartUpload",
        "POST",
        "/docs/m?uploadId=UPLOAD",
        COMPLETION,
    ),
    (
        "AbortMultipartUpload",
        "DELETE",
        "/docs/m?uploadId=UPLOAD",
        "",
    ),
    ("DeleteObjects", "POST", "/docs?delete", DELETE),
    ("DeleteObject", "DELETE", "/docs/n", ""),
    ("DeleteBucketCors", "DELETE", "/docs?cors", ""),
    ("DeleteBucketEncryption", "DELETE", "/docs?encryption", ""),
    ("DeleteBucketPolicy", "DELETE", "/docs?policy", ""),
    (
        "DeletePublicAccessBlock",
        "DELETE",
        "/docs?publicAccessBlock",
        "",
    ),
    ("DeleteBucket", "DELETE", "/docs", ""),
];

/// A stack with the objects, uploads and settings that the requests are about.
async fn stocked() -> (Stack, String) {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("k")
        .body(b"abc".to_vec().into())
        .send()
        .await
        .unwrap();
    let upload = client.create_upload("m").send().await.unwrap();
    (stack, upload.upload_id.unwrap())
}

/// The request of a row, with more in its query.
fn request(row: (&str, &'static str, &str, &str), upload: &str, query: &str) -> Raw {
    let (operation, method, target, body) = row;
    let mut target = target.replace("UPLOAD", upload);
    if !query.is_empty() {
        let separator = if target.contains('?') { '&' } else { '?' };
        target = format!("{target}{separator}{query}");
    }
    let raw = Raw::new(method, &target, body.as_bytes());
    match operation {
        "CopyObject" | "UploadPartCopy" => raw.header("x-amz-copy-source", "/docs/k"),
        "GetObjectAttributes" => raw.header("x-amz-object-attributes", "ETag"),
        _ => raw,
    }
}

/// The answer to a request that must be refused; a HEAD is told the status alone.
async fn refusal(stack: &Stack, raw: Raw) -> (u16, String) {
    let is_head = raw.method == "HEAD";
    let answer = stack.sign(raw).send(stack.address).await;
    let (status, code) = answer.error();
    match is_head {
        true => (status, "of a HEAD".to_owned()),
        false => (status, code),
    }
}

fn refused(method: &str, status: u16, code: &str) -> (u16, String) {
    error(status, if method == "HEAD" { "of a HEAD" } else { code })
}

#[test]
fn every_operation_has_a_row() {
    let mut rows: Vec<&str> = REQUESTS.iter().map(|row| row.0).collect();
    let mut supported = SUPPORTED_OPERATIONS.to_vec();
    rows.sort_unstable();
    supported.sort_unstable();
    assert_eq!(rows, supported);
}

#[tokio::test]
async fn every_operation_refuses_parameters_and_headers_it_does_not_know() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let (operation, method, ..) = row;
        let refused = refused(method, 501, "NotImplemented");
        for query in ["colour=red", "colour", "lifecycle", "X-Amz-Colour=red"] {
            let is_read = ["GetObject", "HeadObject"].contains(&operation);
            if is_read && query.starts_with("colour") {
                continue;
            }
            let found = refusal(&stack, request(row, &upload, query)).await;
            assert_eq!(found, refused, "{operation} {query}");
        }
        for (name, value) in [
            ("x-amz-colour", "red"),
            ("x-amz-checksum-sha512", "AAAA"),
            ("x-amz-mfa", "1 2"),
            ("x-amz-write-offset-bytes", "0"),
            ("content-range", "bytes 0-0/1"),
        ] {
            let raw = request(row, &upload, "").header(name, value);
            assert_eq!(refusal(&stack, raw).await, refused, "{operation} {name}");
        }
    }
}

#[tokio::test]
async fn a_read_takes_parameters_that_are_its_viewers_and_no_others() {
    let (stack, upload) = stocked().await;
    for method in ["GET", "HEAD"] {
        for query in ["v=1", "v=1&v=2", "prefix=a", "id", "=", "V=%C3%A9"] {
            let raw = Raw::new(method, &format!("/docs/k?{query}"), b"");
            let answer = stack.sign(raw).send(stack.address).await;
            assert_eq!(answer.status, 200, "{method} {query}");
        }
        for query in [
            "restore",
            "select",
            "cors",
            "uploads",
            "list-type=2",
            "response-colour=red",
            "x-amz-meta-a=b",
        ] {
            let raw = Raw::new(method, &format!("/docs/k?{query}"), b"");
            let refused = refused(method, 501, "NotImplemented");
            assert_eq!(refusal(&stack, raw).await, refused, "{method} {query}");
        }
    }
    let raw = Raw::get(&format!("/docs/m?uploadId={upload}&v=1"));
    assert_eq!(refusal(&stack, raw).await, error(501, "NotImplemented"));
}

#[tokio::test]
async fn conditions_count_only_where_the_operation_has_them() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let (operation, method, ..) = row;
        let known: &[&str] = match operation {
            "GetObject" | "HeadObject" => continue,
            "PutObject" | "CopyObject" | "CompleteMultipartUpload" => {
                &["if-match", "if-none-match"]
            }
            "DeleteObject" => &["if-match"],
            _ => &[],
        };
        let since = "Wed, 21 Oct 2015 07:28:00 GMT";
        for (name, value) in [
            ("if-match", "\"x\""),
            ("if-none-match", "*"),
            ("if-modified-since", since),
            ("if-unmodified-since", since),
            ("if-range", "\"x\""),
            ("range", "bytes=0-0"),
        ] {
            if known.contains(&name) {
                continue;
            }
            let raw = request(row, &upload, "").header(name, value);
            let refused = refused(method, 501, "NotImplemented");
            assert_eq!(refusal(&stack, raw).await, refused, "{operation} {name}");
        }
    }
}

#[tokio::test]
async fn what_is_sent_twice_or_without_a_value_is_refused() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let (operation, method, ..) = row;
        let twice = refusal(&stack, request(row, &upload, "x-id=a&x-id=b")).await;
        assert_eq!(
            twice,
            refused(method, 400, "InvalidArgument"),
            "{operation}"
        );
        let raw = request(row, &upload, "").header("x-amz-expected-bucket-owner", ACCOUNT);
        let raw = raw.header("x-amz-expected-bucket-owner", ACCOUNT);
        let twice = refusal(&stack, raw).await;
        assert_eq!(twice, refused(method, 400, "InvalidRequest"), "{operation}");
        let raw = request(row, &upload, "").header("x-amz-expected-bucket-owner", "");
        assert_eq!(refusal(&stack, raw).await.0 / 100, 4, "{operation}");
    }
    for name in [
        "x-amz-server-side-encryption",
        "x-amz-metadata-directive",
        "x-amz-trailer",
    ] {
        let raw = Raw::put("/docs/n", b"x").header(name, "");
        let status = refusal(&stack, raw).await.0;
        assert!([400, 501].contains(&status), "{name}: {status}");
    }
}

#[tokio::test]
async fn a_body_is_refused_where_the_operation_has_none() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let (operation, method, _, body) = row;
        if !body.is_empty() {
            continue;
        }
        let mut raw = request(row, &upload, "");
        raw.body = b"<A/>".to_vec();
        let refused = refused(method, 501, "NotImplemented");
        assert_eq!(refusal(&stack, raw).await, refused, "{operation}");
    }
}

/// What SDKs, tools and CloudFront add to every request, and the account's own id.
fn labelled(raw: Raw) -> Raw {
    raw.header("x-amz-user-agent", "aws-sdk-js/3.0")
        .header("x-amz-te", "append-md5")
        .header("x-amz-cf-id", "abc==")
        .header("amz-sdk-invocation-id", "0b8a2e4e")
        .header("amz-sdk-request", "attempt=1; max=3")
        .header("x-amz-expected-bucket-owner", ACCOUNT)
        .header("cache-control", "no-cache")
        .header("accept-encoding", "identity")
}

#[tokio::test]
async fn every_operation_takes_what_every_client_sends() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let query = format!("x-id={}&x-logged=1", row.0);
        let answer = stack.sign(labelled(request(row, &upload, &query)));
        let answer: Answer = answer.send(stack.address).await;
        let expected = match row.0 {
            "CompleteMultipartUpload" => error(400, "InvalidPart"),
            "GetObjectLegalHold" | "GetObjectRetention" => {
                error(404, "NoSuchObjectLockConfiguration")
            }
            "DeleteBucket" => error(409, "BucketNotEmpty"),
            operation if operation.starts_with("Delete") && operation != "DeleteObjects" => {
                error(204, "")
            }
            "AbortMultipartUpload" | "PutBucketPolicy" => error(204, ""),
            _ => error(200, ""),
        };
        assert_eq!(answer.error(), expected, "{}: {answer:?}", row.0);
    }
}

#[tokio::test]
async fn every_operation_is_for_the_expected_owner_only() {
    let (stack, upload) = stocked().await;
    for row in REQUESTS {
        let (operation, method, ..) = row;
        let raw = request(row, &upload, "");
        let raw = raw.header("x-amz-expected-bucket-owner", "999999999999");
        let refused = refused(method, 403, "AccessDenied");
        assert_eq!(refusal(&stack, raw).await, refused, "{operation}");
    }
    let listed = stack.client().list_buckets().send().await.unwrap();
    let names: Vec<_> = listed
        .buckets()
        .iter()
        .filter_map(|bucket| bucket.name())
        .collect();
    assert_eq!(names, [BUCKET]);
}
