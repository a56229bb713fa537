//! What S3 answers with `SignatureDoesNotMatch`: the canonical request and the string to sign it verified, so that a
//! client can compare its own.
//!
//! Written here from the request that arrived; s3s keeps its own to itself. It verifies nothing. Presigned requests,
//! forms and chunks are answered without.

use http::{HeaderMap, Method, Request, Uri, header};
use sha2::{Digest, Sha256};

use super::address;

/// A request that was signed by its headers.
pub struct SignedRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl SignedRequest {
    /// None for a request that is not signed by its headers.
    #[must_use]
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        let signed = request.headers().contains_key(header::AUTHORIZATION);
        signed.then(|| Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
        })
    }

    /// The elements of the error document; none for a request that is not signed as S3 wants.
    pub fn elements(&self) -> Option<[(&'static str, String); 6]> {
        let authorization = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (algorithm, fields) = authorization.split_once(' ')?;
        let field = |name: &str| {
            let mut fields = fields.split(',').map(str::trim);
            fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
        };
        let (credential, signed) = (field("Credential")?, field("SignedHeaders")?);
        let (access_key, scope) = credential.split_once('/')?;
        let canonical_request = self.canonical_request(signed)?;
        let date = self.header("x-amz-date")?;
        let hash = hex::encode(Sha256::digest(&canonical_request));
        let string_to_sign = format!("{algorithm}\n{date}\n{scope}\n{hash}");
        Some([
            ("AWSAccessKeyId", access_key.to_owned()),
            ("StringToSignBytes", bytes_of(&string_to_sign)),
            ("StringToSign", string_to_sign),
            ("SignatureProvided", field("Signature")?.to_owned()),
            ("CanonicalRequestBytes", bytes_of(&canonical_request)),
            ("CanonicalRequest", canonical_request),
        ])
    }

    /// *Signature calculations for the authorization header* in S3's API reference, step 1.
    fn canonical_request(&self, signed: &str) -> Option<String> {
        let path = address::canonical_path(self.uri.path()).ok()?;
        let mut query: Vec<(String, String)> = address::query_pairs(self.uri.query().unwrap_or(""))
            .ok()?
            .into_iter()
            .map(|(name, value)| {
                (
                    address::query_encoded(&name),
                    address::query_encoded(&value),
                )
            })
            .collect();
        query.sort();
        let query: Vec<String> = query
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let headers: Option<String> = signed
            .split(';')
            .map(|name| Some(format!("{name}:{}\n", self.header(name)?)))
            .collect();
        Some(format!(
            "{}\n{path}\n{}\n{}\n{signed}\n{}",
            self.method,
            query.join("&"),
            headers?,
            self.header("x-amz-content-sha256")?,
        ))
    }

    /// All values, as the canonical request joins them.
    fn header(&self, name: &str) -> Option<String> {
        let values: Option<Vec<String>> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| {
                let words: Vec<&str> = value.to_str().ok()?.split_ascii_whitespace().collect();
                Some(words.join(" "))
            })
            .collect();
        let values = values?;
        match values.is_empty() {
            false => Some(values.join(",")),
            // HTTP/2 has it in the target.
            true if name == "host" => self.uri.authority().map(ToString::to_string),
            true => None,
        }
    }
}

/// As S3 writes it: two hexadecimal digits a byte, with spaces between.
fn bytes_of(text: &str) -> String {
    let digits: Vec<String> = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    digits.join(" ")
}
