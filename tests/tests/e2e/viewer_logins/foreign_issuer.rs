//! A login at an OpenID provider that nobody here wrote (the npm package oidc-provider), added by the command.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

use keyfront_tests::{artefacts, local_stack::LocalStack};
use reqwest::{
    Client, Method, RequestBuilder,
    header::{COOKIE, LOCATION, SET_COOKIE},
    redirect::Policy,
};

use super::{Browser, with_logins};

struct Issuer {
    process: Child,
    /// Node.js ends where nobody reads what it writes.
    _lines: BufReader<ChildStdout>,
    url: String,
    client: Client,
    cookies: BTreeMap<String, String>,
}

impl Drop for Issuer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Issuer {
    fn of(stack: &LocalStack) -> Self {
        let cdn = &stack.dev.cdn_url;
        let mut process = Command::new("node")
            .arg("run.mjs")
            .args([
                format!("{cdn}/_viewer/login/callback"),
                format!("{cdn}/_viewer/logged-out"),
            ])
            .current_dir(artefacts::issuer_tools())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        lines.read_line(&mut url).unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self {
            process,
            _lines: lines,
            url: url.trim().to_owned(),
            client,
            cookies: BTreeMap::new(),
        }
    }

    /// Adds it by the command, as the only one with a rule.
    fn add_to(&self, stack: &LocalStack) {
        let keyfront = |line: &[&str]| {
            let mut command = Command::new(artefacts::keyfront());
            command.arg("viewers").args(line);
            let done = command.arg("--dev").arg(stack.dev_json_path()).output();
            let done = done.unwrap();
            assert!(
                done.status.success(),
                "{line:?}: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        };
        keyfront(&[
            "add-issuer",
            "foreign",
            "--issuer",
            &self.url,
            "--client-id",
            "web",
        ]);
        let folders = ["--folder", "members/", "--folder", "users/{sub}/"];
        keyfront(&[&["allow", "guests", "--issuer", "foreign"][..], &folders].concat());
    }

    async fn send(&mut self, request: RequestBuilder) -> (u16, Option<String>, String) {
        let cookies = self.cookies.iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let answer = request
            .header(COOKIE, cookies.join("; "))
            .send()
            .await
            .unwrap();
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let location = answer.headers().get(LOCATION);
        let location = location.map(|value| value.to_str().unwrap().to_owned());
        (
            answer.status().as_u16(),
            location,
            answer.text().await.unwrap(),
        )
    }

    /// Follows a redirect to the issuer through its pages, filled in, until it leads back; where to.
    async fn leads_back(&mut self, stack: &LocalStack, location: &str, subject: &str) -> String {
        let mut request = self.client.get(location);
        for _ in 0..12 {
            let (status, location, page) = self.send(request).await;
            if let Some(back) = location
                .as_deref()
                .and_then(|url| url.strip_prefix(&stack.dev.cdn_url))
            {
                return back.to_owned();
            }
            request = match location {
                Some(path) if path.starts_with('/') => {
                    self.client.get(format!("{}{path}", self.url))
                }
                Some(url) => self.client.get(url),
                None => {
                    assert_eq!(status, 200, "{page}");
                    self.filled_in(&page, subject)
                }
            };
        }
        panic!("the issuer goes round in a circle")
    }

    fn filled_in(&self, page: &str, subject: &str) -> RequestBuilder {
        let between = |text: &str, before: &str, after: &str| {
            let rest = text
                .split_once(before)
                .unwrap_or_else(|| panic!("{page}"))
                .1;
            rest.split(after).next().unwrap().to_owned()
        };
        let prompt = between(page, "name=\"prompt\" value=\"", "\"");
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("prompt", &prompt)
            .append_pair("login", subject)
            .append_pair("password", "any")
            .finish();
        let action = between(page, "action=\"", "\"");
        let request = self.client.request(Method::POST, action);
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_log_in_at_an_issuer_that_nobody_here_wrote_and_log_out_there() {
    let stack = with_logins().await;
    let mut issuer = Issuer::of(&stack);
    issuer.add_to(&stack);
    let mut browser = Browser::new(&stack);
    let login = browser
        .get("/_viewer/login?issuer=foreign&to=%2Fmembers%2Fplan.txt")
        .await;
    let back = issuer
        .leads_back(&stack, login.header("location"), "carol")
        .await;
    assert!(back.contains("&iss=") || back.contains("?iss="), "{back}");
    let ended = browser.get(&back).await;
    assert_eq!(
        (ended.status.as_u16(), ended.header("location")),
        (303, "/members/plan.txt"),
        "{}",
        String::from_utf8_lossy(&ended.body)
    );
    assert_eq!(browser.get("/members/plan.txt").await.status, 200);

    // The browser remembers where, though this is not the policy's first login; and it knows the viewer still.
    let again = browser.get("/_viewer/login?to=%2Fmembers%2Ftwo.txt").await;
    let silent = again.header("location").to_owned();
    assert!(
        silent.starts_with(&issuer.url) && silent.ends_with("&prompt=none"),
        "{silent}"
    );
    let back = issuer.leads_back(&stack, &silent, "nobody is asked").await;
    assert_eq!(
        browser.get(&back).await.header("location"),
        "/members/two.txt"
    );

    let logout = browser.get("/_viewer/logout").await;
    let location = logout.header("location").to_owned();
    assert!(
        location.starts_with(&format!("{}/session/end?", issuer.url)),
        "{location}"
    );
    assert_eq!(browser.get("/members/plan.txt").await.status, 403);
    let request = issuer.client.get(&location);
    let (status, _, page) = issuer.send(request).await;
    assert_eq!(
        status, 200,
        "the issuer takes the address where the logout ends: {page}"
    );
    assert!(browser.cookies().is_empty());
}
