//! The raw ABI: two buffers in linear memory and three functions, no bindings generator.
//!
//! `input(n)` gives the place of an input buffer of n bytes; the handler writes a frame there and calls
//! `respond()`, which gives the place of the frame that answers it. Both places hold until the next call. Once the
//! handler has read the answer it calls `forget()`, which wipes it: it holds the session token. The
//! module imports two functions. `edge.sha256(at, length, out)`: the host's SHA-256 has the CPU's instructions.
//! `edge.ecdsa(...)`: SigV4A's curve is in a module of its own, which the handler loads when this is first called.
//!
//! A trap (there should be none) leaves the instance unusable; the handler then makes a new one.

// The exports need `no_mangle` and the import an `extern` block, which count as unsafe: another symbol of the same
// name could be linked, and the host could write elsewhere. No pointer is dereferenced here.
#![allow(unsafe_code)]

use keyfront_edge::{Edge, Host};
use keyfront_sigv4::{CanonicalRequest, Credentials, EcdsaSignature, SigningError, StringToSign};
use keyfront_wasm_module::{Instance, OneThread};

use crate::adapter;
use crate::frame::LONGEST_FRAME;

keyfront_wasm_module::install!();

static INSTANCE: OneThread<Instance<Edge>> = OneThread::new(Instance::new(Edge::new()));

#[link(wasm_import_module = "edge")]
unsafe extern "C" {
    /// Reads `length` bytes at `at`, writes their SHA-256, 32 bytes, at `out`.
    safe fn sha256(at: *const u8, length: usize, out: *mut u8);

    /// Reads an access key id, its secret and the 32 bytes at `digest`; writes the signature, in DER, at `out`, where
    /// there is room for 72 bytes, and returns its length.
    safe fn ecdsa(
        id: *const u8,
        id_length: usize,
        secret: *const u8,
        secret_length: usize,
        digest: *const u8,
        out: *mut u8,
    ) -> usize;
}

/// An input buffer of `length` bytes; null if that is more than a frame may have.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn input(length: usize) -> *mut u8 {
    if length > LONGEST_FRAME {
        return core::ptr::null_mut();
    }
    INSTANCE.borrow_mut().place(length)
}

/// Answers the frame in the input buffer, which is wiped: it held credentials.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn respond() -> *const u8 {
    let instance = &mut *INSTANCE.borrow_mut();
    adapter::respond(
        &mut instance.kept,
        &instance.input,
        &mut Node,
        &mut instance.output,
    );
    // `fill`, not volatile writes: nothing can elide it, the host sees this memory.
    instance.input.fill(0);
    instance.output.as_ptr()
}

/// Wipes the answer.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn forget() {
    INSTANCE.borrow_mut().output.fill(0);
}

/// Node.js behind the imports.
struct Node;

impl Host for Node {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        let (bytes, mut digest) = (canonical_request.as_bytes(), [0; 32]);
        sha256(bytes.as_ptr(), bytes.len(), digest.as_mut_ptr());
        digest
    }

    fn ecdsa(
        &mut self,
        credentials: &Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        let id = credentials.access_key_id();
        let secret = credentials.secret_access_key().expose();
        let (digest, mut der) = (text.sha256(), [0; 72]);
        let length = ecdsa(
            id.as_ptr(),
            id.len(),
            secret.as_ptr(),
            secret.len(),
            digest.as_ptr(),
            der.as_mut_ptr(),
        );
        EcdsaSignature::from_der(der.get(..length).ok_or(SigningError::EcdsaSignature)?)
    }
}
