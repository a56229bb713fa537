//! Which methods a route takes, and what `Allow` names.

use crate::method::Method;
use crate::refusal::Refusal;
use crate::site::Site;

/// Which methods a route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Methods {
    Read,
    Publish,
}

impl Methods {
    /// Admits a method; there is no default.
    ///
    /// # Errors
    /// [`Refusal::MethodNotAllowed`], naming what is.
    pub(crate) fn admit(self, site: &Site, method: &str) -> Result<Method, Refusal> {
        match (self, Method::parse(method)) {
            (_, Some(Method::Options)) if site.cors.is_empty() => Err(self.refusal(site)),
            (Self::Publish, Some(method)) => Ok(method),
            (Self::Read, Some(method @ (Method::Get | Method::Head | Method::Options))) => {
                Ok(method)
            }
            (Self::Read, _) | (Self::Publish, None) => Err(self.refusal(site)),
        }
    }

    fn refusal(self, site: &Site) -> Refusal {
        Refusal::MethodNotAllowed {
            allow: self.allowed(site),
        }
    }

    /// Value of `Allow`: OPTIONS is answered where there are cross-origin rules.
    pub(crate) fn allowed(self, site: &Site) -> &'static str {
        match (self, site.cors.is_empty()) {
            (Self::Read, false) => "GET, HEAD, OPTIONS",
            (Self::Read, true) => "GET, HEAD",
            (Self::Publish, false) => "GET, HEAD, OPTIONS, PUT, POST, PATCH, DELETE",
            (Self::Publish, true) => "GET, HEAD, PUT, POST, PATCH, DELETE",
        }
    }
}
