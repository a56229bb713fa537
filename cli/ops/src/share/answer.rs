//! What the publishers' API answers: a share, or a problem document (RFC 9457).

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::publish_api::Answer;

/// A share.
#[derive(Debug)]
pub(super) struct Share {
    pub(super) url: String,
    /// The whole answer.
    pub(super) document: Value,
}

#[derive(Deserialize)]
struct Problem {
    title: String,
    code: String,
    detail: Option<String>,
    request_id: String,
}

impl Share {
    /// # Errors
    /// The API refuses, or answers something else.
    pub(super) fn of(answer: &Answer) -> anyhow::Result<Self> {
        if answer.status != 201 {
            anyhow::bail!(refusal(answer));
        }
        let document: Value =
            serde_json::from_slice(&answer.body).context("the response is not JSON")?;
        let url = document["url"]
            .as_str()
            .context("the response has no url")?;
        Ok(Self {
            url: url.to_owned(),
            document,
        })
    }
}

/// Title, detail and code of a problem; of anything else, its status.
fn refusal(answer: &Answer) -> String {
    match serde_json::from_slice(&answer.body) {
        Ok(Problem {
            title,
            code,
            detail,
            request_id,
        }) => {
            let detail = detail.map(|detail| format!(": {detail}"));
            let detail = detail.unwrap_or_default();
            format!("{title}{detail} ({code}, request {request_id})")
        }
        Err(_) => format!(
            "returned {} without a problem document; is this the address of the publishers' API?",
            answer.status
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.to_owned().into(),
        }
    }

    #[test]
    fn a_share_is_its_url_and_the_whole_answer() {
        let share = Share::of(&answer(201, r#"{"url":"https://h/_share/a","via":"cdn"}"#)).unwrap();
        assert_eq!(share.url, "https://h/_share/a");
        assert_eq!(share.document["via"], "cdn");
        assert!(Share::of(&answer(201, "{}")).is_err());
    }

    #[test]
    fn a_refusal_is_its_title_detail_and_code() {
        let problem = r#"{"type":"urn:keyfront:share-refused","title":"the object cannot be shared this way","status":400,"code":"share-refused","detail":"it is sealed","request_id":"r1"}"#;
        for (status, body, expected) in [
            (
                400,
                problem,
                "the object cannot be shared this way: it is sealed (share-refused, request r1)",
            ),
            (
                502,
                r#"{"title":"the origin failed","code":"origin-failed","request_id":"r2"}"#,
                "the origin failed (origin-failed, request r2)",
            ),
            (
                403,
                "<Error/>",
                "returned 403 without a problem document; is this the address of the publishers' API?",
            ),
            (
                200,
                "{}",
                "returned 200 without a problem document; is this the address of the publishers' API?",
            ),
        ] {
            let refused = Share::of(&answer(status, body)).unwrap_err();
            assert_eq!(refused.to_string(), expected);
        }
    }
}
