//! What is known of a request once its site is found, and how the core serves it with that.
//!
//! What becomes of the answer is `serving`'s.

use keyfront_edge::{Connection, Invocation, Served, ViewerRequest};
use worker::Context;

use crate::credentials::SessionCredentials;
use crate::isolate;
use crate::sites::SiteEntry;
use crate::target::Target;
use crate::viewer::Viewer;
use crate::viewer_access::Examined;

/// Everything known of a request once its site is found.
pub(crate) struct Exchange<'a> {
    /// Of a site that admits viewers by their signatures, without those.
    pub(crate) viewer: &'a Viewer,
    pub(crate) target: Target<'a>,
    pub(crate) examined: Examined,
    pub(crate) entry: &'a SiteEntry,
    pub(crate) credentials: &'a SessionCredentials,
    /// Unix seconds.
    pub(crate) now: i64,
    pub(crate) context: &'a Context,
}

impl Exchange<'_> {
    /// Lets the core serve a request of the Worker's own to a site.
    pub(crate) fn serve(&self, site: &[u8], request: &ViewerRequest<'_>) -> Served {
        isolate::serve(request, &self.invocation(site))
    }

    pub(crate) fn invocation<'a>(&'a self, site: &'a [u8]) -> Invocation<'a> {
        Invocation {
            now: self.now,
            credentials: self.credentials.role(),
            site,
            connection: Connection::default(),
        }
    }
}
