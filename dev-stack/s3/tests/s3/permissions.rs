//! every operation is authorised: nobody does anything that no policy allows.

use crate::calls::BucketCalls;
use crate::{
    raw::{Raw, Signing},
    stack::{BUCKET, Stack, code, error},
};

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one scenario, step by step")]
async fn a_role_without_policies_may_do_nothing() {
    let stack = Stack::start().await;
    stack
        .client()
        .put("k")
        .body(b"secret".to_vec().into())
        .send()
        .await
        .unwrap();
    let nobody = stack.session(
        "nobody",
        r#"{"Effect":"Allow","Action":"sts:GetCallerIdentity","Resource":"*"}"#,
    );
    let host = stack.address.to_string();
    let upload = format!("/docs/k?uploadId={}", "0".repeat(44));
    let location = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
    let sse = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    let block = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    let versioning = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    let complete = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>";
    let requests = [
        Raw::get("/"),
        Raw::put("/newbucket", location.as_bytes()),
        Raw::new("HEAD", "/docs", b""),
        Raw::new("DELETE", "/docs", b""),
        Raw::get("/docs?location"),
        Raw::get("/docs?versioning"),
        Raw::put("/docs?versioning", versioning.as_bytes()),
        Raw::get("/docs?versions"),
        Raw::get("/docs/k?versionId=null"),
        Raw::get("/docs/k?tagging&versionId=null"),
        Raw::new("DELETE", "/docs/k?versionId=null", b""),
        Raw::get("/docs?encryption"),
        Raw::put("/docs?encryption", sse.as_bytes()),
        Raw::new("DELETE", "/docs?encryption", b""),
        Raw::get("/docs?policy"),
        Raw::put("/docs?policy", b"{}"),
        Raw::new("DELETE", "/docs?policy", b""),
        Raw::get("/docs?publicAccessBlock"),
        Raw::put("/docs?publicAccessBlock", block.as_bytes()),
        Raw::new("DELETE", "/docs?publicAccessBlock", b""),
        Raw::get("/docs"),
        Raw::get("/docs?list-type=2"),
        Raw::get("/docs?uploads"),
        Raw::get("/docs/k"),
        Raw::get("/docs/none"),
        Raw::new("HEAD", "/docs/k", b""),
        Raw::get("/docs/k?attributes").header("x-amz-object-attributes", "ETag"),
        Raw::put("/docs/k", b"x"),
        Raw::put("/docs/k2", b"").header("x-amz-copy-source", "/docs/k"),
        Raw::new("DELETE", "/docs/k", b""),
        Raw::new("POST", "/docs/k?uploads", b""),
        Raw::put(&format!("{upload}&partNumber=1"), b"x"),
        Raw::put(&format!("{upload}&partNumber=1"), b"").header("x-amz-copy-source", "/docs/k"),
        Raw::new("POST", &upload, complete.as_bytes()),
        Raw::new("DELETE", &upload, b""),
        Raw::get(&upload),
    ];
    for raw in requests {
        let shown = format!("{} {}", raw.method, raw.target);
        let answer = raw
            .signed(&host, &nobody, &Signing::default())
            .send(stack.address)
            .await;
        assert_eq!(answer.status, 403, "{shown}: {answer:?}");
        assert!(!answer.text().contains("secret"));
    }
    let many = Raw::new(
        "POST",
        "/docs?delete",
        b"<Delete><Object><Key>k</Key></Object></Delete>",
    );
    let answer = many
        .signed(&host, &nobody, &Signing::default())
        .send(stack.address)
        .await;
    assert!(
        answer.text().contains("<Code>AccessDenied</Code>"),
        "{answer:?}"
    );
    stack.client().head("k").send().await.unwrap();
}

