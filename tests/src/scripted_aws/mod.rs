//! An AWS of the tests' own: CloudFormation, S3, STS, Lambda and KMS as far as `keyfront deploy` calls them, with
//! failures on demand and a log of every call.
//!
//! It verifies no signature; the Region and the service are read from the credential scope.

mod call;
mod change_sets;
mod cloudformation;
mod cloudfront;
mod examined;
mod kms;
mod log_line;
mod logs;
mod s3;
mod stack_replies;
mod stacks;
mod state;

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
    task::JoinHandle,
};

use self::call::{RecordedCall, Reply};
pub use self::{
    call::{ACCOUNT, Call},
    log_line::LogLine,
    stacks::{FakeStack, Held},
    state::{
        BUCKETS, CACHE_POLICIES, DISTRIBUTIONS, FakeSigningKey, HEADERS_POLICIES, ROLES, State,
        Trail,
    },
};
use crate::{
    artefacts,
    interference::{self, Interference},
};

/// A running endpoint; stopped when dropped.
#[derive(Debug)]
pub struct ScriptedAws {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    interference: Arc<Interference>,
    task: JoinHandle<()>,
}

/// What every connection has.
#[derive(Debug, Clone)]
struct Shared {
    state: Arc<Mutex<State>>,
    interference: Arc<Interference>,
}

impl ScriptedAws {
    /// Starts on a free port, with nothing there.
    pub async fn start() -> Self {
        Self::start_with(State::default()).await
    }

    /// Starts on a free port, with this there.
    pub async fn start_with(state: State) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Shared {
            state: Arc::new(Mutex::new(state)),
            interference: Arc::default(),
        };
        let Shared {
            state,
            interference,
        } = shared.clone();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (stream, handle) = interference::with_handle(stream).unwrap();
                let (shared, handle) = (shared.clone(), Arc::new(handle));
                let service =
                    service_fn(move |request| answer(shared.clone(), Arc::clone(&handle), request));
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
            interference,
            task,
        }
    }

    /// Which call goes wrong, and how.
    #[must_use]
    pub fn interference(&self) -> &Arc<Interference> {
        &self.interference
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

/// An error ends the connection without an answer.
async fn answer(
    shared: Shared,
    connection: Arc<TcpStream>,
    request: Request<Incoming>,
) -> io::Result<Response<Full<Bytes>>> {
    let received = receive(request).await;
    let Received {
        service,
        action,
        call,
        ..
    } = &received;
    let described = format!("{service} {action} {}", call.region);
    let way = shared.interference.meet(described);
    if let Some(way) = way {
        if let Some(refusal) = way.refusal(service) {
            return Ok(response(call, refusal));
        }
        if way.is_done() {
            carry_out(&shared.state, &received);
        }
        return Err(shared.interference.leave(way, &connection).await);
    }
    let reply = carry_out(&shared.state, &received);
    Ok(response(call, reply))
}

/// A call, and what it is.
struct Received {
    access_key: String,
    service: String,
    action: String,
    fields: BTreeMap<String, String>,
    call: RecordedCall,
}

async fn receive(request: Request<Incoming>) -> Received {
    let (head, body) = request.into_parts();
    let [access_key, _, region, service] = interference::scope(&head.headers);
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
        region,
    };
    let fields: BTreeMap<String, String> = match service.as_str() {
        "cloudformation" | "sts" | "iam" => {
            form_urlencoded::parse(&call.body).into_owned().collect()
        }
        _ => BTreeMap::new(),
    };
    let target = call.headers.get("x-amz-target");
    let target = target.and_then(|value| value.to_str().ok()?.rsplit('.').next());
    let action = fields.get("Action").map(String::as_str).or(target);
    let action = match action {
        Some(action) => action.to_owned(),
        None => format!("{} {}", call.method, call.path),
    };
    Received {
        access_key,
        service,
        action,
        fields,
        call,
    }
}

fn carry_out(state: &Mutex<State>, received: &Received) -> Reply {
    let Received {
        access_key,
        service,
        action,
        fields,
        call,
    } = received;
    let mut state = state.lock().unwrap();
    state.calls.push(Call {
        access_key: access_key.clone(),
        region: call.region.clone(),
        service: service.clone(),
        action: action.clone(),
    });
    route(&mut state, service, action, fields, call)
}

fn response(call: &RecordedCall, (status, body, headers): Reply) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let body = match call.method {
        Method::HEAD => String::new(),
        _ => body,
    };
    response.body(Full::new(Bytes::from(body))).unwrap()
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
            _ => stack_replies::refused("Throttling", "Rate exceeded"),
        };
    }
    match service {
        "cloudformation" => cloudformation::answer(state, action, fields, &call.region),
        "sts" => {
            let who = format!(
                "<Arn>arn:aws:iam::{ACCOUNT}:user/t</Arn><UserId>U</UserId><Account>{ACCOUNT}</Account>"
            );
            stack_replies::xml_result(action, &who)
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
            stack_replies::xml_result(action, "")
        }
        "iam" => examined::account_summary(state, action),
        "kms" => kms::answer(state, action, call),
        "tagging" => kms::tagged(state, call),
        "lambda" if call.path.contains("account-settings") => examined::account_settings(state),
        "lambda" if call.path.contains("/tags/") => tags_of_function(state, call),
        "lambda" if call.path.ends_with("/configuration") => describe_function(state, call),
        "lambda" => delete_function(state, call),
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
