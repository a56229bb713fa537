//! What leaves for the origin, and what is answered here.

mod credentials;
mod cross_origin;
mod logins;
mod multi_region;
mod paths;
mod publishing;
mod reads;
mod redirects;
mod releases;
mod sites;

use keyfront_contract::header::RESPONSE_FACTS;
use keyfront_names::host::Scheme;
use keyfront_sigv4::{CanonicalRequest, Credentials, EcdsaSignature, SigningError, StringToSign};

use super::{Admission, Edge, Invocation, Served};
use crate::{
    Answer, AnsweredRequest, Cleaned, Connection, Host, OriginRequest, OriginResponse, RequestBody,
    ResponseFacts, RoleCredentials, Route, Unassisted, ViewerRequest, clean,
    fixture::{CREDENTIALS, HOST, document, get, invocation},
};

/// A site that serves every spelling as it is.
const ACCEPT: &str = r#","spelling":"accept""#;

const FUNCTIONS: &str = r#","reader":{"prefix":"/private","host":"read.lambda-url.eu-central-1.on.aws","region":"eu-central-1"},"publish":{"prefix":"/_publish","host":"pub.lambda-url.eu-west-1.on.aws","region":"eu-west-1"}"#;

fn served(more: &str, request: &ViewerRequest<'_>) -> Served {
    Edge::new().serve(request, &invocation(&document(more)))
}

fn forwarded(served: Served) -> OriginRequest {
    match served {
        Served::Forward(request) => request,
        Served::Answer { answer, log } => panic!("{answer:?} {log:?}"),
        Served::Ask(question) => panic!("{question:?}"),
    }
}

fn refused(served: Served) -> (u16, String) {
    match served {
        Served::Answer { answer, .. } => {
            let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
            (answer.status, problem["code"].as_str().unwrap().to_owned())
        }
        Served::Forward(request) => panic!("forwarded {}", request.path),
        Served::Ask(question) => panic!("{question:?}"),
    }
}

fn header<'r>(request: &'r OriginRequest, name: &str) -> Option<&'r str> {
    request
        .headers
        .iter()
        .find(|header| header.name == name)
        .map(|header| &*header.value)
}

fn put<'a>(headers: &'a [(&'a str, &'a str)], body: RequestBody<'a>) -> ViewerRequest<'a> {
    ViewerRequest {
        method: "PUT",
        query: "overwrite=true",
        headers,
        body,
        ..get("/_publish/objects/a+b")
    }
}

fn connected<'a>(site: &'a str, domain: Option<&'a str>, cf_id: Option<&'a str>) -> Invocation<'a> {
    Invocation {
        connection: Connection { domain, cf_id },
        ..invocation(site)
    }
}
