//! Object tags, copies that carry them, conditions of a copy's destination, and what a bucket tells of itself.

use std::collections::BTreeSet;

use aws_sdk_s3::types::{MetadataDirective, ObjectOwnership, Tag, Tagging, TaggingDirective};

use crate::calls::BucketCalls;
use crate::stack::{BUCKET, Stack, code};

async fn tags(stack: &Stack, key: &str) -> BTreeSet<(String, String)> {
    let client = stack.client();
    let call = client.get_object_tagging().bucket(BUCKET).key(key);
    let answer = call.send().await.unwrap();
    let tags = answer.tag_set.into_iter();
    tags.map(|tag| (tag.key, tag.value)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn tags_are_written_read_counted_replaced_and_removed() {
    let stack = Stack::start().await;
    let client = stack.client();
    client.put("k").tagging("a=1%202&b=+").send().await.unwrap();
    assert_eq!(tags(&stack, "k").await, pairs(&[("a", "1 2"), ("b", " ")]));
    let head = client.head("k").send().await.unwrap();
    assert_eq!(head.tag_count, Some(2));
    let etag = head.e_tag;

    let tag = Tag::builder().key("c").value("3").build().unwrap();
    let set = Tagging::builder().tag_set(tag).build().unwrap();
    let call = client.put_object_tagging().bucket(BUCKET).key("k");
    call.tagging(set).send().await.unwrap();
    assert_eq!(tags(&stack, "k").await, pairs(&[("c", "3")]));

    let call = client.delete_object_tagging().bucket(BUCKET).key("k");
    call.send().await.unwrap();
    let head = client.head("k").send().await.unwrap();
    assert_eq!(
        (head.tag_count, head.e_tag),
        (None, etag),
        "the object is the same"
    );
}

#[tokio::test]
async fn a_copy_carries_tags_or_replaces_them() {
    let stack = Stack::start().await;
    let client = stack.client();
    client.put("k").tagging("a=1").send().await.unwrap();
    let source = format!("{BUCKET}/k");
    client
        .copy_to("same")
        .copy_source(&source)
        .send()
        .await
        .unwrap();
    assert_eq!(tags(&stack, "same").await, pairs(&[("a", "1")]));
    let call = client.copy_to("other").copy_source(&source);
    let call = call
        .tagging_directive(TaggingDirective::Replace)
        .tagging("b=2");
    call.send().await.unwrap();
    assert_eq!(tags(&stack, "other").await, pairs(&[("b", "2")]));
}

#[tokio::test]
async fn bad_tags_are_refused_and_so_are_those_of_a_multipart_upload() {
    let stack = Stack::start().await;
    let client = stack.client();
    let eleven: Vec<String> = (0..11).map(|at| format!("k{at}=v")).collect();
    for (written, wanted) in [
        ("a=1&a=2", "InvalidTag"),
        ("=1", "InvalidTag"),
        (&eleven.join("&"), "BadRequest"),
        ("a=%zz", "InvalidArgument"),
    ] {
        let refused = client.put("k").tagging(written).send().await;
        assert_eq!(code(refused).1, wanted, "{written}");
    }
    let refused = client.create_upload("k").tagging("a=1").send().await;
    assert_eq!(code(refused).1, "NotImplemented");
    let missing = client.get_object_tagging().bucket(BUCKET).key("none");
    assert_eq!(code(missing.send().await).1, "NoSuchKey");
}

#[tokio::test]
async fn a_copy_goes_only_onto_the_destination_it_names() {
    let stack = Stack::start().await;
    let client = stack.client();
    let first = client.put("k").send().await.unwrap().e_tag.unwrap();
    let second = client
        .put("k")
        .body(b"2".to_vec().into())
        .send()
        .await
        .unwrap();
    let copy = |etag: &str| {
        let call = client.copy_to("k").copy_source(format!("{BUCKET}/k"));
        call.metadata_directive(MetadataDirective::Replace)
            .if_match(etag)
    };
    let refused = copy(&first).send().await;
    assert_eq!(code(refused).1, "PreconditionFailed");
    copy(&second.e_tag.unwrap()).send().await.unwrap();
}

#[tokio::test]
async fn a_bucket_reports_no_acls_no_logs_and_whether_its_policy_is_public() {
    let stack = Stack::start().await;
    let client = stack.client();
    let acl = client.get_bucket_acl().bucket(BUCKET).send().await.unwrap();
    let [grant] = acl.grants() else {
        panic!("{acl:?}");
    };
    let grantee = grant.grantee().and_then(|grantee| grantee.id());
    assert_eq!(grantee, acl.owner().and_then(|owner| owner.id()));
    let call = client.get_bucket_ownership_controls().bucket(BUCKET);
    let controls = call.send().await.unwrap().ownership_controls.unwrap();
    assert_eq!(
        controls.rules()[0].object_ownership,
        ObjectOwnership::BucketOwnerEnforced
    );
    let logging = client
        .get_bucket_logging()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    assert!(logging.logging_enabled.is_none());

    for (principal, condition, public) in [
        ("\"*\"", "", true),
        ("{\"AWS\":\"*\"}", "", true),
        (
            "\"*\"",
            ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10.0.0.0/8\"}}",
            false,
        ),
    ] {
        let policy = format!(
            "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":{principal},\
             \"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::{BUCKET}/*\"{condition}}}]}}"
        );
        client
            .put_bucket_policy()
            .bucket(BUCKET)
            .policy(policy)
            .send()
            .await
            .unwrap();
        let status = client
            .get_bucket_policy_status()
            .bucket(BUCKET)
            .send()
            .await
            .unwrap();
        let status = status.policy_status.and_then(|status| status.is_public);
        assert_eq!(status, Some(public), "{principal}{condition}");
    }
    client
        .delete_bucket_policy()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap();
    let none = client
        .get_bucket_policy_status()
        .bucket(BUCKET)
        .send()
        .await;
    assert_eq!(code(none).1, "NoSuchBucketPolicy");
}
