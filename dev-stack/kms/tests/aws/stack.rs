//! A small account: an administrator, a reader of keys, and a role that edges assume.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use keyfront_dev_ground::api_server;
use keyfront_dev_ground::clock::Clock;
use keyfront_dev_ground::credentials::CredentialRegistry;
use keyfront_dev_ground::request_auth::RequestAuth;
use keyfront_dev_ground::state::State;
use keyfront_dev_kms::Kms;
use keyfront_dev_sts::Sts;
use keyfront_iam::{Account, Credentials, Principal, Requester};
use keyfront_iam::{Iam, Policy, PolicyKind, Role, User};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::signing::Signer;

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCOUNT: &str = "123456789012";

/// 2027-01-15T08:00:00Z
pub(crate) fn start() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

pub(crate) fn user(name: &str) -> Principal {
    Principal::User {
        account: ACCOUNT.into(),
        name: name.into(),
    }
}

pub(crate) fn identity_policy(statements: &str) -> Policy {
    let json = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    Policy::parse(&json, PolicyKind::Identity).unwrap()
}

/// The account, with a clock that tests move.
pub(crate) struct Stack {
    pub(crate) state: Arc<State>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) registry: Arc<CredentialRegistry>,
    pub(crate) kms: Arc<Kms>,
    pub(crate) sts: Arc<Sts>,
    pub(crate) clock: Clock,
    elapsed: Arc<AtomicU64>,
}

impl Stack {
    pub(crate) fn ephemeral() -> Self {
        Self::on(Arc::new(State::ephemeral().unwrap()))
    }

    pub(crate) fn on(state: Arc<State>) -> Self {
        let elapsed = Arc::new(AtomicU64::new(0));
        let seconds = Arc::clone(&elapsed);
        let clock =
            Clock::from_fn(move || start() + Duration::from_secs(seconds.load(Ordering::SeqCst)));
        let iam = Arc::new(Iam::new(Account::new(ACCOUNT, REGION).unwrap()));
        settle(&iam);
        let registry = CredentialRegistry::open(Arc::clone(&state), clock.now()).unwrap();
        let registry = Arc::new(registry);
        let kms = Kms::open(Arc::clone(&state), Arc::clone(&iam), clock.clone()).unwrap();
        let sts = Sts::new(Arc::clone(&iam), Arc::clone(&registry), clock.clone());
        Self {
            state,
            iam,
            registry,
            kms: Arc::new(kms),
            sts: Arc::new(sts),
            clock,
            elapsed,
        }
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.elapsed.fetch_add(time.as_secs(), Ordering::SeqCst);
    }

    pub(crate) fn requester(&self, principal: Principal) -> Requester {
        Requester::new(principal, self.clock.now())
    }

    pub(crate) fn admin(&self) -> Requester {
        self.requester(user("admin"))
    }

    pub(crate) fn key_of(&self, name: &str) -> Credentials {
        self.registry
            .long_lived(&user(name), self.clock.now())
            .unwrap()
    }

    pub(crate) fn auth(&self, service: &'static str) -> RequestAuth {
        let registry = Arc::clone(&self.registry);
        RequestAuth::new(registry, self.clock.clone(), REGION, service)
    }

    pub(crate) async fn serve(&self, service: &'static str) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let shutdown = CancellationToken::new();
        let auth = self.auth(service);
        let task = match service {
            "kms" => {
                let kms = Arc::clone(&self.kms);
                tokio::spawn(api_server::serve(listener, kms, auth, shutdown.clone()))
            }
            _ => {
                let sts = Arc::clone(&self.sts);
                tokio::spawn(api_server::serve(listener, sts, auth, shutdown.clone()))
            }
        };
        Served {
            host,
            service,
            clock: self.clock.clone(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            shutdown,
            task: Mutex::new(Some(task)),
        }
    }
}

fn settle(iam: &Iam) {
    let all = identity_policy(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#);
    let decrypt = identity_policy(r#"{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*"}"#);
    for (name, policies) in [
        ("admin", vec![all]),
        ("reader", vec![decrypt]),
        ("nobody", vec![]),
    ] {
        iam.put_user(User {
            name: name.into(),
            policies,
        })
        .unwrap();
    }
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[
        {{"Effect":"Allow","Principal":{{"Service":"edgelambda.amazonaws.com"}},"Action":"sts:AssumeRole"}},
        {{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{ACCOUNT}:root"}},"Action":"sts:AssumeRole",
          "Condition":{{"StringEquals":{{"sts:ExternalId":"stack"}}}}}}]}}"#
    );
    iam.put_role(Role {
        name: "edge".into(),
        trust: Policy::parse(&trust, PolicyKind::Trust).unwrap(),
        policies: vec![],
        longest_session: Duration::from_secs(7200),
    })
    .unwrap();
}

/// One service on a loopback port, stopped when dropped.
pub(crate) struct Served {
    pub(crate) host: String,
    service: &'static str,
    clock: Clock,
    client: Client<HttpConnector, Full<Bytes>>,
    shutdown: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Served {
    /// Stops the service and waits for its end.
    pub(crate) async fn stop(&self) {
        self.shutdown.cancel();
        let task = self.task.lock().unwrap().take().unwrap();
        task.await.unwrap();
    }

    /// A `POST /` to this service with its `host` header.
    pub(crate) fn request(&self, headers: &[(&str, &str)], body: &str) -> Request<Vec<u8>> {
        let uri = format!("http://{}/", self.host);
        let mut request = Request::post(uri).header("host", &self.host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(body.as_bytes().to_vec()).unwrap()
    }

    pub(crate) fn signed(
        &self,
        credentials: &Credentials,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Request<Vec<u8>> {
        let mut request = self.request(headers, body);
        let signer = Signer {
            credentials,
            region: REGION,
            service: self.service,
            time: self.clock.now(),
        };
        signer.sign(&mut request);
        request
    }

    pub(crate) async fn send(&self, request: Request<Vec<u8>>) -> Response<Bytes> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let (head, body) = self.client.request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }
}
