//! What a viewer gets of an answer, and what is logged of it.

mod causes;
mod facts;
mod folders;
mod functions;
mod headers;
mod objects;

use keyfront_contract::Route;

use super::{AnsweredRequest, Cleaned, OriginResponse, ResponseFacts, cause_of_document, clean};

fn facts(origin: Route) -> ResponseFacts {
    ResponseFacts {
        route: origin,
        ..ResponseFacts::strictest()
    }
}

/// An answer of an origin, with the error document that the host could read of it.
#[derive(Clone, Copy)]
struct Answered<'a> {
    head: OriginResponse<'a>,
    document: Option<&'a [u8]>,
}

impl<'a> From<&OriginResponse<'a>> for Answered<'a> {
    fn from(head: &OriginResponse<'a>) -> Self {
        let document = None;
        Self {
            head: *head,
            document,
        }
    }
}

fn cleaned<'a>(facts: &ResponseFacts, method: &str, response: impl Into<Answered<'a>>) -> Cleaned {
    let Answered { head, document } = response.into();
    let request = AnsweredRequest {
        method,
        path: "/bucket/site/a%20b/docs",
        query: "v=1",
        request_id: "id",
        signed_at: Some("20260102T030405Z"),
        facts,
    };
    clean(&request, &head, document.and_then(cause_of_document))
}

fn head<'a>(status: u16, headers: &'a [(&'a str, &'a str)]) -> OriginResponse<'a> {
    OriginResponse {
        status,
        headers,
        sandboxed: false,
    }
}

/// Status and code of an answer in place of the origin's.
fn status_and_code<'a>(facts: &ResponseFacts, response: impl Into<Answered<'a>>) -> (u16, String) {
    match cleaned(facts, "GET", response) {
        Cleaned::Answer { answer, .. } => {
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "cache-control" && header.value == "no-store")
            );
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            (
                answer.status,
                problem["code"].as_str().unwrap_or_default().to_owned(),
            )
        }
        passed @ Cleaned::Pass { .. } => panic!("{passed:?}"),
    }
}

fn set(cleaned: Cleaned) -> Vec<(&'static str, String)> {
    let headers = match cleaned {
        Cleaned::Pass { headers } => headers,
        Cleaned::Answer { answer, .. } => answer.headers,
    };
    headers
        .into_iter()
        .map(|header| (header.name, header.value.into_owned()))
        .collect()
}
