//! A small OpenID Connect issuer on loopback, so that a local stack with viewers has a login from the start.
//!
//! It speaks the authorization code flow with PKCE to public clients that are configured beforehand, and signs ID tokens by
//! ES256 (OpenID Connect Core 1.0, RFC 6749, RFC 7636, RFC 9207, RP-Initiated Logout 1.0). Any name logs in, without a
//! password, and the page says so: it is for development, and answers no peer but this machine. There are no client
//! secrets, refresh tokens, userinfo, request objects or other flows, and no CORS: a client's server exchanges the code.

mod access;
mod authorization_endpoint;
mod authorization_error;
mod authorization_request;
mod bounded_map;
mod codes;
mod config;
mod discovery;
mod error;
mod form_action;
mod id_token;
mod issuer;
mod location;
mod logout_endpoint;
mod opaque_value;
mod pages;
mod parameters;
mod person;
mod pkce;
mod random_id;
mod refusal;
mod request_body;
mod response;
mod return_address;
mod route;
mod server;
mod session_cookie;
mod sessions;
mod signing_key;
mod token_endpoint;
mod token_error;

pub use self::config::{Client, IssuerConfig};
pub use self::error::IssuerError;
pub use self::issuer::Issuer;
pub use self::person::PersonError;
pub use self::server::serve;
pub use self::signing_key::SigningKey;
