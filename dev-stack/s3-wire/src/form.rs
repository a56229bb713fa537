//! Browser form uploads (`POST` with a policy): verified here, then stored as the `PUT` they stand for.
//!
//! The form's signature and its policy's conditions are checked first; the equivalent `PUT` is then signed
//! with the same credentials and passes every layer a client's own would. Forms are held in memory.
//!
//! Spec: *Browser-Based Uploads Using POST* (Amazon S3 API reference).

mod fields;
mod parse;
mod policy;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
        UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use bytes::Bytes;
use http::{Method, Request, StatusCode, header, request::Parts};
use keyfront_dev_ground::{clock::Clock, credentials::CredentialRegistry};
use time::{PrimitiveDateTime, macros::format_description};

use self::{
    parse::{Form, invalid},
    policy::Policy,
};
use super::{
    address,
    error_response::{self, Refusal},
};

/// Bytes of a form at most.
pub const MAX_FORM: usize = 256 << 20;
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Verifies forms.
pub struct Forms {
    /// Whose signatures hold.
    pub registry: Arc<CredentialRegistry>,
    /// What policies expire by.
    pub clock: Clock,
    /// The Region of credential scopes.
    pub region: String,
}

/// Is this request a browser's form?
pub fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    parts.method == Method::POST
        && content_type.is_some_and(|value| {
            value
                .as_bytes()
                .to_ascii_lowercase()
                .starts_with(b"multipart/form-data")
        })
}

/// How an upload by form is answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Success {
    /// `success_action_status`, or 204.
    Status(StatusCode),
    /// `success_action_status` 201: a document that says what was stored.
    Created {
        /// Where it was stored.
        bucket: String,
        /// Under what.
        key: String,
    },
    /// `success_action_redirect`: 303 to this address, with what was stored in its query.
    Redirect {
        /// As the form has it.
        address: String,
        /// Where it was stored.
        bucket: String,
        /// Under what.
        key: String,
    },
}

impl Success {
    fn of(form: &Form, bucket: String) -> Self {
        let is_address = |address: &&str| {
            address
                .parse::<http::Uri>()
                .is_ok_and(|uri| uri.scheme().is_some())
        };
        if let Some(address) = form.field("success_action_redirect").filter(is_address) {
            return Self::Redirect {
                address: address.to_owned(),
                bucket,
                key: form.field("key").unwrap_or_default().to_owned(),
            };
        }
        match form.field("success_action_status") {
            Some("200") => Self::Status(StatusCode::OK),
            Some("201") => Self::Created {
                bucket,
                key: form.field("key").unwrap_or_default().to_owned(),
            },
            _ => Self::Status(StatusCode::NO_CONTENT),
        }
    }

    /// The document that the answer has, for what is at `location` now; `etag` is quoted.
    #[must_use]
    pub fn document(&self, location: &str, etag: &str) -> Option<String> {
        let Self::Created { bucket, key } = self else {
            return None;
        };
        let stored = [
            ("Location", location),
            ("Bucket", bucket),
            ("Key", key),
            ("ETag", etag),
        ];
        let elements = error_response::elements(stored);
        Some(format!(
            "{}<PostResponse>{elements}</PostResponse>",
            error_response::DECLARATION
        ))
    }

    /// The status, and where the browser goes on; `etag` is quoted.
    #[must_use]
    pub fn answer(&self, etag: &str) -> (StatusCode, Option<String>) {
        match self {
            Self::Status(status) => (*status, None),
            Self::Created { .. } => (StatusCode::CREATED, None),
            Self::Redirect {
                address,
                bucket,
                key,
            } => {
                let separator = if address.contains('?') { '&' } else { '?' };
                let query = [("bucket", bucket.as_str()), ("key", key), ("etag", etag)];
                let query =
                    query.map(|(name, value)| format!("{name}={}", address::query_encoded(value)));
                let target = format!("{address}{separator}{}", query.join("&"));
                (StatusCode::SEE_OTHER, Some(target))
            }
        }
    }
}

