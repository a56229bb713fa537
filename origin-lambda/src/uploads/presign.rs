//! Presigned requests to S3, by `keyfront-sigv4`, with the origin's own credentials.
//!
//! It decides nothing about what may be signed.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_credential_types::{
    Credentials as SdkCredentials,
    provider::{ProvideCredentials as _, SharedCredentialsProvider},
};
use keyfront_names::ObjectKey;
use keyfront_sigv4::{
    AmzDate, Credentials, Expiry, Payload, PostPolicy, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext, SigningError, uri_encoding::append_component,
};

use crate::{
    config::{Config, S3Style},
    error::{Error, Fault},
};

/// How long credentials are used without asking their provider again.
const KEEP_CREDENTIALS: Duration = Duration::from_secs(60);

/// Signs for one bucket.
pub struct Presigner {
    provider: SharedCredentialsProvider,
    kept: Mutex<Option<(SystemTime, SdkCredentials)>>,
    signer: Mutex<Signer>,
    region: String,
    bucket: String,
    scheme: &'static str,
    host: String,
    /// What comes before the key, without its slash: empty, or `/BUCKET`.
    path: String,
}

/// A presigned request.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where to send it.
    pub url: String,
    /// The headers to send, exactly; form fields for a form.
    pub headers: Vec<(String, String)>,
    /// Unix time after which S3 refuses it; the credentials' own end may come first.
    pub expires: u64,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant(redacted)")
    }
}

/// Who signs, and when.
struct Moment {
    credentials: Credentials,
    date: AmzDate,
    now: u64,
    /// The credentials' end, Unix time.
    end: Option<u64>,
}

impl Moment {
    fn expires(&self, lifetime: u64) -> u64 {
        let asked = self.now + lifetime;
        self.end.map_or(asked, |end| end.min(asked))
    }

    fn context<'a>(&'a self, region: &'a str) -> SigningContext<'a> {
        SigningContext {
            credentials: &self.credentials,
            region,
            service: "s3",
            profile: Profile::S3,
            date: self.date,
        }
    }
}

impl Presigner {
    /// A presigner for the bucket and endpoint that `config` names.
    pub fn new(config: &Config, provider: SharedCredentialsProvider) -> Self {
        let suffix = if config.region.starts_with("cn-") {
            ".cn"
        } else {
            ""
        };
        let endpoint = config.s3_endpoint.clone();
        let endpoint = endpoint
            .unwrap_or_else(|| format!("https://s3.{}.amazonaws.com{suffix}", config.region));
        let (scheme, authority) = match endpoint.strip_prefix("http://") {
            Some(rest) => ("http", rest),
            None => ("https", endpoint.trim_start_matches("https://")),
        };
        let authority = authority.trim_end_matches('/');
        let (host, path) = match config.s3_style {
            S3Style::Path => (authority.to_owned(), format!("/{}", config.bucket)),
            S3Style::VirtualHost => (format!("{}.{authority}", config.bucket), String::new()),
        };
        Self {
            provider,
            kept: Mutex::default(),
            signer: Mutex::default(),
            region: config.region.clone(),
            bucket: config.bucket.clone(),
            scheme,
            host,
            path,
        }
    }

