//! What every service of the local stack stands on.
//!
//! State on disk, the registry of credentials, the authentication of requests, and the HTTP server of the small AWS
//! APIs. It knows no service: what a call means, and who may make it, is decided in the services' own crates.

pub mod aes256_gcm;
pub mod api_server;
pub mod aws_error;
pub mod clock;
pub mod credentials;
pub mod listener;
pub mod request_auth;
pub mod request_line;
pub mod state;
