//! What a viewer presents: a signed URL or signed cookies, and whether they are for the request they came with.
//!
//! A URL that carries any of the values decides alone, as at CloudFront; cookies are then not looked at. Of a policy
//! nobody has verified yet, no condition is looked at.

use std::net::IpAddr;

use crate::{
    cookie_header::{pairs, trimmed},
    denied::Denied,
    encoding::decode,
    parameter::{Parameter, SHA256},
    policy::{EpochSeconds, Policy},
    resource::matches,
    signature::Hash,
};

/// Longer than any policy of one statement about a URL of 8,191 characters, and than any signature.
const MAX_VALUE: usize = 12_288;
/// What all cookies of a request may be together: CloudFront's own limit of header bytes is 32,768, browsers' of one
/// cookie 4,096.
const MAX_COOKIES: usize = 8_192;
/// Of a public key's id.
const MAX_KEY_ID: usize = 64;

/// A viewer's request, as far as a policy speaks of it.
#[derive(Clone, Copy, Debug)]
pub struct ViewerRequest<'a> {
    /// `http` or `https`.
    pub scheme: &'a str,
    /// The `Host` header, with its port if it has one.
    pub host: &'a str,
    /// The path as the viewer wrote it.
    pub path: &'a str,
    /// The query as the viewer wrote it, without its question mark.
    pub query: Option<&'a str>,
    /// The `Cookie` headers.
    pub cookies: &'a [&'a str],
    /// Where the request came from.
    pub address: IpAddr,
    /// The time.
    pub now: EpochSeconds,
}

/// A policy and its signature. Nothing is known of it before the host has verified that `signature` is the one of the key
/// `key_id` over `message`; then [`Claim::admit_verified`] says whether it is for the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The id of the public key.
    pub key_id: String,
    /// What was signed.
    pub message: Vec<u8>,
    /// DER for ECDSA, 256 bytes for RSA.
    pub signature: Vec<u8>,
    /// What the message is hashed with.
    pub hash: Hash,
    policy: Policy,
}

impl Claim {
    /// Whether the policy is for this request, whose signature has been verified. Returns when it ends.
    ///
    /// # Errors
    /// [`Denied`]: the resource, the time or the network is another one.
    pub fn admit_verified(&self, request: &ViewerRequest<'_>) -> Result<EpochSeconds, Denied> {
        let policy = &self.policy;
        if !matches(&policy.resource, &url_of(request)) {
            return Err(Denied::Resource);
        }
        if request.now >= policy.until {
            return Err(Denied::Expired);
        }
        if policy.after.is_some_and(|after| request.now <= after) {
            return Err(Denied::NotYetValid);
        }
        if policy
            .network
            .is_some_and(|network| !network.contains(request.address))
        {
            return Err(Denied::Network);
        }
        Ok(policy.until)
    }
}

/// Takes what a request carries apart.
///
/// # Errors
/// [`Denied`]: nothing was presented, or nothing that a key could have signed.
pub fn examine(request: &ViewerRequest<'_>) -> Result<Claim, Denied> {
    let mut values = Values::default();
    for (name, value) in parameters(request.query.unwrap_or_default()) {
        if let Some(parameter) = Parameter::of_query(name) {
            values.take(parameter, value)?;
        }
    }
    if values.is_empty() {
        if request
            .cookies
            .iter()
            .map(|header| header.len())
            .sum::<usize>()
            > MAX_COOKIES
        {
            return Err(Denied::TooLong);
        }
        for (name, value) in request.cookies.iter().flat_map(|header| pairs(header)) {
            if let Some(parameter) = Parameter::of_cookie(name) {
                values.take(parameter, value)?;
            }
        }
    }
    if values.is_empty() {
        return Err(Denied::Missing);
    }
    values.claim(request)
}

/// The five values, each at most once.
#[derive(Default)]
struct Values<'a> {
    by_parameter: [Option<&'a str>; 5],
}

