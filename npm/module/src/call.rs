//! One call: the fields of a frame, signed.
//!
//! In: access key id, secret, session token (`""`: none), region, service, Unix seconds, method, path as
//! given (`""`: not known), path and query as `URL` has them, payload, seconds of validity, then names and
//! values of the headers to sign. The payload is `""` (no bytes), 64 hexadecimal digits or `UNSIGNED-PAYLOAD`;
//! with seconds of validity (not `""`) the request is presigned.
//!
//! Back: `signed`, path, query, then names and values of the headers to set; or `refused` and why.

use alloc::{vec, vec::Vec};

use keyfront_sigv4::{
    AmzDate, Credentials, Expiry, Payload, Profile, Request, SecretAccessKey, SessionToken, Signer,
    SigningContext, SigningError,
};
use keyfront_wasm_module::frame;

use crate::target;

pub use crate::refused::Refused;

/// Signs the request of a frame; `out` is the frame that answers.
pub fn answer(signer: &mut Signer, frame: &[u8], out: &mut Vec<u8>) {
    if let Err(refused) = signed(signer, frame, out) {
        write(out, &["refused", &refused.parts().concat()]);
    }
}

fn signed(signer: &mut Signer, frame: &[u8], out: &mut Vec<u8>) -> Result<(), Refused> {
    let texts = frame::texts(frame)?;
    let (fields, headers) = texts.split_first_chunk::<12>().ok_or(Refused::Frame)?;
    let &[
        id,
        secret,
        token,
        region,
        service,
        seconds,
        method,
        given,
        path,
        query,
        payload,
        expires,
    ] = fields;
    let (pairs, []) = headers.as_chunks::<2>() else {
        return Err(Refused::Frame);
    };
    let headers: Vec<(&str, &str)> = pairs.iter().map(|&[name, value]| (name, value)).collect();
    let profile = Profile::of(service);
    let path = target::path(given, path, profile)?;
    let query = target::query(query)?;
    let credentials = credentials(id, secret, token)?;
    let request = Request {
        method,
        path: &path,
        query: &query,
        headers: &headers,
        payload: self::payload(payload, profile, expires),
    };
    let date = seconds.parse().map_err(|_| SigningError::Date)?;
    let context = SigningContext {
        credentials: &credentials,
        region,
        service,
        profile,
        date: AmzDate::from_unix(date)?,
    };
    if expires.is_empty() {
        let signed = signer.sign(&request, &context)?;
        let mut answer = vec!["signed", &path, &query];
        answer.extend(signed.iter().flat_map(|(name, value)| [name, value]));
        write(out, &answer);
    } else {
        let seconds = expires.parse().map_err(|_| Refused::Frame)?;
        let query = signer.presign(&request, &context, Expiry::from_seconds(seconds)?)?;
        write(out, &["signed", &path, query.as_str()]);
    }
    Ok(())
}

/// Writes texts in place of what `out` holds.
fn write(out: &mut Vec<u8>, texts: &[&str]) {
    out.clear();
    frame::put_texts(out, texts);
}

fn credentials(id: &str, secret: &str, token: &str) -> Result<Credentials, SigningError> {
    let token = (!token.is_empty())
        .then(|| SessionToken::new(token))
        .transpose()?;
    Credentials::new(id, SecretAccessKey::new(secret)?, token)
}

/// A URL presigned for S3 says nothing of the body that whoever uses it will send.
fn payload<'t>(text: &'t str, profile: Profile, expires: &str) -> Payload<'t> {
    match text {
        "" if profile == Profile::S3 && !expires.is_empty() => Payload::Unsigned,
        "" => Payload::Bytes(b""),
        "UNSIGNED-PAYLOAD" => Payload::Unsigned,
        hash => Payload::Sha256Hex(hash),
    }
}

#[cfg(test)]
mod tests;
