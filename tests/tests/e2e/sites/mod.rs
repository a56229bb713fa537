//! Several sites in one distribution: each below its path, from its own bucket, with its own key and options.

mod documents;
mod grants;
mod publishing;
mod reads;
mod releases;

use aws_sdk_s3::{Client, primitives::ByteStream};
use keyfront_dev_stack::Grant;
use keyfront_tests::local_stack::LocalStack;

const DOCUMENT: &str = r#"{"v":1,"sites":[
    {"path":"/docs/","prefix":"handbook/","index":"index.html","trailing_slash":"redirect"},
    {"path":"/docs/api/","prefix":"api/","query":["v"]},
    {"path":"/app/","bucket":"company-app","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/app",
     "prefix":"current/","fallback":"index.html","cors":[{"origins":["https://www.example.com"]}]},
    {"path":"/media/","bucket":"media-archive","key_arn":"arn:aws:kms:eu-west-1:123456789012:key/media",
     "spelling":"accept","denied_as_missing":true}]}"#;

/// Objects by bucket; `""` is the stack's own. The body is the bucket and the key.
const OBJECTS: [(&str, &[&str]); 3] = [
    (
        "",
        &[
            "hello.txt",
            "docs/mine.txt",
            "handbook/index.html",
            "handbook/guide/index.html",
            "api/list.json",
        ],
    ),
    (
        "company-app",
        &["current/index.html", "current/app.js", "former/app.js"],
    ),
    ("media-archive", &["film.mp4", ".keyfront/publishers.json"]),
];

async fn put(s3: &Client, bucket: &str, key: &str) {
    let body = format!("{bucket} {key}");
    let call = s3.put_object().bucket(bucket).key(key);
    call.body(ByteStream::from(body.into_bytes()))
        .send()
        .await
        .unwrap();
}

async fn fill(s3: &Client, own: &str) {
    for (bucket, keys) in OBJECTS {
        let bucket = if bucket.is_empty() { own } else { bucket };
        for key in keys {
            put(s3, bucket, key).await;
        }
    }
}

async fn stack() -> LocalStack {
    let stack = without(None).await;
    fill(stack.s3(), &stack.dev.bucket).await;
    stack
}

async fn without(grant: Option<Grant>) -> LocalStack {
    LocalStack::configured(|config| {
        config.sites = Some(DOCUMENT.as_bytes().to_vec());
        config.withheld = grant;
    })
    .await
}
