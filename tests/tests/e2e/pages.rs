//! A page on another origin publishes through the CDN, as browsers let it: with the site that the template writes for
//! `CorsOrigins`, every request is preceded by its preflight, and answers are read only where they are shared.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_cloudformation::{Resolution, Template};
use keyfront_tests::{
    local_stack::LocalStack,
    wire::{Answer, Wire},
};
use sha2::{Digest as _, Sha256};

const PAGE: &str = "https://app.example.com";

/// The site in the header of the publish origin, as the template writes it for this stack's names.
fn site_of_template(parameters: &[(&str, &str)]) -> String {
    let document = Template::Edge.document().unwrap();
    let names = [
        ("BucketName", "keyfront-dev"),
        ("BucketRegion", "eu-west-1"),
        (
            "OriginHost",
            "keyfrontdevpublishfunctionurl000.lambda-url.eu-west-1.on.aws",
        ),
    ];
    let given = names.iter().chain(parameters);
    let given: BTreeMap<String, String> = given
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let resolution = Resolution::new(&document, given, |name| Some(name.to_owned()));
    let properties = document.properties("Distribution").unwrap();
    let origins = resolution
        .value(&properties["DistributionConfig"]["Origins"])
        .unwrap();
    let publish = origins
        .as_array()
        .unwrap()
        .iter()
        .find(|origin| origin["Id"] == "publish");
    let header = &publish.unwrap()["OriginCustomHeaders"][0]["HeaderValue"];
    header.as_str().unwrap().to_owned()
}

/// A page in a browser.
struct Page<'s> {
    stack: &'s LocalStack,
    origin: &'static str,
}

