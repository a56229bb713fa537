//! Putting, reading, copying and deleting objects with the AWS SDK.

mod buckets;
mod reads;
mod writes;

use crate::calls::BucketCalls as _;
use crate::stack::Stack;

async fn put(stack: &Stack, key: &str, body: &[u8]) -> String {
    let answer = stack
        .client()
        .put(key)
        .body(body.to_vec().into())
        .send()
        .await
        .unwrap();
    answer.e_tag.unwrap()
}

async fn body_of(stack: &Stack, key: &str) -> Vec<u8> {
    let answer = stack.client().get(key).send().await.unwrap();
    answer.body.collect().await.unwrap().to_vec()
}
