//! Calls to AWS that no SDK client makes here: a request signed by `keyfront-sigv4`, sent over the HTTP client that the
//! SDK links anyway, tried again where that helps.
//!
//! It knows the form of AWS's requests and errors, and no operation: those are their users'.

mod credentials;
mod http;
mod post;
mod service;

pub use self::post::{ServiceCall, post};

pub(crate) use self::{
    credentials::{SigningCredentials, SigningCredentialsError, SigningMoment, amz_date},
    http::{HttpCaller, HttpError, Limits, Reply},
    service::{AwsError, Call, Service},
};
