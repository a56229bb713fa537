//! The strict layer in front of s3s: refuses what s3s would let through and AWS would not.
//!
//! SigV2, several or no credentials, unsigned `x-amz-*`, signed headers that were not sent, a wrong
//! scope, malformed paths and queries. Forms do not come here ([`super::form`]). It does not verify signatures (s3s does) nor look
//! up credentials (the API's `gate` does).

use http::{HeaderMap, header, request::Parts};

use super::{address, error_response::Refusal};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const MAX_EXPIRES: u32 = 604_800;
/// Query parameters of a presigned URL; none may come twice.
pub const AUTH_PARAMETERS: [&str; 7] = [
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
    "X-Amz-Security-Token",
];

/// What the strict layer learned about a request that may go on.
#[derive(Debug, PartialEq, Eq)]
pub struct Screened {
    /// The path in the one form that is verified and stored.
    pub path: String,
    /// The SHA-256 the body must have, if one was signed.
    pub body_sha256: Option<[u8; 32]>,
}

/// Checks a request before its signature is verified.
///
/// # Errors
/// The answer AWS gives.
pub fn screen(parts: &Parts, region: &str) -> Result<Screened, Refusal> {
    let malformed = |_| Refusal::bad_request("InvalidURI", "Couldn't parse the specified URI.");
    let path = address::canonical_path(parts.uri.path()).map_err(malformed)?;
    let query = address::query_pairs(parts.uri.query().unwrap_or("")).map_err(malformed)?;
    let auth = Authentication::find(&parts.headers, &query)?;
    auth.check_scope(region)?;
    check_signed_headers(&auth.signed_headers, parts)?;
    Ok(Screened {
        path,
        body_sha256: declared_body_hash(&parts.headers)?,
    })
}

struct Authentication {
    credential: String,
    signed_headers: Vec<String>,
    malformed: Refusal,
}

impl Authentication {
    fn find(headers: &HeaderMap, query: &[(String, String)]) -> Result<Self, Refusal> {
        let in_query = |name: &str| query.iter().filter(|(n, _)| n == name).count();
        if in_query("Signature") + in_query("AWSAccessKeyId") > 0 {
            return Err(unsupported_mechanism());
        }
        let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
        let presigned = AUTH_PARAMETERS.iter().any(|name| in_query(name) > 0);
        match (authorizations.next(), authorizations.next(), presigned) {
            (None, _, false) => Err(Refusal::forbidden("AccessDenied", "Access Denied")),
            (Some(value), None, false) => Self::from_header(value.to_str().unwrap_or("")),
            (None, _, true) => Self::from_query(query),
            (Some(_), _, _) => Err(Refusal::bad_request(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
                 parameter or the Authorization header should be specified",
            )),
        }
    }

    fn from_header(value: &str) -> Result<Self, Refusal> {
        let malformed = Refusal::bad_request(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed.",
        );
        let fields = match value.split_once(' ') {
            Some((ALGORITHM, fields)) => fields,
            Some(("AWS", _)) => return Err(unsupported_mechanism()),
            _ => {
                return Err(Refusal::bad_request(
                    "InvalidArgument",
                    "Unsupported Authorization Type",
                ));
            }
        };
        let mut found = [None, None, None];
        for field in fields.split(',') {
            let (name, value) = field
                .trim()
                .split_once('=')
                .ok_or_else(|| malformed.clone())?;
            let slot = ["Credential", "SignedHeaders", "Signature"]
                .iter()
                .position(|known| *known == name);
            let slot = slot.ok_or_else(|| malformed.clone())?;
            if found[slot].replace(value).is_some() {
                return Err(malformed);
            }
        }
        let [Some(credential), Some(signed), Some(_)] = found else {
            return Err(malformed);
        };
        Ok(Self::new(credential, signed, malformed))
    }

