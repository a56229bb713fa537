//! Inputs that an operation knows: honoured as in AWS, or refused; one row an operation and a value.

use aws_sdk_s3::types::{
    ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, builders::CompletedPartBuilder,
};

use crate::calls::BucketCalls;
use crate::{
    raw::{Raw, element},
    stack::{Stack, code, error},
};

/// Method, target, headers, body, answer. `UPLOAD` stands for the id of an upload of `m`, `CUSTOMER KEY` for its three
/// headers, words in capitals in the place of a body for the documents below.
const REFUSED: &str = r#"
GET | /?max-buckets=0 | | | 400 InvalidArgument
GET | /?max-buckets=10001 | | | 400 InvalidArgument
GET | /?bucket-region=us-west-2 | | | 400 InvalidArgument
GET | /docs?list-type=1 | | | 400 InvalidArgument
GET | /docs?start-after=a | | | 501 NotImplemented
GET | /docs?list-type=2&marker=a | | | 501 NotImplemented
GET | /docs?list-type=2&max-keys=-1 | | | 400 InvalidArgument
GET | /docs?list-type=2&max-keys=4294967296 | | | 400 InvalidArgument
GET | /docs?list-type=2&continuation-token= | | | 400 InvalidArgument
GET | /docs?list-type=2&encoding-type= | | | 400 InvalidArgument
GET | /docs?list-type=2 | x-amz-optional-object-attributes: Colour | | 400 InvalidArgument
GET | /docs?list-type=2 | x-amz-request-payer: me | | 400 InvalidArgument
GET | /docs/k?partNumber=0 | | | 400 InvalidArgument
GET | /docs/k?partNumber=10001 | | | 400 InvalidArgument
GET | /docs/k?versionId= | | | 400 InvalidArgument
GET | /docs/k?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD | | | 400 InvalidArgument
DELETE | /docs/k?versionId=HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD | | | 400 InvalidArgument
PUT | /docs/n | x-amz-copy-source: docs/k?versionId=abc | | 400 InvalidArgument
GET | /docs?versions&max-keys=-1 | | | 400 InvalidArgument
GET | /docs?versions&version-id-marker=null | | | 400 InvalidArgument
GET | /docs?versions&key-marker=k&version-id-marker= | | | 400 InvalidArgument
GET | /docs?versions&key-marker=k&version-id-marker=abc | | | 400 InvalidArgument
GET | /docs?versions&encoding-type=base64 | | | 400 InvalidArgument
PUT | /docs?versioning | | NO STATUS | 400 IllegalVersioningConfigurationException
PUT | /docs?versioning | | STATUS IN SMALL LETTERS | 400 MalformedXML
PUT | /docs?versioning | | MFA DELETE | 501 NotImplemented
GET | /docs/k | x-amz-checksum-mode: DISABLED | | 400 InvalidArgument
GET | /docs/k?retention&versionId=abc | | | 400 InvalidArgument
GET | /docs/k?legal-hold&versionId=abc | | | 400 InvalidArgument
GET | /docs/k?tagging&attributes | x-amz-object-attributes: ETag | | 501 NotImplemented
GET | /docs/k?attributes | x-amz-object-attributes: ETag; x-amz-max-parts: -1 | | 400 InvalidArgument
GET | /docs/k?attributes | x-amz-object-attributes: ETag; x-amz-max-parts: 1x | | 400 InvalidArgument
GET | /docs/k?attributes | x-amz-object-attributes: ETag; x-amz-part-number-marker: -1 | | 400 InvalidArgument
GET | /docs/m?uploadId=UPLOAD&part-number-marker=-1 | | | 400 InvalidArgument
GET | /docs/m?uploadId=UPLOAD&encoding-type=url | | | 501 NotImplemented
GET | /docs/m?uploadId=UPLOAD | CUSTOMER KEY | | 400 InvalidRequest
POST | /docs/m?uploadId=UPLOAD | CUSTOMER KEY | COMPLETION | 400 InvalidRequest
POST | /docs/m?uploadId=UPLOAD | x-amz-checksum-type: COMPOSITE | COMPLETION | 400 InvalidRequest
POST | /docs/m?uploadId=UPLOAD | x-amz-mp-object-size: 3x | COMPLETION | 400 InvalidArgument
DELETE | /docs/m?uploadId=UPLOAD | x-amz-if-match-initiated-time: Wed, 21 Oct 2015 07:28:00 GMT | | 501 NotImplemented
PUT | /docs/m?partNumber=1&uploadId=UPLOAD | x-amz-tagging: a=b | x | 501 NotImplemented
PUT | /docs/m?partNumber=1&uploadId=UPLOAD | x-amz-meta-a: b | x | 501 NotImplemented
PUT | /docs/m?partNumber=1&uploadId=UPLOAD | x-amz-server-side-encryption-aws-kms-key-id: k | x | 501 NotImplemented
PUT | /docs/n?uploadId=UPLOAD | | x | 501 NotImplemented
PUT | /docs/n?partNumber=1 | | x | 501 NotImplemented
PUT | /docs/n | x-amz-metadata-directive: REPLACE | x | 501 NotImplemented
PUT | /docs/n | x-amz-copy-source-if-match: "x" | x | 501 NotImplemented
PUT | /docs/n | x-amz-meta-: a | x | 400 InvalidArgument
PUT | /docs/n | x-amz-decoded-content-length: 2 | x | 400 IncompleteBody
PUT | /docs/n | x-amz-trailer: x-amz-checksum-sha512 | x | 400 InvalidRequest
PUT | /docs/n | x-amz-server-side-encryption: AES256; x-amz-server-side-encryption-bucket-key-enabled: true | x | 501 NotImplemented
PUT | /docs/n | x-amz-copy-source: docs/k; x-amz-tagging: a=b | | 501 NotImplemented
PUT | /docs?object-lock | x-amz-bucket-object-lock-token: t | | 501 NotImplemented
PUT | /docs?object-lock | | NO RETENTION | 400 MalformedXML
PUT | /docs?encryption | | BUCKET KEY | 501 NotImplemented
"#;
const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-algorithm: AES256; \
    x-amz-server-side-encryption-customer-key: BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=; \
    x-amz-server-side-encryption-customer-key-md5: y4HAEFCYWuvAXWFTtA1Qpg==";
