//! The few pages that people see of a login. They hold no data of anybody, and nothing of what a request says.

use keyfront_viewers::login_page;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{callback::CallbackRefusal, grants::NothingGranted, return_path::ReturnPath};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:15vh auto;max-width:32rem;padding:0 1rem}\
@media(prefers-color-scheme:dark){html{color-scheme:dark}}";

/// What they are shown under: their own style, and nothing else.
const WITHOUT_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

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
            Self::LoginRequired => return login_page::HTML.to_owned(),
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

    /// The `Content-Security-Policy` that it is shown under.
    #[must_use]
    pub const fn content_security_policy(self) -> &'static str {
        match self {
            Self::LoginRequired => login_page::CONTENT_SECURITY_POLICY,
            Self::LoggedOut | Self::Denied(_) | Self::Failed(..) => WITHOUT_SCRIPT,
        }
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
    fn no_page_of_a_login_has_a_script() {
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
