//! One stack per test: state, IAM, KMS and S3 on a free port, stopped when dropped.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Credentials as SdkCredentials, Region, RequestChecksumCalculation,
        ResponseChecksumValidation,
    },
    error::{ProvideErrorMetadata, SdkError},
};
use keyfront_dev_ground::{clock::Clock, credentials::CredentialRegistry, state::State};
use keyfront_dev_kms::{Kms, NewKey};
use keyfront_dev_s3::{BucketEncryption, LocalS3, S3Parts};
use keyfront_iam::{
    Account, Credentials, Iam, Policy, PolicyKind, Principal, Requester, Role, User,
};
use tokio::{net::TcpListener, sync::oneshot};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const BUCKET: &str = "docs";

pub(crate) struct Stack {
    pub(crate) address: SocketAddr,
    pub(crate) kms: Arc<Kms>,
    pub(crate) iam: Arc<Iam>,
    pub(crate) registry: Arc<CredentialRegistry>,
    pub(crate) clock: Clock,
    /// Seconds by which the stack's clock is ahead.
    ahead: Arc<AtomicU64>,
    pub(crate) admin: Credentials,
    pub(crate) key_arn: String,
    stop: Option<oneshot::Sender<()>>,
    server: Option<tokio::task::JoinHandle<()>>,
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::serving(State::ephemeral().unwrap()).await
    }

    pub(crate) async fn in_folder(folder: &Path) -> Self {
        Self::serving(State::open(folder).unwrap()).await
    }

    /// A bucket `docs` with SSE-KMS and bucket keys as its default exists.
    async fn serving(state: State) -> Self {
        let state = Arc::new(state);
        let ahead = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&ahead);
        let clock = Clock::from_fn(move || {
            SystemTime::now() + Duration::from_secs(shown.load(Ordering::Relaxed))
        });
        let iam = Arc::new(with_admin());
        let registry = Arc::new(CredentialRegistry::open(Arc::clone(&state), clock.now()).unwrap());
        let kms = Arc::new(Kms::open(Arc::clone(&state), Arc::clone(&iam), clock.clone()).unwrap());
        let administrator = Principal::User {
            account: ACCOUNT.into(),
            name: "admin".into(),
        };
        let admin = registry.long_lived(&administrator, clock.now()).unwrap();
        let requester = Requester::new(administrator, clock.now());
        let key_arn = match kms.list_keys(&requester).unwrap().first() {
            Some(key) => key.arn.clone(),
            None => kms.create_key(&requester, NewKey::default()).unwrap().arn,
        };
        let s3 = LocalS3::open(S3Parts {
            state,
            iam: Arc::clone(&iam),
            kms: Arc::clone(&kms),
            registry: Arc::clone(&registry),
            clock: clock.clone(),
        })
        .unwrap();
        s3.ensure_bucket(BUCKET, BucketEncryption::Kms(key_arn.clone()), None)
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = s3;
        let server = tokio::spawn(async move {
            serving
                .serve(listener, async {
                    let _ = stopped.await;
                })
                .await;
        });
        Self {
            address,
            kms,
            iam,
            registry,
            clock,
            ahead,
            admin,
            key_arn,
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// Stops the server and lets go of the state.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.server.take().unwrap().await.unwrap();
    }

    /// Lets time pass for sessions and policies; dates of signatures are compared with the machine's own clock.
    pub(crate) fn let_pass(&self, time: Duration) {
        self.ahead.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    /// A client of the administrator.
    pub(crate) fn client(&self) -> Client {
        self.client_of(&self.admin)
    }

    pub(crate) fn client_of(&self, credentials: &Credentials) -> Client {
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sdk = SdkCredentials::new(
            &credentials.access_key_id,
            credentials.secret_access_key.expose(),
            credentials
                .session_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            None,
            "test",
        );
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(format!("http://{}", self.address))
            .force_path_style(true)
            .credentials_provider(sdk)
            .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
            .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
            .response_checksum_validation(ResponseChecksumValidation::WhenSupported)
            .http_client(http)
            .build();
        Client::from_conf(config)
    }

    /// A session of a role with these statements (a JSON array's inside).
    pub(crate) fn session(&self, role: &str, statements: &str) -> Credentials {
        self.session_for(role, statements, Duration::from_secs(3600))
    }

    pub(crate) fn session_for(
        &self,
        role: &str,
        statements: &str,
        duration: Duration,
    ) -> Credentials {
        let policy = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}}"#;
        self.iam
            .put_role(Role {
                name: role.into(),
                trust: Policy::parse(trust, PolicyKind::Trust).unwrap(),
                policies: vec![Policy::parse(&policy, PolicyKind::Identity).unwrap()],
                longest_session: Duration::from_secs(43_200),
            })
            .unwrap();
        let principal = Principal::AssumedRole {
            account: ACCOUNT.into(),
            role: role.into(),
            session: "test".into(),
        };
        self.registry
            .new_session(principal, self.clock.now(), duration)
            .unwrap()
    }

    pub(crate) fn administrator(&self) -> Requester {
        let principal = Principal::User {
            account: ACCOUNT.into(),
            name: "admin".into(),
        };
        Requester::new(principal, self.clock.now())
    }
}

/// The error's code and status, as a test compares them.
pub(crate) fn code<T: std::fmt::Debug, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    match result {
        Ok(answer) => panic!("succeeded: {answer:?}"),
        Err(SdkError::ServiceError(error)) => {
            let status = error.raw().status().as_u16();
            (status, error.err().code().unwrap_or("").to_owned())
        }
        Err(other) => panic!("no answer: {other:?}"),
    }
}

pub(crate) fn error(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// Bytes that do not compress or repeat, the same for the same seed.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// An account whose user `admin` may do everything.
fn with_admin() -> Iam {
    let iam = Iam::new(Account::new(ACCOUNT, REGION).unwrap());
    let everything =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    iam.put_user(User {
        name: "admin".into(),
        policies: vec![Policy::parse(everything, PolicyKind::Identity).unwrap()],
    })
    .unwrap();
    iam
}
