//! What is granted is admitted, and nothing else: every refusal that the Developer Guide or an attacker could think of,
//! with signatures of an independent ECDSA.
#![allow(clippy::unwrap_used, clippy::panic)]

mod laws;
mod refusals;
mod sent;
