//! Signing: an admitted request and a target become what is sent.
//!
//! Path, query and host go to the signer as the values that are sent, so the wire is what was signed. Signed
//! headers are `host` and every `x-amz-*` sent; what CDNs rewrite (ranges, conditions, encodings) passes unsigned.

use alloc::{borrow::ToOwned, vec::Vec};

use keyfront_contract::{Route, header};
use keyfront_sigv4::{
    AmzDate, Credentials, MultiRegionSigner, Payload, Request, SignedHeaders, Signer,
    SigningContext, SigningError,
};

use super::target::{Algorithm, Scope, Target};
use super::{Connection, Host, OriginRequest};
use crate::admission::Admitted;
use crate::header::Header;
use crate::refusal::Refusal;
use crate::release::ReleaseFacts;
use crate::response::{BadRequest, ResponseFacts};
use crate::site::SiteError;

/// The signers of both algorithms, with the buffers they keep.
#[derive(Debug, Default)]
pub(crate) struct Signers {
    one_region: Signer,
    multi_region: MultiRegionSigner,
}

/// With what, when, over which body and connection a request is signed.
pub(crate) struct SigningInput<'a> {
    pub(crate) payload: Payload<'a>,
    pub(crate) credentials: &'a Credentials,
    pub(crate) date: AmzDate,
    pub(crate) connection: Connection<'a>,
    /// Of a site with releases.
    pub(crate) release: Option<ReleaseFacts>,
}

impl Signers {
    pub(crate) const fn new() -> Self {
        Self {
            one_region: Signer::new(),
            multi_region: MultiRegionSigner::new(),
        }
    }

    /// Builds and signs.
    ///
    /// # Errors
    /// [`Refusal::SiteMisrouted`], [`Refusal::CredentialsMissing`], [`Refusal::Unsignable`] if the host's own values
    /// (request id, time) cannot be signed. Nothing is returned unsigned.
    pub(crate) fn sign(
        &mut self,
        host: &mut impl Host,
        admitted: Admitted<'_>,
        input: SigningInput<'_>,
    ) -> Result<OriginRequest, Refusal> {
        let target = Target::of(&admitted.site, &admitted.destination);
        target.check_connection(input.connection)?;
        let Scope { service, profile } = target.scope();
        let context = SigningContext {
            credentials: input.credentials,
            region: target.region,
            service,
            profile,
            date: input.date,
        };
        // Nothing says that a Function URL is sent the event's id.
        let cf_id = input
            .connection
            .cf_id
            .filter(|_| target.route == Route::Bucket);
        let signed = [
            ("host", target.host),
            ("x-amz-cf-id", cf_id.unwrap_or_default()),
        ];
        let request = Request {
            method: admitted.method.as_str(),
            path: &target.path,
            query: &admitted.query,
            headers: if cf_id.is_some() {
                &signed
            } else {
                &signed[..1]
            },
            payload: input.payload,
        };
        let signature = self
            .signature(host, target.algorithm, &request, &context)
            .map_err(unsignable)?;
        let facts = ResponseFacts {
            route: target.route,
            denied_as: admitted.site.denied_as,
            bad_request: bad_request(&admitted, target.route),
            grant: admitted.grant,
            folder: admitted.folder,
            release: input.release,
        };
        let mut headers = Vec::with_capacity(8);
        headers.push(Header::new("host", target.host.to_owned()));
        add_signed(&mut headers, &signature);
        headers.push(Header::new(header::RESPONSE_FACTS, facts.written()));
        if let Some(value) = admitted.authorization {
            headers.push(Header::new(header::AUTHORIZATION, value.to_owned()));
        }
        Ok(OriginRequest {
            method: admitted.method,
            scheme: target.scheme,
            host: target.host.to_owned(),
            path: target.path,
            query: admitted.query,
            headers,
            route: target.route,
            facts,
            drop_range: admitted.conditions.drop_range,
        })
    }

    fn signature<'s>(
        &'s mut self,
        host: &mut impl Host,
        algorithm: Algorithm,
        request: &Request<'_>,
        context: &SigningContext<'s>,
    ) -> Result<SignedHeaders<'s>, SigningError> {
        match algorithm {
            Algorithm::SigV4 => self
                .one_region
                .sign_hashed_by(request, context, |text| host.sha256(text)),
            Algorithm::SigV4a => {
                // The two are called one after the other, which two closures cannot say.
                let host = core::cell::RefCell::new(host);
                self.multi_region.sign_by(
                    request,
                    context,
                    |text| host.borrow_mut().sha256(text),
                    |credentials, text| host.borrow_mut().ecdsa(credentials, text),
                )
            }
        }
    }
}

/// What a 400 of the route's origin will mean.
fn bad_request(admitted: &Admitted<'_>, route: Route) -> BadRequest {
    if admitted.conditions.unusual {
        BadRequest::Condition
    } else if admitted.site.customer_keys && route == Route::Bucket {
        BadRequest::CustomerKey
    } else {
        BadRequest::Unexplained
    }
}

fn add_signed(headers: &mut Vec<Header>, signature: &SignedHeaders<'_>) {
    headers.extend(
        signature
            .iter()
            .map(|(name, value)| Header::new(name, value.to_owned())),
    );
}

/// Everything of the viewer's was checked or encoded before, so what is left is the host's or the operator's.
fn unsignable(error: SigningError) -> Refusal {
    match error {
        SigningError::AccessKeyId | SigningError::SecretAccessKey | SigningError::SessionToken => {
            Refusal::CredentialsMissing
        }
        SigningError::EcdsaUnavailable => SiteError::SigningUnsupported.into(),
        other => Refusal::Unsignable(other),
    }
}
