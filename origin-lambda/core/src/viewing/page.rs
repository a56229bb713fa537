//! The few pages that people see of a login. They hold no data of anybody, and nothing of what a request says.

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::{callback::CallbackRefusal, grants::NothingGranted, return_path::ReturnPath};

/// Leads to the login and back, once a minute for each path: a viewer whom no rule lets read it would go round for ever.
/// The page stands in for answers of many paths, so it says where the viewer was going.
const LEAD: &str = "(()=>{const p=location.pathname;if(p.startsWith('/_viewer/'))return;\
const to='/_viewer/login?to='+encodeURIComponent(p+location.search);document.getElementById('login').href=to;\
try{const k='keyfront:'+p,n=Date.now();if(n-sessionStorage.getItem(k)<60000)return;sessionStorage.setItem(k,n);\
location.replace(to)}catch{}})()";

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem}\
@media(prefers-color-scheme:dark){html{color-scheme:dark}}";

static LEAD_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(LEAD)));

/// A page.
#[derive(Debug, Clone, Copy)]
pub enum Page<'a> {
    /// In the place of what a viewer may not read without a login: it leads there.
    LoginRequired,
    /// After a logout.
    LoggedOut,
    /// After a login that grants nothing.
    Denied(&'a NothingGranted),
    /// After a login that did not succeed.
    Failed(CallbackRefusal, &'a ReturnPath),
}

impl Page<'_> {
    /// The page in HTML.
    #[must_use]
    pub fn html(self) -> String {
        let (title, content) = match self {
            Self::LoginRequired => ("Log in", login_required()),
            Self::LoggedOut => ("Logged out", html! { p { "You are logged out." } }),
            Self::Denied(nothing) => (
                "Not allowed",
                html! {
                    p { "You are logged in, and " (nothing) "." }
                    p { a href="/_viewer/logout" { "Log out" } }
                },
            ),
            Self::Failed(refusal, to) => (
                "The login failed",
                html! {
                    p { "The login did not succeed: " (refusal) "." }
                    p { a href=(again(to)) { "Log in again" } }
                },
            ),
        };
        page(title, &content).into_string()
    }

    /// The `Content-Security-Policy` that it is shown under: what it is made of, and nothing else.
    #[must_use]
    pub fn content_security_policy(self) -> String {
        let script = match self {
            Self::LoginRequired => format!(" script-src 'sha256-{}';", *LEAD_HASH),
            Self::LoggedOut | Self::Denied(_) | Self::Failed(..) => String::new(),
        };
        format!(
            "default-src 'none';{script} style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
    }
}

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (content)
            }
        }
    }
}

fn login_required() -> Markup {
    html! {
        p { "Only some people read this page. If you are logged in, you are not one of them." }
        p { a id="login" href="/_viewer/login" { "Log in" } }
        script { (PreEscaped(LEAD)) }
    }
}

fn again(to: &ReturnPath) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("to", to.as_str())
        .finish();
    format!("/_viewer/login?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_the_one_that_the_policy_names_and_no_other_page_has_one() {
        let page = Page::LoginRequired;
        let html = page.html();
        let (_, script) = html.split_once("<script>").unwrap();
        let (script, _) = script.split_once("</script>").unwrap();
        let hash = STANDARD.encode(Sha256::digest(script));
        assert!(
            page.content_security_policy()
                .contains(&format!("script-src 'sha256-{hash}'"))
        );
        let to = ReturnPath::from("/a?b=%22%3E&c='\"<".to_owned());
        let denied = NothingGranted::Denied("\"><script>".to_owned());
        for page in [
            Page::LoggedOut,
            Page::Denied(&denied),
            Page::Failed(CallbackRefusal::State, &to),
        ] {
            assert!(!page.content_security_policy().contains("script"));
            assert!(!page.html().contains("<script"), "{}", page.html());
        }
    }

    #[test]
    fn after_a_failure_the_viewer_can_log_in_again_and_goes_where_it_was_going() {
        let to = ReturnPath::from("/members/a%20b?x=1&y=2".to_owned());
        let html = Page::Failed(CallbackRefusal::Over, &to).html();
        assert!(
            html.contains("href=\"/_viewer/login?to=%2Fmembers%2Fa%2520b%3Fx%3D1%26y%3D2\""),
            "{html}"
        );
    }
}
