//! Serving: the pipeline admit -> route -> sign, over one viewer's request.
//!
//! [`Edge`] keeps what is worth keeping between requests. Time, credentials and the site come in with every
//! request; nothing is sent from here.

use alloc::string::String;

use keyfront_sigv4::{AmzDate, Credentials, uri_encoding};

use crate::admission::{self, Admitted, Outcome};
use crate::answer::Answer;
use crate::cors::Grant;
use crate::origin_request::{Connection, Host, OriginRequest, Signers, SigningInput, Unassisted};
use crate::refusal::{BodyOf, Refusal};
use crate::role_credentials::{self, RoleCredentials};
use crate::site::SiteCache;
use crate::text::split_once;
use crate::viewer_request::{ViewerAccess, ViewerRequest};

/// Everything about a request that is not the viewer's.
#[derive(Clone, Copy, Debug)]
pub struct Invocation<'a> {
    /// Unix seconds.
    pub now: i64,
    /// Read for this request.
    pub credentials: RoleCredentials<'a>,
    /// The site document; empty if the origin carries none.
    pub site: &'a [u8],
    /// Where the host will send the request.
    pub connection: Connection<'a>,
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// Send this to the origin, then [`clean`](crate::response::clean) what it answers.
    Forward(OriginRequest),
    /// Answer this.
    Answer {
        /// Complete but for `Content-Length`.
        answer: Answer,
        /// For the operator's log; `None` if there is nothing an operator could do.
        log: Option<String>,
    },
}

/// Whether a request goes on.
#[derive(Debug)]
pub enum Admission<'a> {
    /// [`Edge::sign`] it.
    Admitted(Admitted<'a>),
    /// Answer this.
    Answer {
        /// Complete but for `Content-Length`.
        answer: Answer,
        /// For the operator's log; `None` if there is nothing an operator could do.
        log: Option<String>,
    },
}

/// The edge's memory: parsed sites, signing keys, the last credentials seen. One for each thread.
#[derive(Debug, Default)]
pub struct Edge {
    sites: SiteCache,
    signers: Signers,
    credentials: Option<Credentials>,
}

impl Edge {
    /// An edge that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sites: SiteCache::new(),
            signers: Signers::new(),
            credentials: None,
        }
    }

    /// Serves one request without help from the host: sites that ask for SigV4A are refused.
    pub fn serve(&mut self, request: &ViewerRequest<'_>, invocation: &Invocation<'_>) -> Served {
        self.serve_with(&mut Unassisted, request, invocation)
    }

    /// Serves one request: [`Edge::admit`], then [`Edge::sign`].
    pub fn serve_with(
        &mut self,
        host: &mut impl Host,
        request: &ViewerRequest<'_>,
        invocation: &Invocation<'_>,
    ) -> Served {
        match self.admit(request, invocation.site) {
            Admission::Admitted(admitted) => self.sign(host, admitted, invocation),
            Admission::Answer { answer, log } => Served::Answer { answer, log },
        }
    }

    /// Decides whether a request to the site of this document may go on, and where. What the site protects, the CDN
    /// before this edge admits to.
    pub fn admit<'a>(&mut self, request: &ViewerRequest<'a>, site: &[u8]) -> Admission<'a> {
        self.admit_viewer(request, site, ViewerAccess::ByOrigin)
    }

    /// [`Edge::admit`], for a host that verifies viewers itself.
    pub fn admit_viewer<'a>(
        &mut self,
        request: &ViewerRequest<'a>,
        site: &[u8],
        access: ViewerAccess,
    ) -> Admission<'a> {
        let body = BodyOf::method(request.method);
        let refused = |grant: &Grant, refusal: &Refusal| {
            let (answer, log) = refused(refusal, request.request_id, body, grant);
            Admission::Answer { answer, log }
        };
        let site = match self.sites.site(site) {
            Ok(site) => site,
            Err(error) => return refused(&Grant::Unruled, &error.into()),
        };
        let grant = Grant::decide(
            &site.cors,
            request.header("origin").filter(|origin| is_origin(origin)),
        );
        match admission::admit(&site, &grant, request, access) {
            Ok(Outcome::Admitted(admitted)) => Admission::Admitted(admitted),
            Ok(Outcome::Answer(answer)) => Admission::Answer { answer, log: None },
            Err(refusal) => refused(&grant, &refusal),
        }
    }

    /// Signs an admitted request. Of the invocation the site is not read: it is the one of [`Edge::admit`].
    pub fn sign(
        &mut self,
        host: &mut impl Host,
        admitted: Admitted<'_>,
        invocation: &Invocation<'_>,
    ) -> Served {
        let body = BodyOf::method(admitted.method.as_str());
        let (request_id, grant) = (admitted.request_id, admitted.grant.clone());
        match self.signed(host, admitted, invocation) {
            Ok(signed) => Served::Forward(signed),
            Err(refusal) => {
                let (answer, log) = refused(&refusal, request_id, body, &grant);
                Served::Answer { answer, log }
            }
        }
    }

    fn signed(
        &mut self,
        host: &mut impl Host,
        admitted: Admitted<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<OriginRequest, Refusal> {
        let payload = admitted.body.payload()?;
        let date = AmzDate::from_unix(invocation.now).map_err(Refusal::Unsignable)?;
        let credentials = role_credentials::current(
            &mut self.credentials,
            &invocation.credentials,
            invocation.now,
        )?;
        let input = SigningInput {
            payload,
            credentials,
            date,
            connection: invocation.connection,
        };
        self.signers.sign(host, admitted, &input)
    }

    /// The path, as on the request line, of the page a site shows with its 404s, for hosts that can put it in their
    /// place. Served like any other path; `None` if the site names none.
    pub fn missing_page(&mut self, site: &[u8]) -> Option<String> {
        let site = self.sites.site(site).ok()?;
        let page = site.not_found.as_deref()?;
        let mut path = String::from("/");
        uri_encoding::append_viewer_path(&mut path, &site.path);
        uri_encoding::append_viewer_path(&mut path, page);
        Some(path)
    }
}

/// An `Origin` a rule can admit: one token of visible ASCII, so that it may be said back.
fn is_origin(origin: &str) -> bool {
    split_once(origin, "://").is_some() && origin.bytes().all(|byte| byte.is_ascii_graphic())
}

fn refused(
    refusal: &Refusal,
    request_id: &str,
    body: BodyOf,
    grant: &Grant,
) -> (Answer, Option<String>) {
    let mut answer = refusal.answer(request_id, body);
    grant.append_to(&mut answer.headers);
    (answer, refusal.log_line(request_id))
}

#[cfg(test)]
mod tests;
