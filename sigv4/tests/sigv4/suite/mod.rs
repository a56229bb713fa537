//! The official SigV4 test suite, as the `aws-sigv4` package carries it: every case, every stage it has an
//! expectation for, by header and by query. Each stage starts from the suite's own expectation of the stage
//! before, so that a failure names its stage.

#![allow(clippy::print_stdout)]

mod case;
mod multi_region;

use std::{path::PathBuf, process::Command};

use case::{Case, Message, Place};
use keyfront_sigv4::{
    CanonicalRequest, Expiry, Signer, SigningKey, StringToSign, uri_encoding::decode,
};
use sha2::{Digest, Sha256};

const SUITE: Suite = Suite {
    name: "v4",
    cases: 40,
};

/// One of the two suites in the package.
pub(crate) struct Suite {
    /// Its directory.
    pub(crate) name: &'static str,
    pub(crate) cases: usize,
}

#[test]
fn every_case_has_its_canonical_request() {
    let stages = for_every_expectation(&SUITE, "canonical-request", |case, place, expected| {
        let mut canonical_request = CanonicalRequest::new();
        case.with_request(|request| match place {
            Place::Header => canonical_request.write(request, &case.context()),
            Place::Query => {
                let expiry = Expiry::from_seconds(case.expiry).unwrap();
                canonical_request.write_presigned(request, &case.context(), expiry)
            }
        })
        .unwrap();
        assert_eq!(
            canonical_request.as_str(),
            expected,
            "{} {place:?}",
            case.name
        );
    });
    assert_eq!(stages, 40 + 38);
}

#[test]
fn every_case_has_its_string_to_sign() {
    let stages = for_every_expectation(&SUITE, "string-to-sign", |case, place, expected| {
        assert_eq!(
            string_to_sign(case, place).as_str(),
            expected,
            "{} {place:?}",
            case.name
        );
    });
    assert_eq!(stages, 39 + 38);
}

#[test]
fn every_case_has_its_signature() {
    let stages = for_every_expectation(&SUITE, "signature", |case, place, expected| {
        let context = case.context();
        let secret = context.credentials.secret_access_key();
        let key = SigningKey::derive(secret, &context.date, context.region, context.service);
        assert_eq!(
            key.sign(&string_to_sign(case, place)).as_str(),
            expected,
            "{} {place:?}",
            case.name
        );
    });
    assert_eq!(stages, 38 + 38);
}

#[test]
fn every_case_has_its_signed_request() {
    let mut signer = Signer::new();
    let stages = for_every_expectation(&SUITE, "signed-request", |case, place, expected| {
        let expected = Message::parse(expected);
        let actual = match place {
            Place::Header => signed_by_header(&mut signer, case),
            Place::Query => signed_by_query(&mut signer, case),
        };
        assert_eq!(parts(&actual), parts(&expected), "{} {place:?}", case.name);
    });
    assert_eq!(stages, 40 + 38);
}

/// Runs `check` for each case that has an expectation for this stage; returns how many there were.
pub(crate) fn for_every_expectation(
    suite: &Suite,
    stage: &str,
    mut check: impl FnMut(&Case, Place, &str),
) -> usize {
    let directory = suites().join(suite.name);
    let mut directories: Vec<_> = directory
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    directories.sort();
    let cases = suite.cases;
    assert_eq!(directories.len(), cases, "cases in {}", directory.display());
    let mut stages = 0;
    for directory in directories {
        let case = Case::read(&directory);
        for place in [Place::Header, Place::Query] {
            if let Some(expected) = case.expected(place, stage) {
                check(&case, place, &expected);
                stages += 1;
            }
        }
    }
    println!(
        "{} {cases} cases, {stages} expectations of the stage {stage}",
        suite.name
    );
    stages
}

fn string_to_sign(case: &Case, place: Place) -> StringToSign {
    let canonical_request = case.expected(place, "canonical-request").unwrap();
    let mut string_to_sign = StringToSign::new();
    let hash = Sha256::digest(canonical_request.as_bytes()).into();
    string_to_sign.write(&case.context(), &hash).unwrap();
    string_to_sign
}

fn signed_by_header(signer: &mut Signer, case: &Case) -> Message {
    let mut message = unsigned(case);
    let added: Vec<(String, String)> = case.with_request(|request| {
        let signed = signer.sign(request, &case.context()).unwrap();
        signed
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    });
    message.headers.extend(added);
    message.headers.extend(
        case.unsigned_token
            .clone()
            .map(|token| ("x-amz-security-token".to_owned(), token)),
    );
    message
}

fn signed_by_query(signer: &mut Signer, case: &Case) -> Message {
    let mut message = unsigned(case);
    let expiry = Expiry::from_seconds(case.expiry).unwrap();
    let query =
        case.with_request(|request| signer.presign(request, &case.context(), expiry).unwrap());
    message.query = query.as_str().to_owned();
    if let Some(token) = &case.unsigned_token {
        message.query += "&X-Amz-Security-Token=";
        message.query += &keyfront_sigv4::uri_encoding::encode_component(token);
    }
    message
}

pub(crate) fn unsigned(case: &Case) -> Message {
    Message {
        method: case.method.clone(),
        path: case.path.clone(),
        query: case.query.clone(),
        headers: case.headers.clone(),
        body: case.body.clone(),
    }
}

/// What must be equal of two requests: the suite orders headers and parameters differently, and spells
/// unsigned query parameters as they came.
pub(crate) fn parts(
    message: &Message,
) -> (String, String, Vec<String>, Vec<(String, String)>, String) {
    let mut parameters: Vec<_> = message
        .query
        .split('&')
        .map(|parameter| decode(parameter).unwrap().into_owned())
        .collect();
    parameters.sort();
    let headers = message.headers.iter();
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    headers.sort();
    (
        message.method.clone(),
        message.path.clone(),
        parameters,
        headers,
        message.body.clone(),
    )
}

/// The suites' directory, wherever cargo keeps the sources of `aws-sigv4`.
fn suites() -> PathBuf {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = [
        "metadata",
        "--format-version=1",
        "--locked",
        "--manifest-path",
        manifest,
    ];
    let host = cargo(&["-vV"]);
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    // For this platform only: the sources of other platforms need not be on this machine.
    let metadata = cargo(&[&arguments[..], &["--filter-platform", host]].concat());
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "aws-sigv4");
    let manifest = PathBuf::from(package.unwrap()["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join("aws-signing-test-suite")
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