impl<'a> Values<'a> {
    fn take(&mut self, parameter: Parameter, value: &'a str) -> Result<(), Denied> {
        if value.len() > MAX_VALUE {
            return Err(Denied::TooLong);
        }
        match self.by_parameter[parameter as usize].replace(value) {
            None => Ok(()),
            Some(_) => Err(Denied::Contradiction),
        }
    }

    fn is_empty(&self) -> bool {
        self.by_parameter.iter().all(Option::is_none)
    }

    fn get(&self, parameter: Parameter) -> Option<&'a str> {
        self.by_parameter[parameter as usize]
    }

    fn claim(&self, request: &ViewerRequest<'_>) -> Result<Claim, Denied> {
        let key_id = self
            .get(Parameter::KeyPairId)
            .filter(|id| !id.is_empty())
            .ok_or(Denied::NoKeyId)?;
        if key_id.len() > MAX_KEY_ID {
            return Err(Denied::UnknownKey);
        }
        let signature = self.get(Parameter::Signature).ok_or(Denied::Incomplete)?;
        let hash = match self.get(Parameter::HashAlgorithm) {
            None | Some("SHA1") => Hash::Sha1,
            Some(SHA256) => Hash::Sha256,
            Some(_) => return Err(Denied::Encoding),
        };
        let (policy, message) = match (self.get(Parameter::Expires), self.get(Parameter::Policy)) {
            (Some(_), Some(_)) => return Err(Denied::Contradiction),
            (None, None) => return Err(Denied::Incomplete),
            (Some(expires), None) => canned(&url_of(request), expires)?,
            (None, Some(policy)) => {
                let bytes = decode(policy).ok_or(Denied::Encoding)?;
                (Policy::read(&bytes)?, bytes)
            }
        };
        Ok(Claim {
            key_id: key_id.to_owned(),
            message,
            signature: decode(signature).ok_or(Denied::Encoding)?,
            hash,
            policy,
        })
    }
}

fn canned(url: &str, expires: &str) -> Result<(Policy, Vec<u8>), Denied> {
    // The same text, as a custom policy, would stand for other objects.
    let path = url.split('?').next().unwrap_or(url);
    if path.contains('*') {
        return Err(Denied::Resource);
    }
    let digits = expires.bytes().all(|byte| byte.is_ascii_digit());
    let until = expires
        .parse()
        .ok()
        .filter(|_| digits)
        .ok_or(Denied::Encoding)?;
    let policy = Policy {
        resource: url.to_owned(),
        until,
        after: None,
        network: None,
    };
    let message = policy.write().into_bytes();
    Ok((policy, message))
}

/// The URL that a policy's resource is compared with: as the viewer sent it, without what carries the signature.
fn url_of(request: &ViewerRequest<'_>) -> String {
    let ViewerRequest {
        scheme, host, path, ..
    } = request;
    let mut url = format!("{scheme}://{host}{path}");
    if let Some(query) = request.query.and_then(query_for_origin) {
        url.push('?');
        url.push_str(&query);
    }
    url
}

/// A query without the five parameters, for cache keys and origins; nothing, if nothing is left.
#[must_use]
pub fn query_for_origin(query: &str) -> Option<String> {
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| Parameter::of_query(name_of(pair)).is_none())
        .collect();
    (!kept.is_empty()).then(|| kept.join("&"))
}

/// A `Cookie` header without the five cookies, for origins; nothing, if nothing is left.
#[must_use]
pub fn without_credential_cookies(header: &str) -> Option<String> {
    let kept: Vec<&str> = header
        .split(';')
        .map(trimmed)
        .filter(|pair| !pair.is_empty() && Parameter::of_cookie(name_of(pair)).is_none())
        .collect();
    (!kept.is_empty()).then(|| kept.join("; "))
}

fn parameters(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn name_of(pair: &str) -> &str {
    pair.split('=').next().unwrap_or(pair)
}
