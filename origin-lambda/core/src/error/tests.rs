use keyfront_names::KeyError;

use super::{Error, Fault};
use crate::publisher::{Denial, PolicyError};

fn upstream(fault: Fault) -> Error {
    Error::Upstream {
        operation: "PutObject",
        fault,
        source: "arn:aws:secret".into(),
    }
}

/// Where the documentation lists the origin's codes.
const SEMANTICS: &str = include_str!("../../../../docs/SEMANTICS.md");

#[test]
fn the_documented_codes_are_the_ones_returned() {
    let (_, section) = SEMANTICS.split_once("### Answers of the origin").unwrap();
    let (section, _) = section.split_once("\n### ").unwrap();
    let rows = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut documented: Vec<(u16, &str)> = rows
        .flat_map(|row| {
            let mut cells = row.split('|').map(str::trim).skip(1);
            let status = cells.next().unwrap().parse().unwrap();
            let codes = cells.next().unwrap().split('`').skip(1).step_by(2);
            codes.map(move |code| (status, code))
        })
        .collect();
    documented.sort_unstable();
    let returned: Vec<_> = super::PROBLEMS
        .iter()
        .map(|problem| (problem.status, problem.code))
        .collect();
    assert_eq!(documented, returned);
}

#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn every_error_has_its_status_and_code() {
    let mut listed = super::PROBLEMS.to_vec();
    let denial = |denial| Error::Denied(denial);
    let prefix = || crate::publisher::Prefix::try_from("a/".to_owned()).unwrap();
    let header = Error::Header {
        name: "x",
        reason: String::new(),
    };
    for (error, status, code) in [
        (Error::Key(KeyError::DotSegment), 400, "path-invalid"),
        (Error::Key(KeyError::Reserved), 400, "path-invalid"),
        (
            Error::Key(KeyError::TooLong { bytes: 1025 }),
            400,
            "key-too-long",
        ),
        (Error::Query(String::new()), 400, "query-refused"),
        (
            Error::ReleaseConflict(super::ReleaseConflict::NothingActive("docs".to_owned())),
            409,
            "release-conflict",
        ),
        (
            Error::ReleaseIncomplete {
                reason: String::new(),
                objects: Vec::new(),
            },
            409,
            "release-incomplete",
        ),
        (
            Error::ReleaseLogAltered {
                site: "docs".to_owned(),
                n: 7,
            },
            500,
            "release-log-altered",
        ),
        (header, 400, "header-invalid"),
        (Error::BodyIncomplete, 400, "body-incomplete"),
        (Error::Checksum, 400, "checksum-mismatch"),
        (Error::UploadRefused(String::new()), 400, "upload-refused"),
        (Error::ChecksumRequired, 400, "checksum-required"),
        (
            Error::LifetimeRefused {
                asked: 0,
                most: 43_200,
                reason: "",
            },
            400,
            "lifetime-refused",
        ),
        (
            Error::ShareRefused(super::ShareRefusal::NotConfigured),
            400,
            "share-refused",
        ),
        (Error::UploadUnknown, 404, "upload-unknown"),
        (
            Error::UploadIncomplete(String::new()),
            409,
            "upload-incomplete",
        ),
        (Error::UploadMismatch("size"), 409, "upload-mismatch"),
        (Error::Unauthenticated(""), 401, "unauthenticated"),
        (
            Error::JwtRefused(crate::oidc::JwtRefusal::Expired),
            401,
            "unauthenticated",
        ),
        (denial(Denial::NoPublisher), 403, "forbidden"),
        (Error::LoginRequired(""), 401, "login-required"),
        (Error::LoginsBusy, 503, "throttled"),
        (
            Error::ViewerTokenRefused(crate::oidc::JwtRefusal::Expired),
            401,
            "login-required",
        ),
        (
            Error::ViewerDenied(crate::viewing::NothingGranted::NoRule),
            403,
            "viewer-denied",
        ),
        (
            Error::ViewersPolicyInvalid(crate::viewing::ViewersPolicyError::TooLarge),
            500,
            "policy-invalid",
        ),
        (
            Error::CodeNotExchanged {
                issuer: String::new(),
                source: "".into(),
            },
            503,
            "issuer-unavailable",
        ),
        (
            Error::IssuerUnavailable {
                issuer: String::new(),
                source: "".into(),
            },
            503,
            "issuer-unavailable",
        ),
        (
            denial(Denial::NoRule {
                publisher: String::new(),
            }),
            403,
            "forbidden",
        ),
        (
            denial(Denial::Method {
                prefix: prefix(),
                method: crate::publisher::Method::Put,
            }),
            403,
            "forbidden",
        ),
        (
            denial(Denial::Overwrite { prefix: prefix() }),
            403,
            "forbidden",
        ),
        (Error::NotFound, 404, "not-found"),
        (Error::DoubleSlash, 404, "not-found"),
        (Error::Method, 405, "method-not-allowed"),
        (Error::BodyTimeout, 408, "body-timeout"),
        (Error::WriteConflict, 409, "write-conflict"),
        (Error::LengthRequired { limit: 1 }, 411, "length-required"),
        (Error::AlreadyExists, 412, "already-exists"),
        (Error::Precondition, 412, "precondition-failed"),
        (
            denial(Denial::TooLarge {
                prefix: prefix(),
                limit: 1,
            }),
            413,
            "body-too-large",
        ),
        (
            denial(Denial::ContentType {
                prefix: prefix(),
                essence: String::new(),
            }),
            415,
            "content-type-refused",
        ),
        (
            denial(Denial::Encryption {
                prefix: prefix(),
                mode: crate::encryption::EncryptionMode::SseS3,
            }),
            403,
            "forbidden",
        ),
        (
            denial(Denial::Caching {
                prefix: prefix(),
                longest: 1,
            }),
            403,
            "forbidden",
        ),
        (
            Error::PublisherKeyRequired {
                key_id: String::new(),
            },
            403,
            "publisher-key-required",
        ),
        (Error::MetadataTooLarge(""), 400, "metadata-too-large"),
        (Error::UseRange { limit: 1 }, 413, "use-range"),
        (
            Error::RangeNotSatisfiable { length: 1 },
            416,
            "range-not-satisfiable",
        ),
        (Error::MasterKeyMissing, 500, "master-key-missing"),
        (Error::CustomerKeyRequired, 403, "customer-key-required"),
        (
            Error::CustomerKeyMissing("".into()),
            500,
            "customer-key-missing",
        ),
        (
            Error::CustomerKeyRefused("".into()),
            502,
            "customer-key-refused",
        ),
        (
            Error::CustomerKeyUnavailable("".into()),
            503,
            "customer-key-unavailable",
        ),
        (Error::Randomness("".into()), 500, "internal"),
        (
            Error::EnvelopeRefused(keyfront_envelope::Error::CommitmentRequired),
            502,
            "envelope-refused",
        ),
        (
            Error::EnvelopeInvalid(keyfront_envelope::Error::TagMismatch),
            502,
            "envelope-invalid",
        ),
        (Error::NotSealed, 404, "not-found"),
        (Error::DataKeyRefused("".into()), 502, "envelope-invalid"),
        (Error::PolicyMissing, 500, "policy-missing"),
        (
            Error::PolicyInvalid(PolicyError::TooLarge),
            500,
            "policy-invalid",
        ),
        (Error::Event(""), 500, "event-invalid"),
        (Error::Internal, 500, "internal"),
        (upstream(Fault::BucketMissing), 500, "bucket-missing"),
        (upstream(Fault::Denied), 502, "origin-denied"),
        (upstream(Fault::KmsDenied), 502, "kms-denied"),
        (upstream(Fault::KmsDisabled), 502, "kms-disabled"),
        (
            upstream(Fault::SignatureRejected),
            502,
            "signature-rejected",
        ),
        (upstream(Fault::ClockSkew), 502, "clock-skew"),
        (upstream(Fault::Unexpected), 502, "origin-failed"),
        (
            Error::Encryption {
                applied: String::new(),
            },
            502,
            "encryption-mismatch",
        ),
        (
            upstream(Fault::CredentialsMissing),
            503,
            "credentials-missing",
        ),
        (
            upstream(Fault::CredentialsExpired),
            503,
            "credentials-expired",
        ),
        (upstream(Fault::Throttled), 503, "throttled"),
        (upstream(Fault::Unavailable), 503, "origin-unavailable"),
        (
            Error::BudgetSpent(crate::budget::BudgetSpent {
                expense: crate::budget::Expense::Listing,
                retry_after: 7,
            }),
            429,
            "budget-spent",
        ),
        (
            Error::PolicyUnavailable("".into()),
            503,
            "policy-unavailable",
        ),
        (upstream(Fault::Timeout), 504, "origin-timeout"),
    ] {
        let problem = error.problem();
        listed.retain(|other| *other != problem);
        assert!(super::PROBLEMS.contains(&problem), "{error:?}");
        assert_eq!((problem.status, problem.code), (status, code), "{error:?}");
        assert_eq!(
            problem.retry_after.is_some(),
            status == 503 || code == "write-conflict",
            "{error:?}"
        );
    }
    assert!(listed.is_empty(), "no error has these: {listed:?}");
}

#[test]
fn upstream_texts_are_never_a_detail() {
    assert_eq!(upstream(Fault::Denied).detail(), None);
    assert_eq!(
        Error::Encryption {
            applied: "arn:aws:kms".to_owned()
        }
        .detail(),
        None
    );
    assert_eq!(Error::PolicyInvalid(PolicyError::TooLarge).detail(), None);
}
