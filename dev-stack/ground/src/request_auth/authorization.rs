//! The `Authorization` header of SigV4, taken apart. Nothing is verified here.

use super::AuthError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Longer than any real header, short enough to be read without thought.
const MAX_BYTES: usize = 4096;

/// The parts of the header, borrowed from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization<'a> {
    pub(super) access_key_id: &'a str,
    /// `yyyymmdd`
    pub(super) date: &'a str,
    pub(super) region: &'a str,
    pub(super) service: &'a str,
    /// In ascending order, none twice.
    pub(super) signed_headers: Vec<&'a str>,
    /// Sixty-four lower-case hexadecimal digits.
    pub(super) signature: &'a str,
}

impl<'a> Authorization<'a> {
    pub(super) fn parse(header: &'a str) -> Result<Self, AuthError> {
        if header.len() > MAX_BYTES {
            return Err(AuthError::Incomplete("header is too long"));
        }
        let parameters = header
            .strip_prefix(ALGORITHM)
            .and_then(|rest| rest.strip_prefix(' '))
            .ok_or(AuthError::Incomplete("algorithm is not AWS4-HMAC-SHA256"))?;
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for parameter in parameters.split(',') {
            let (name, value) = parameter
                .trim()
                .split_once('=')
                .ok_or(AuthError::Incomplete("a parameter has no value"))?;
            let place = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(AuthError::Incomplete("a parameter is not known")),
            };
            if place.replace(value).is_some() {
                return Err(AuthError::Incomplete("a parameter is repeated"));
            }
        }
        let credential = credential.ok_or(AuthError::Incomplete("Credential is missing"))?;
        let signed = signed_headers.ok_or(AuthError::Incomplete("SignedHeaders is missing"))?;
        let signature = signature.ok_or(AuthError::Incomplete("Signature is missing"))?;
        let (access_key_id, date, region, service) = parse_credential(credential)?;
        Ok(Self {
            access_key_id,
            date,
            region,
            service,
            signed_headers: parse_signed_headers(signed)?,
            signature: check_signature(signature)?,
        })
    }
}

fn parse_credential(text: &str) -> Result<(&str, &str, &str, &str), AuthError> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.as_slice() {
        [key, date, region, service, "aws4_request"] if !key.is_empty() => {
            Ok((key, date, region, service))
        }
        _ => Err(AuthError::Incomplete(
            "Credential is not KEY/DATE/REGION/SERVICE/aws4_request",
        )),
    }
}

fn parse_signed_headers(text: &str) -> Result<Vec<&str>, AuthError> {
    let names: Vec<&str> = text.split(';').collect();
    let byte = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    let well_formed = names
        .iter()
        .all(|name| !name.is_empty() && name.bytes().all(byte));
    let ascending = names.windows(2).all(|pair| pair[0] < pair[1]);
    if well_formed && ascending {
        Ok(names)
    } else {
        Err(AuthError::Incomplete(
            "SignedHeaders are not lower-case names in order",
        ))
    }
}

fn check_signature(text: &str) -> Result<&str, AuthError> {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if text.len() == 64 && text.bytes().all(digit) {
        Ok(text)
    } else {
        Err(AuthError::Incomplete(
            "Signature is not 64 hexadecimal digits",
        ))
    }
}
