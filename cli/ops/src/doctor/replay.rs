//! The edge's own request, made by the edge's own core from the same site, signed with the operator's credentials and
//! sent to the bucket: what the edge would refuse, what it would send, and what the bucket says to it.
//!
//! Requests of the publish endpoint and the reader are not repeated: they are the edge role's alone.

use anyhow::Context as _;
use aws_sdk_s3::config::Credentials;
use keyfront_contract::ProblemType;
use keyfront_edge::{
    Answer, Connection, Edge, Host, Invocation, OriginRequest, PointerAnswer, PointerQuestion,
    RequestBody, RoleCredentials, Served, Signing, Site, Unassisted, ViewerRequest,
};
use keyfront_sigv4::{CanonicalRequest, EcdsaSignature, SigningError, StringToSign, uri_encoding};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{
    access::Access,
    evidence::{ActiveRelease, BucketAnswer, BucketReplies, Encryption, Gathered, Replay},
    release::PointerReply,
    signature::{Sides, compare},
    viewer::{clock_ahead, header},
};
use crate::{
    s3_document::S3Document,
    web_target::{Question, Reply, Route, Target, Trust, exchange},
};

/// What the bucket is asked with.
pub(super) struct Replaying<'a> {
    pub(super) access: &'a Access,
    pub(super) target: &'a Target,
    pub(super) method: &'a str,
    /// The site's document; `None` assumes that the whole bucket is served.
    pub(super) document: Option<&'a str>,
    /// The query, as far as the CDN sends it on.
    pub(super) query: &'a str,
    /// What the CDN connects to, if that is known.
    pub(super) domain: Option<&'a str>,
    /// Trust and timeout; the host is the request's own.
    pub(super) trust: Trust,
    pub(super) timeout: std::time::Duration,
}

/// What came of it.
pub(super) struct Replayed {
    pub(super) replay: anyhow::Result<Replay>,
    /// Of a site with releases.
    pub(super) release: Gathered<ActiveRelease>,
}

/// Repeats the edge's request, once as HEAD and once as asked. For a site with releases the pointer is asked for first, as the
/// edge does.
pub(super) async fn replay(replaying: &Replaying<'_>) -> Replayed {
    let mut release = Gathered::not_checked("the edge needs no release here");
    let replay = repeat(replaying, &mut release).await;
    Replayed { replay, release }
}

/// # Errors
/// There are no credentials, the site is signed otherwise, or the bucket does not answer.
async fn repeat(
    replaying: &Replaying<'_>,
    release: &mut Gathered<ActiveRelease>,
) -> anyhow::Result<Replay> {
    let document = match replaying.document {
        Some(document) => document.to_owned(),
        None => assumed(replaying.access)?,
    };
    let mut signer = Signer {
        replaying,
        document: &document,
        credentials: replaying.access.credentials().await?,
        edge: Edge::new(),
        now: OffsetDateTime::now_utc().unix_timestamp(),
    };
    let (first, pointer) = match signer.sign(replaying.method) {
        Signed::Asks(question) => match signer.ask_first(&question).await? {
            Ok(pointer) => (signer.sign(replaying.method), Some(pointer)),
            Err(why) => {
                *release = Gathered::not_checked(why.clone());
                let code = ProblemType::RELEASE_UNKNOWN.code.to_owned();
                let log = Some(why);
                return Ok(Replay::Refused { code, log });
            }
        },
        signed => (signed, None),
    };
    let first = match first {
        Signed::Refused { code, log } => return Ok(Replay::Refused { code, log }),
        Signed::Asks(_) => anyhow::bail!("the edge rejects the bucket's pointer"),
        Signed::Request(request) if request.sent.route != keyfront_edge::Route::Bucket => {
            return Ok(Replay::AsksFunction);
        }
        Signed::Request(request) => request,
    };
    let site = Site::parse(document.as_bytes())?;
    anyhow::ensure!(
        matches!(site.bucket.signing, Signing::SigV4 { .. }),
        "requests signed with SigV4A are not repeated"
    );
    let Signed::Request(head) = signer.sign("HEAD") else {
        anyhow::bail!("the edge does not serve HEAD here");
    };
    let (get, head) = tokio::join!(ask(replaying, &first), ask(replaying, &head));
    let path = &first.sent.path;
    let key = path.strip_prefix(&site.bucket.path).unwrap_or(path);
    let key = uri_encoding::decode(key.trim_start_matches('/'))
        .map_or_else(|_| key.to_owned(), |key| key.into_owned());
    if let Some(pointer) = pointer {
        *release = Gathered::Found(pointer.active(replaying.access, &key).await);
    }
    let separator = if first.sent.query.is_empty() { "" } else { "?" };
    Ok(Replay::Sent(Box::new(BucketReplies {
        url: format!(
            "https://{}{path}{separator}{}",
            first.sent.host, first.sent.query
        ),
        key,
        assumed_site: replaying.document.is_none(),
        head: head?,
        get: get?,
    })))
}

