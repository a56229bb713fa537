//! The `aws-sigv4` crate, which shares no code with this one, must give the same `authorization` for generated
//! requests: S3's rules with nasty keys, queries and tokens, and every other service's.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4,
};
use keyfront_sigv4::{
    AmzDate, ContentSha256Header, Credentials, Expiry, PathNormalization, Payload, Profile,
    Request, SecretAccessKey, SessionToken, Signer, SigningContext,
    uri_encoding::{append_component, encode_path},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// The last second of 9999.
const LAST_SECOND: i64 = 253_402_300_799;

#[derive(Debug, Clone)]
struct Generated {
    method: &'static str,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    /// `None`: unsigned.
    payload: Option<Vec<u8>>,
    secret: String,
    token: Option<String>,
    region: &'static str,
    seconds: i64,
}

fn generated(
    path: impl Strategy<Value = String>,
    repeats: bool,
    payload: BoxedStrategy<Option<Vec<u8>>>,
) -> impl Strategy<Value = Generated> {
    let request = (
        select(vec!["GET", "HEAD", "PUT", "POST", "DELETE"]),
        path,
        query(),
        headers(repeats),
        payload,
    );
    let signer = (
        "[!-~]{1,60}",
        option::of("[!-~]{1,900}"),
        select(vec!["us-east-1", "eu-central-1", "aws-global"]),
        0..=LAST_SECOND,
    );
    (request, signer).prop_map(
        |((method, path, query, headers, payload), (secret, token, region, seconds))| Generated {
            method,
            path,
            query,
            headers,
            payload,
            secret,
            token,
            region,
            seconds,
        },
    )
}

/// Keys as people make them, and keys as nobody should.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,80}",
        "[a-z/. +%=&?#'()!*~]{0,60}",
        "(%[0-9a-fA-F]{2}|/|\\+){0,20}",
        select(vec![
            "Отчёт 2024.pdf",
            "e\u{301}",
            "é",
            "👩‍👩‍👧",
            "a//b//",
            "~user/%41%2F%20"
        ])
        .prop_map(String::from),
    ]
}

fn query() -> impl Strategy<Value = String> {
    vec(("\\PC{1,12}", "\\PC{0,20}"), 0..5).prop_map(|parameters| {
        let mut query = String::new();
        for (index, (name, value)) in parameters.iter().enumerate() {
            if index > 0 {
                query.push('&');
            }
            append_component(&mut query, name);
            query.push('=');
            append_component(&mut query, value);
        }
        query
    })
}

/// Metadata headers, odd spacing included, and repeated ones where a service takes them; and a host.
fn headers(repeats: bool) -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![
        "[xX]-[aA]mz-meta-[a-cA-C]{1,2}",
        Just("Range".to_owned()),
        Just("content-type".to_owned())
    ];
    vec((name, " {0,2}[!-~][ -~]{0,30}"), 0..6).prop_map(move |mut headers| {
        if !repeats {
            let mut names = HashSet::new();
            headers.retain(|(name, _)| names.insert(name.to_lowercase()));
        }
        headers.push(("Host".into(), "bucket.s3.eu-central-1.amazonaws.com".into()));
        headers
    })
}

fn s3_payload() -> BoxedStrategy<Option<Vec<u8>>> {
    option::of(any::<Vec<u8>>()).boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn s3_requests_are_signed_like_the_oracle(
        mut generated in generated(key().prop_map(|key| encode_path(&format!("/{key}"))), false, s3_payload()),
    ) {
        let settings = settings(Profile::S3, SignatureLocation::Headers);
        prop_assert_eq!(authorization(&generated, Profile::S3, "s3"), oracle(&generated, "s3", settings.clone()));
        // The oracle stays in agreement when the signature has something to notice.
        generated.path.push('x');
        prop_assert_eq!(authorization(&generated, Profile::S3, "s3"), oracle(&generated, "s3", settings));
    }

    #[test]
    fn presigned_s3_requests_are_signed_like_the_oracle(
        generated in generated(key().prop_map(|key| encode_path(&format!("/{key}"))), false, Just(None).boxed()),
        seconds in 1_u32..=604_800,
    ) {
        let mut settings = settings(Profile::S3, SignatureLocation::QueryParams);
        settings.expires_in = Some(Duration::from_secs(seconds.into()));
        prop_assert_eq!(presigned(&generated, seconds), oracle(&generated, "s3", settings));
    }

    #[test]
    fn requests_to_other_services_are_signed_like_the_oracle(
        generated in generated("(/[a-zA-Z0-9.!*'()%~_:@$-]{0,5}){1,6}", true, any::<Vec<u8>>().prop_map(Some).boxed()),
        path in select(vec![PathNormalization::Normalized, PathNormalization::Verbatim]),
        content_sha256 in select(vec![ContentSha256Header::Sent, ContentSha256Header::Omitted]),
    ) {
        let profile = Profile::Standard { path, content_sha256 };
        let settings = settings(profile, SignatureLocation::Headers);
        prop_assert_eq!(authorization(&generated, profile, "lambda"), oracle(&generated, "lambda", settings));
    }
}

