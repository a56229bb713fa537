//! The Lambda@Edge event, in the JSON shape the CloudFront developer guide documents ("Lambda@Edge event structure").
//!
//! Shape and lossless conversion only; what a function may change is validated in `verdict`.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Deserializer, Serialize};

use crate::distribution::{Origin, OriginKind, OriginProtocol};
use crate::header_rules::title_case;

/// Headers by lower-case name.
pub(crate) type EdgeHeaders = BTreeMap<String, Vec<EdgeHeader>>;

/// One header line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EdgeHeader {
    /// The name with its capitals; functions may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
    /// One character a byte (ISO 8859-1), so that any header survives the way through JSON.
    pub(crate) value: String,
}

/// `cf.request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EdgeRequest {
    /// The viewer's address.
    #[serde(default)]
    pub(crate) client_ip: String,
    /// Read-only.
    #[serde(default)]
    pub(crate) method: String,
    /// The path as it will be sent, percent-encoded.
    #[serde(default)]
    pub(crate) uri: String,
    /// Without the `?`.
    #[serde(default)]
    pub(crate) querystring: String,
    /// `host` included.
    #[serde(default)]
    pub(crate) headers: EdgeHeaders,
    /// Present where the behaviour includes the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<EdgeBody>,
    /// Where the request goes; a function that leaves it out keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<EdgeOrigin>,
}

/// `cf.request.body`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EdgeBody {
    /// Whether the body was longer than what `data` holds.
    #[serde(default)]
    pub(crate) input_truncated: bool,
    /// `read-only`, or `replace` from a function that changes the body.
    pub(crate) action: String,
    /// `base64`, or `text` from a function.
    pub(crate) encoding: String,
    /// The bytes, encoded.
    pub(crate) data: String,
}

/// `cf.request.origin`: one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EdgeOrigin {
    /// Any web server.
    Custom(CustomOrigin),
    /// A bucket.
    S3(S3Origin),
}

/// `cf.request.origin.custom`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomOrigin {
    /// Headers of the distribution's configuration.
    #[serde(default)]
    pub(crate) custom_headers: EdgeHeaders,
    /// Host name.
    pub(crate) domain_name: String,
    /// Seconds.
    pub(crate) keepalive_timeout: u64,
    /// Put before `uri`.
    pub(crate) path: String,
    /// Port.
    pub(crate) port: u16,
    /// `http` or `https`.
    pub(crate) protocol: String,
    /// Seconds.
    pub(crate) read_timeout: u64,
    /// TLS versions, for https.
    #[serde(default)]
    pub(crate) ssl_protocols: Vec<String>,
}

/// `cf.request.origin.s3`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct S3Origin {
    /// `none` or `origin-access-identity`.
    pub(crate) auth_method: String,
    /// Headers of the distribution's configuration.
    #[serde(default)]
    pub(crate) custom_headers: EdgeHeaders,
    /// Host name.
    pub(crate) domain_name: String,
    /// Put before `uri`.
    pub(crate) path: String,
    /// Seconds.
    #[serde(default = "thirty")]
    pub(crate) read_timeout: u64,
    /// The bucket's Region.
    #[serde(default)]
    pub(crate) region: String,
}

fn thirty() -> u64 {
    30
}

/// `cf.response`, and what a function answers instead of forwarding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EdgeResponse {
    /// Three digits; functions may also return a number.
    #[serde(deserialize_with = "status")]
    pub(crate) status: String,
    /// The reason phrase.
    #[serde(default)]
    pub(crate) status_description: String,
    /// The headers.
    #[serde(default)]
    pub(crate) headers: EdgeHeaders,
    /// Absent in events, and from a function that keeps the origin's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    /// `text` (the default) or `base64`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body_encoding: Option<String>,
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Status {
        Text(String),
        Number(u16),
    }
    Ok(match Status::deserialize(deserializer)? {
        Status::Text(text) => text,
        Status::Number(number) => number.to_string(),
    })
}

/// The whole event.
#[derive(Debug, Serialize)]
pub(crate) struct EdgeEvent<'a> {
    #[serde(rename = "Records")]
    records: [Record<'a>; 1],
}

#[derive(Debug, Serialize)]
struct Record<'a> {
    cf: Cf<'a>,
}

#[derive(Debug, Serialize)]
struct Cf<'a> {
    config: &'a EventConfig,
    request: &'a EdgeRequest,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a EdgeResponse>,
}