fn assumed(access: &Access) -> anyhow::Result<String> {
    let bucket = access
        .bucket
        .as_ref()
        .context("the bucket is unknown; give --bucket, --distribution or --stack")?;
    let style = if bucket.contains('.') {
        "path"
    } else {
        "virtual"
    };
    let site = serde_json::json!({
        "v": 1, "bucket": bucket, "region": access.region(), "style": style, "query": [], "signing": "sigv4",
    });
    Ok(site.to_string())
}

enum Signed {
    Refused {
        code: String,
        log: Option<String>,
    },
    /// It has to know first which release is active.
    Asks(Box<PointerQuestion>),
    Request(Box<SignedRequest>),
}

struct SignedRequest {
    sent: OriginRequest,
    method: String,
    canonical: String,
}

/// Keeps the canonical request.
struct Recorder(String);

impl Host for Recorder {
    fn sha256(&mut self, canonical_request: &CanonicalRequest) -> [u8; 32] {
        canonical_request.as_str().clone_into(&mut self.0);
        canonical_request.sha256()
    }

    fn ecdsa(
        &mut self,
        credentials: &keyfront_sigv4::Credentials,
        text: &StringToSign,
    ) -> Result<EcdsaSignature, SigningError> {
        Unassisted.ecdsa(credentials, text)
    }
}

/// The edge's own core, with the operator in the role's place.
struct Signer<'a> {
    replaying: &'a Replaying<'a>,
    document: &'a str,
    credentials: Credentials,
    /// It learns the pointer.
    edge: Edge,
    now: i64,
}

impl Signer<'_> {
    fn sign(&mut self, method: &str) -> Signed {
        let viewer = ViewerRequest {
            method,
            path: &self.replaying.target.path,
            query: self.replaying.query,
            headers: &[],
            body: RequestBody::Empty,
            request_id: "keyfront-doctor",
        };
        let invocation = Invocation {
            now: self.now,
            credentials: as_the_role(&self.credentials),
            site: self.document.as_bytes(),
            connection: Connection {
                domain: self.replaying.domain,
                cf_id: None,
            },
        };
        let mut recorder = Recorder(String::new());
        let served = self.edge.serve_with(&mut recorder, &viewer, &invocation);
        match served {
            Served::Forward(sent) => Signed::Request(Box::new(SignedRequest {
                sent,
                method: method.to_owned(),
                canonical: recorder.0,
            })),
            Served::Answer { answer, log } => Signed::Refused {
                code: code_of(&answer),
                log,
            },
            Served::Ask(question) => Signed::Asks(Box::new(question)),
        }
    }

    /// Asks for the pointer, as the edge's host does, and has the edge know the answer; or why there is none to go by.
    async fn ask_first(
        &mut self,
        question: &PointerQuestion,
    ) -> anyhow::Result<Result<PointerReply, String>> {
        let reply = send(self.replaying, &question.request, "GET").await?;
        self.edge.pointer_answered(&PointerAnswer {
            host: &question.request.host,
            path: &question.request.path,
            asked_at: question.asked_at,
            status: reply.status.as_u16(),
            etag: header(&reply.headers, "etag").unwrap_or_default(),
            body: str::from_utf8(&reply.beginning).unwrap_or_default(),
        });
        let site = Site::parse(self.document.as_bytes())?;
        let name = site.release.as_deref().unwrap_or_default();
        Ok(PointerReply::read(name, &reply))
    }
}

