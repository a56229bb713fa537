//! The signer against others: official vectors, documented examples, other people's signers and verifiers, and the laws.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod amz_date;
mod aws_chunked;
mod ecdsa_key;
mod ecdsa_verifier;
mod oracle;
mod post_policy;
mod refusals;
mod s3_documented;
mod s3s_accepts;
mod signing_key_cache;
mod suite;
mod uri_encoding;
mod wycheproof;
