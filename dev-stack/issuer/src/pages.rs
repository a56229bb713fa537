//! The pages that a person sees, in HTML. Everything that comes from a request is escaped where it is written.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::form_action::FormAction;
use super::person::{LONGEST_GROUPS, LONGEST_SUBJECT, PersonError};
use super::refusal::Refusal;

/// The only style of the pages, allowed by its hash.
pub(super) const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:3rem auto;max-width:28rem;padding:0 1rem;\
overflow-wrap:anywhere}label{display:block;margin:1rem 0 .2rem}input{box-sizing:border-box;font:inherit;padding:.4rem;\
width:100%}button{font:inherit;margin-top:1.5rem;padding:.4rem 1.5rem}[role=alert]{border-left:.3rem solid;\
padding-left:.7rem}html{color-scheme:light dark}";

/// A page, and where its form may lead.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) html: String,
    pub(super) form_action: FormAction,
}

/// What the login page shows and carries.
#[derive(Debug, Clone)]
pub(super) struct LoginForm<'a> {
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    /// The request's parameters by their names.
    pub(super) carried: Vec<(&'static str, &'a str)>,
    /// What stands in the fields.
    pub(super) subject: &'a str,
    pub(super) groups: &'a str,
    /// Why the person is asked again.
    pub(super) refused: Option<PersonError>,
}

/// Asks for a name.
pub(super) fn login(form: &LoginForm<'_>) -> Page {
    let content = html! {
        p { "The application " strong { (form.client_id) } " asks who you are." }
        p {
            "This issuer is for development: any name logs in, and there is no password. "
            "Never let anything that matters trust it."
        }
        @if let Some(refused) = form.refused { p role="alert" { (refused) "." } }
        form method="post" action="/authorize/confirm" {
            @for (name, value) in &form.carried { input type="hidden" name=(name) value=(value); }
            label for="subject" { "Name (the subject of the token)" }
            input id="subject" name="subject" value=(form.subject) maxlength=(LONGEST_SUBJECT)
                required autofocus autocapitalize="none" autocomplete="username" spellcheck="false";
            label for="groups" { "Groups, separated by commas (optional)" }
            input id="groups" name="groups" value=(form.groups) maxlength=(LONGEST_GROUPS)
                autocapitalize="none" autocomplete="on" spellcheck="false";
            button { "Log in" }
        }
    };
    Page {
        html: document("Log in", &content),
        form_action: FormAction::then(form.redirect_uri),
    }
}

/// Says why a request goes nowhere.
pub(super) fn refusal(refusal: &Refusal) -> Page {
    plain("Request refused", &format!("{refusal}."))
}

/// Says that nobody is logged in any more.
pub(super) fn logged_out() -> Page {
    plain("Logged out", "You are logged out of this issuer.")
}

/// Says that an answer could not be made.
pub(super) fn failure() -> Page {
    plain(
        "No answer",
        "The issuer cannot write its answer; its log says why.",
    )
}

fn plain(title: &str, text: &str) -> Page {
    Page {
        html: document(title, &html! { p { (text) } }),
        form_action: FormAction::none(),
    }
}

fn document(title: &str, content: &Markup) -> String {
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) " - Keyfront development issuer" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (content) } }
        }
    };
    document.into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "\"><script>alert('x')</script>&amp;";

    #[test]
    fn whatever_a_request_says_is_text() {
        let form = LoginForm {
            client_id: HOSTILE,
            redirect_uri: "http://localhost/",
            carried: vec![("state", HOSTILE)],
            subject: HOSTILE,
            groups: HOSTILE,
            refused: Some(PersonError::NoSubject),
        };
        let unknown = Refusal::UnknownRedirectUri {
            client: HOSTILE.to_owned(),
            uri: HOSTILE.to_owned(),
        };
        for page in [login(&form), refusal(&unknown)] {
            assert!(!page.html.contains("<script"), "{}", page.html);
            assert!(page.html.contains("&lt;script&gt;"), "{}", page.html);
            assert!(page.html.contains("&amp;amp;"), "{}", page.html);
        }
        let value = "name=\"state\" value=\"&quot;&gt;&lt;script&gt;";
        assert!(login(&form).html.contains(value));
    }

    #[test]
    fn the_login_page_says_that_any_name_logs_in() {
        let form = LoginForm {
            client_id: "app",
            redirect_uri: "http://localhost/",
            carried: Vec::new(),
            subject: "",
            groups: "",
            refused: None,
        };
        let page = login(&form);
        assert!(
            page.html
                .contains("any name logs in, and there is no password")
        );
        assert!(!page.html.contains("role=\"alert\""));
        assert_eq!(page.form_action, FormAction::then("http://localhost/"));
        assert_eq!(logged_out().form_action, FormAction::none());
    }
}
