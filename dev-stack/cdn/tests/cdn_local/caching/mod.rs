//! What is cached, for how long, and what is answered from it.

mod freshness;
mod hits;
mod ranges;
mod storing;

use crate::stage::{TestOrigin, answer, at_once};

const OBJECT: &str = "0123456789";

async fn object_origin() -> TestOrigin {
    TestOrigin::start(|seen| {
        let validators = [
            ("etag", "\"one\""),
            ("last-modified", "Mon, 13 Jan 2020 20:12:38 GMT"),
        ];
        at_once(match seen.header("if-none-match") {
            Some("\"one\"") => answer(304, &validators, ""),
            _ if seen.method == "HEAD" => answer(200, &validators, ""),
            _ => answer(200, &validators, OBJECT),
        })
    })
    .await
}
