//! The `aws-sigv4` crate: what it would write for a request.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use keyfront_sigv4::{PathNormalization, Profile};

/// Who signs, for what, when; the same for both sides.
pub struct Scope<'s> {
    /// Signing name.
    pub service: &'s str,
    /// Region.
    pub region: &'s str,
    /// The service's rules.
    pub profile: Profile,
    /// Access key id.
    pub access_key_id: &'s str,
    /// Secret access key.
    pub secret: &'s str,
    /// Session token.
    pub token: Option<&'s str>,
    /// Unix seconds.
    pub seconds: u64,
    /// Seconds a presigned URL is valid; `None`: the signature is a header.
    pub expires_in: Option<u32>,
}

/// A request as it is sent.
pub struct Sent<'s> {
    /// Method.
    pub method: &'s str,
    /// Scheme, host, path and query.
    pub uri: String,
    /// What is signed, `host` included.
    pub headers: Vec<(&'s str, &'s str)>,
    /// What is known of the body.
    pub body: SignableBody<'s>,
}

/// `authorization`, or the signature alone for a presigned URL.
pub fn signature(sent: Sent<'_>, scope: &Scope<'_>) -> String {
    let identity = aws_credential_types::Credentials::new(
        scope.access_key_id,
        scope.secret,
        scope.token.map(String::from),
        None,
        "oracle",
    )
    .into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(scope.seconds))
        .settings(settings(scope))
        .build()
        .expect("every parameter is set")
        .into();
    let request = SignableRequest::new(sent.method, sent.uri, sent.headers.into_iter(), sent.body)
        .expect("the oracle reads every request that ours signs");
    let (instructions, signature) = sign(request, &parameters)
        .expect("the oracle signs every request that ours signs")
        .into_parts();
    let header = instructions
        .headers()
        .find(|(name, _)| *name == "authorization")
        .map(|(_, value)| value.to_owned());
    header.unwrap_or(signature)
}

fn settings(scope: &Scope<'_>) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.payload_checksum_kind = if scope.profile.sends_content_sha256() {
        PayloadChecksumKind::XAmzSha256
    } else {
        PayloadChecksumKind::NoHeader
    };
    (
        settings.percent_encoding_mode,
        settings.uri_path_normalization_mode,
    ) = match scope.profile {
        Profile::S3 => (
            PercentEncodingMode::Single,
            UriPathNormalizationMode::Disabled,
        ),
        Profile::Standard { path, .. } => (
            PercentEncodingMode::Double,
            match path {
                PathNormalization::Normalized => UriPathNormalizationMode::Enabled,
                PathNormalization::Verbatim => UriPathNormalizationMode::Disabled,
            },
        ),
    };
    if let Some(seconds) = scope.expires_in {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(seconds.into()));
    }
    settings
}