impl Forms {
    /// The `PUT` that a form stands for, and how its success is answered.
    ///
    /// # Errors
    /// The answer AWS gives.
    pub fn admit(
        &self,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<(Request<s3s::Body>, Success), Refusal> {
        let form = Form::parse(parts, body)?;
        self.verify(&form)?;
        let now = self.clock.now();
        Policy::parse(form.required("policy")?)?.evaluate(&form, &self.bucket(parts), now)?;
        fields::check(parts, &form, &address::Hosts::of_region(&self.region))?;
        let success = Success::of(&form, self.bucket(parts));
        Ok((self.put(parts, &form, now)?, success))
    }

    fn bucket(&self, parts: &Parts) -> String {
        let hosts = address::Hosts::of_region(&self.region);
        hosts.bucket_of(parts).unwrap_or_default()
    }

    fn verify(&self, form: &Form) -> Result<(), Refusal> {
        let mismatch = || {
            Refusal::forbidden(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            )
        };
        if form.required("x-amz-algorithm")? != ALGORITHM {
            return Err(invalid("Unsupported x-amz-algorithm."));
        }
        let credential: Vec<&str> = form.required("x-amz-credential")?.split('/').collect();
        let [key, day, region, "s3", "aws4_request"] = credential.as_slice() else {
            return Err(invalid("The credential is malformed."));
        };
        let date = moment(form.required("x-amz-date")?)?;
        if *region != self.region || !form.required("x-amz-date")?.starts_with(day) {
            return Err(invalid("The credential's scope is wrong."));
        }
        let registered = self.registry.find(key).ok_or_else(|| {
            Refusal::forbidden(
                "InvalidAccessKeyId",
                "The AWS Access Key Id you provided does not exist in our records.",
            )
        })?;
        let secret = registered.credentials.secret_access_key.expose();
        let signing_key = v4::generate_signing_key(secret, date, region, "s3");
        let expected = v4::calculate_signature(signing_key, form.required("policy")?.as_bytes());
        if expected != form.required("x-amz-signature")? {
            return Err(mismatch());
        }
        Ok(())
    }

    fn put(
        &self,
        parts: &Parts,
        form: &Form,
        now: SystemTime,
    ) -> Result<Request<s3s::Body>, Refusal> {
        let failed = |_| invalid("The form cannot be stored.");
        let folder = parts.uri.path().trim_end_matches('/');
        let path = format!("{folder}/{}", form.required("key")?);
        let path = address::canonical_path(&address::url_encoded(&path))
            .map_err(|_| invalid("The key is malformed."))?;
        let host = parts.headers.get(header::HOST);
        let host = host
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        let headers: Vec<(&str, &str)> = std::iter::once(("host", host))
            .chain(form.fields().filter_map(fields::header_of))
            .collect();
        let key = form.required("x-amz-credential")?;
        let registered = self
            .registry
            .find(key.split('/').next().unwrap_or_default());
        let registered = registered.ok_or_else(|| invalid("The credential is gone."))?;
        let identity = aws_credential_types::Credentials::new(
            &registered.credentials.access_key_id,
            registered.credentials.secret_access_key.expose(),
            form.field("x-amz-security-token").map(str::to_owned),
            None,
            "form",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(now)
            .settings(signing_settings())
            .build()
            .map_err(|_| invalid("The form cannot be signed."))?
            .into();
        let url = format!("http://{host}{path}");
        let signable = SignableRequest::new(
            "PUT",
            &url,
            headers.iter().copied(),
            SignableBody::UnsignedPayload,
        );
        let signed = signable.and_then(|request| sign(request, &parameters));
        let (signed, _) = signed.map_err(failed)?.into_parts();
        let mut request = Request::put(path).header(header::CONTENT_LENGTH, form.file().len());
        for (name, value) in headers.iter().copied().chain(signed.headers()) {
            request = request.header(name, value);
        }
        request
            .body(s3s::Body::from(form.file().clone()))
            .map_err(|_| invalid("A field is not a header's value."))
    }
}

/// As S3 signs: the path is encoded once and not normalised.
fn signing_settings() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

fn moment(text: &str) -> Result<SystemTime, Refusal> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let parsed = PrimitiveDateTime::parse(text, format);
    let parsed = parsed.map_err(|_| invalid("x-amz-date is malformed."))?;
    let seconds = u64::try_from(parsed.assume_utc().unix_timestamp());
    let seconds = seconds.map_err(|_| invalid("x-amz-date is malformed."))?;
    Ok(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_goes_on_where_the_form_says_with_what_was_stored() {
        let redirect = |address: &str| Success::Redirect {
            address: address.to_owned(),
            bucket: "docs".to_owned(),
            key: "a b/c.txt".to_owned(),
        };
        for (address, expected) in [
            (
                "https://app.example/done",
                "https://app.example/done?bucket=docs&key=a%20b%2Fc.txt&etag=%22e%22",
            ),
            (
                "https://app.example/?x=1",
                "https://app.example/?x=1&bucket=docs&key=a%20b%2Fc.txt&etag=%22e%22",
            ),
        ] {
            let answer = redirect(address).answer("\"e\"");
            assert_eq!(answer, (StatusCode::SEE_OTHER, Some(expected.to_owned())));
        }
        let plain = Success::Status(StatusCode::OK).answer("\"e\"");
        assert_eq!(plain, (StatusCode::OK, None));
    }
}