const COMPLETION: &str = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>";
const NO_RETENTION: &str = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/></ObjectLockConfiguration>";
const BUCKET_KEY: &str = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>";

async fn with_upload() -> (Stack, String) {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("k")
        .body(b"abc".to_vec().into())
        .send()
        .await
        .unwrap();
    let allowed = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes></Rule></ServerSideEncryptionConfiguration>";
    let raw = stack.sign(Raw::put("/docs?encryption", allowed.as_bytes()));
    assert_eq!(raw.send(stack.address).await.status, 200);
    let upload = client.create_upload("m").send().await.unwrap();
    (stack, upload.upload_id.unwrap())
}

#[tokio::test]
async fn values_that_cannot_be_honoured_are_refused() {
    let (stack, upload) = with_upload().await;
    for row in REFUSED.trim().lines() {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        let [method, target, headers, body, refusal] = columns[..] else {
            panic!("{row}");
        };
        let body = match body {
            "BUCKET KEY" => BUCKET_KEY,
            "COMPLETION" => COMPLETION,
            "NO RETENTION" => NO_RETENTION,
            "NO STATUS" => "<VersioningConfiguration/>",
            "STATUS IN SMALL LETTERS" => {
                "<VersioningConfiguration><Status>enabled</Status></VersioningConfiguration>"
            }
            "MFA DELETE" => {
                "<VersioningConfiguration><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
            }
            body => body,
        };
        let raw = Raw::new(method, &target.replace("UPLOAD", &upload), body.as_bytes());
        let headers = headers.replace("CUSTOMER KEY", CUSTOMER_KEY);
        let headers = headers
            .split("; ")
            .filter_map(|header| header.split_once(": "));
        let raw = headers.fold(raw, |raw, (name, value)| raw.header(name, value));
        let answer = stack.sign(raw).send(stack.address).await;
        let (status, code) = answer.error();
        assert_eq!(format!("{status} {code}"), refusal, "{row}");
    }
}

