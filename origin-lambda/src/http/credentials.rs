//! Which header of a request may carry a publisher's token.
//!
//! It does not judge the token.

use http::{HeaderMap, HeaderName, header::AUTHORIZATION};

use crate::error::Error;

/// Where the edge puts the viewer's `Authorization`, since it signs with its own.
const FORWARDED: HeaderName = HeaderName::from_static("x-keyfront-authorization");
/// Longer texts are no token of ours and are not hashed.
const MAX_TOKEN: usize = 256;

/// How a request reached the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// Straight from the publisher: `Authorization` is the publisher's.
    Native,
    /// Through a Function URL, and AWS verified that the caller is the edge: the forwarded header
    /// is the publisher's.
    Edge,
    /// Through a Function URL from anyone else: no header is to be believed.
    Stranger,
}

/// The bearer token of a request.
pub(super) fn bearer(transport: Transport, headers: &HeaderMap) -> Result<&str, Error> {
    let name = match transport {
        Transport::Native => AUTHORIZATION,
        Transport::Edge => FORWARDED,
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
    if scheme.eq_ignore_ascii_case("bearer") && (1..=MAX_TOKEN).contains(&token.len()) {
        Ok(token)
    } else {
        Err(Error::Unauthenticated(
            "the credential is not a bearer token",
        ))
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
        assert_eq!(bearer(Transport::Native, &both).unwrap(), "direct");
        assert_eq!(bearer(Transport::Edge, &both).unwrap(), "forwarded");
        assert!(bearer(Transport::Stranger, &both).is_err());
        let forwarded = headers(&[(FORWARDED, "Bearer forwarded")]);
        assert!(bearer(Transport::Native, &forwarded).is_err());
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
                bearer(Transport::Native, &headers(list)).is_err(),
                "{list:?}"
            );
        }
    }
}