#[tokio::test]
async fn a_missing_object_is_404_only_for_those_who_may_list() {
    let stack = Stack::start().await;
    let get = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/*"}"#;
    let blind = stack.client_of(&stack.session("blind", get));
    assert_eq!(
        code(blind.get("none").send().await),
        error(403, "AccessDenied")
    );
    let list = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::docs"}"#;
    let seeing = stack.client_of(&stack.session("seeing", &format!("{get},{list}")));
    assert_eq!(
        code(seeing.get("none").send().await),
        error(404, "NoSuchKey")
    );
}

#[tokio::test]
async fn listing_can_be_limited_to_a_prefix() {
    let stack = Stack::start().await;
    let list = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::docs","Condition":{"StringLike":{"s3:prefix":"public/*"}}}"#;
    let client = stack.client_of(&stack.session("lister", list));
    client.list().prefix("public/").send().await.unwrap();
    for prefix in ["", "private/"] {
        let refused = client.list().prefix(prefix).send().await;
        assert_eq!(code(refused), error(403, "AccessDenied"), "{prefix:?}");
    }
    assert_eq!(code(client.list().send().await), error(403, "AccessDenied"));
}

#[tokio::test]
async fn a_bucket_policy_can_demand_encryption_and_deny_what_roles_allow() {
    let stack = Stack::start().await;
    let admin = stack.client();
    let policy = r#"{"Version":"2012-10-17","Statement":[
          {"Sid":"OnlyOurKey","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::docs/*",
            "Condition":{"Null":{"s3:x-amz-server-side-encryption":"false"},"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}},
          {"Sid":"NoPrivate","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/private/*"},
          {"Sid":"Guest","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/guest"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/open/*"}
        ]}"#;
    admin
        .put_bucket_policy()
        .bucket(BUCKET)
        .policy(policy)
        .send()
        .await
        .unwrap();
    assert_eq!(
        admin
            .get_bucket_policy()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap()
            .policy(),
        Some(policy)
    );
    let put = |key: &str| admin.put(key).body(b"x".to_vec().into());
    assert_eq!(
        code(
            put("k")
                .server_side_encryption("AES256".into())
                .send()
                .await
        ),
        error(403, "AccessDenied")
    );
    put("private/x").send().await.unwrap();
    put("open/x").send().await.unwrap();
    assert_eq!(
        code(admin.get("private/x").send().await),
        error(403, "AccessDenied")
    );
    let guest = stack.client_of(&stack.session(
        "guest",
        r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}"#,
    ));
    guest.get("open/x").send().await.unwrap();
    assert_eq!(
        code(guest.get("k").send().await),
        error(403, "AccessDenied")
    );
    admin
        .delete_bucket_policy()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert_eq!(
        code(admin.get_bucket_policy().bucket(BUCKET).send().await),
        error(404, "NoSuchBucketPolicy")
    );
}

#[tokio::test]
async fn a_policy_that_is_not_understood_is_refused_when_put() {
    let stack = Stack::start().await;
    let allow = |resource: &str, extra: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"{resource}"{extra}}}}}"#
        )
    };
    for policy in [
        "not json".to_owned(),
        allow("arn:aws:s3:::other/*", ""),
        allow("*", ""),
        allow(
            "arn:aws:s3:::docs/*",
            r#","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"media"}}"#,
        ),
        allow("arn:aws:s3:::docs/*", r#","Frobnicate":1"#),
    ] {
        let put = stack
            .client()
            .put_bucket_policy()
            .bucket(BUCKET)
            .policy(&policy)
            .send()
            .await;
        assert_eq!(code(put), error(400, "MalformedPolicy"), "{policy}");
    }
}

#[tokio::test]
async fn copying_needs_both_ends() {
    let stack = Stack::start().await;
    stack
        .client()
        .put("a/x")
        .body(b"x".to_vec().into())
        .send()
        .await
        .unwrap();
    let kms = r#"{"Effect":"Allow","Action":"kms:*","Resource":"*"}"#;
    let write = r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::docs/b/*"}"#;
    let read = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::docs/a/*"}"#;
    for (statements, allowed) in [
        (format!("{kms},{write}"), false),
        (format!("{kms},{read}"), false),
        (format!("{write},{read}"), false),
        (format!("{kms},{write},{read}"), true),
    ] {
        let client = stack.client_of(&stack.session("copier", &statements));
        let copied = client.copy_to("b/x").copy_source("docs/a/x").send().await;
        assert_eq!(copied.is_ok(), allowed, "{statements}");
    }
}
