//! An AWS of the tests' own: CloudFormation, S3, STS, Lambda and KMS as far as `keyfront deploy` calls them, with
//! failures on demand and a log of every call.
//!
//! It verifies no signature; the Region and the service are read from the credential scope.

mod call;
mod cloudformation;
mod cloudfront;
mod examined;
mod log_line;
mod logs;
mod s3;
mod stacks;
mod state;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, process::Command, task::JoinHandle};

use self::call::{RecordedCall, Reply};
pub use self::{
    call::{ACCOUNT, Call},
    log_line::LogLine,
    stacks::{FakeStack, Held},
    state::{BUCKETS, CACHE_POLICIES, DISTRIBUTIONS, HEADERS_POLICIES, ROLES, State, Trail},
};
use crate::artefacts;

/// A running endpoint; stopped when dropped.
#[derive(Debug)]
pub struct ScriptedAws {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl ScriptedAws {
    /// Starts on a free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&shared);
                let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                tokio::spawn(async move {
                    let mut server = http1::Builder::new();
                    server.timer(TokioTimer::new());
                    let _ = server.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self {
            address,
            state,
            task,
        }
    }

    /// What there is, and what goes wrong from now on.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// `keyfront` with this endpoint and someone's credentials, and no others.
    #[must_use]
    pub fn keyfront(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(artefacts::keyfront());
        command
            .args(arguments)
            .current_dir(artefacts::root())
            .env_remove("AWS_PROFILE")
            .env("AWS_CONFIG_FILE", "/nonexistent")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret-of-the-tests")
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// The actions called so far, in order.
    #[must_use]
    pub fn actions(&self) -> Vec<String> {
        let state = self.state();
        state.calls.iter().map(|call| call.action.clone()).collect()
    }
}

impl Drop for ScriptedAws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[allow(clippy::too_many_lines, reason = "one arm an operation")]
async fn answer(
    state: Arc<Mutex<State>>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let scope = head.headers.get("authorization");
    let scope = scope
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let scope: Vec<String> = scope
        .split(['=', ',', ' '])
        .find(|part| part.contains("/aws4_request"))
        .unwrap_or_default()
        .split('/')
        .map(str::to_owned)
        .collect();
    let part = |at: usize| scope.get(at).cloned().unwrap_or_default();
    let (region, service) = (part(2), part(3));
    let call = RecordedCall {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body: body
            .collect()
            .await
            .map(|body| body.to_bytes())
            .unwrap_or_default(),
        region: region.clone(),
    };
    let fields: BTreeMap<String, String> = match service.as_str() {
        "cloudformation" | "sts" | "iam" => {
            form_urlencoded::parse(&call.body).into_owned().collect()
        }
        _ => BTreeMap::new(),
    };
    let target = call
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok());
    let action = fields
        .get("Action")
        .cloned()
        .or_else(|| {
            target
                .and_then(|target| target.rsplit('.').next())
                .map(str::to_owned)
        })
        .unwrap_or_else(|| format!("{} {}", call.method, call.path));
    let mut state = state.lock().unwrap();
    state.calls.push(Call {
        access_key: part(0),
        region,
        service: service.clone(),
        action: action.clone(),
    });
    let (status, body, headers) = route(&mut state, &service, &action, &fields, &call);
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = if call.method == Method::HEAD {
        String::new()
    } else {
        body
    };
    Ok(response.body(Full::new(Bytes::from(body))).unwrap())
}

fn route(
    state: &mut State,
    service: &str,
    action: &str,
    fields: &BTreeMap<String, String>,
    call: &RecordedCall,
) -> Reply {
    if let Some(left) = state.throttle.get_mut(action).filter(|left| **left > 0) {
        *left -= 1;
        return match service {
            "logs" => logs::refused("ThrottlingException"),
            _ => cloudformation::refused("Throttling", "Rate exceeded"),
        };
    }
    match service {
        "cloudformation" => cloudformation::answer(state, action, fields, &call.region),
        "sts" => {
            let who = format!(
                "<Arn>arn:aws:iam::{ACCOUNT}:user/t</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
            );
            cloudformation::xml_result(action, &who)
        }
        "s3" => s3::answer(state, call),
        "logs" => logs::answer(state, action, call),
        "cloudfront" => cloudfront::answer(state, call),
        "acm" => examined::certificate(state),
        "ssm" => examined::parameter(state, call),
        "cloudtrail" => examined::trail(state, action),
        "servicequotas" => examined::quota(state, action, call),
        "iam" if action == "PutRolePolicy" => {
            let field = |name: &str| fields[name].clone();
            state
                .role_policies
                .push(["RoleName", "PolicyName", "PolicyDocument"].map(field));
            cloudformation::xml_result(action, "")
        }
        "iam" => examined::account_summary(state, action),
        "kms" if action == "DescribeKey" => examined::key(state),
        "lambda" if call.path.contains("account-settings") => examined::account_settings(state),
        "lambda" if call.path.contains("/tags/") => tags_of_function(state, call),
        "lambda" if call.path.ends_with("/configuration") => describe_function(state, call),
        "lambda" => delete_function(state, call),
        "kms" => {
            let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
            state
                .keys_ending
                .push(body["KeyId"].as_str().unwrap().to_owned());
            (
                StatusCode::OK,
                r#"{"KeyState":"PendingDeletion"}"#.to_owned(),
                Vec::new(),
            )
        }
        other => panic!("no service {other}: {action}"),
    }
}

fn tags_of_function(state: &State, call: &RecordedCall) -> Reply {
    let name = call.path.rsplit("%3A").next().unwrap();
    match state.tags_of(name) {
        Some(tags) if !state.deleted_functions.iter().any(|gone| gone == name) => {
            let body = serde_json::json!({ "Tags": tags }).to_string();
            (StatusCode::OK, body, Vec::new())
        }
        _ => no_such_function(),
    }
}

fn no_such_function() -> Reply {
    let kind = ("x-amzn-errortype", "ResourceNotFoundException".to_owned());
    let text = r#"{"Type":"User","Message":"gone"}"#.to_owned();
    (StatusCode::NOT_FOUND, text, vec![kind])
}

fn describe_function(state: &mut State, call: &RecordedCall) -> Reply {
    let name = call.path.rsplit('/').nth(1).unwrap().to_owned();
    let body: serde_json::Value = serde_json::from_slice(&call.body).unwrap();
    let description = body["Description"].as_str().unwrap().to_owned();
    state.described_functions.push([name, description]);
    (StatusCode::OK, "{}".to_owned(), Vec::new())
}

fn delete_function(state: &mut State, call: &RecordedCall) -> Reply {
    if state.replicated {
        let text = r#"{"Type":"User","message":"Lambda was unable to delete arn because it is a replicated function."}"#;
        let kind = (
            "x-amzn-errortype",
            "InvalidParameterValueException".to_owned(),
        );
        return (StatusCode::BAD_REQUEST, text.to_owned(), vec![kind]);
    }
    let name = call.path.rsplit('/').next().unwrap().to_owned();
    if state.deleted_functions.contains(&name) {
        return no_such_function();
    }
    state.deleted_functions.push(name);
    (StatusCode::NO_CONTENT, String::new(), Vec::new())
}
