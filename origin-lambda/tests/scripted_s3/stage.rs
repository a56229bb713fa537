//! The real router over a scripted S3.

use std::sync::{Arc, Mutex};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use axum::{Router, body::Body, extract::Request};
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use keyfront_origin::{
    ChecksumDemand, Config, Origin,
    config::{
        BucketName, CdnSettings, CustomerKeySettings, KeyArn, PageSettings, ParameterArn,
        PublisherAuth, ReaderSettings, Region, ReleaseSettings, RoleArn, S3Style, Spellings,
        ViewerSettings,
    },
    http::{function_url::FunctionUrl, native},
    kms::Kms,
    publisher::{NewToken, Publisher, PublisherToken, Publishers, Session},
    store,
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::{KEY, Recorded, Script, Scripted, serve, viewer_key};

pub const EDGE_ROLE: &str = "arn:aws:iam::123456789012:role/edge";
/// The name of the parameter about viewers.
pub const VIEWERS: &str = "viewers";

/// The scripted S3, and an origin that uses it.
pub struct Stage {
    script: Arc<Mutex<Script>>,
    pub config: Config,
    pub origin: Arc<Origin>,
    pub router: Router,
    pub token: String,
}

/// An answer of the origin.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The problem's code, with everything a problem must have checked on the way.
    #[track_caller]
    pub fn problem(&self) -> String {
        let body = self.json();
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(
            self.headers["x-keyfront-request-id"],
            body["request_id"].as_str().unwrap()
        );
        assert_eq!(body["status"], self.status.as_u16());
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:keyfront:{code}"));
        assert!(!body["title"].as_str().unwrap().is_empty());
        assert!(!self.text.contains("arn:"), "an ARN leaks: {}", self.text);
        code.to_owned()
    }
}

/// The rules most tests use: PNG, text and HTML under `site/`, 10 MiB, overwriting and presigned requests of a week allowed.
pub fn site_rules() -> Value {
    json!([{
        "prefix": "site/",
        "methods": ["GET", "PUT", "DELETE"],
        "max_size": 10 << 20,
        "content_types": ["image/*", "text/plain", "text/html", "application/octet-stream"],
        "overwrite": true,
        "max_lifetime": 604_800
    }])
}

/// An access key of a user.
fn access_key() -> Credentials {
    Credentials::new("AKIDEXAMPLE", "secret", None, None, "test")
}

impl Stage {
    pub async fn set() -> Self {
        Self::with_rules(site_rules()).await
    }

    pub async fn with_rules(rules: Value) -> Self {
        Self::behind(rules, access_key(), |_| None).await
    }

    /// An origin that has these credentials.
    pub async fn signing_with(credentials: Credentials) -> Self {
        Self::behind(site_rules(), credentials, |_| None).await
    }

    /// An origin whose CDN can be invalidated: SSM and CloudFront share the address.
    pub async fn behind_a_cdn() -> Self {
        Self::behind(site_rules(), access_key(), |endpoint| {
            let parameter = "arn:aws:ssm:us-east-1:123456789012:parameter/distribution-id";
            Some(CdnSettings {
                distribution_parameter: ParameterArn::parse(parameter).unwrap(),
                site_prefix: None,
                site_index: None,
                site_fallback: None,
                site_query: None,
                site_spellings: Spellings::One,
                site_release: None,
                further_sites: Vec::new(),
                cloudfront_endpoint: Some(endpoint.to_owned()),
                ssm_endpoint: Some(endpoint.to_owned()),
            })
        })
        .await
    }

    /// The same bucket behind an origin that signs links of the CDN. SSM shares the address.
    pub fn signing_for_viewers(mut self) -> Self {
        let parameter = format!("arn:aws:ssm:us-east-1:123456789012:parameter/{VIEWERS}");
        self.config.viewers = Some(ViewerSettings {
            parameter: ParameterArn::parse(&parameter).unwrap(),
            signing_key: KeyArn::parse(viewer_key::KEY).unwrap(),
            ssm_endpoint: self.config.s3_endpoint.clone(),
        });
        self.restarted()
    }

    /// The same, whose configuration has another key than the parameter, which one is replaced by.
    pub fn signing_by_the_parameters_key(mut self) -> Self {
        self.script.lock().unwrap().viewers_key = Some(viewer_key::KEY);
        let configured =
            "arn:aws:kms:us-east-1:123456789012:key/11111111-8888-7777-6666-555555555555";
        let viewers = self.config.viewers.as_mut().unwrap();
        viewers.signing_key = KeyArn::parse(configured).unwrap();
        self.restarted()
    }