/// `cf.config`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventConfig {
    /// The distribution's name.
    pub(crate) distribution_domain_name: String,
    /// The distribution's id.
    pub(crate) distribution_id: String,
    /// `origin-request` or `origin-response`.
    pub(crate) event_type: &'static str,
    /// The value of `X-Amz-Cf-Id`.
    pub(crate) request_id: String,
}

impl<'a> EdgeEvent<'a> {
    /// An event of the type `config` names.
    pub(crate) fn new(
        config: &'a EventConfig,
        request: &'a EdgeRequest,
        response: Option<&'a EdgeResponse>,
    ) -> Self {
        Self {
            records: [Record {
                cf: Cf {
                    config,
                    request,
                    response,
                },
            }],
        }
    }
}

impl EdgeOrigin {
    /// The origin of a behaviour, as functions see it.
    pub(crate) fn of(origin: &Origin) -> Self {
        let mut custom_headers = EdgeHeaders::new();
        for (name, value) in &origin.custom_headers {
            let lines = custom_headers.entry(name.to_ascii_lowercase()).or_default();
            lines.push(EdgeHeader {
                key: Some(name.clone()),
                value: value.clone(),
            });
        }
        match &origin.kind {
            OriginKind::Custom => Self::Custom(CustomOrigin {
                custom_headers,
                domain_name: origin.domain_name.clone(),
                keepalive_timeout: origin.keepalive_timeout,
                path: origin.path.clone(),
                port: origin.port,
                protocol: match origin.protocol {
                    OriginProtocol::Http => "http".into(),
                    OriginProtocol::Https => "https".into(),
                },
                read_timeout: origin.read_timeout,
                ssl_protocols: vec!["TLSv1.2".into()],
            }),
            OriginKind::S3 { region } => Self::S3(S3Origin {
                auth_method: "none".into(),
                custom_headers,
                domain_name: origin.domain_name.clone(),
                path: origin.path.clone(),
                read_timeout: origin.read_timeout,
                region: region.clone(),
            }),
        }
    }

    /// Host name.
    pub(crate) fn domain_name(&self) -> &str {
        match self {
            Self::Custom(origin) => &origin.domain_name,
            Self::S3(origin) => &origin.domain_name,
        }
    }

    /// What is put before every path.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Custom(origin) => &origin.path,
            Self::S3(origin) => &origin.path,
        }
    }

    /// The headers that go out beside the request's own.
    pub(crate) fn custom_headers(&self) -> &EdgeHeaders {
        match self {
            Self::Custom(origin) => &origin.custom_headers,
            Self::S3(origin) => &origin.custom_headers,
        }
    }

    /// As [`Self::custom_headers`], to change.
    pub(crate) fn custom_headers_mut(&mut self) -> &mut EdgeHeaders {
        match self {
            Self::Custom(origin) => &mut origin.custom_headers,
            Self::S3(origin) => &mut origin.custom_headers,
        }
    }

    /// Seconds.
    pub(crate) fn read_timeout(&self) -> u64 {
        match self {
            Self::Custom(origin) => origin.read_timeout,
            Self::S3(origin) => origin.read_timeout,
        }
    }
}

/// Headers as an event shows them.
pub(crate) fn to_event(headers: &HeaderMap) -> EdgeHeaders {
    let mut shown = EdgeHeaders::new();
    for (name, value) in headers {
        let lines = shown.entry(name.as_str().to_owned()).or_default();
        lines.push(EdgeHeader {
            key: Some(title_case(name.as_str())),
            value: value
                .as_bytes()
                .iter()
                .map(|byte| char::from(*byte))
                .collect(),
        });
    }
    shown
}

/// Headers as they go on the wire; the name that cannot, if any.
pub(crate) fn from_event(headers: &EdgeHeaders) -> Result<HeaderMap, &str> {
    let mut wire = HeaderMap::new();
    for (name, lines) in headers {
        let parsed = HeaderName::from_lowercase(name.as_bytes()).map_err(|_| name.as_str())?;
        for line in lines {
            let bytes: Result<Vec<u8>, _> = line.value.chars().map(u8::try_from).collect();
            let value = bytes
                .ok()
                .and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
                .ok_or(name.as_str())?;
            wire.append(parsed.clone(), value);
        }
    }
    Ok(wire)
}
