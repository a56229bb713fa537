//! The bare signer as a WASM module: one S3 GET, its headers in, its `authorization` and `x-amz-date` out.
//!
//! `input(n)` gives the place of n bytes; the host writes a frame of texts there (`keyfront_wasm_module::frame`).
//! `remember()` takes access key id, secret and session token, and wipes them there; it is
//! called when they change. `sign_pure()` (everything in WASM) and `sign_hybrid()` (the canonical request hashed by
//! the imported `host.sha256`) take the request. Both give the place of the length of `authorization` (u32,
//! little-endian), the 16 characters of `x-amz-date`, and `authorization`; 0 is a refusal.
//!
//! It is no adapter: nothing is admitted, routed or cleaned here.

// `no_mangle` exports and an `extern` import count as unsafe: another symbol of the same name could be linked. No
// pointer is dereferenced.
#![allow(unsafe_code)]
#![cfg(target_arch = "wasm32")]
#![no_std]

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, Credentials, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext,
};
use keyfront_wasm_module::{Instance, OneThread, frame::Texts};

/// Method, path, query, host, range, x-amz-cf-id, region, service, Unix seconds.
const REQUEST_FIELDS: usize = 9;
/// Access key id, secret, session token (`""`: none).
const CREDENTIAL_FIELDS: usize = 3;

struct Kept {
    signer: Signer,
    credentials: Option<Credentials>,
}

keyfront_wasm_module::install!();

static INSTANCE: OneThread<Instance<Kept>> = OneThread::new(Instance::new(Kept {
    signer: Signer::new(),
    credentials: None,
}));

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Reads `length` bytes at `at`, writes their SHA-256, 32 bytes, at `out`.
    safe fn sha256(at: *const u8, length: usize, out: *mut u8);
}

/// The place of an input of `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    INSTANCE.borrow_mut().place(length)
}

/// Takes the credentials in the input; 0 if they are none.
#[unsafe(no_mangle)]
pub extern "C" fn remember() -> u32 {
    let instance = &mut *INSTANCE.borrow_mut();
    instance.kept.credentials = credentials(&instance.input);
    instance.input.fill(0);
    u32::from(instance.kept.credentials.is_some())
}

/// Signs the request in the input, hashing here.
#[unsafe(no_mangle)]
pub extern "C" fn sign_pure() -> *const u8 {
    sign_with(CanonicalRequest::sha256)
}

/// Signs the request in the input, letting the host hash.
#[unsafe(no_mangle)]
pub extern "C" fn sign_hybrid() -> *const u8 {
    sign_with(|canonical_request| {
        let (bytes, mut digest) = (canonical_request.as_bytes(), [0; 32]);
        sha256(bytes.as_ptr(), bytes.len(), digest.as_mut_ptr());
        digest
    })
}

fn sign_with(hash: fn(&CanonicalRequest) -> [u8; 32]) -> *const u8 {
    let instance = &mut *INSTANCE.borrow_mut();
    instance.output.clear();
    match sign(instance, hash) {
        Some(()) => instance.output.as_ptr(),
        None => core::ptr::null(),
    }
}

fn credentials(input: &[u8]) -> Option<Credentials> {
    let [access_key_id, secret, token] = fields::<CREDENTIAL_FIELDS>(input)?;
    let token = match token {
        "" => None,
        token => Some(SessionToken::new(token).ok()?),
    };
    Credentials::new(access_key_id, SecretAccessKey::new(secret).ok()?, token).ok()
}

fn sign(instance: &mut Instance<Kept>, hash: fn(&CanonicalRequest) -> [u8; 32]) -> Option<()> {
    let [
        method,
        path,
        query,
        host,
        range,
        cf_id,
        region,
        service,
        seconds,
    ] = fields::<REQUEST_FIELDS>(&instance.input)?;
    let request = Request {
        method,
        path,
        query,
        headers: &[("host", host), ("range", range), ("x-amz-cf-id", cf_id)],
        payload: Payload::Bytes(b""),
    };
    let context = SigningContext {
        credentials: instance.kept.credentials.as_ref()?,
        region,
        service,
        profile: Profile::of(service),
        date: AmzDate::from_unix(seconds.parse().ok()?).ok()?,
    };
    let signed = instance
        .kept
        .signer
        .sign_hashed_by(&request, &context, hash)
        .ok()?;
    let (authorization, output) = (signed.authorization(), &mut instance.output);
    output.extend_from_slice(&u32::try_from(authorization.len()).ok()?.to_le_bytes());
    output.extend_from_slice(signed.x_amz_date().as_bytes());
    output.extend_from_slice(authorization.as_bytes());
    Some(())
}

fn fields<const COUNT: usize>(input: &[u8]) -> Option<[&str; COUNT]> {
    let mut texts = Texts::read(input).ok()?;
    let mut fields = [""; COUNT];
    for field in &mut fields {
        *field = texts.next().ok()?;
    }
    texts.end().ok()?;
    Some(fields)
}