#[tokio::test]
async fn a_head_shows_what_its_query_overrides_as_a_get_does() {
    let (stack, _) = with_upload().await;
    let query = "response-cache-control=no-store&response-content-disposition=inline\
                 &response-content-encoding=br&response-content-language=de&response-content-type=text%2Fhtml\
                 &response-expires=Wed%2C%2021%20Oct%202015%2007%3A28%3A00%20GMT";
    for method in ["GET", "HEAD"] {
        let raw = Raw::new(method, &format!("/docs/k?{query}"), b"");
        let answer = stack.sign(raw).send(stack.address).await;
        for (name, value) in [
            ("cache-control", "no-store"),
            ("content-disposition", "inline"),
            ("content-encoding", "br"),
            ("content-language", "de"),
            ("content-type", "text/html"),
            ("expires", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ] {
            assert_eq!(answer.header(name), value, "{method} {name}");
        }
    }
}

#[tokio::test]
async fn what_changes_nothing_here_is_taken() {
    let (stack, _) = with_upload().await;
    let lock_out = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:PutBucketPolicy","Resource":"arn:aws:s3:::docs"}}"#;
    for (raw, status) in [
        (
            Raw::get("/docs?list-type=2")
                .header("x-amz-request-payer", "requester")
                .header("x-amz-optional-object-attributes", "RestoreStatus"),
            200,
        ),
        (
            Raw::put("/docs?policy", lock_out.as_bytes())
                .header("x-amz-confirm-remove-self-bucket-access", "true"),
            204,
        ),
        (Raw::new("DELETE", "/docs?policy", b""), 204),
        (Raw::put("/docs?policy", lock_out.as_bytes()), 204),
    ] {
        let answer = stack.sign(raw).send(stack.address).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}

#[tokio::test]
async fn bypassing_governance_needs_its_permission() {
    let (stack, _) = with_upload().await;
    let role = r#"{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"*"}"#;
    let session = stack.session("cleaner", role);
    let list = "<Delete><Object><Key>k</Key></Object></Delete>";
    for (method, target, body) in [("DELETE", "/docs/k", ""), ("POST", "/docs?delete", list)] {
        let raw = Raw::new(method, target, body.as_bytes());
        let raw = raw.header("x-amz-bypass-governance-retention", "true");
        let raw = raw.signed(&stack.address.to_string(), &session, &Default::default());
        let answer = raw.send(stack.address).await;
        assert_eq!(element(&answer.text(), "Code"), "AccessDenied", "{method}");
    }
    let raw = Raw::new("DELETE", "/docs/k", b"");
    let raw = raw.header("x-amz-bypass-governance-retention", "true");
    assert_eq!(stack.sign(raw).send(stack.address).await.status, 204);
}

#[tokio::test]
async fn the_checksums_and_the_type_that_a_completion_lists_are_compared() {
    let stack = Stack::start().await;
    let client = stack.client();
    let begun = client
        .create_upload("m")
        .checksum_algorithm(ChecksumAlgorithm::Crc32);
    let upload = begun.send().await.unwrap().upload_id.unwrap();
    let part = client.part("m").upload_id(&upload).part_number(1);
    let part = part.checksum_algorithm(ChecksumAlgorithm::Crc32);
    let part = part.body(b"abc".to_vec().into()).send().await.unwrap();
    let etag = part.e_tag().unwrap();
    let complete = |checksum: &str, headers: &[(&str, &str)]| {
        let body = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{}</ETag><ChecksumCRC32>{checksum}</ChecksumCRC32></Part></CompleteMultipartUpload>",
            etag.replace('"', "&quot;")
        );
        let raw = Raw::new(
            "POST",
            &format!("/docs/m?uploadId={upload}"),
            body.as_bytes(),
        );
        stack.sign(
            headers
                .iter()
                .fold(raw, |raw, (name, value)| raw.header(name, value)),
        )
    };
    let right = part.checksum_crc32().unwrap();
    let wrong = complete("AAAAAA==", &[]).send(stack.address).await;
    assert_eq!(wrong.error(), error(400, "InvalidPart"));
    let full = complete(right, &[("x-amz-checksum-type", "FULL_OBJECT")]);
    assert_eq!(
        full.send(stack.address).await.error(),
        error(400, "InvalidRequest")
    );
    let done = complete(right, &[("x-amz-checksum-type", "COMPOSITE")]);
    assert_eq!(done.send(stack.address).await.status, 200);
}

#[tokio::test]
async fn a_completion_may_list_the_checksum_that_a_part_came_with() {
    let stack = Stack::start().await;
    let client = stack.client();
    let begun = client.create_upload("n").send().await.unwrap();
    let upload = begun.upload_id.unwrap();
    let part = client.part("n").upload_id(&upload).part_number(1);
    let part = part.checksum_algorithm(ChecksumAlgorithm::Crc32);
    let part = part.body(b"abc".to_vec().into()).send().await.unwrap();
    let complete = |listed: CompletedPartBuilder| {
        let listed = listed.part_number(1).set_e_tag(part.e_tag.clone());
        let parts = CompletedMultipartUpload::builder().parts(listed.build());
        let call = client.complete("n").upload_id(&upload);
        call.multipart_upload(parts.build()).send()
    };
    for foreign in [
        CompletedPart::builder().checksum_crc32("AAAAAA=="),
        CompletedPart::builder().checksum_sha1("AAAA"),
    ] {
        assert_eq!(code(complete(foreign).await), error(400, "InvalidPart"));
    }
    let own = CompletedPart::builder().set_checksum_crc32(part.checksum_crc32.clone());
    complete(own).await.unwrap();
}
