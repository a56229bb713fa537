//! Whether a request carries a signed URL or signed cookies of a trusted key, and a request without them.
//!
//! What a policy allows is `keyfront_viewers`' to say; here is the cryptography. Which requests need a signature, and what
//! is answered without one, is the caller's.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{COOKIE, HeaderValue};
use keyfront_viewers::{
    Claim, ClaimDigest, Denied, Hash, KeyKind, PublicKey, VerifiedClaims, examine,
    query_for_origin, without_credential_cookies,
};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use p256::ecdsa::{Signature, VerifyingKey};
use ring::signature::{
    RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, RsaParameters,
    UnparsedPublicKey,
};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::distribution::TrustedKey;
use super::viewer_request::ViewerRequest;

/// The CDN has no listener without TLS.
const SCHEME: &str = "https";

/// Whether one of the keys signed a policy that allows this request at this time. What is verified is remembered in `verified`.
///
/// # Errors
/// [`Denied`]: for the log; viewers learn less.
pub(super) fn verify(
    request: &ViewerRequest,
    host: &str,
    keys: &[TrustedKey],
    verified: &Mutex<VerifiedClaims>,
    now: SystemTime,
) -> Result<(), Denied> {
    let headers = request.headers.get_all(COOKIE).iter();
    let headers: Vec<Cow<'_, str>> = headers
        .map(|header| String::from_utf8_lossy(header.as_bytes()))
        .collect();
    let cookies: Vec<&str> = headers.iter().map(AsRef::as_ref).collect();
    let request = keyfront_viewers::ViewerRequest {
        scheme: SCHEME,
        host,
        path: &request.path,
        query: request.query.as_deref(),
        cookies: &cookies,
        address: request.ip,
        // Before 1970 every policy is over, not every one in force.
        now: now
            .duration_since(UNIX_EPOCH)
            .map_or(u64::MAX, |since| since.as_secs()),
    };
    let claim = examine(&request)?;
    let trusted = keys.iter().find(|trusted| trusted.id == claim.key_id);
    let key = &trusted.ok_or(Denied::UnknownKey)?.key;
    let digest = ClaimDigest::of(key, &claim);
    let remembered = || verified.lock().unwrap_or_else(PoisonError::into_inner);
    if !remembered().knows(&digest) {
        if !is_signed_by(key, &claim) {
            return Err(Denied::Signature);
        }
        remembered().keep(digest);
    }
    claim.admit_verified(&request)?;
    Ok(())
}

fn is_signed_by(key: &PublicKey, claim: &Claim) -> bool {
    match (key.kind(), claim.hash) {
        (KeyKind::P256, Hash::Sha1) => is_p256(key, claim, &Sha1::digest(&claim.message)),
        (KeyKind::P256, Hash::Sha256) => is_p256(key, claim, &Sha256::digest(&claim.message)),
        (KeyKind::Rsa2048, Hash::Sha1) => {
            is_rsa(key, claim, &RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY)
        }
        (KeyKind::Rsa2048, Hash::Sha256) => is_rsa(key, claim, &RSA_PKCS1_2048_8192_SHA256),
    }
}

fn is_p256(key: &PublicKey, claim: &Claim, hash: &[u8]) -> bool {
    let key = VerifyingKey::from_sec1_bytes(key.bare());
    let signature = Signature::from_der(&claim.signature);
    match (key, signature) {
        (Ok(key), Ok(signature)) => key.verify_prehash(hash, &signature).is_ok(),
        _ => false,
    }
}

fn is_rsa(key: &PublicKey, claim: &Claim, parameters: &'static RsaParameters) -> bool {
    UnparsedPublicKey::new(parameters, key.bare())
        .verify(&claim.message, &claim.signature)
        .is_ok()
}

/// Takes off a request what carries a signature: no cache key, function or origin sees it.
pub(super) fn take_credentials_off(request: &mut ViewerRequest) {
    request.query = request.query.as_deref().and_then(query_for_origin);
    let headers = &mut request.headers;
    let kept: Vec<HeaderValue> = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(other_cookies)
        .collect();
    headers.remove(COOKIE);
    for header in kept {
        headers.append(COOKIE, header);
    }
}

/// Byte by byte, since a cookie that is not UTF-8 goes on as it came.
fn other_cookies(header: &HeaderValue) -> Option<HeaderValue> {
    let text: String = header.as_bytes().iter().copied().map(char::from).collect();
    let kept = without_credential_cookies(&text)?;
    let bytes: Option<Vec<u8>> = kept.chars().map(|one| u8::try_from(one).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}