impl Page<'_> {
    /// `fetch`: what the Fetch standard's CORS-preflight fetch and CORS check let through.
    async fn fetch(
        &self,
        method: Method,
        target: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Result<Answer, String> {
        self.preflight(&method, target, headers).await?;
        let bearer = format!("Bearer {}", self.stack.dev.publisher_token);
        let own = [
            ("origin", self.origin),
            ("authorization", bearer.as_str()),
            // Of an edge that has seen a part of a body only.
            ("accept", "*/*"),
        ];
        let all = [&own, headers].concat();
        let cdn = self.stack.cdn();
        let answer = cdn.send(method, target, &all, body.into()).await;
        match answer.header("access-control-allow-origin") {
            shared if shared == "*" || shared == self.origin => Ok(answer),
            other => Err(format!("answer is shared with {other:?}: {answer:?}")),
        }
    }

    async fn preflight(
        &self,
        method: &Method,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Result<(), String> {
        let mut names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        names.push("authorization");
        names.sort_unstable();
        let asked = [
            ("origin", self.origin),
            ("access-control-request-method", method.as_str()),
            ("access-control-request-headers", &names.join(",")),
        ];
        let cdn = self.stack.cdn();
        let answer = cdn
            .send(Method::OPTIONS, target, &asked, Bytes::new())
            .await;
        if !answer.status.is_success() {
            return Err(format!("preflight: {answer:?}"));
        }
        let shared = answer.header("access-control-allow-origin");
        if shared != "*" && shared != self.origin {
            return Err(format!("preflight is shared with {shared:?}"));
        }
        let list = |name| -> Vec<String> {
            let values = answer.header(name).split(',');
            values
                .map(|value| value.trim().to_ascii_lowercase())
                .collect()
        };
        let methods = list("access-control-allow-methods");
        if !methods.contains(&method.as_str().to_ascii_lowercase()) {
            return Err(format!("{method} is not among {methods:?}"));
        }
        let allowed = list("access-control-allow-headers");
        // A star stands for every name but authorization (Fetch, 4.8).
        let allows = |name: &str| {
            allowed.iter().any(|one| one == name)
                || (name != "authorization" && allowed.iter().any(|one| one == "*"))
        };
        match names.into_iter().find(|name| !allows(name)) {
            Some(refused) => Err(format!("{refused} is not among {allowed:?}")),
            None => Ok(()),
        }
    }
}

async fn stack_with_origins(origins: &str) -> LocalStack {
    let site = site_of_template(&[("CorsOrigins", origins)]);
    LocalStack::configured(|config| config.site = Some(site.into_bytes())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_cors_origins_let_a_page_publish_read_and_delete() {
    let stack = stack_with_origins(PAGE).await;
    let page = Page {
        stack: &stack,
        origin: PAGE,
    };
    let content = "of a page";
    let hash = hex::encode(Sha256::digest(content));
    let target = "/_publish/objects/page/a.txt";
    let stored = [
        ("content-type", "text/plain"),
        ("x-amz-content-sha256", hash.as_str()),
    ];
    let put = page.fetch(Method::PUT, target, &stored, content).await;
    let put = put.unwrap();
    assert_eq!(put.status, StatusCode::CREATED, "{put:?}");
    let exposed = put.header("access-control-expose-headers");
    for name in ["etag", "x-keyfront-request-id"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let etag = put.json()["etag"].as_str().unwrap().to_owned();

    let again = format!("{target}?overwrite=true");
    let replaced = [
        ("content-type", "text/plain"),
        ("if-match", etag.as_str()),
        ("content-language", "en"),
    ];
    let put = page.fetch(Method::PUT, &again, &replaced, "anew").await;
    assert_eq!(put.unwrap().status, StatusCode::CREATED);
    let listed = page.fetch(Method::GET, "/_publish/objects?prefix=page/", &[], "");
    assert!(listed.await.unwrap().json().to_string().contains("a.txt"));
    let read = page.fetch(Method::GET, "/page/a.txt", &[("range", "bytes=0-1")], "");
    assert_eq!(read.await.unwrap().body, "an");
    let deleted = page.fetch(Method::DELETE, target, &[("if-match", "\"other\"")], "");
    assert_eq!(
        deleted.await.unwrap().status,
        StatusCode::PRECONDITION_FAILED
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_templates_cors_origins_let_a_page_begin_direct_uploads_also_with_uppy() {
    let stack = stack_with_origins(PAGE).await;
    let page = Page {
        stack: &stack,
        origin: PAGE,
    };
    let json = [("content-type", "application/json")];
    let wanted = r#"{"key":"page/b.bin","size":3,"content_type":"application/octet-stream"}"#;
    let begun = page.fetch(Method::POST, "/_publish/uploads", &json, wanted);
    let begun = begun.await.unwrap();
    assert!(begun.status.is_success(), "{begun:?}");
    // As Uppy's Companion client writes it.
    let companion = [
        ("uppy-versions", "@uppy/companion-client=4"),
        ("uppy-auth-token", "t"),
    ];
    let target = "/_publish/s3/params?filename=c.txt&type=text%2Fplain";
    let form = page.fetch(Method::GET, target, &companion, "").await;
    let form = form.unwrap();
    assert!(form.status.is_success(), "{form:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_is_let_in_by_no_preflight() {
    let stack = stack_with_origins(PAGE).await;
    let page = Page {
        stack: &stack,
        origin: "https://other.example",
    };
    let json = [("content-type", "application/json")];
    let begun = page
        .fetch(Method::POST, "/_publish/uploads", &json, "{}")
        .await;
    assert!(begun.unwrap_err().starts_with("preflight is shared with"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_a_slash_at_its_end_is_named() {
    let stack = LocalStack::start().await;
    let target = "//s3/params?filename=a.txt&type=text%2Fplain";
    let bearer = format!("Bearer {}", stack.dev.publisher_token);
    let headers = [("authorization", bearer.as_str())];
    let get = |wire: Wire, target: String| async move {
        wire.send(Method::GET, &target, &headers, Bytes::new())
            .await
    };
    let direct = get(stack.wire(), target.to_owned()).await;
    let through_cdn = get(stack.cdn(), format!("/_publish{target}")).await;
    for answer in [direct, through_cdn] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("two slashes"), "{detail}");
    }
}
