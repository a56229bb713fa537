//! `/authorize` and the form behind it: from a client's request to a code (OpenID Connect Core 1.0, 3.1.2).

use super::authorization_error::AuthorizationError;
use super::authorization_request::{AuthorizationRequest, CARRIED, Prompt};
use super::codes::Grant;
use super::issuer::Issuer;
use super::pages::{self, LoginForm, Page};
use super::parameters::{Parameters, Repeated};
use super::person::{Person, PersonError};
use super::refusal::Refusal;
use super::return_address::ReturnAddress;
use super::sessions::Login;

/// What the browser gets.
#[derive(Debug)]
pub(super) enum AuthorizationResponse {
    /// Back to the client.
    Redirect(String),
    /// Back to the client, with the cookie of a new session.
    LoggedIn { location: String, session: String },
    /// The form.
    Login(Page),
    /// The form again, since what was entered is not valid.
    LoginAgain(Page),
}

impl Issuer {
    /// Answers a client's request from a browser, which may be logged in by its `session`.
    ///
    /// # Errors
    /// [`Refusal`]: there is no address to redirect to.
    pub(super) fn authorize(
        &self,
        parameters: &Parameters,
        session: Option<&str>,
    ) -> Result<AuthorizationResponse, Refusal> {
        let to = ReturnAddress::validate(parameters, &self.clients)?;
        let answered = AuthorizationRequest::validate(parameters)
            .and_then(|request| self.admit(parameters, &request, &to, session));
        Ok(answered.unwrap_or_else(|error| self.refuse(&to, &error)))
    }

    /// Logs in whom the form names, and answers the client's request that the form carries. A `session` of before ends.
    ///
    /// # Errors
    /// [`Refusal`]: there is no address to redirect to.
    pub(super) fn confirm(
        &self,
        parameters: &Parameters,
        session: Option<&str>,
    ) -> Result<AuthorizationResponse, Refusal> {
        let to = ReturnAddress::validate(parameters, &self.clients)?;
        let request = match AuthorizationRequest::validate(parameters) {
            Ok(request) => request,
            Err(error) => return Ok(self.refuse(&to, &error)),
        };
        let subject = parameters.value("subject")?.unwrap_or_default();
        let groups = parameters.value("groups")?.unwrap_or_default();
        let person = match Person::parse(subject, groups) {
            Ok(person) => person,
            Err(refused) => {
                let entered = (subject, groups);
                let form = login_form(parameters, &to, entered, Some(refused))?;
                return Ok(AuthorizationResponse::LoginAgain(pages::login(&form)));
            }
        };
        if let Some(before) = session {
            self.sessions.end(before);
        }
        let logged_in = self.log_in(person, &request, &to);
        Ok(logged_in.unwrap_or_else(|error| self.refuse(&to, &error)))
    }

    fn admit(
        &self,
        parameters: &Parameters,
        request: &AuthorizationRequest,
        to: &ReturnAddress,
        session: Option<&str>,
    ) -> Result<AuthorizationResponse, AuthorizationError> {
        let now = self.clock.now();
        let login = session.and_then(|id| self.sessions.find(id, now));
        let login = login.filter(|login| request.accepts(login, now));
        match (login, request.prompt) {
            (Some(login), _) => {
                let location = self.answer(login, request, to)?;
                Ok(AuthorizationResponse::Redirect(location))
            }
            (None, Prompt::None) => Err(AuthorizationError::LoginRequired),
            (None, Prompt::AsNeeded | Prompt::Login) => {
                let hint = parameters.value("login_hint")?.unwrap_or_default();
                let form = login_form(parameters, to, (hint, ""), None)?;
                Ok(AuthorizationResponse::Login(pages::login(&form)))
            }
        }
    }

    fn log_in(
        &self,
        person: Person,
        request: &AuthorizationRequest,
        to: &ReturnAddress,
    ) -> Result<AuthorizationResponse, AuthorizationError> {
        let at = self.clock.now();
        let login = Login { person, at };
        let session = self.sessions.begin(login.clone())?;
        let location = self.answer(login, request, to)?;
        Ok(AuthorizationResponse::LoggedIn { location, session })
    }

    /// The client's address with a new code.
    fn answer(
        &self,
        login: Login,
        request: &AuthorizationRequest,
        to: &ReturnAddress,
    ) -> Result<String, AuthorizationError> {
        let code = self.codes.issue(Grant {
            client_id: to.client_id.clone(),
            redirect_uri: to.redirect_uri.clone(),
            challenge: request.challenge,
            nonce: request.nonce.clone(),
            login,
            issued_at: self.clock.now(),
        })?;
        Ok(to.with_code(&code, self.url()))
    }

    fn refuse(&self, to: &ReturnAddress, error: &AuthorizationError) -> AuthorizationResponse {
        AuthorizationResponse::Redirect(to.with_error(error, self.url()))
    }
}

/// The form for a valid request, with what its fields hold: subject and groups.
fn login_form<'a>(
    parameters: &'a Parameters,
    to: &'a ReturnAddress,
    (subject, groups): (&'a str, &'a str),
    refused: Option<PersonError>,
) -> Result<LoginForm<'a>, Repeated> {
    let mut carried = Vec::with_capacity(CARRIED.len());
    for name in CARRIED {
        if let Some(value) = parameters.value(name)? {
            carried.push((name, value));
        }
    }
    Ok(LoginForm {
        client_id: &to.client_id,
        redirect_uri: &to.redirect_uri,
        carried,
        subject,
        groups,
        refused,
    })
}
