//! Requests byte for byte, signed by the `aws-sigv4` crate, and then spoiled as a test wants.

use std::{
    net::SocketAddr,
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials as SigningCredentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningParams, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use keyfront_iam::Credentials;
use tokio::net::TcpStream;

use crate::stack::REGION;

#[derive(Clone, Debug)]
pub(crate) struct Raw {
    pub(crate) method: &'static str,
    /// Path and query as they go over the wire.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// How a request is signed.
#[derive(Clone, Debug)]
pub(crate) struct Signing {
    pub(crate) region: &'static str,
    pub(crate) service: &'static str,
    pub(crate) time: SystemTime,
    pub(crate) payload: Payload,
    pub(crate) presign: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) enum Payload {
    Hash,
    Unsigned,
    Text(String),
}

impl Default for Signing {
    fn default() -> Self {
        Self {
            region: REGION,
            service: "s3",
            time: SystemTime::now(),
            payload: Payload::Hash,
            presign: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Status and the error document's code.
    pub(crate) fn error(&self) -> (u16, String) {
        (self.status, element(&self.text(), "Code"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) fn element(xml: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let inside = xml
        .split_once(&open)
        .and_then(|(_, rest)| rest.split_once(&close));
    inside.map_or(String::new(), |(inside, _)| inside.to_owned())
}

impl Raw {
    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target, b"")
    }

    pub(crate) fn put(target: &str, body: &[u8]) -> Self {
        Self::new("PUT", target, body)
    }

    pub(crate) fn new(method: &'static str, target: &str, body: &[u8]) -> Self {
        Self {
            method,
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.to_vec(),
        }
    }

    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signs for `host`; every header present so far is signed.
    #[must_use]
    pub(crate) fn signed(
        mut self,
        host: &str,
        credentials: &Credentials,
        signing: &Signing,
    ) -> Self {
        if !self.headers.iter().any(|(name, _)| name == "host") {
            self.headers.push(("host".into(), host.to_owned()));
        }
        let identity = SigningCredentials::new(
            &credentials.access_key_id,
            credentials.secret_access_key.expose(),
            credentials
                .session_token
                .as_ref()
                .map(|token| token.expose().to_owned()),
            None,
            "test",
        )
        .into();
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        if let Some(expires) = signing.presign {
            settings.signature_location = SignatureLocation::QueryParams;
            settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
            settings.expires_in = Some(expires);
        }
        let params: SigningParams<'_> = v4::SigningParams::builder()
            .identity(&identity)
            .region(signing.region)
            .name(signing.service)
            .time(signing.time)
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let body = match (&signing.payload, signing.presign) {
            (_, Some(_)) | (Payload::Unsigned, None) => SignableBody::UnsignedPayload,
            (Payload::Hash, None) => SignableBody::Bytes(&self.body),
            (Payload::Text(text), None) => SignableBody::Precomputed(text.clone()),
        };
        let uri = format!("http://{host}{}", self.target);
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(self.method, uri, headers, body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let (headers, query) = instructions.into_parts();
        for header in headers {
            self.headers
                .push((header.name().to_owned(), header.value().to_owned()));
        }
        for (name, value) in query {
            let separator = if self.target.contains('?') { '&' } else { '?' };
            let value =
                percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            self.target = format!("{}{separator}{name}={value}", self.target);
        }
        self
    }

    pub(crate) async fn send(&self, address: SocketAddr) -> Answer {
        let stream = TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut request = http::Request::builder()
            .method(self.method)
            .uri(&self.target);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(self.body.clone())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }
}
