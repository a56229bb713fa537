//! The Function URL stand-in by itself, in front of a function that misbehaves on request: who gets in, what the
//! function sees, and what becomes of its failures.

mod callers;
mod invocations;

use std::{
    io::Write as _,
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use bytes::Bytes;
use http::Method;
use keyfront_dev_functions::{
    Bootstrap, Function, FunctionUrl, Instances, InstancesConfig, InvokeAuthorizer,
};
use keyfront_dev_ground::{
    clock::Clock, credentials::CredentialRegistry, request_auth::RequestAuth, state::State,
};
use keyfront_iam::{Account, Credentials, Iam, Policy, PolicyKind, Principal, Role, User};
use keyfront_tests::wire::{Answer, Wire};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tokio_util::sync::{CancellationToken, DropGuard};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const HOST: &str = "abc.lambda-url.eu-west-1.on.aws";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:echo";

/// A runtime loop in Python: what it does is the path of the event.
const BOOTSTRAP: &str = r#"
import json, os, sys, time, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/"
def post(path, value):
    request = urllib.request.Request(api + path, json.dumps(value).encode())
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        print(error.code, file=sys.stderr)
while True:
    with urllib.request.urlopen(api + "invocation/next") as answer:
        id, event = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    path = event["rawPath"]
    if path == "/exit":
        os._exit(3)
    if path == "/hang":
        time.sleep(60)
    if path == "/throw":
        post(f"invocation/{id}/error", {"errorType": "Error", "errorMessage": "on purpose"})
        continue
    if path == "/wait":
        time.sleep(0.5)
    returned = {"statusCode": 200, "body": json.dumps(event)}
    if path == "/environment":
        returned["body"] = json.dumps(dict(os.environ))
    if path == "/bad":
        returned = {"statusCode": "no"}
    if path.startswith("/large/"):
        returned = {"statusCode": 200, "body": "x" * int(path[7:])}
    post(f"invocation/{id}/response", returned)
"#;

struct Stage {
    address: SocketAddr,
    registry: Arc<CredentialRegistry>,
    credentials: watch::Sender<Credentials>,
    _stop: DropGuard,
}

impl Stage {
    async fn open() -> Self {
        let state = Arc::new(State::ephemeral().unwrap());
        let clock = Clock::system();
        let iam = Arc::new(Iam::new(Account::new(ACCOUNT, REGION).unwrap()));
        settle(&iam);
        let registry = Arc::new(CredentialRegistry::open(state, clock.now()).unwrap());
        let function = session(&registry, "function");
        let credentials = watch::Sender::new(function);
        let stop = CancellationToken::new();
        let instances = Instances::start(config(), credentials.subscribe());
        let url = FunctionUrl {
            host: HOST.to_owned(),
            authorizer: InvokeAuthorizer {
                auth: RequestAuth::new(Arc::clone(&registry), clock, REGION, "lambda"),
                iam,
                function_arn: FUNCTION.to_owned(),
                policy: policy(&allow_the_edge(), PolicyKind::Resource),
            },
            function: Arc::new(Function::Built(instances.await.unwrap())),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(url.serve(listener, stop.clone()));
        Self {
            address,
            registry,
            credentials,
            _stop: stop.drop_guard(),
        }
    }

    /// Sends as given.
    async fn send(
        &self,
        method: Method,
        target: &str,
        headers: &[(String, String)],
        body: Bytes,
    ) -> Answer {
        let headers: Vec<_> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let wire = Wire::plain(&format!("http://{}", self.address));
        wire.send(method, target, &headers, body).await
    }

    /// Sends as a session of the edge's role.
    async fn invoke(&self, target: &str, body: impl Into<Bytes>) -> Answer {
        let (credentials, body) = (session(&self.registry, "edge"), body.into());
        let signed = Signing::of(&credentials).sign("PUT", target, &body);
        self.send(Method::PUT, target, &signed, body).await
    }
}

/// How a request is signed.
#[derive(Clone, Copy)]
struct Signing<'a> {
    credentials: &'a Credentials,
    host: &'a str,
    region: &'a str,
    service: &'a str,
    age: Duration,
}

impl<'a> Signing<'a> {
    fn of(credentials: &'a Credentials) -> Self {
        Self {
            credentials,
            host: HOST,
            region: REGION,
            service: "lambda",
            age: Duration::ZERO,
        }
    }

    fn sign(&self, method: &str, target: &str, body: &[u8]) -> Vec<(String, String)> {
        self.sign_payload(method, target, SignableBody::Bytes(body))
    }

    fn sign_payload(
        &self,
        method: &str,
        target: &str,
        body: SignableBody<'_>,
    ) -> Vec<(String, String)> {
        let token = self.credentials.session_token.as_ref();
        let identity = aws_credential_types::Credentials::new(
            &self.credentials.access_key_id,
            self.credentials.secret_access_key.expose(),
            token.map(|token| token.expose().to_owned()),
            None,
            "tests",
        )
        .into();
        let mut settings = SigningSettings::default();
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region)
            .name(self.service)
            .time(SystemTime::now() - self.age)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let url = format!("https://{}{target}", self.host);
        let headers = [("host", self.host)].into_iter();
        let request = SignableRequest::new(method, url, headers, body).unwrap();
        let (signed, _) = sign(request, &parameters).unwrap().into_parts();
        let host = ("host".to_owned(), self.host.to_owned());
        let signed = signed.headers().map(|(n, v)| (n.to_owned(), v.to_owned()));
        std::iter::once(host).chain(signed).collect()
    }
}

