//! The Function URL stand-in: a Lambda function behind an HTTPS name that only signed callers reach.
//!
//! It authenticates and authorises as AWS does for `AuthType: AWS_IAM`, writes the event of payload format 2.0, lets a
//! function answer it - one linked into this program, or processes of a built `bootstrap` over the Lambda Runtime API - and turns
//! what it returns into HTTP. The invoke mode is RESPONSE_STREAM: a streamed answer passes through as it comes, and one
//! that fails midway breaks the connection; what AWS shows its callers then is not documented. A whole answer in the
//! payload format is understood as well. TLS, CORS settings and unsigned callers (`AuthType: NONE`) do not exist here.

mod answer;
mod bootstrap;
mod config;
mod event;
mod function;
mod instance;
mod invoke_authorizer;
mod outcome;
mod process;
mod refusal;
mod runtime_api;
mod server;
mod streamed;

pub use self::bootstrap::{Bootstrap, BundleError};
pub use self::config::InstancesConfig;
pub use self::function::{Function, LinkedAnswer, LinkedFunction};
pub use self::instance::Instances;
pub use self::invoke_authorizer::InvokeAuthorizer;
pub use self::outcome::InvokeError;
pub use self::process::StartError;
pub use self::refusal::Refusal;
pub use self::server::FunctionUrl;

/// Lambda's limit for an event, and for an answer that is not streamed, in bytes of JSON.
pub const PAYLOAD_LIMIT: usize = 6 * 1024 * 1024;

/// Lambda's limit for a streamed answer, in bytes.
pub const STREAM_LIMIT: u64 = 200_000_000;
