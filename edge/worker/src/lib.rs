//! The edge as a Cloudflare Worker: the runtime's requests and responses <-> the edge core.
//!
//! | module | |
//! |---|---|
//! | [`sites`] | the Worker's document: which site serves a request |
//! | [`target`] | a request's URL, taken apart and not touched |
//! | [`caching`] | what may be kept in the data centre's cache, and under which name |
//! | [`credentials`] | where the keys come from that requests are signed with |
//! | [`opening`] | envelope-encrypted objects, decrypted in the Worker |
//! | `viewer_access` | signed URLs and cookies, verified in the Worker |
//! | `pointer` | which release of a site is active, asked once for all requests that need to know |
//! | `entry`, `exchange`, `isolate`, `viewer`, `publish_body`, `origin`, `answering`, `wire` | the runtime's side: one request served from beginning to end |
//!
//! Every rule about requests and answers is the core's. Bodies pass as the runtime's own streams: they are never
//! copied through this module, except where it has to read them (error documents, publish bodies, envelopes).

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::panic))]

mod answering;
mod aws_call;
pub mod caching;
pub mod credentials;
mod entry;
mod exchange;
mod isolate;
pub mod opening;
mod origin;
mod pointer;
mod publish_body;
mod serving;
pub mod sites;
pub mod target;
mod viewer;
mod viewer_access;
mod wire;
