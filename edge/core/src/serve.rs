//! Serving: the pipeline admit -> route -> sign, over one viewer's request.
//!
//! [`Edge`] keeps what is worth keeping between requests. Time, credentials and the site come in with every
//! request; nothing is sent from here.

mod releases;

use alloc::string::String;

use keyfront_sigv4::{AmzDate, Credentials, uri_encoding};

use self::releases::{Placed, Question};
use crate::admission::{self, Admitted, Outcome};
use crate::answer::Answer;
use crate::cors::Grant;
use crate::header::Header;
use crate::origin_request::{Connection, Host, OriginRequest, Signers, SigningInput, Unassisted};
use crate::refusal::{BodyOf, Refusal};
use crate::release::pointers::Pointers;
use crate::release::{PointerAnswer, ReleaseFacts};
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
    /// Ask the bucket, hand its answer to [`Edge::pointer_answered`], and serve the request again with the same time.
    Ask(PointerQuestion),
    /// Answer this.
    Answer {
        /// Complete but for `Content-Length`.
        answer: Answer,
        /// For the operator's log; `None` if there is nothing an operator could do.
        log: Option<String>,
    },
}

/// The question which release of a site is active: of all requests that need to know, the host sends one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerQuestion {
    /// A GET without a body, signed and complete: no viewer's header goes with it. It ends after [`PointerQuestion::LIMIT`].
    pub request: OriginRequest,
    /// For the [`PointerAnswer`].
    pub asked_at: i64,
}

impl PointerQuestion {
    /// Milliseconds until the question has failed.
    pub const LIMIT: u32 = 3_000;

    /// Milliseconds a request waits for the answer: long where nothing recent could be served. Then the host hands over that there
    /// is none, and what is known is served. The question goes on, as long as the host lets it, and no other one is asked
    /// beside it; a late answer is handed over like any other.
    #[must_use]
    pub fn wait(&self) -> u32 {
        let mut headers = self.request.headers.iter();
        if headers.any(|header| header.name == "if-none-match") {
            500
        } else {
            Self::LIMIT
        }
    }
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
    pointers: Pointers,
}

impl Edge {
    /// An edge that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            sites: SiteCache::new(),
            signers: Signers::new(),
            credentials: None,
            pointers: Pointers::new(),
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
        match self.placed(host, admitted, invocation) {
            Ok(served) => served,
            Err(refusal) => {
                let (answer, log) = refused(&refusal, request_id, body, &grant);
                Served::Answer { answer, log }
            }
        }
    }

    /// Hands over what the bucket answered to a [`PointerQuestion`], or that it did not, or not in time.
    pub fn pointer_answered(&mut self, answer: &PointerAnswer<'_>) {
        self.pointers.keep(answer);
    }

    fn placed(
        &mut self,
        host: &mut impl Host,
        mut admitted: Admitted<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<Served, Refusal> {
        let placed = match admitted.release.take() {
            None => None,
            Some(conditions) => {
                match releases::place(&self.pointers, &mut admitted, conditions, invocation.now)? {
                    Placed::In(facts) => Some(facts),
                    Placed::Unasked(question) => {
                        return self.question(host, question, invocation).map(Served::Ask);
                    }
                }
            }
        };
        self.signed(host, admitted, invocation, placed)
            .map(Served::Forward)
    }

    fn question(
        &mut self,
        host: &mut impl Host,
        question: Question<'_>,
        invocation: &Invocation<'_>,
    ) -> Result<PointerQuestion, Refusal> {
        // The host sends it, so no CDN adds its id.
        let invocation = Invocation {
            connection: Connection {
                cf_id: None,
                ..invocation.connection
            },
            ..*invocation
        };
        let mut request = self.signed(host, question.admitted, &invocation, None)?;
        if !question.known.is_empty() {
            let header = Header::new("if-none-match", question.known);
            request.headers.push(header);
        }
        Ok(PointerQuestion {
            request,
            asked_at: invocation.now,
        })
    }

    fn signed(
        &mut self,
        host: &mut impl Host,
        admitted: Admitted<'_>,
        invocation: &Invocation<'_>,
        release: Option<ReleaseFacts>,
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
            release,
        };
        self.signers.sign(host, admitted, input)
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
