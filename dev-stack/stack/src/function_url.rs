//! The Function URL of the stack: what runs the origin behind it, and who may call it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use keyfront_dev_functions::{
    Bootstrap, BundleError, Function, FunctionUrl, Instances, InstancesConfig, InvokeAuthorizer,
    LinkedAnswer, LinkedFunction,
};
use keyfront_iam::{Policy, PolicyKind};
use keyfront_origin::http::function_url::FunctionUrl as LinkedOrigin;
use keyfront_origin::http::response_stream::Prelude;
use serde_json::Value;

use super::aws::LocalAws;
use super::config::OriginKind;
use super::origin::OriginSetup;
use super::resources::{self, EDGE_ROLE};
use super::sessions::Sessions;

/// How many invocations of the built origin run at once.
const INSTANCES: usize = 2;
/// How long one may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What answers behind the Function URL.
pub(super) async fn function(
    kind: &OriginKind,
    aws: &LocalAws,
    origin: &OriginSetup,
    sessions: &Sessions,
) -> anyhow::Result<Function> {
    let account = aws.iam.account();
    let package = match kind {
        OriginKind::Native => {
            let config = origin.config();
            let linked =
                LinkedOrigin::new(origin.origin(sessions.origin()), config.edge_role.clone());
            return Ok(Function::Linked(linked_function(linked)));
        }
        OriginKind::Lambda { package } => package,
    };
    let config = InstancesConfig {
        bootstrap: Bootstrap::unpack(package).map_err(explain)?,
        function_arn: resources::origin_function_arn(account),
        region: account.region().to_owned(),
        environment: origin.environment(account.role_arn(EDGE_ROLE)),
        count: INSTANCES,
        timeout: TIMEOUT,
    };
    let started = Instances::start(config, sessions.origin_watched()).await;
    started
        .map(Function::Built)
        .context("the built origin does not start")
}

fn linked_function(origin: LinkedOrigin) -> LinkedFunction {
    LinkedFunction::new(move |event| {
        let origin = origin.clone();
        async move {
            if let Some(answer) = origin.answer_queue(&event).await {
                return LinkedAnswer::Whole(answer);
            }
            let (head, content) = origin.answer_json(event).await.into_parts();
            LinkedAnswer::Streamed {
                prelude: serde_json::to_value(Prelude::of(&head)).ok(),
                content,
            }
        }
    })
}

/// The URL that `host` names, in front of `function`.
pub(super) fn open(
    aws: &LocalAws,
    policy: &Value,
    host: &str,
    function: Arc<Function>,
) -> anyhow::Result<FunctionUrl> {
    let account = aws.iam.account();
    Ok(FunctionUrl {
        host: host.to_owned(),
        authorizer: InvokeAuthorizer {
            auth: aws.auth("lambda"),
            iam: Arc::clone(&aws.iam),
            function_arn: resources::origin_function_arn(account),
            policy: Policy::parse(&policy.to_string(), PolicyKind::Resource)?,
        },
        function,
    })
}

/// Adds the command that helps.
fn explain(error: BundleError) -> anyhow::Error {
    match error {
        BundleError::Missing(..) | BundleError::Zip(..) => anyhow::anyhow!(
            "{error}; build it with `make bundle-origin`, or start with --origin native"
        ),
        BundleError::Unpack(_) => error.into(),
    }
}
