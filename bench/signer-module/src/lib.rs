//! The bare signer as a WASM module: one S3 GET, its headers in, its `authorization` and `x-amz-date` out.
//!
//! `input(n)` gives the place of n bytes; the host writes the lengths of twelve fields there (u32,
//! little-endian), then the fields, and calls
//! `sign_pure` (everything in WASM) or `sign_hybrid` (the canonical request hashed by the imported
//! `host.sha256`). Both give the place of the length of `authorization` (u32,
//! little-endian), the 16 characters of `x-amz-date`, and `authorization`; 0 is a refusal.
//!
//! It is no adapter: nothing is admitted, routed or cleaned here.

// `no_mangle` exports and an `extern` import count as unsafe: another symbol of the same name could be linked. No
// pointer is dereferenced.
#![allow(unsafe_code)]
#![cfg(target_arch = "wasm32")]
#![no_std]

extern crate alloc;

use alloc::vec::Vec;

use keyfront_bare_module::OneThread;

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, Credentials, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext,
};

/// Method, path, query, host, range, x-amz-cf-id, access key id, secret, token, region, service, Unix seconds.
const FIELDS: usize = 12;

struct Instance {
    signer: Signer,
    input: Vec<u8>,
    output: Vec<u8>,
}

keyfront_bare_module::install!();

static INSTANCE: OneThread<Instance> = OneThread::new(Instance {
    signer: Signer::new(),
    input: Vec::new(),
    output: Vec::new(),
});

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Reads `length` bytes at `at`, writes their SHA-256, 32 bytes, at `out`.
    safe fn sha256(at: *const u8, length: usize, out: *mut u8);
}

/// The place of an input of `length` bytes.
#[unsafe(no_mangle)]
pub extern "C" fn input(length: usize) -> *mut u8 {
    let input = &mut INSTANCE.borrow_mut().input;
    input.resize(length, 0);
    input.as_mut_ptr()
}

/// Signs the input, hashing here.
#[unsafe(no_mangle)]
pub extern "C" fn sign_pure() -> *const u8 {
    sign_with(CanonicalRequest::sha256)
}

/// Signs the input, letting the host hash.
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
    match sign(
        &mut instance.signer,
        &instance.input,
        &mut instance.output,
        hash,
    ) {
        Some(()) => instance.output.as_ptr(),
        None => core::ptr::null(),
    }
}

fn sign(
    signer: &mut Signer,
    input: &[u8],
    output: &mut Vec<u8>,
    hash: fn(&CanonicalRequest) -> [u8; 32],
) -> Option<()> {
    let (table, text) = input.split_at_checked(FIELDS * 4)?;
    let (mut lengths, mut text) = (
        table.as_chunks::<4>().0.iter(),
        core::str::from_utf8(text).ok()?,
    );
    let mut next = || {
        let length = u32::from_le_bytes(*lengths.next()?) as usize;
        let (field, rest) = text.split_at_checked(length)?;
        text = rest;
        Some(field)
    };
    let (method, path, query) = (next()?, next()?, next()?);
    let headers = [
        ("host", next()?),
        ("range", next()?),
        ("x-amz-cf-id", next()?),
    ];
    let (access_key_id, secret, token) = (next()?, next()?, next()?);
    let (region, service, seconds) = (next()?, next()?, next()?);
    let token = if token.is_empty() {
        None
    } else {
        Some(SessionToken::new(token).ok()?)
    };
    let credentials =
        Credentials::new(access_key_id, SecretAccessKey::new(secret).ok()?, token).ok()?;
    let request = Request {
        method,
        path,
        query,
        headers: &headers,
        payload: Payload::Bytes(b""),
    };
    let context = SigningContext {
        credentials: &credentials,
        region,
        service,
        profile: Profile::of(service),
        date: AmzDate::from_unix(seconds.parse().ok()?).ok()?,
    };
    let signed = signer.sign_hashed_by(&request, &context, hash).ok()?;
    let authorization = signed.authorization();
    output.extend_from_slice(&u32::try_from(authorization.len()).ok()?.to_le_bytes());
    output.extend_from_slice(signed.x_amz_date().as_bytes());
    output.extend_from_slice(authorization.as_bytes());
    Some(())
}
