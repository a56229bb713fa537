//! The edge's own request, made by the edge's own core from the same site, signed with the operator's credentials and
//! sent to the bucket: what the edge would refuse, what it would send, and what the bucket says to it.
//!
//! Requests of the publish endpoint and the reader are not repeated: they are the edge role's alone.

use anyhow::Context as _;
use aws_sdk_s3::config::Credentials;
use keyfront_contract::ProblemType;
use keyfront_edge::{
    Answer, Connection, Edge, Host, Invocation, OriginRequest, RequestBody, RoleCredentials,
    Served, Signing, Site, Unassisted, ViewerRequest,
};
use keyfront_sigv4::{CanonicalRequest, EcdsaSignature, SigningError, StringToSign, uri_encoding};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use super::{
    access::Access,
    evidence::{BucketAnswer, BucketReplies, Encryption, Replay},
    s3_document::S3Document,
    signature::{Sides, compare},
    target::Target,
    viewer::{clock_ahead, header},
    wire::{Question, Reply, Route, Trust, exchange},
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

/// Repeats the edge's request, once as HEAD and once as asked.
///
/// # Errors
/// There are no credentials, the site is signed otherwise, or the bucket does not answer.
pub(super) async fn replay(replaying: &Replaying<'_>) -> anyhow::Result<Replay> {
    let document = match replaying.document {
        Some(document) => document.to_owned(),
        None => assumed(replaying.access)?,
    };
    let credentials = replaying.access.credentials().await?;
    let first = match sign(replaying, &document, &credentials, replaying.method) {
        Signed::Refused { code, log } => return Ok(Replay::Refused { code, log }),
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
    let Signed::Request(head) = sign(replaying, &document, &credentials, "HEAD") else {
        anyhow::bail!("the edge does not serve HEAD here");
    };
    let (get, head) = tokio::join!(ask(replaying, &first), ask(replaying, &head));
    let path = &first.sent.path;
    let key = path.strip_prefix(&site.bucket.path).unwrap_or(path);
    let key = uri_encoding::decode(key.trim_start_matches('/'))
        .map_or_else(|_| key.to_owned(), |key| key.into_owned());
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
    Refused { code: String, log: Option<String> },
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

fn sign(
    replaying: &Replaying<'_>,
    document: &str,
    credentials: &Credentials,
    method: &str,
) -> Signed {
    let viewer = ViewerRequest {
        method,
        path: &replaying.target.path,
        query: replaying.query,
        headers: &[],
        body: RequestBody::Empty,
        request_id: "keyfront-doctor",
    };
    let invocation = Invocation {
        now: OffsetDateTime::now_utc().unix_timestamp(),
        credentials: as_the_role(credentials),
        site: document.as_bytes(),
        connection: Connection {
            domain: replaying.domain,
            cf_id: None,
        },
    };
    let mut recorder = Recorder(String::new());
    let served = Edge::new().serve_with(&mut recorder, &viewer, &invocation);
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
        // Which release is active is the edge's to ask; its own answers name it.
        Served::Ask(_) => Signed::Refused {
            code: ProblemType::RELEASE_UNKNOWN.code.to_owned(),
            log: Some(
                "the site serves releases: the edge asks for the pointer before it signs, and this replay does not"
                    .to_owned(),
            ),
        },
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
    let sent = &request.sent;
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
        method: request.method.clone(),
        target,
        headers: headers.collect(),
    };
    let reply = exchange(&route, &question).await?;
    Ok(read(&reply, request))
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
