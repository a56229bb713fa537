//! What a request shows to be let in: a bearer token in the header its transport may carry it in, or
//! the IAM principal AWS verified.
//!
//! It does not verify the credential.

use http::{HeaderMap, HeaderName, header::AUTHORIZATION};
use keyfront_contract::header;

use crate::{error::Error, oidc::MAX_JWT, publisher::IamCaller, publishers::Credential};

/// Where the edge puts the viewer's `Authorization`, since it signs with its own.
const FORWARDED: HeaderName = HeaderName::from_static(header::AUTHORIZATION);
/// Longer texts are no token of ours and are not hashed.
const MAX_TOKEN: usize = 256;

/// How a request reached the origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Transport {
    /// Straight from the publisher: `Authorization` is the publisher's.
    Native,
    /// Through a Function URL, and AWS verified that the caller is the edge: the forwarded header
    /// is the publisher's.
    Edge,
    /// Through a Function URL from another IAM principal, which is the credential: no header is to be
    /// believed.
    Iam(IamCaller),
    /// Through a Function URL from nobody AWS verified: no header is to be believed.
    Stranger,
}

/// The credential of a request.
pub(super) fn presented(
    transport: Transport,
    headers: &HeaderMap,
) -> Result<Credential<'_>, Error> {
    let name = match transport {
        Transport::Native => AUTHORIZATION,
        Transport::Edge => FORWARDED,
        Transport::Iam(caller) => return Ok(Credential::Iam(caller)),
        Transport::Stranger => {
            return Err(Error::Unauthenticated(
                "the request does not come from the edge",
            ));
        }
    };
    let mut values = headers.get_all(name).iter();
    let value = values
        .next()
        .ok_or(Error::Unauthenticated("no bearer token was sent"))?;
    if values.next().is_some() {
        return Err(Error::Unauthenticated("more than one credential was sent"));
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .unwrap_or_default();
    let token = token.trim_start_matches(' ');
    // A compact JWS has two dots, a publisher's token none.
    let is_jwt = token.bytes().filter(|byte| *byte == b'.').count() == 2;
    let limit = if is_jwt { MAX_JWT } else { MAX_TOKEN };
    match scheme.eq_ignore_ascii_case("bearer") && (1..=limit).contains(&token.len()) {
        true if is_jwt => Ok(Credential::Jwt(token)),
        true => Ok(Credential::Token(token)),
        false => Err(Error::Unauthenticated(
            "the credential is not a bearer token",
        )),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(list: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in list {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn each_transport_believes_its_own_header_only() {
        let both = headers(&[
            (AUTHORIZATION, "Bearer direct"),
            (FORWARDED, "bearer  forwarded"),
        ]);
        let caller = IamCaller::new("arn:aws:iam::123456789012:user/eve", None);
        for (transport, credential) in [
            (Transport::Native, Credential::Token("direct")),
            (Transport::Edge, Credential::Token("forwarded")),
            (Transport::Iam(caller.clone()), Credential::Iam(caller)),
        ] {
            assert_eq!(presented(transport, &both).unwrap(), credential);
        }
        assert!(presented(Transport::Stranger, &both).is_err());
        let forwarded = headers(&[(FORWARDED, "Bearer forwarded")]);
        assert!(presented(Transport::Native, &forwarded).is_err());
    }

    #[test]
    fn a_bearer_with_two_dots_is_a_jwt_and_may_be_long() {
        let long = format!("Bearer a.{}.c", "b".repeat(MAX_JWT - 4));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::try_from(&long).unwrap());
        let credential = presented(Transport::Native, &headers).unwrap();
        assert_eq!(credential, Credential::Jwt(&long["Bearer ".len()..]));
        for too_long in [format!("{long}c"), format!("Bearer {}", "b".repeat(257))] {
            headers.insert(AUTHORIZATION, HeaderValue::try_from(too_long).unwrap());
            assert!(presented(Transport::Native, &headers).is_err());
        }
    }

    #[test]
    fn anything_but_one_bearer_token_is_refused() {
        for list in [
            &[][..],
            &[(AUTHORIZATION, "")],
            &[(AUTHORIZATION, "Bearer")],
            &[(AUTHORIZATION, "Bearer ")],
            &[(AUTHORIZATION, "Basic dXNlcjpwYXNz")],
            &[(AUTHORIZATION, "Bearer a"), (AUTHORIZATION, "Bearer b")],
        ] {
            assert!(
                presented(Transport::Native, &headers(list)).is_err(),
                "{list:?}"
            );
        }
    }
}
