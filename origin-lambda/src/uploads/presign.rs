//! Presigned requests to S3, by `keyfront-sigv4`, with the origin's own credentials.
//!
//! It decides nothing about what may be signed.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use aws_credential_types::provider::SharedCredentialsProvider;
use keyfront_aws_call::{
    SessionEnd, SigningCredentials, SigningCredentialsError, SigningMoment, amz_date,
};
use keyfront_names::{BucketName, ObjectKey, Region, host};
use keyfront_origin_core::uploads::{
    ChecksumDemand, CredentialsEnd, FormFields, Promise, Validity,
};
use keyfront_sigv4::{
    Expiry, Payload, PostPolicy, Profile, Request, Signer, SigningContext, SigningError,
    uri_encoding::{append_component, append_path},
};

use crate::{
    config::{self, Config, S3Style},
    error::{Error, Fault},
};

/// Signs for one bucket.
pub struct Presigner {
    credentials: SigningCredentials,
    signer: Mutex<Signer>,
    region: Region,
    bucket: BucketName,
    scheme: &'static str,
    host: String,
    /// What comes before the key, without its slash: empty, or `/BUCKET`.
    path: String,
    checksums: ChecksumDemand,
    longest_lifetime: u32,
}

/// A request on an object, to be presigned.
#[derive(Debug)]
pub struct PresignRequest<'a> {
    /// The method.
    pub method: &'static str,
    /// The object's key.
    pub key: &'a str,
    /// Query parameters.
    pub parameters: &'a [(&'a str, &'a str)],
    /// The headers to send, exactly.
    pub headers: Vec<(String, String)>,
}

/// A presigned request.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    /// Where to send it.
    pub url: String,
    /// The headers to send, exactly; form fields for a form.
    pub headers: Vec<(String, String)>,
    /// Unix time after which S3 refuses it.
    pub expires: u64,
    /// Seconds from now until then.
    pub lifetime: u32,
    /// How far that can be relied on.
    pub promise: Promise,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Grant(redacted)")
    }
}

impl Presigner {
    /// A presigner for the bucket and endpoint that `config` names.
    pub fn new(config: &Config, provider: SharedCredentialsProvider) -> Self {
        let endpoint = config.s3_endpoint.clone().unwrap_or_else(|| {
            format!("https://{}", host::of_service("s3", config.region.as_str()))
        });
        let (scheme, authority) = config::split_endpoint(&endpoint);
        let bucket = &config.bucket;
        let (host, path) = match config.s3_style {
            S3Style::Path => (authority.to_owned(), format!("/{bucket}")),
            S3Style::VirtualHost => (format!("{bucket}.{authority}"), String::new()),
        };
        Self {
            credentials: SigningCredentials::new(provider),
            signer: Mutex::default(),
            region: config.region.clone(),
            bucket: bucket.clone(),
            scheme,
            host,
            path,
            checksums: config.checksums,
            longest_lifetime: config.presigned_lifetime,
        }
    }

    /// Where its requests go: `SCHEME://HOST[:PORT]`.
    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Whether the bucket takes bodies without a checksum.
    pub const fn checksums(&self) -> ChecksumDemand {
        self.checksums
    }

    /// Seconds after which the bucket refuses a presigned request, whatever it was signed for.
    pub const fn longest_lifetime(&self) -> u32 {
        self.longest_lifetime
    }

    /// A presigned request, valid for `lifetime` seconds, or for what is left of the credentials' session.
    ///
    /// # Errors
    /// [`Error::LifetimeRefused`] where the credentials cannot keep it; no credentials.
    pub async fn presign(
        &self,
        presign: PresignRequest<'_>,
        lifetime: u32,
    ) -> Result<Grant, Error> {
        let moment = self.moment().await?;
        let validity = Validity::of(lifetime, moment.now, credentials_end(moment.end))?;
        let expiry = Expiry::from_seconds(validity.lifetime).map_err(unsigned)?;
        let mut path = format!("{}/", self.path);
        append_path(&mut path, presign.key);
        let mut query = String::new();
        for (name, value) in presign.parameters {
            if !query.is_empty() {
                query.push('&');
            }
            append_component(&mut query, name);
            query.push('=');
            append_component(&mut query, value);
        }
        let mut signed: Vec<(&str, &str)> = vec![("host", &self.host)];
        let headers = presign.headers.iter();
        signed.extend(headers.map(|(name, value)| (name.as_str(), value.as_str())));
        let request = Request {
            method: presign.method,
            path: &path,
            query: &query,
            headers: &signed,
            payload: Payload::Unsigned,
        };
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let query = signer
            .presign(&request, &self.context(&moment), expiry)
            .map_err(unsigned)?;
        Ok(Grant {
            url: format!("{}://{}{path}?{}", self.scheme, self.host, query.as_str()),
            headers: presign.headers,
            expires: validity.expires,
            lifetime: validity.lifetime,
            promise: validity.promise,
        })
    }

    /// A form upload with these fields.
    ///
    /// # Errors
    /// As [`Presigner::presign`].
    pub async fn form(&self, form: FormFields, lifetime: u32) -> Result<Grant, Error> {
        let moment = self.moment().await?;
        let mut policy = PostPolicy::new(self.bucket.as_str(), form.length);
        for (name, value) in &form.fields {
            policy = policy.field(name, value);
        }
        let validity = Validity::of(lifetime, moment.now, credentials_end(moment.end))?;
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let signed = amz_date(validity.expires)
            .and_then(|end| signer.sign_post_policy(&policy, &self.context(&moment), end))
            .map_err(unsigned)?;
        Ok(Grant {
            url: format!("{}://{}{}/", self.scheme, self.host, self.path),
            headers: signed
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            expires: validity.expires,
            lifetime: validity.lifetime,
            promise: validity.promise,
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

    fn context<'a>(&'a self, moment: &'a SigningMoment) -> SigningContext<'a> {
        SigningContext {
            credentials: &moment.credentials,
            region: self.region.as_str(),
            service: "s3",
            profile: Profile::S3,
            date: moment.date,
        }
    }

    async fn moment(&self) -> Result<SigningMoment, Error> {
        self.credentials
            .moment()
            .await
            .map_err(|error| match error {
                SigningCredentialsError::Missing(_) => Error::Upstream {
                    operation: "credentials",
                    fault: Fault::CredentialsMissing,
                    source: Box::new(error),
                },
                SigningCredentialsError::Unusable(error) => unsigned(error),
            })
    }
}

fn credentials_end(end: SessionEnd) -> CredentialsEnd {
    match end {
        SessionEnd::NoSession => CredentialsEnd::Never,
        SessionEnd::At(end) => CredentialsEnd::At(end),
        SessionEnd::Unknown { first_seen } => CredentialsEnd::Unknown { first_seen },
    }
}

impl fmt::Debug for Presigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presigner")
            .field("host", &self.host)
            .field("bucket", &self.bucket.as_str())
            .finish_non_exhaustive()
    }
}

/// Nothing a client sends reaches the signer unchecked, so the configuration is at fault.
fn unsigned(error: SigningError) -> Error {
    Error::Upstream {
        operation: "sign",
        fault: Fault::Unexpected,
        source: Box::new(error),
    }
}
