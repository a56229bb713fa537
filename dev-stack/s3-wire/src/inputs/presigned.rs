//! `x-amz-*` parameters of a presigned URL: the headers they name, which an SDK puts into the query so that whoever holds
//! the URL need not send them.

use http::{HeaderMap, HeaderName, HeaderValue, header::Entry};
use s3s::S3Result;

use crate::{
    error_response::{invalid_argument, not_implemented},
    screen::AUTH_PARAMETERS,
};

/// What S3 takes from headers alone.
const HEADERS_ONLY: &str = "x-amz-server-side-encryption";
const BODY_HASH: &str = "x-amz-content-sha256";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Moves the parameters that stand for headers to the headers, out of a verified query; leaves out the signature's own.
/// A request that is signed by its headers has no such parameters: they stay, to be refused.
///
/// # Errors
/// `NotImplemented` for what S3 takes from headers alone, or a hash of the body; `InvalidArgument` for a header that is
/// there already, or that is none.
pub fn hoisted_headers(
    query: Vec<(String, String)>,
    headers: &mut HeaderMap,
) -> S3Result<Vec<(String, String)>> {
    let is_presigned = query.iter().any(|(name, _)| name == AUTH_PARAMETERS[0]);
    let mut kept = Vec::new();
    for (name, value) in query {
        let lower = name.to_ascii_lowercase();
        if AUTH_PARAMETERS.contains(&name.as_str()) {
            // The parameter is what was verified.
            if headers.contains_key(&lower) {
                return Err(invalid_argument(format!("{lower} is sent twice.")));
            }
            continue;
        }
        if !is_presigned || !lower.starts_with("x-amz-") {
            kept.push((name, value));
            continue;
        }
        if lower.starts_with(HEADERS_ONLY) || (lower == BODY_HASH && value != UNSIGNED) {
            return Err(not_implemented(&format!("the query parameter {name}")));
        }
        if lower == BODY_HASH {
            continue;
        }
        let malformed = || invalid_argument(format!("The query parameter {lower} is no header."));
        let header = HeaderName::try_from(&lower).map_err(|_| malformed())?;
        let value = HeaderValue::try_from(value).map_err(|_| malformed())?;
        match headers.entry(header) {
            Entry::Vacant(entry) => entry.insert(value),
            Entry::Occupied(_) => {
                return Err(invalid_argument(format!("{lower} is sent twice.")));
            }
        };
    }
    Ok(kept)
}
