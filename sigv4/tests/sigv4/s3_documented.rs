//! The S3 examples of the Amazon S3 API reference, and presigned S3 requests with a session token, stage by
//! stage. `fixtures/s3-documented.json` names the source of each.

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, Credentials, Expiry, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext, SigningKey, StringToSign, uri_encoding::encode_path,
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    place: Place,
    credentials: ExampleCredentials,
    region: String,
    service: String,
    date: String,
    method: String,
    /// The decoded path.
    key: String,
    query: String,
    headers: Vec<(String, String)>,
    /// `null`: not signed.
    payload: Option<String>,
    expires: Option<u32>,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    authorization: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Place {
    Header,
    Query,
}

#[derive(Deserialize)]
struct ExampleCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

#[test]
fn every_documented_canonical_request_is_ours() {
    for_every_example(|example, request, context| {
        let mut canonical_request = CanonicalRequest::new();
        match example.place {
            Place::Header => canonical_request.write(request, context).unwrap(),
            Place::Query => canonical_request
                .write_presigned(request, context, expiry(example))
                .unwrap(),
        }
        assert_eq!(
            canonical_request.as_str(),
            example.canonical_request,
            "{}",
            example.name
        );
    });
}

#[test]
fn every_documented_string_to_sign_is_ours() {
    for_every_example(|example, _, context| {
        assert_eq!(
            string_to_sign(example, context).as_str(),
            example.string_to_sign,
            "{}",
            example.name
        );
    });
}

#[test]
fn every_documented_signature_is_ours() {
    for_every_example(|example, _, context| {
        let secret = context.credentials.secret_access_key();
        let key = SigningKey::derive(secret, &context.date, context.region, context.service);
        assert_eq!(
            key.sign(&string_to_sign(example, context)).as_str(),
            example.signature,
            "{}",
            example.name
        );
    });
}

#[test]
fn every_documented_request_is_signed_as_documented() {
    let mut signer = Signer::new();
    for_every_example(|example, request, context| match example.place {
        Place::Header => {
            let signed = signer.sign(request, context).unwrap();
            assert_eq!(
                Some(signed.authorization()),
                example.authorization.as_deref(),
                "{}",
                example.name
            );
        }
        Place::Query => {
            let query = signer.presign(request, context, expiry(example)).unwrap();
            let canonical_query = example.canonical_request.lines().nth(2).unwrap();
            let expected = format!("{canonical_query}&X-Amz-Signature={}", example.signature);
            assert_eq!(query.as_str(), expected, "{}", example.name);
        }
    });
}

fn for_every_example(mut check: impl FnMut(&Example, &Request<'_>, &SigningContext<'_>)) {
    let examples: Vec<Example> =
        serde_json::from_str(include_str!("fixtures/s3-documented.json")).unwrap();
    assert_eq!(examples.len(), 11);
    for example in &examples {
        let credentials = Credentials::new(
            &example.credentials.access_key_id,
            SecretAccessKey::new(&example.credentials.secret_access_key).unwrap(),
            example
                .credentials
                .session_token
                .as_ref()
                .map(|token| SessionToken::new(token).unwrap()),
        );
        let headers: Vec<_> = example
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request {
            method: &example.method,
            path: &encode_path(&example.key),
            query: &example.query,
            headers: &headers,
            payload: example
                .payload
                .as_ref()
                .map_or(Payload::Unsigned, |body| Payload::Bytes(body.as_bytes())),
        };
        let context = SigningContext {
            credentials: &credentials.unwrap(),
            region: &example.region,
            service: &example.service,
            profile: Profile::of(&example.service),
            date: AmzDate::parse(&example.date).unwrap(),
        };
        check(example, &request, &context);
    }
}

fn string_to_sign(example: &Example, context: &SigningContext<'_>) -> StringToSign {
    let mut string_to_sign = StringToSign::new();
    string_to_sign
        .write(
            context,
            &Sha256::digest(example.canonical_request.as_bytes()).into(),
        )
        .unwrap();
    string_to_sign
}

fn expiry(example: &Example) -> Expiry {
    Expiry::from_seconds(example.expires.unwrap()).unwrap()
}