    /// A request on an object with these headers and query parameters, valid for `lifetime` seconds.
    ///
    /// # Errors
    /// A lifetime outside 1..=604800; no credentials.
    pub async fn presign(
        &self,
        method: &str,
        key: &ObjectKey,
        parameters: &[(&str, &str)],
        headers: Vec<(&'static str, String)>,
        lifetime: u32,
    ) -> Result<Grant, Error> {
        let expiry = Expiry::from_seconds(lifetime)
            .map_err(|error| Error::UploadRefused(error.to_string()))?;
        let moment = self.moment().await?;
        let mut path = format!("{}/", self.path);
        key.append_wire(&mut path);
        let mut query = String::new();
        for (name, value) in parameters {
            if !query.is_empty() {
                query.push('&');
            }
            append_component(&mut query, name);
            query.push('=');
            append_component(&mut query, value);
        }
        let mut signed: Vec<(&str, &str)> = vec![("host", &self.host)];
        signed.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let request = Request {
            method,
            path: &path,
            query: &query,
            headers: &signed,
            payload: Payload::Unsigned,
        };
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let query = signer
            .presign(&request, &moment.context(&self.region), expiry)
            .map_err(unsigned)?;
        Ok(Grant {
            url: format!("{}://{}{path}?{}", self.scheme, self.host, query.as_str()),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            expires: moment.expires(u64::from(lifetime)),
        })
    }

    /// A form upload with these fields and a file whose size lies in `length`.
    ///
    /// # Errors
    /// No credentials.
    pub async fn form(
        &self,
        fields: &[(String, String)],
        length: std::ops::RangeInclusive<u64>,
        lifetime: u32,
    ) -> Result<Grant, Error> {
        let moment = self.moment().await?;
        let mut policy = PostPolicy::new(&self.bucket, length);
        for (name, value) in fields {
            policy = policy.field(name, value);
        }
        let expires = moment.expires(u64::from(lifetime));
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = date(expires)
            .and_then(|end| signer.sign_post_policy(&policy, &moment.context(&self.region), end))
            .map_err(unsigned)?;
        Ok(Grant {
            url: format!("{}://{}{}/", self.scheme, self.host, self.path),
            headers: signed
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            expires,
        })
    }

    /// The URL of an object, without a signature.
    pub fn location(&self, key: &ObjectKey) -> String {
        format!(
            "{}://{}{}/{}",
            self.scheme,
            self.host,
            self.path,
            key.wire()
        )
    }

    async fn moment(&self) -> Result<Moment, Error> {
        let now = SystemTime::now();
        let sdk = self.sdk_credentials(now).await?;
        let now = unix(now);
        let secret = SecretAccessKey::new(sdk.secret_access_key()).map_err(unsigned)?;
        let token = sdk.session_token().map(SessionToken::new).transpose();
        let token = token.map_err(unsigned)?;
        let credentials = Credentials::new(sdk.access_key_id(), secret, token);
        Ok(Moment {
            credentials: credentials.map_err(unsigned)?,
            date: date(now).map_err(unsigned)?,
            now,
            end: sdk.expiry().map(unix),
        })
    }

    async fn sdk_credentials(&self, now: SystemTime) -> Result<SdkCredentials, Error> {
        let fresh = |(since, credentials): &(SystemTime, SdkCredentials)| {
            let young = now
                .duration_since(*since)
                .is_ok_and(|age| age < KEEP_CREDENTIALS);
            let valid = credentials
                .expiry()
                .is_none_or(|end| end > now + KEEP_CREDENTIALS);
            (young && valid).then(|| credentials.clone())
        };
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = kept().as_ref().and_then(fresh) {
            return Ok(credentials);
        }
        let provided = self.provider.provide_credentials().await;
        let credentials = provided.map_err(|error| Error::Upstream {
            operation: "credentials",
            fault: Fault::CredentialsMissing,
            source: Box::new(error),
        })?;
        *kept() = Some((now, credentials.clone()));
        Ok(credentials)
    }
}

impl fmt::Debug for Presigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigner")
            .field("host", &self.host)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

fn unix(moment: SystemTime) -> u64 {
    moment
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn date(unix: u64) -> Result<AmzDate, SigningError> {
    AmzDate::from_unix(i64::try_from(unix).unwrap_or(i64::MAX))
}

/// Nothing a client sends reaches the signer unchecked, so the configuration is at fault.
fn unsigned(error: SigningError) -> Error {
    Error::Upstream {
        operation: "sign",
        fault: Fault::Unexpected,
        source: Box::new(error),
    }
}
