//! XML bodies: what no schema of S3 has is refused, and the checksums of a body are compared with it.

use crate::calls::BucketCalls;
use crate::{
    raw::Raw,
    stack::{Stack, error},
};

const TAGGING: &str = "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>";

/// Method, target, a document that is taken, and its root.
const DOCUMENTS: [(&str, &str, &str, &str); 8] = [
    (
        "PUT",
        "/fresh",
        "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>",
        "CreateBucketConfiguration",
    ),
    (
        "PUT",
        "/docs?cors",
        "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>",
        "CORSConfiguration",
    ),
    (
        "PUT",
        "/docs?encryption",
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>",
        "ServerSideEncryptionConfiguration",
    ),
    (
        "PUT",
        "/docs?object-lock",
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>",
        "ObjectLockConfiguration",
    ),
    (
        "PUT",
        "/docs?publicAccessBlock",
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>",
        "PublicAccessBlockConfiguration",
    ),
    ("PUT", "/docs/k?tagging", TAGGING, "Tagging"),
    (
        "POST",
        "/docs?delete",
        "<Delete><Object><Key>none</Key></Object></Delete>",
        "Delete",
    ),
    (
        "POST",
        "/docs/m?uploadId=UPLOAD",
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>ETAG</ETag></Part></CompleteMultipartUpload>",
        "CompleteMultipartUpload",
    ),
];

async fn stocked() -> (Stack, String, String) {
    let stack = Stack::start().await;
    let client = stack.client();
    client
        .put("k")
        .body(b"abc".to_vec().into())
        .send()
        .await
        .unwrap();
    let upload = client
        .create_upload("m")
        .send()
        .await
        .unwrap()
        .upload_id
        .unwrap();
    let part = client.part("m").upload_id(&upload).part_number(1);
    let part = part.body(b"abc".to_vec().into()).send().await.unwrap();
    (stack, upload, part.e_tag.unwrap().replace('"', ""))
}

#[tokio::test]
async fn what_no_schema_has_is_refused_in_every_document() {
    let (stack, upload, etag) = stocked().await;
    for (method, target, document, root) in DOCUMENTS {
        let target = target.replace("UPLOAD", &upload);
        let document = document.replace("ETAG", &etag);
        let close = format!("</{root}>");
        let inside = |more: &str| document.replace(&close, &format!("{more}{close}"));
        let open = format!("<{root}>");
        for (document, status, code) in [
            (inside("<Colour>red</Colour>"), 400, "MalformedXML"),
            (inside("<Colour/>"), 400, "MalformedXML"),
            (inside("red"), 400, "MalformedXML"),
            (inside("<![CDATA[red]]>"), 501, "NotImplemented"),
            (
                document.replace(&open, &format!("<{root} colour=\"red\">")),
                400,
                "MalformedXML",
            ),
            (format!("<!DOCTYPE {root}>{document}"), 400, "MalformedXML"),
            (format!("{document}<Colour/>"), 400, "MalformedXML"),
            (document.replace(root, "Colour"), 400, "MalformedXML"),
        ] {
            let raw = stack.sign(Raw::new(method, &target, document.as_bytes()));
            let answer = raw.send(stack.address).await;
            assert_eq!(answer.error(), error(status, code), "{target} {document}");
        }
    }
    for (method, target, document, root) in DOCUMENTS {
        let target = target.replace("UPLOAD", &upload);
        let document = document.replace("ETAG", &etag);
        let spelled = document.replace(
            &format!("<{root}>"),
            &format!("<?xml version=\"1.0\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><!-- -->\n"),
        );
        let raw = stack.sign(Raw::new(method, &target, spelled.as_bytes()));
        let answer = raw.send(stack.address).await;
        assert_eq!(answer.status, 200, "{target} {}", answer.text());
    }
}

#[tokio::test]
async fn elements_that_only_aws_has_are_not_implemented() {
    let (stack, ..) = stocked().await;
    for (target, document) in [
        (
            "/fresh",
            "<CreateBucketConfiguration><Location><Name>a</Name><Type>AvailabilityZone</Type></Location></CreateBucketConfiguration>",
        ),
        (
            "/fresh",
            "<CreateBucketConfiguration><Bucket><DataRedundancy>a</DataRedundancy><Type>Directory</Type></Bucket></CreateBucketConfiguration>",
        ),
        (
            "/fresh",
            "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags></CreateBucketConfiguration>",
        ),
    ] {
        let raw = stack.sign(Raw::put(target, document.as_bytes()));
        let answer = raw.send(stack.address).await;
        assert_eq!(answer.error(), error(501, "NotImplemented"), "{document}");
    }
    let raw = stack.sign(Raw::put(
        "/docs/k?tagging",
        TAGGING.replace('b', "<![CDATA[b]]>").as_bytes(),
    ));
    assert_eq!(
        raw.send(stack.address).await.error(),
        error(501, "NotImplemented")
    );
}

#[tokio::test]
async fn checksums_of_documents_are_compared_with_them() {
    let (stack, upload, etag) = stocked().await;
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"}}"#;
    let all = DOCUMENTS
        .into_iter()
        .map(|(method, target, document, _)| (method, target, document));
    for (method, target, document) in all.chain([("PUT", "/docs?policy", policy)]) {
        let target = target.replace("UPLOAD", &upload);
        let document = document.replace("ETAG", &etag);
        let is_completion = document.starts_with("<Complete");
        for (name, value) in [
            ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-amz-checksum-crc32", "AAAAAA=="),
            (
                "x-amz-checksum-sha256",
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            ),
        ] {
            // A completion's checksum is its object's.
            if is_completion && name != "content-md5" {
                continue;
            }
            let raw = Raw::new(method, &target, document.as_bytes()).header(name, value);
            let answer = stack.sign(raw).send(stack.address).await;
            assert_eq!(answer.error(), error(400, "BadDigest"), "{target} {name}");
        }
    }
    let md5 = "jqzPL3CP1xqTN8blcrX3gg==";
    let raw = Raw::put("/docs/k?tagging", TAGGING.as_bytes()).header("content-md5", md5);
    assert_eq!(stack.sign(raw).send(stack.address).await.status, 200);
}
