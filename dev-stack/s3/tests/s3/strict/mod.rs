//! What must be refused before any operation, with AWS's codes; every request is real but for one flaw.

mod bodies;
mod headers;
mod paths;
mod presigned_urls;
mod signatures;

use crate::{
    calls::BucketCalls as _,
    raw::{Answer, Raw, Signing},
    stack::Stack,
};

async fn with_object() -> Stack {
    let stack = Stack::start().await;
    stack
        .client()
        .put("k")
        .body(b"secret".to_vec().into())
        .send()
        .await
        .unwrap();
    stack
}

impl Stack {
    fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn sign(&self, raw: Raw) -> Raw {
        raw.signed(&self.host(), &self.admin, &Signing::default())
    }

    pub(crate) async fn answer(&self, raw: &Raw) -> Answer {
        let answer = raw.send(self.address).await;
        assert!(!answer.text().contains("secret"), "leaked: {answer:?}");
        assert!(!answer.header("x-amz-request-id").is_empty());
        answer
    }
}
