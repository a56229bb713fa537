//! A browser that shows what it gets, keeps one cookie and follows no redirect; and a client's server, which keeps none.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::running::Running;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) struct Browser {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
    cookie: Option<String>,
}

/// A response, read whole.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) body: String,
    headers: http::HeaderMap,
}

impl Browser {
    /// By address, since `localhost` may be `::1` first.
    pub(crate) fn of(running: &Running) -> Self {
        Self {
            base: running.url.replace("localhost", "127.0.0.1"),
            client: Client::builder(TokioExecutor::new()).build_http(),
            cookie: None,
        }
    }

    pub(crate) async fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Shown {
        let target = format!("{}{path}?{}", self.base, encode(query));
        self.send(Request::get(target), "").await
    }

    pub(crate) async fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        let request = Request::post(format!("{}{path}", self.base));
        self.send(request.header("content-type", FORM), &encode(form))
            .await
    }

    /// Starts a request that a test completes.
    pub(crate) fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let target = format!("{}{path}", self.base);
        Request::builder().method(method).uri(target)
    }

    pub(crate) async fn send(&mut self, request: http::request::Builder, body: &str) -> Shown {
        let request = match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        };
        let request = request.body(Full::from(body.to_owned())).unwrap();
        let response = self.client.request(request).await.unwrap();
        self.keep_cookie(&response);
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Shown {
            status: head.status.as_u16(),
            body: String::from_utf8(body.to_vec()).unwrap(),
            headers: head.headers,
        }
    }

    pub(crate) fn cookie(&self) -> Option<String> {
        self.cookie.clone()
    }

    fn keep_cookie<B>(&mut self, response: &Response<B>) {
        let Some(set) = response.headers().get("set-cookie") else {
            return;
        };
        let set = set.to_str().unwrap();
        let cookie = set.split(';').next().unwrap().to_owned();
        self.cookie = (!set.contains("Max-Age=0")).then_some(cookie);
    }
}

impl Shown {
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Where a redirect leads, and the parameters behind that address.
    pub(crate) fn redirected(&self, to: &str) -> HashMap<String, String> {
        assert_eq!(self.status, 303, "{}", self.body);
        let location = self.header("location");
        let parameters = location.strip_prefix(to);
        let parameters = parameters.unwrap_or_else(|| panic!("{location}"));
        form_urlencoded::parse(parameters.trim_start_matches(['&', '?']).as_bytes())
            .into_owned()
            .collect()
    }

    /// The fields that the form of the page would send, as a browser reads them.
    pub(crate) fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input type=\"hidden\" name=\"").skip(1);
        inputs
            .map(|input| {
                let (name, rest) = input.split_once("\" value=\"").unwrap();
                let (value, _) = rest.split_once("\">").unwrap();
                (name.to_owned(), unescape(value))
            })
            .collect()
    }
}

pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}
