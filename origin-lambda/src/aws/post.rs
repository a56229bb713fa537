//! One call to a service for programs that are not the origin: the same signature, the same retries.

use aws_credential_types::provider::SharedCredentialsProvider;
use http::HeaderName;

use super::{Call, Service};

/// One `POST` of a document to a service.
#[derive(Debug, Clone)]
pub struct ServiceCall {
    /// The signing name.
    pub service: &'static str,
    /// The service's Region.
    pub region: String,
    /// `https://host[:port]`
    pub endpoint: String,
    /// On that host.
    pub path: String,
    /// Besides those of the signature.
    pub headers: Vec<(HeaderName, &'static str)>,
    /// The document.
    pub body: Vec<u8>,
}

/// Makes the call; the body of the reply.
///
/// # Errors
/// The service cannot be reached, or refused, with its code.
pub async fn post(
    call: ServiceCall,
    credentials: SharedCredentialsProvider,
) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let service = Service::new(call.service, call.region, &call.endpoint, credentials);
    let call = Call {
        path: call.path,
        headers: call.headers,
        body: call.body,
    };
    let reply = service.call(&call).await?;
    Ok(reply.body.to_vec())
}
