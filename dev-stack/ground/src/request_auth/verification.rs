//! Recomputing a request's signature and comparing it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::HeaderMap;
use http::header::{AUTHORIZATION, HOST, HeaderName};
use http::request::Parts;
use keyfront_iam::Requester;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::AuthError;
use super::authorization::Authorization;
use crate::clock::Clock;
use crate::credentials::{CredentialRegistry, Registered};

/// How far a request's date may be from the present, either way.
const MAX_SKEW: Duration = Duration::from_secs(300);
/// CloudFront's and S3's limit for path and query; what is longer is not worth hashing.
const MAX_TARGET_BYTES: usize = 8192;

const X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
const X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Verifies the requests of one service.
#[derive(Debug, Clone)]
pub struct RequestAuth {
    registry: Arc<CredentialRegistry>,
    clock: Clock,
    region: String,
    service: &'static str,
}

impl RequestAuth {
    /// A verifier for `service` (`kms`, `sts`, `lambda`) in `region`.
    pub fn new(
        registry: Arc<CredentialRegistry>,
        clock: Clock,
        region: &str,
        service: &'static str,
    ) -> Self {
        Self {
            registry,
            clock,
            region: region.to_owned(),
            service,
        }
    }

    /// Establishes who signed a request, given its head as received and its whole body.
    ///
    /// `host`, `x-amz-date` and every `x-amz-*` header sent must be signed; `UNSIGNED-PAYLOAD` is
    /// refused. The peer's address and the use of TLS are the caller's to add to the answer.
    ///
    /// # Errors
    /// [`AuthError`]; the access key is looked up before the signature is compared, the session is
    /// checked after.
    pub fn verify(&self, head: &Parts, body: &[u8]) -> Result<Requester, AuthError> {
        let header = only(&head.headers, &AUTHORIZATION, "Authorization is repeated")?;
        let authorization = Authorization::parse(header.ok_or(AuthError::Missing)?)?;
        let now = self.clock.now();
        let signed_at = self.check_scope(head, &authorization, now)?;
        let host = host_of(head)?;
        let headers = signed_headers(head, &authorization, host)?;
        check_body_hash(&head.headers, body)?;
        let token = only(
            &head.headers,
            &X_AMZ_SECURITY_TOKEN,
            "x-amz-security-token is repeated",
        )?;

        let registered = self
            .registry
            .find(authorization.access_key_id)
            .ok_or(AuthError::UnknownKey)?;
        let expected = self.signature(head, &headers, body, &registered, signed_at)?;
        let given = authorization.signature.as_bytes();
        if !bool::from(expected.as_bytes().ct_eq(given)) {
            return Err(AuthError::SignatureMismatch);
        }
        registered.check_session(token, now)?;
        let mut requester = registered.requester(now);
        requester.user_agent = head
            .headers
            .get(http::header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(str::to_owned);
        Ok(requester)
    }

    /// Checks date, Region and service; returns the time of signing.
    fn check_scope(
        &self,
        head: &Parts,
        authorization: &Authorization<'_>,
        now: SystemTime,
    ) -> Result<SystemTime, AuthError> {
        let date = only(&head.headers, &X_AMZ_DATE, "x-amz-date is repeated")?
            .ok_or(AuthError::Incomplete("x-amz-date is missing"))?;
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let signed_at = PrimitiveDateTime::parse(date, &format)
            .map_err(|_| AuthError::Incomplete("x-amz-date is not a date"))?
            .assume_utc();
        let signed_at = SystemTime::from(signed_at);
        if date.get(..8) != Some(authorization.date) {
            return Err(AuthError::Scope("date"));
        }
        if authorization.region != self.region {
            return Err(AuthError::Scope("region"));
        }
        if authorization.service != self.service {
            return Err(AuthError::Scope("service"));
        }
        let distance = match now.duration_since(signed_at) {
            Ok(past) => past,
            Err(future) => future.duration(),
        };
        if distance > MAX_SKEW {
            return Err(AuthError::Skewed { signed_at, now });
        }
        Ok(signed_at)
    }

    /// The signature this request has if the registered secret signed it.
    fn signature(
        &self,
        head: &Parts,
        headers: &[(&str, &str)],
        body: &[u8],
        registered: &Registered,
        signed_at: SystemTime,
    ) -> Result<String, AuthError> {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Double;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Enabled;
        settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
        settings.excluded_headers = None;
        // The session token takes part as one of the signed headers, so it is not given here.
        let credentials = &registered.credentials;
        let identity = SigningCredentials::new(
            credentials.access_key_id.clone(),
            credentials.secret_access_key.expose(),
            None,
            None,
            "keyfront-dev-stack",
        )
        .into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.service)
            .time(signed_at)
            .settings(settings)
            .build()
            .map_err(|_| AuthError::Incomplete("signing parameters are incomplete"))?
            .into();
        let unsignable = |_| AuthError::Incomplete("request cannot be signed");
        let request = SignableRequest::new(
            head.method.as_str(),
            target_of(head)?,
            headers.iter().copied(),
            SignableBody::Bytes(body),
        )
        .map_err(unsignable)?;
        let (_, signature) = sign(request, &params).map_err(unsignable)?.into_parts();
        Ok(signature)
    }
}

