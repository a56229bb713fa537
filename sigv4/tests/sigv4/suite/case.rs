//! One case of the test suite: its files, read and parsed.

use std::{fs, path::Path};

use keyfront_sigv4::{
    AmzDate, ContentSha256Header, Credentials, PathNormalization, Payload, Profile, Request,
    SecretAccessKey, SessionToken, SigningContext,
};
use serde::Deserialize;

/// `context.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Context {
    credentials: ContextCredentials,
    expiration_in_seconds: u32,
    normalize: bool,
    region: String,
    service: String,
    sign_body: bool,
    timestamp: String,
    #[serde(default)]
    omit_session_token: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContextCredentials {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
}

/// The two cases that came without `context.json`, with the credentials and scope their signed requests name.
/// (access key id, secret, region, service, timestamp)
fn context_from_signed_request(name: &str) -> Option<Context> {
    let (access_key_id, secret_access_key, region, service, timestamp) = match name {
        "double-encode-path" => (
            "ANOTREAL",
            "notrealrnrELgWzOk3IfjzDKtFBhDby",
            "us-east-1",
            "service",
            "2015-08-30T12:36:00Z",
        ),
        "double-url-encode" => (
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            "us-east-2",
            "lambda",
            "2021-05-11T15:40:45Z",
        ),
        _ => return None,
    };
    Some(Context {
        credentials: ContextCredentials {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            token: None,
        },
        expiration_in_seconds: 3600,
        normalize: true,
        region: region.into(),
        service: service.into(),
        sign_body: false,
        timestamp: timestamp.into(),
        omit_session_token: false,
    })
}

/// The case at odds with itself: its request and its signed request are of 2015, and the signature is right for
/// that date, but its canonical request says 2021. That one line is read as of 2015.
const DATE_AT_ODDS: (&str, &str, &str) =
    ("double-encode-path", "20210511T154045Z", "20150830T123600Z");

/// The case whose `request.txt` holds the path already encoded, while its expectations (and the request line of
/// its own signed request) hold the raw one: encoded once more, as the suite's other cases ask, it would be
/// `%2520`. The signed request's line is taken instead.
const PATH_AT_ODDS: &str = "get-space-normalized";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Header,
    Query,
}

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) expiry: u32,
    /// A token that is sent, but was added after signing.
    pub(crate) unsigned_token: Option<String>,
    credentials: Credentials,
    region: String,
    service: String,
    profile: Profile,
    date: AmzDate,
    directory: std::path::PathBuf,
}

impl Case {
    pub(crate) fn read(directory: &Path) -> Self {
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        let context = read_context(directory, &name);
        let request = fs::read_to_string(directory.join("request.txt")).unwrap();
        let (mut message, date) = (Message::parse(&request), date(&context.timestamp));
        if name == PATH_AT_ODDS {
            let signed = fs::read_to_string(directory.join("header-signed-request.txt")).unwrap();
            message.path = Message::parse(&signed).path;
        }
        // The signer writes the date itself.
        message
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("x-amz-date"));
        let ContextCredentials {
            access_key_id,
            secret_access_key,
            token,
        } = context.credentials;
        let (signed_token, unsigned_token) = if context.omit_session_token {
            (None, token)
        } else {
            (token, None)
        };
        let path = if context.normalize {
            PathNormalization::Normalized
        } else {
            PathNormalization::Verbatim
        };
        let content_sha256 = if context.sign_body {
            ContentSha256Header::Sent
        } else {
            ContentSha256Header::Omitted
        };
        Self {
            name,
            method: message.method,
            path: message.path,
            query: message.query,
            headers: message.headers,
            body: message.body,
            expiry: context.expiration_in_seconds,
            unsigned_token,
            credentials: Credentials::new(
                access_key_id,
                SecretAccessKey::new(secret_access_key).unwrap(),
                signed_token.map(|token| SessionToken::new(token).unwrap()),
            )
            .unwrap(),
            region: context.region,
            service: context.service,
            profile: Profile::Standard {
                path,
                content_sha256,
            },
            date,
            directory: directory.to_owned(),
        }
    }

    /// An expectation, or `None` where the case has no such file.
    pub(crate) fn expected(&self, place: Place, stage: &str) -> Option<String> {
        let place = match place {
            Place::Header => "header",
            Place::Query => "query",
        };
        let text = fs::read_to_string(self.directory.join(format!("{place}-{stage}.txt"))).ok()?;
        let text = text.replace("\r\n", "\n").trim_end().to_owned();
        let (name, printed, meant) = DATE_AT_ODDS;
        Some(if self.name == name {
            text.replace(printed, meant)
        } else {
            text
        })
    }

    /// A file of the case that is no expectation of a stage.
    pub(crate) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join(name)).unwrap()
    }

    pub(crate) fn context(&self) -> SigningContext<'_> {
        SigningContext {
            credentials: &self.credentials,
            region: &self.region,
            service: &self.service,
            profile: self.profile,
            date: self.date,
        }
    }

    pub(crate) fn with_request<T>(&self, with: impl FnOnce(&Request<'_>) -> T) -> T {
        let headers: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        with(&Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers: &headers,
            payload: Payload::Bytes(self.body.as_bytes()),
        })
    }
}

fn read_context(directory: &Path, name: &str) -> Context {
    context_from_signed_request(name).unwrap_or_else(|| {
        let text = fs::read_to_string(directory.join("context.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    })
}

fn date(rfc3339: &str) -> AmzDate {
    let compact: String = rfc3339
        .chars()
        .filter(|character| !matches!(character, '-' | ':'))
        .collect();
    AmzDate::parse(&compact).unwrap()
}

/// An HTTP/1.1 request as the suite writes it: raw spaces and UTF-8 in the target, folded header values.
pub(crate) struct Message {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let (request_line, header_lines) = head.split_once('\n').unwrap();
        let (method, rest) = request_line.split_once(' ').unwrap();
        // One signed request of the suite leaves the version out.
        let target = rest.strip_suffix(" HTTP/1.1").unwrap_or(rest);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in header_lines.lines() {
            if line.starts_with(' ') {
                // RFC 9112, 5.2: a fold stands for spaces.
                headers.last_mut().unwrap().1.push_str(line);
            } else {
                let (name, value) = line.split_once(':').unwrap();
                headers.push((name.into(), value.into()));
            }
        }
        Self {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            headers,
            body: body.trim_end().into(),
        }
    }
}
