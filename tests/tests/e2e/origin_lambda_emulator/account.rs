//! What the function needs around it: a bucket, a key, the origin's role, and a publishers' policy.

use std::{sync::Arc, time::Duration};

use aws_sdk_s3::{
    Client,
    config::{BehaviorVersion, Credentials as SdkCredentials, Region},
    primitives::ByteStream,
};
use keyfront_dev_stack::{
    clock::Clock,
    identity::CredentialRegistry,
    kms::{self, Kms, NewKey},
    request_auth::RequestAuth,
    s3::{BucketEncryption, LocalS3, S3Parts},
    state::State,
};
use keyfront_iam::{
    Account as AccountId, Credentials, Iam, Policy, PolicyKind, Principal, Requester, Role, User,
};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, sync::oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const BUCKET: &str = "media";
pub(crate) const TOKEN: &str = "kfp_of-the-emulator-test";

/// An account in memory, with its S3 and KMS on loopback until it is dropped.
pub(crate) struct Account {
    pub(crate) endpoint: String,
    pub(crate) kms_endpoint: String,
    pub(crate) key_arn: String,
    /// A session of the origin's role.
    pub(crate) origin: Credentials,
    kms: Arc<Kms>,
    administrator: Requester,
    admin: Credentials,
    _stop: oneshot::Sender<()>,
    _stop_kms: DropGuard,
}

impl Account {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let (state, clock) = (Arc::new(State::ephemeral()?), Clock::system());
        let iam = Arc::new(Iam::new(AccountId::new(ACCOUNT, REGION)?));
        settle(&iam)?;
        let registry = Arc::new(CredentialRegistry::open(Arc::clone(&state), clock.now())?);
        let kms = Arc::new(Kms::open(
            Arc::clone(&state),
            Arc::clone(&iam),
            clock.clone(),
        )?);
        let admin = Principal::User {
            account: ACCOUNT.into(),
            name: "admin".into(),
        };
        let administrator = Requester::new(admin.clone(), clock.now());
        let key_arn = kms.create_key(&administrator, NewKey::default())?.arn;
        let s3 = LocalS3::open(S3Parts {
            state,
            iam,
            kms: Arc::clone(&kms),
            registry: Arc::clone(&registry),
            clock: clock.clone(),
        })?;
        s3.ensure_bucket(BUCKET, BucketEncryption::S3, None).await?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(async move { s3.serve(listener, async { drop(stopped.await) }).await });
        let kms_listener = TcpListener::bind("127.0.0.1:0").await?;
        let kms_endpoint = format!("http://{}", kms_listener.local_addr()?);
        let auth = RequestAuth::new(Arc::clone(&registry), clock.clone(), REGION, "kms");
        let stop_kms = CancellationToken::new();
        tokio::spawn(kms::serve(
            kms_listener,
            Arc::clone(&kms),
            auth,
            stop_kms.clone(),
        ));
        let role = Principal::AssumedRole {
            account: ACCOUNT.into(),
            role: "origin".into(),
            session: "function".into(),
        };
        let account = Self {
            endpoint,
            kms_endpoint,
            key_arn,
            origin: registry.new_session(role, clock.now(), Duration::from_secs(3600))?,
            kms,
            administrator,
            admin: registry.long_lived(&admin, clock.now())?,
            _stop: stop,
            _stop_kms: stop_kms.drop_guard(),
        };
        account.admit_publisher().await?;
        Ok(account)
    }

    /// An S3 client of the administrator.
    pub(crate) fn s3(&self) -> Client {
        let secret = self.admin.secret_access_key.expose();
        let sdk = SdkCredentials::new(&self.admin.access_key_id, secret, None, None, "test");
        let config = aws_sdk_s3::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(&self.endpoint)
            .force_path_style(true)
            .credentials_provider(sdk)
            .http_client(aws_smithy_http_client::Builder::new().build_http());
        Client::from_conf(config.build())
    }

    pub(crate) fn disable_key(&self) -> anyhow::Result<()> {
        Ok(self.kms.disable_key(&self.administrator, &self.key_arn)?)
    }

    pub(crate) fn enable_key(&self) -> anyhow::Result<()> {
        Ok(self.kms.enable_key(&self.administrator, &self.key_arn)?)
    }

    async fn admit_publisher(&self) -> anyhow::Result<()> {
        let policy = json!({"v": 1, "publishers": [{
            "id": "web",
            "tokens": [{"id": "t1", "sha256": hex::encode(Sha256::digest(TOKEN))}],
            "rules": [{
                "prefix": "site/",
                "methods": ["GET", "PUT", "DELETE"],
                "max_size": 8 << 20,
                "content_types": ["*/*"],
            }],
        }]});
        let put = self
            .s3()
            .put_object()
            .bucket(BUCKET)
            .key(".keyfront/publishers.json");
        put.body(ByteStream::from(policy.to_string().into_bytes()))
            .send()
            .await?;
        Ok(())
    }
}

fn settle(iam: &Iam) -> anyhow::Result<()> {
    let policy = |statements: serde_json::Value, kind| {
        let document = json!({"Version": "2012-10-17", "Statement": statements});
        Policy::parse(&document.to_string(), kind)
    };
    let everything = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let everything = policy(everything, PolicyKind::Identity)?;
    iam.put_user(User {
        name: "admin".into(),
        policies: vec![everything],
    })?;
    let trust = json!({
        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole",
    });
    let origin = json!([
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": format!("arn:aws:s3:::{BUCKET}")},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
         "Resource": format!("arn:aws:s3:::{BUCKET}/*")},
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*"},
    ]);
    iam.put_role(Role {
        name: "origin".into(),
        trust: policy(trust, PolicyKind::Trust)?,
        policies: vec![policy(origin, PolicyKind::Identity)?],
        longest_session: Duration::from_secs(3600),
    })?;
    Ok(())
}