fn authorization(generated: &Generated, profile: Profile, service: &str) -> String {
    with_request(generated, profile, service, |request, context| {
        Signer::new()
            .sign(request, context)
            .unwrap()
            .authorization()
            .to_owned()
    })
}

fn presigned(generated: &Generated, seconds: u32) -> String {
    with_request(generated, Profile::S3, "s3", |request, context| {
        let query = Signer::new()
            .presign(request, context, Expiry::from_seconds(seconds).unwrap())
            .unwrap();
        assert!(
            query
                .as_str()
                .ends_with(&format!("&X-Amz-Signature={}", query.signature()))
        );
        query.signature().to_string()
    })
}

fn with_request<T>(
    generated: &Generated,
    profile: Profile,
    service: &str,
    with: impl FnOnce(&Request<'_>, &SigningContext<'_>) -> T,
) -> T {
    let headers: Vec<_> = generated
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = Request {
        method: generated.method,
        path: &generated.path,
        query: &generated.query,
        headers: &headers,
        payload: generated
            .payload
            .as_ref()
            .map_or(Payload::Unsigned, |body| Payload::Bytes(body)),
    };
    let credentials = Credentials::new(
        "ASIAEXAMPLE",
        SecretAccessKey::new(&generated.secret).unwrap(),
        generated
            .token
            .as_ref()
            .map(|token| SessionToken::new(token).unwrap()),
    );
    let context = SigningContext {
        credentials: &credentials.unwrap(),
        region: generated.region,
        service,
        profile,
        date: AmzDate::from_unix(generated.seconds).unwrap(),
    };
    with(&request, &context)
}

fn settings(profile: Profile, place: SignatureLocation) -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.signature_location = place;
    (
        settings.percent_encoding_mode,
        settings.uri_path_normalization_mode,
    ) = match profile {
        Profile::S3 => (
            PercentEncodingMode::Single,
            UriPathNormalizationMode::Disabled,
        ),
        Profile::Standard {
            path: PathNormalization::Normalized,
            ..
        } => (
            PercentEncodingMode::Double,
            UriPathNormalizationMode::Enabled,
        ),
        Profile::Standard {
            path: PathNormalization::Verbatim,
            ..
        } => (
            PercentEncodingMode::Double,
            UriPathNormalizationMode::Disabled,
        ),
    };
    settings.payload_checksum_kind = if profile.sends_content_sha256() {
        PayloadChecksumKind::XAmzSha256
    } else {
        PayloadChecksumKind::NoHeader
    };
    settings
}

/// The oracle's `authorization`, or its bare signature for presigned requests.
fn oracle(generated: &Generated, service: &str, settings: SigningSettings) -> String {
    let identity = aws_credential_types::Credentials::new(
        "ASIAEXAMPLE",
        &generated.secret,
        generated.token.clone(),
        None,
        "oracle",
    )
    .into();
    let place = settings.signature_location;
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(generated.region)
        .name(service)
        .time(SystemTime::UNIX_EPOCH + Duration::from_secs(generated.seconds.try_into().unwrap()))
        .settings(settings)
        .build()
        .unwrap()
        .into();
    let mut uri = format!(
        "https://bucket.s3.eu-central-1.amazonaws.com{}",
        generated.path
    );
    if !generated.query.is_empty() {
        uri += "?";
        uri += &generated.query;
    }
    let headers = generated
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()));
    let body = generated
        .payload
        .as_ref()
        .map_or(SignableBody::UnsignedPayload, |body| {
            SignableBody::Bytes(body)
        });
    let request = SignableRequest::new(generated.method, uri, headers, body).unwrap();
    let (instructions, signature) = sign(request, &parameters).unwrap().into_parts();
    if place == SignatureLocation::QueryParams {
        return signature;
    }
    let (_, value) = instructions
        .headers()
        .find(|(name, _)| *name == "authorization")
        .unwrap();
    value.to_owned()
}
