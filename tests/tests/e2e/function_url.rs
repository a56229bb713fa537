//! The Function URL stand-in by itself, in front of a function that misbehaves on request: who gets in, what the
//! function sees, and what becomes of its failures.

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
use http::{Method, StatusCode};
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
            function: Function::Built(instances.await.unwrap()),
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

#[tokio::test(flavor = "multi_thread")]
async fn only_callers_allowed_both_actions_get_in() {
    let stage = Stage::open().await;
    let admin = Principal::User {
        account: ACCOUNT.to_owned(),
        name: "admin".to_owned(),
    };
    let admin = stage
        .registry
        .long_lived(&admin, SystemTime::now())
        .unwrap();
    let callers = [
        (session(&stage.registry, "edge"), StatusCode::OK),
        (session(&stage.registry, "caller"), StatusCode::OK),
        (session(&stage.registry, "url-only"), StatusCode::FORBIDDEN),
        (
            session(&stage.registry, "function-only"),
            StatusCode::FORBIDDEN,
        ),
        (session(&stage.registry, "function"), StatusCode::FORBIDDEN),
        (session(&stage.registry, "nobody"), StatusCode::FORBIDDEN),
        (admin, StatusCode::FORBIDDEN),
    ];
    for (credentials, status) in callers {
        let signed = Signing::of(&credentials).sign("GET", "/", b"");
        let answer = stage.send(Method::GET, "/", &signed, Bytes::new()).await;
        assert_eq!(answer.status, status, "{credentials:?}: {answer:?}");
        if status == StatusCode::FORBIDDEN {
            assert_eq!(message(&answer), "Forbidden");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[allow(clippy::too_many_lines, reason = "one row a case")]
async fn a_signature_must_be_for_this_very_request() {
    let stage = Stage::open().await;
    let edge = session(&stage.registry, "edge");
    let right = Signing::of(&edge);
    let body = Bytes::from("what was signed");
    let accepted = right.sign("PUT", "/a?b=c", &body);
    let answer = stage
        .send(Method::PUT, "/a?b=c", &accepted, body.clone())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");

    let without = |name: &str| -> Vec<_> {
        accepted
            .iter()
            .filter(|(n, _)| n != name)
            .cloned()
            .collect()
    };
    let with = |name: &str, value: &str| {
        [without(name), vec![(name.to_owned(), value.to_owned())]].concat()
    };
    let unsigned_payload = right.sign_payload("PUT", "/a?b=c", SignableBody::UnsignedPayload);
    let elsewhere = Signing {
        host: "other.lambda-url.eu-west-1.on.aws",
        ..right
    };
    let late = Signing {
        age: Duration::from_secs(600),
        ..right
    };
    let refused = [
        ("nothing signed", vec![("host".to_owned(), HOST.to_owned())]),
        ("another method", right.sign("POST", "/a?b=c", &body)),
        ("another path", right.sign("PUT", "/A?b=c", &body)),
        ("another query", right.sign("PUT", "/a?b=d", &body)),
        ("another body", right.sign("PUT", "/a?b=c", b"another")),
        ("an unsigned payload", unsigned_payload),
        ("another host", elsewhere.sign("PUT", "/a?b=c", &body)),
        (
            "another service",
            Signing {
                service: "s3",
                ..right
            }
            .sign("PUT", "/a?b=c", &body),
        ),
        (
            "another region",
            Signing {
                region: "us-east-1",
                ..right
            }
            .sign("PUT", "/a?b=c", &body),
        ),
        ("ten minutes ago", late.sign("PUT", "/a?b=c", &body)),
        ("no session token", without("x-amz-security-token")),
        ("an unsigned header", with("x-amz-acl", "private")),
        ("a changed date", with("x-amz-date", "20150830T123600Z")),
    ];
    for (what, headers) in refused {
        let answer = stage
            .send(Method::PUT, "/a?b=c", &headers, body.clone())
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {answer:?}");
        assert!(!message(&answer).is_empty(), "{what}");
        assert!(answer.headers.contains_key("x-amzn-errortype"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_function_sees_the_caller_and_its_own_environment_only() {
    let stage = Stage::open().await;
    let answer = stage.invoke("/a%20b?x=1+2", &b"\x00\xff"[..]).await;
    let event: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(event["rawPath"], "/a%20b");
    assert_eq!(event["rawQueryString"], "x=1 2");
    assert_eq!(
        (&event["body"], &event["isBase64Encoded"]),
        (&json!("AP8="), &json!(true))
    );
    let context = &event["requestContext"];
    assert_eq!(
        context["authorizer"]["iam"]["userArn"],
        format!("arn:aws:sts::{ACCOUNT}:assumed-role/edge/tests")
    );
    assert_eq!(context["domainName"], HOST);
    assert_eq!(context["requestId"], answer.header("x-amzn-requestid"));
    assert!(event["headers"]["authorization"].is_null());

    let reply = stage.invoke("/environment", "").await;
    let environment: Value = serde_json::from_slice(&reply.body).unwrap();
    let function = stage.credentials.borrow().clone();
    assert_eq!(environment["AWS_ACCESS_KEY_ID"], function.access_key_id);
    assert_eq!(
        environment["AWS_SESSION_TOKEN"],
        function.session_token.unwrap().expose()
    );
    assert_eq!(
        (&environment["OWN"], &environment["AWS_REGION"]),
        (&json!("value"), &json!(REGION))
    );
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "echo");
    assert!(environment["HOME"].is_null() && environment["CARGO_MANIFEST_DIR"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_function_is_502_and_the_next_invocation_is_served() {
    let stage = Stage::open().await;
    for target in [
        "/throw",
        "/bad",
        "/exit",
        "/exit",
        "/hang",
        "/large/6400000",
    ] {
        let answer = stage.invoke(target, "").await;
        assert_eq!(
            answer.status,
            StatusCode::BAD_GATEWAY,
            "{target}: {answer:?}"
        );
        assert_eq!(message(&answer), "Internal Server Error", "{target}");
        let next = stage.invoke("/next", "").await;
        assert_eq!(next.status, StatusCode::OK, "after {target}: {next:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_answers_are_capped_at_six_mebibytes() {
    let stage = Stage::open().await;
    let answer = stage.invoke("/large/6200000", "").await;
    assert_eq!(
        (answer.status, answer.body.len()),
        (StatusCode::OK, 6_200_000)
    );
    let taken = stage.invoke("/environment", vec![0xff; 4_500_000]).await;
    assert_eq!(taken.status, StatusCode::OK, "{taken:?}");
    for length in [4_800_000, 8_000_000] {
        let answer = stage.invoke("/environment", vec![0xff; length]).await;
        assert_eq!(
            answer.status,
            StatusCode::PAYLOAD_TOO_LARGE,
            "{length}: {answer:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_serve_at_once_and_are_replaced_with_their_credentials() {
    let stage = Stage::open().await;
    let started = std::time::Instant::now();
    let (first, second) = tokio::join!(stage.invoke("/wait", ""), stage.invoke("/wait", ""));
    assert_eq!(
        (first.status, second.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert!(
        started.elapsed() < Duration::from_millis(950),
        "{:?}",
        started.elapsed()
    );

    let fresh = session(&stage.registry, "function");
    stage.credentials.send_replace(fresh.clone());
    for _ in 0..4 {
        let reply = stage.invoke("/environment", "").await;
        let environment: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(environment["AWS_ACCESS_KEY_ID"], fresh.access_key_id);
    }
}
