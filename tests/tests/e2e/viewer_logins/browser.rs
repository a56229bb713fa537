//! As much of a browser as logins need: cookies by their paths, and somebody who fills in the issuer's form.

use bytes::Bytes;
use http::Method;
use keyfront_tests::{
    local_stack::LocalStack,
    wire::{Answer, Wire},
};

pub(super) struct Browser<'s> {
    stack: &'s LocalStack,
    cookies: Vec<Cookie>,
    /// At the issuer, which is another site.
    issuers: Option<String>,
}

pub(super) struct Cookie {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) value: String,
}

impl<'s> Browser<'s> {
    pub(super) fn new(stack: &'s LocalStack) -> Self {
        Self {
            stack,
            cookies: Vec::new(),
            issuers: None,
        }
    }

    pub(super) fn cookies(&self) -> &[Cookie] {
        &self.cookies
    }

    pub(super) async fn get(&mut self, target: &str) -> Answer {
        let path = target.split('?').next().unwrap();
        let sent: Vec<String> = self
            .cookies
            .iter()
            .filter(|cookie| path.starts_with(&cookie.path))
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        let sent = sent.join("; ");
        let headers = [("cookie", sent.as_str())];
        let headers = if sent.is_empty() {
            &headers[..0]
        } else {
            &headers
        };
        let answer = self
            .stack
            .cdn()
            .send(Method::GET, target, headers, Bytes::new())
            .await;
        for cookie in answer.headers.get_all("set-cookie") {
            self.keep(cookie.to_str().unwrap());
        }
        answer
    }

    /// A cookie of an earlier visit.
    pub(super) fn set(&mut self, name: &str, path: &str, value: &str) {
        let [name, path, value] = [name, path, value].map(str::to_owned);
        self.cookies.push(Cookie { name, path, value });
    }

    /// The issuer's own session ends.
    pub(super) fn forget_the_issuer(&mut self) {
        self.issuers = None;
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        for demanded in ["Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(
                attributes.split("; ").any(|one| one == demanded),
                "{cookie}"
            );
        }
        let attribute = |name: &str| {
            attributes
                .split("; ")
                .find_map(|one| one.strip_prefix(name)?.strip_prefix('='))
                .unwrap()
        };
        let (name, value) = pair.split_once('=').unwrap();
        let path = attribute("Path");
        self.cookies
            .retain(|known| known.name != name || known.path != path);
        if attribute("Max-Age") != "0" {
            self.cookies.push(Cookie {
                name: name.to_owned(),
                path: path.to_owned(),
                value: value.to_owned(),
            });
        }
    }

    /// Follows a redirect of the CDN to the issuer, and back: the target of the callback. Where the issuer asks, `subject`
    /// fills in its form.
    pub(super) async fn at_the_issuer(&mut self, answer: &Answer, subject: &str) -> String {
        assert_eq!(answer.status, 303, "{answer:?}");
        let issuer = self.stack.issuer().url();
        let wire = Wire::plain(&self.stack.dev.viewer_issuer_url.clone().unwrap());
        let target = answer
            .header("location")
            .strip_prefix(issuer)
            .unwrap()
            .to_owned();
        let session = self.issuers.clone().unwrap_or_default();
        let cookies = [("cookie", session.as_str())];
        let cookies = if session.is_empty() {
            &cookies[..0]
        } else {
            &cookies
        };
        let mut at = wire.send(Method::GET, &target, cookies, Bytes::new()).await;
        if at.status == 200 {
            let form = form(&String::from_utf8_lossy(&at.body), subject);
            let headers = [
                ("content-type", "application/x-www-form-urlencoded"),
                ("origin", issuer),
            ];
            at = wire
                .send(Method::POST, "/authorize/confirm", &headers, form.into())
                .await;
            let cookie = at.header("set-cookie");
            self.issuers = Some(cookie.split(';').next().unwrap().to_owned());
        }
        assert_eq!(at.status, 303, "{at:?}");
        let callback = at.header("location").strip_prefix(&self.stack.dev.cdn_url);
        callback.unwrap().to_owned()
    }

    /// Logs somebody in who was going to `to`; what the callback answers.
    pub(super) async fn log_in(&mut self, to: &str, subject: &str) -> Answer {
        let login = self.get(&format!("/_viewer/login?to={to}")).await;
        let callback = self.at_the_issuer(&login, subject).await;
        let back = self.get(&callback).await;
        // Who was logged in before is asked for nothing first.
        match back.header("location").starts_with("http:") {
            true => {
                let callback = self.at_the_issuer(&back, subject).await;
                self.get(&callback).await
            }
            false => back,
        }
    }
}

/// The form of the issuer's page, filled in.
fn form(page: &str, subject: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for input in page.split("<input type=\"hidden\"").skip(1) {
        let attribute = |name: &str| {
            let rest = input.split_once(&format!("{name}=\"")).unwrap().1;
            rest.split('"').next().unwrap().replace("&amp;", "&")
        };
        form.append_pair(&attribute("name"), &attribute("value"));
    }
    form.append_pair("subject", subject)
        .append_pair("groups", "")
        .finish()
}