    async fn behind(
        rules: Value,
        credentials: Credentials,
        cdn: impl FnOnce(&str) -> Option<CdnSettings>,
    ) -> Self {
        let publisher: Publisher =
            serde_json::from_value(json!({"id": "web", "rules": rules})).unwrap();
        let mut policy = Publishers::default().with(publisher).unwrap();
        let token = PublisherToken::generate(getrandom::fill).unwrap();
        let new = NewToken {
            id: "t1",
            token: &token,
            expires: None,
        };
        let now = OffsetDateTime::now_utc();
        policy.issue_token("web", new, now).unwrap();
        let script = Arc::new(Mutex::new(Script {
            policy: policy.to_json().unwrap(),
            ..Script::default()
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::clone(&script);
        let s3 =
            Router::new().fallback(move |request: Request| serve(Arc::clone(&shared), request));
        tokio::spawn(async move { axum::serve(listener, s3).await });
        let config = Config {
            bucket: BucketName::new("media").unwrap(),
            key_arn: KeyArn::parse(KEY).unwrap(),
            region: Region::new("eu-west-1").unwrap(),
            edge_role: Some(RoleArn::parse(EDGE_ROLE).unwrap()),
            public_url: Some("https://cdn.example.com".to_owned()),
            s3_endpoint: Some(endpoint.clone()),
            s3_style: S3Style::Path,
            checksums: ChecksumDemand::Never,
            publisher_auth: PublisherAuth::default(),
            presigned_lifetime: 604_800,
            customer_keys: CustomerKeySettings::default(),
            kms_endpoint: Some(endpoint.clone()),
            master_key: None,
            reader: ReaderSettings::default(),
            cdn: cdn(&endpoint),
            viewers: None,
            page: PageSettings::default(),
            releases: ReleaseSettings::default(),
        };
        let credentials = SharedCredentialsProvider::new(credentials);
        let client = store::client(&config, credentials.clone());
        let kms = Kms::new(&config, credentials.clone());
        let origin = Origin::new(&config, client, kms, credentials);
        let router = native(Arc::clone(&origin));
        Self {
            script,
            config,
            origin,
            router,
            token: token.reveal().to_owned(),
        }
    }

    /// The same bucket behind an origin that has read nothing yet, where the publisher's rules are others.
    pub fn restarted_with(self, rules: Value) -> Self {
        self.policy_with(|policy| policy["publishers"][0]["rules"] = rules);
        self.restarted()
    }

    /// The same bucket behind an origin of the stage's configuration, as it is now.
    pub fn restarted(self) -> Self {
        let credentials = SharedCredentialsProvider::new(access_key());
        let client = store::client(&self.config, credentials.clone());
        let origin = Origin::new(&self.config, client, self.kms(), credentials);
        let router = native(Arc::clone(&origin));
        Self {
            origin,
            router,
            ..self
        }
    }

    /// The session of whoever has the stage's token.
    pub fn session(&self) -> Session {
        let policy = Publishers::parse(&self.script.lock().unwrap().policy).unwrap();
        let now = OffsetDateTime::now_utc();
        Arc::new(policy).identify(&self.token, now).unwrap()
    }

    pub fn kms(&self) -> Kms {
        Kms::new(&self.config, SharedCredentialsProvider::new(access_key()))
    }

    pub fn function_url(&self) -> FunctionUrl {
        FunctionUrl::new(Arc::clone(&self.origin), self.config.edge_role.clone())
    }

    /// The next answer to a call that is not about the policy; without one, S3 succeeds.
    pub fn s3_answers(&self, answer: Scripted) {
        self.script.lock().unwrap().answers.push_back(answer);
    }

    /// How calls are answered that no other answer is scripted for.
    pub fn s3_always(&self, answer: fn(&Recorded) -> Option<Scripted>) {
        self.script.lock().unwrap().standing = Some(answer);
    }

    /// Calls for parameters SSM got.
    pub fn ssm_calls(&self) -> Vec<Recorded> {
        self.script.lock().unwrap().parameters.clone()
    }

    /// Calls of this operation KMS got.
    pub fn kms_calls(&self, operation: &str) -> usize {
        let script = self.script.lock().unwrap();
        let calls = script.data_keys.iter();
        calls.filter(|called| called.ends_with(operation)).count()
    }

    pub fn policy_is(&self, document: &[u8]) {
        let mut script = self.script.lock().unwrap();
        script.policy = document.to_vec();
        script.policy_version += 1;
        script.policy_failure = None;
    }

    /// Another policy than the stage's own, from before the origin reads it.
    pub fn policy_with(&self, change: impl FnOnce(&mut Value)) {
        let mut policy: Value = {
            let script = self.script.lock().unwrap();
            serde_json::from_slice(&script.policy).unwrap()
        };
        change(&mut policy);
        self.policy_is(policy.to_string().as_bytes());
    }

    pub fn policy_fails(&self, answer: Scripted) {
        self.script.lock().unwrap().policy_failure = Some(answer);
    }

    pub fn policy_reads(&self) -> u32 {
        self.script.lock().unwrap().policy_reads
    }

    /// Calls S3 got, those for the policy left out.
    pub fn calls(&self) -> Vec<Recorded> {
        self.script.lock().unwrap().recorded.clone()
    }

    pub fn request(&self, method: &str, target: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(target)
            .header("authorization", format!("Bearer {}", self.token))
    }

    pub async fn send(&self, request: Request) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }

    /// Uploads `body` with its length and a type.
    pub async fn put(&self, target: &str, content_type: &str, body: &'static [u8]) -> Answer {
        let request = self
            .request("PUT", target)
            .header("content-type", content_type)
            .header("content-length", body.len());
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.send(self.request("GET", target).body(Body::empty()).unwrap())
            .await
    }
}
