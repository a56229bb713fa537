//! The same request for both signers. Every text makes a request that both must sign, so nothing is won by
//! refusing.

use std::borrow::Cow;

use aws_sigv4::http_request::SignableBody;
use keyfront_sigv4::{
    AmzDate, Credentials, Expiry, Payload, Profile, Request, SecretAccessKey, SessionToken, Signer,
    SigningContext, uri_encoding::encode_component,
};

use crate::oracle::{self, Scope, Sent};
use crate::request_text::RequestText;

const HOST: &str = "bucket.s3.eu-central-1.amazonaws.com";
const ACCESS_KEY_ID: &str = "ASIAEXAMPLE";
/// Seconds until the end of the year 9999.
const MOMENTS: u64 = 253_402_300_800;
/// Written by the signers, or left unsigned by the oracle whatever it is given (the last two in presigned URLs).
const NOT_GENERATED: [&str; 10] = [
    "authorization",
    "host",
    "transfer-encoding",
    "user-agent",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
    "x-amzn-trace-id",
    "x-amz-checksum-mode",
    "x-amz-user-agent",
];

/// A request that can be sent, and who signs it.
pub struct Generated<'t> {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: &'t [u8],
    secret: String,
    token: Option<String>,
    seconds: u64,
    service: &'static str,
    profile: Profile,
}

impl<'t> Generated<'t> {
    /// The path is the caller's, ready to send. The body's first line is the secret, its second the token; its
    /// length and theirs make the date.
    pub fn of(
        text: &RequestText<'t>,
        path: String,
        service: &'static str,
        profile: Profile,
    ) -> Self {
        let mut lines = text.body.splitn(3, '\n');
        let secret = visible(lines.next().unwrap_or_default());
        let token = visible(lines.next().unwrap_or_default());
        let seed = text
            .body
            .bytes()
            .fold(text.path.len() as u64, |seed, byte| {
                seed.wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(byte.into())
            });
        Self {
            method: ["GET", "HEAD", "PUT", "POST", "DELETE"][text.method.len() % 5],
            path,
            query: query(text.query),
            headers: headers(&text.headers),
            body: lines.next().unwrap_or_default().as_bytes(),
            secret: if secret.is_empty() {
                "secret".to_owned()
            } else {
                secret
            },
            token: (!token.is_empty()).then_some(token),
            seconds: seed % MOMENTS,
            service,
            profile,
        }
    }

    fn headers(&self) -> Vec<(&str, &str)> {
        let given = self.headers.iter().map(|(name, value)| (&**name, &**value));
        given.chain([("Host", HOST)]).collect()
    }

    fn scope(&self, expires_in: Option<u32>) -> Scope<'_> {
        Scope {
            service: self.service,
            region: "eu-central-1",
            profile: self.profile,
            access_key_id: ACCESS_KEY_ID,
            secret: &self.secret,
            token: self.token.as_deref(),
            seconds: self.seconds,
            expires_in,
        }
    }

    fn sent<'s>(&'s self, body: SignableBody<'s>) -> Sent<'s> {
        let separator = if self.query.is_empty() { "" } else { "?" };
        Sent {
            method: self.method,
            uri: format!("https://{HOST}{}{separator}{}", self.path, self.query),
            headers: self.headers(),
            body,
        }
    }
}

/// Both signers write the same.
///
/// # Panics
/// If they do not.
pub fn agree(generated: &Generated<'_>) {
    let headers = generated.headers();
    let bytes = Request {
        method: generated.method,
        path: &generated.path,
        query: &generated.query,
        headers: &headers,
        payload: Payload::Bytes(generated.body),
    };
    let credentials = credentials(generated);
    let context = SigningContext {
        credentials: &credentials,
        region: "eu-central-1",
        service: generated.service,
        profile: generated.profile,
        date: AmzDate::from_unix(generated.seconds as i64).expect("a moment before the year 10000"),
    };
    let mut signer = Signer::new();
    let ours = signer
        .sign(&bytes, &context)
        .expect("a request that can be sent is signed");
    let theirs = oracle::signature(
        generated.sent(SignableBody::Bytes(generated.body)),
        &generated.scope(None),
    );
    assert_eq!(ours.authorization(), theirs);
    if generated.profile != Profile::S3 {
        return;
    }
    let unsigned = Request {
        payload: Payload::Unsigned,
        ..bytes
    };
    let ours = signer
        .sign(&unsigned, &context)
        .expect("S3 takes unsigned payloads");
    let theirs = oracle::signature(
        generated.sent(SignableBody::UnsignedPayload),
        &generated.scope(None),
    );
    assert_eq!(ours.authorization(), theirs);
    let seconds = 1 + (generated.seconds % 604_800) as u32;
    let expiry = Expiry::from_seconds(seconds).expect("within a week");
    let ours = signer
        .presign(&unsigned, &context, expiry)
        .expect("a request that can be sent is presigned");
    let theirs = oracle::signature(
        generated.sent(SignableBody::UnsignedPayload),
        &generated.scope(Some(seconds)),
    );
    assert_eq!(ours.signature().to_string(), theirs);
}

fn credentials(generated: &Generated<'_>) -> Credentials {
    let secret = SecretAccessKey::new(&*generated.secret).expect("visible ASCII");
    let token = generated
        .token
        .as_deref()
        .map(|token| SessionToken::new(token).expect("visible ASCII"));
    Credentials::new(ACCESS_KEY_ID, secret, token).expect("an access key id")
}

fn visible(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}

/// Parameters with names, encoded; presigning's own names are not free.
fn query(text: &str) -> String {
    let pairs = text
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let free = pairs
        .filter(|(name, _)| !name.is_empty() && !name.to_ascii_lowercase().starts_with("x-amz-"));
    let encoded =
        free.map(|(name, value)| format!("{}={}", encode_component(name), encode_component(value)));
    encoded.collect::<Vec<_>>().join("&")
}

/// Headers of distinct names with values of printable ASCII that are not blank.
fn headers(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in given {
        let name: String = name
            .chars()
            .filter(|char| char.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(*char))
            .collect();
        let value: Cow<'_, str> = value
            .chars()
            .filter(|char| matches!(char, ' '..='~'))
            .collect();
        let known = NOT_GENERATED
            .iter()
            .any(|taken| name.eq_ignore_ascii_case(taken));
        let repeated = headers
            .iter()
            .any(|(taken, _)| name.eq_ignore_ascii_case(taken));
        if !name.is_empty() && !value.trim().is_empty() && !known && !repeated {
            headers.push((name, value.into_owned()));
        }
    }
    headers
}