/// The operator in the role's place.
fn as_the_role(credentials: &Credentials) -> RoleCredentials<'_> {
    RoleCredentials {
        access_key_id: credentials.access_key_id(),
        secret_access_key: credentials.secret_access_key(),
        session_token: credentials.session_token().unwrap_or_default(),
        expires_at: None,
    }
}

fn code_of(answer: &Answer) -> String {
    let problem: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let code = problem["code"].as_str();
    code.map_or_else(|| answer.status_text(), str::to_owned)
}

async fn ask(replaying: &Replaying<'_>, request: &SignedRequest) -> anyhow::Result<BucketAnswer> {
    let reply = send(replaying, &request.sent, &request.method).await?;
    Ok(read(&reply, request))
}

async fn send(
    replaying: &Replaying<'_>,
    sent: &OriginRequest,
    method: &str,
) -> anyhow::Result<Reply> {
    let route = route(replaying, &sent.host)?;
    let target = match sent.query.as_str() {
        "" => sent.path.clone(),
        query => format!("{}?{query}", sent.path),
    };
    let headers = sent
        .headers
        .iter()
        .map(|header| (header.name.to_owned(), header.value.to_string()));
    let question = Question {
        method: method.to_owned(),
        target,
        headers: headers.collect(),
    };
    Ok(exchange(&route, &question).await?)
}

/// The bucket's own host, or the endpoint that stands for it.
fn route(replaying: &Replaying<'_>, host: &str) -> anyhow::Result<Route> {
    let (url, tls) = match &replaying.access.endpoints.s3 {
        Some(url) => (url.clone(), url.starts_with("https://")),
        None => (format!("https://{host}"), true),
    };
    let target: Target = url.parse().context("the S3 endpoint is an invalid URL")?;
    Ok(Route {
        host: target.host,
        port: target.port,
        tls: tls.then(|| replaying.trust.clone()),
        timeout: replaying.timeout,
    })
}

fn read(reply: &Reply, request: &SignedRequest) -> BucketAnswer {
    let document = S3Document::read(&reply.beginning);
    let comparison = document.as_ref().and_then(|document| {
        let verified = document.canonical_request.as_deref()?;
        let ours = string_to_sign(request);
        let strings = ours.as_deref().zip(document.string_to_sign.as_deref());
        let requests = Sides {
            signed: &request.canonical,
            verified,
        };
        let strings = strings.map(|(signed, verified)| Sides { signed, verified });
        Some(compare(requests, strings))
    });
    let encryption = reply.status.is_success().then(|| {
        let value = |name: &str| header(&reply.headers, name).map(str::to_owned);
        let names = reply.headers.keys();
        Encryption {
            mode: value("x-amz-server-side-encryption").unwrap_or_else(|| "none".to_owned()),
            key: value("x-amz-server-side-encryption-aws-kms-key-id"),
            bucket_key: value("x-amz-server-side-encryption-bucket-key-enabled").as_deref()
                == Some("true"),
            envelope: names
                .map(http::HeaderName::as_str)
                .any(|name| name.starts_with("x-amz-meta-x-amz-")),
        }
    });
    BucketAnswer {
        status: reply.status.as_u16(),
        document,
        encryption,
        comparison,
        clock_ahead: clock_ahead(&reply.headers),
    }
}

/// What the signature was made over, from what was sent; the scope is in `authorization`.
fn string_to_sign(request: &SignedRequest) -> Option<String> {
    let sent = |name: &str| {
        let header = request
            .sent
            .headers
            .iter()
            .find(|header| header.name == name)?;
        Some(header.value.as_ref())
    };
    let authorization = sent("authorization")?;
    let (algorithm, fields) = authorization.split_once(' ')?;
    let credential = fields.strip_prefix("Credential=")?.split(',').next()?;
    let (_, scope) = credential.split_once('/')?;
    let hash = hex::encode(Sha256::digest(&request.canonical));
    Some(format!(
        "{algorithm}\n{}\n{scope}\n{hash}",
        sent("x-amz-date")?
    ))
}