fn session(registry: &CredentialRegistry, role: &str) -> Credentials {
    let principal = Principal::AssumedRole {
        account: ACCOUNT.to_owned(),
        role: role.to_owned(),
        session: "tests".to_owned(),
    };
    let life = Duration::from_secs(3600);
    registry
        .new_session(principal, SystemTime::now(), life)
        .unwrap()
}

fn policy(statements: &Value, kind: PolicyKind) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::parse(&document.to_string(), kind).unwrap()
}

fn allow_the_edge() -> Value {
    json!([{
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:role/edge")},
        "Action": ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"],
        "Resource": FUNCTION,
        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true", "aws:SecureTransport": "true"}},
    }])
}

/// Roles that may invoke by the function's policy, by their own, by half of it, and not at all.
fn settle(iam: &Iam) {
    let allow = |action: &str| {
        let statement = json!([{"Effect": "Allow", "Action": action, "Resource": FUNCTION}]);
        policy(&statement, PolicyKind::Identity)
    };
    let roles = [
        ("edge", vec![]),
        ("function", vec![]),
        ("caller", vec![allow("lambda:Invoke*")]),
        ("url-only", vec![allow("lambda:InvokeFunctionUrl")]),
        ("function-only", vec![allow("lambda:InvokeFunction")]),
    ];
    let trust = json!([{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]);
    for (name, policies) in roles {
        iam.put_role(Role {
            name: name.to_owned(),
            trust: policy(&trust, PolicyKind::Trust),
            policies,
            longest_session: Duration::from_secs(3600),
        })
        .unwrap();
    }
    let everything =
        json!([{"Effect": "Allow", "Action": ["s3:*", "kms:*", "sts:*"], "Resource": "*"}]);
    iam.put_user(User {
        name: "admin".to_owned(),
        policies: vec![policy(&everything, PolicyKind::Identity)],
    })
    .unwrap();
}

fn config() -> InstancesConfig {
    let folder = tempfile::tempdir().unwrap();
    InstancesConfig {
        bootstrap: Bootstrap::unpack(&package(folder.path())).unwrap(),
        function_arn: FUNCTION.to_owned(),
        region: REGION.to_owned(),
        environment: vec![("OWN".to_owned(), "value".to_owned())],
        count: 2,
        timeout: Duration::from_secs(2),
    }
}

/// The deployment package, made as `scripts/bundle-origin` makes its own: by Python.
fn package(folder: &Path) -> std::path::PathBuf {
    let python = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let python = String::from_utf8(python.stdout).unwrap();
    let mut bootstrap = std::fs::File::create(folder.join("bootstrap")).unwrap();
    write!(bootstrap, "#!{}\n{BOOTSTRAP}", python.trim()).unwrap();
    let zipped = Command::new(python.trim())
        .args(["-m", "zipfile", "-c", "package.zip", "bootstrap"])
        .current_dir(folder)
        .status();
    assert!(zipped.unwrap().success());
    folder.join("package.zip")
}

fn message(answer: &Answer) -> String {
    let error: Value = serde_json::from_slice(&answer.body).unwrap();
    error["Message"].as_str().unwrap().to_owned()
}