/// The one value of a header that must not be repeated.
fn only<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
    repeated: &'static str,
) -> Result<Option<&'a str>, AuthError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(AuthError::Incomplete(repeated));
    }
    match first.map(|value| value.to_str()) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text)),
        Some(Err(_)) => Err(AuthError::Incomplete("a header is not ASCII")),
    }
}

/// Path and query as received; bounded because the signing crate builds a URI from their encoded form.
fn target_of(head: &Parts) -> Result<&str, AuthError> {
    let target = head
        .uri
        .path_and_query()
        .map(http::uri::PathAndQuery::as_str);
    match target {
        Some(target) if target.starts_with('/') && target.len() <= MAX_TARGET_BYTES => Ok(target),
        _ => Err(AuthError::Incomplete("request target cannot be signed")),
    }
}

/// The `Host` header of HTTP/1.1 or the authority of HTTP/2.
fn host_of(head: &Parts) -> Result<&str, AuthError> {
    let header = only(&head.headers, &HOST, "host is repeated")?;
    let authority = head.uri.authority().map(http::uri::Authority::as_str);
    match (header, authority) {
        (Some(header), Some(authority)) if header != authority => {
            Err(AuthError::Incomplete("host and authority differ"))
        }
        (Some(host), _) | (None, Some(host)) => Ok(host),
        (None, None) => Err(AuthError::Incomplete("host is missing")),
    }
}

/// The headers that take part in the signature, after checking that those which must are among them.
fn signed_headers<'a>(
    head: &'a Parts,
    authorization: &Authorization<'a>,
    host: &'a str,
) -> Result<Vec<(&'a str, &'a str)>, AuthError> {
    let is_signed = |name: &str| authorization.signed_headers.binary_search(&name).is_ok();
    if !is_signed("host") || !is_signed("x-amz-date") {
        return Err(AuthError::Incomplete("host or x-amz-date is not signed"));
    }
    // CloudFront adds its id after the function that signs; AWS's sample for Function URLs leaves it unsigned.
    let unsigned = head
        .headers
        .keys()
        .map(HeaderName::as_str)
        .any(|name| name.starts_with("x-amz-") && name != "x-amz-cf-id" && !is_signed(name));
    if unsigned {
        return Err(AuthError::Incomplete("an x-amz-* header is not signed"));
    }
    let mut headers = Vec::with_capacity(authorization.signed_headers.len());
    for name in &authorization.signed_headers {
        if *name == "host" {
            headers.push((*name, host));
            continue;
        }
        let mut values = head.headers.get_all(*name).iter().peekable();
        if values.peek().is_none() {
            return Err(AuthError::Incomplete("a signed header is missing"));
        }
        for value in values {
            let text = value
                .to_str()
                .map_err(|_| AuthError::Incomplete("a header is not ASCII"))?;
            headers.push((*name, text));
        }
    }
    Ok(headers)
}

fn check_body_hash(headers: &HeaderMap, body: &[u8]) -> Result<(), AuthError> {
    let declared = only(
        headers,
        &X_AMZ_CONTENT_SHA256,
        "x-amz-content-sha256 is repeated",
    )?;
    match declared {
        Some(hash) if hash != hex::encode(Sha256::digest(body)) => Err(AuthError::BodyHashMismatch),
        Some(_) | None => Ok(()),
    }
}