    fn from_query(query: &[(String, String)]) -> Result<Self, Refusal> {
        let malformed = Refusal::bad_request(
            "AuthorizationQueryParametersError",
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        );
        let one = |wanted: &str| {
            let mut values = query.iter().filter(|(name, _)| name == wanted);
            match (values.next(), values.next()) {
                (found, None) => Ok(found.map(|(_, value)| value.as_str())),
                _ => Err(malformed.clone()),
            }
        };
        for name in AUTH_PARAMETERS {
            let optional = name == "X-Amz-Security-Token";
            if one(name)?.is_none() && !optional {
                return Err(malformed);
            }
        }
        if one("X-Amz-Algorithm")? != Some(ALGORITHM) {
            let message =
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"";
            return Err(Refusal {
                message,
                ..malformed
            });
        }
        let expires = one("X-Amz-Expires")?.and_then(|expires| expires.parse::<u32>().ok());
        if !expires.is_some_and(|seconds| (1..=MAX_EXPIRES).contains(&seconds)) {
            let message = "X-Amz-Expires must be a number between 1 and 604800 seconds";
            return Err(Refusal {
                message,
                ..malformed
            });
        }
        let credential = one("X-Amz-Credential")?.unwrap_or("");
        let signed = one("X-Amz-SignedHeaders")?.unwrap_or("");
        Ok(Self::new(credential, signed, malformed.clone()))
    }

    fn new(credential: &str, signed: &str, malformed: Refusal) -> Self {
        Self {
            credential: credential.to_owned(),
            signed_headers: signed.split(';').map(str::to_owned).collect(),
            malformed,
        }
    }

    /// `KEY/YYYYMMDD/REGION/s3/aws4_request`, with the stack's Region.
    fn check_scope(&self, region: &str) -> Result<(), Refusal> {
        let parts: Vec<&str> = self.credential.split('/').collect();
        let [key, date, scope_region, service, "aws4_request"] = parts.as_slice() else {
            let message = "The credential is malformed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
            return Err(Refusal {
                message,
                ..self.malformed.clone()
            });
        };
        if key.is_empty() || date.len() != 8 {
            return Err(self.malformed.clone());
        }
        if *service != "s3" {
            let message =
                "The credential is malformed; incorrect service. This endpoint belongs to \"s3\".";
            return Err(Refusal {
                message,
                ..self.malformed.clone()
            });
        }
        if *scope_region != region {
            let message = "The credential is malformed; the region is wrong.";
            return Err(Refusal {
                message,
                ..self.malformed.clone()
            }
            .with("Region", region));
        }
        Ok(())
    }
}

fn unsupported_mechanism() -> Refusal {
    Refusal::bad_request(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
    )
}

/// Every `x-amz-*` header that was sent is signed, and every signed header was sent.
fn check_signed_headers(signed: &[String], parts: &Parts) -> Result<(), Refusal> {
    let headers = &parts.headers;
    let mut unsigned: Vec<&str> = headers
        .keys()
        .map(header::HeaderName::as_str)
        .filter(|name| name.starts_with("x-amz-") && !signed.iter().any(|signed| signed == name))
        .collect();
    let host_signed = signed.iter().any(|name| name == "host");
    if !host_signed {
        unsigned.push("host");
    }
    if !unsigned.is_empty() {
        unsigned.sort_unstable();
        let message = "There were headers present in the request which were not signed";
        return Err(Refusal::forbidden("AccessDenied", message)
            .with("HeadersNotSigned", unsigned.join(", ")));
    }
    let sent = |name: &str| {
        headers.contains_key(name) || (name == "host" && parts.uri.authority().is_some())
    };
    if !signed.is_sorted_by(|a, b| a < b) || signed.iter().any(|name| !sent(name)) {
        return Err(Refusal::forbidden(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your key and \
             signing method.",
        ));
    }
    // s3s leaves values that are not UTF-8 out of the canonical request: they would go unsigned.
    let is_text = |value: &header::HeaderValue| std::str::from_utf8(value.as_bytes()).is_ok();
    if signed
        .iter()
        .any(|name| !headers.get_all(name.as_str()).iter().all(is_text))
    {
        return Err(Refusal::bad_request(
            "InvalidArgument",
            "A signed header is not valid UTF-8.",
        ));
    }
    Ok(())
}

fn declared_body_hash(headers: &HeaderMap) -> Result<Option<[u8; 32]>, Refusal> {
    let Some(value) = headers.get("x-amz-content-sha256") else {
        return Ok(None);
    };
    match value.to_str().unwrap_or("") {
        "UNSIGNED-PAYLOAD"
        | "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Ok(None),
        text => {
            let mut hash = [0; 32];
            let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
            match hex::decode_to_slice(text, &mut hash) {
                Ok(()) if is_lower => Ok(Some(hash)),
                _ => Err(Refusal::bad_request(
                    "InvalidArgument",
                    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, \
                     STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid \
                     sha256 value.",
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests;
