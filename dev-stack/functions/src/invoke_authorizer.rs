//! Who may invoke: the signature, then both permissions a Function URL asks for.

use std::net::IpAddr;
use std::sync::Arc;

use http::request::Parts;
use keyfront_dev_ground::request_auth::RequestAuth;
use keyfront_iam::Requester;
use keyfront_iam::{Call, Context, Iam, Policy, ResourcePolicy};

use super::Refusal;

/// Function URLs made since October 2025 need both.
const ACTIONS: [&str; 2] = ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"];

/// Authorizes the calls of one function.
#[derive(Debug, Clone)]
pub struct InvokeAuthorizer {
    /// Verifies signatures for service `lambda`.
    pub auth: RequestAuth,
    /// Authorizes.
    pub iam: Arc<Iam>,
    /// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`
    pub function_arn: String,
    /// The function's resource policy.
    pub policy: Policy,
}

impl InvokeAuthorizer {
    /// Establishes the caller and whether it may invoke. Unsigned payloads are refused: the body must have the hash
    /// that was signed.
    pub(super) fn admit(
        &self,
        head: &Parts,
        body: &[u8],
        peer: IpAddr,
    ) -> Result<Requester, Refusal> {
        let mut requester = self.auth.verify(head, body)?;
        requester.source_ip = Some(peer);
        // A Function URL is served over HTTPS only; the plain loopback hop stands for that.
        requester.secure_transport = true;
        let context = Context::new()
            .with("lambda:FunctionArn", self.function_arn.as_str())
            .with("lambda:FunctionUrlAuthType", "AWS_IAM")
            .with("lambda:InvokedViaFunctionUrl", "true");
        for action in ACTIONS {
            let call = Call {
                requester: &requester,
                action,
                resource: &self.function_arn,
                context: &context,
            };
            self.iam
                .authorize(&call, ResourcePolicy::Function(&self.policy))?;
        }
        Ok(requester)
    }
}
