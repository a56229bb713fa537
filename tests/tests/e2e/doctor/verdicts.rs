//! Every verdict, provoked by the break it is about.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};
use keyfront_tests::artefacts;

use super::{Break, CASE, Case, Given, Start, stage::Stage};

/// Stacks at once.
const AT_ONCE: usize = 2;

#[rustfmt::skip] // A table.
fn cases() -> Vec<Case> {
    use {Break as B, Given as G, Start as S};
    vec![
        // --- before the edge ---
        Case { says: &["200", "Miss from cloudfront", "no headers of the bucket reach viewers", "aws:kms", "is enabled", "bucket keyfront-dev in eu-west-1", "leaves it to the role"], ..CASE },
        Case { start: S::Bundle, says: &["200", "no headers of the bucket reach viewers"], ..CASE },
        Case { given: G::OnlyTheCa, says: &["not checked: AWS was not checked"], ..CASE },
        Case { target: "https://nowhere.keyfront.invalid/a", verdict: "name-unknown", code: 10, says: &["nowhere.keyfront.invalid"], ..CASE },
        Case { target: "https://127.0.0.1:1/a", verdict: "unreachable", code: 11, says: &["127.0.0.1:1"], ..CASE },
        Case { given: G::Nothing, verdict: "tls-fails", code: 12, says: &["UnknownIssuer"], ..CASE },
        // --- what a viewer asks ---
        Case { target: "/a/%2e%2e/b", verdict: "request-refused", code: 20, says: &["path-invalid"], ..CASE },
        Case { method: "DELETE", verdict: "request-refused", code: 20, says: &["method-not-allowed"], ..CASE },
        Case { target: "/a/none.txt", verdict: "object-missing", code: 21, says: &["not-found", "NoSuchKey"], ..CASE },
        Case { target: "/.keyfront/publishers.json", verdict: "object-missing", code: 21, says: &["never served"], ..CASE },
        Case { given: G::OnlyTheCa, target: "/a/none.txt", verdict: "object-missing", code: 21, certain: false, says: &["not-found"], ..CASE },
        Case { cause: B::ObjectDeletedBehindTheCache, verdict: "object-missing", code: 21, says: &["viewers get a cached copy", "Hit from cloudfront"], ..CASE },
        Case { start: S::Without("KnowWhatIsMissing", "s3:ListBucket"), target: "/a/none.txt", verdict: "object-missing", code: 21, says: &["s3:ListBucket"], ..CASE },
        Case { target: "/_publish/objects/a", verdict: "function-refused", code: 22, says: &["401"], ..CASE },
        Case { target: "LONG", verdict: "cdn-refused", code: 30, certain: false, says: &["413"], ..CASE },
        // --- the CDN and its functions ---
        Case { start: S::NoFunctions, verdict: "edge-not-attached", code: 30, says: &["S3's own AccessDenied", "origin-request: nothing"], ..CASE },
        Case { start: S::ThrowingBundle, verdict: "edge-fails", code: 30, says: &["LambdaExecutionError"], ..CASE },
        Case { start: S::QueryDropped, target: "/a/object.txt?v=1&other=2", verdict: "query-dropped", code: 30, says: &["the site lists v"], ..CASE },
        Case { start: S::SiteMissing, verdict: "site-invalid", code: 31, says: &["has no x-keyfront-site"], ..CASE },
        Case { start: S::SiteRefused, verdict: "site-invalid", code: 31, says: &["region", "the edge rejects"], ..CASE },
        Case { start: S::SiteOfAnotherBucket, verdict: "site-misrouted", code: 31, says: &["another-bucket"], ..CASE },
        Case { start: S::NoResponseFunction, verdict: "headers-leak", code: 61, says: &["x-amz-server-side-encryption-aws-kms-key-id", "no function at origin-response"], ..CASE },
        // --- releases ---
        Case { start: S::Releases, target: "/docs/index.html", says: &["of docs, active since 20", "(activation 1)", "\"index.html\" is in its manifest", "the answer is of this release", "aws:kms"], ..CASE },
        Case { start: S::Releases, target: "/docs/none.txt", verdict: "object-missing", code: 21, says: &["has no \"none.txt\"", "is not in its manifest"], ..CASE },
        Case { start: S::Releases, target: "/docs/.well-known/keyfront/manifest.json", says: &["a document of the release", "the answer is of this release"], ..CASE },
        Case { start: S::Releases, target: "/never/a.txt", verdict: "release-unknown", code: 21, says: &["no release of never was ever activated"], ..CASE },
        Case { start: S::ReleasesUnread, target: "/docs/index.html", verdict: "release-unknown", code: 21, certain: false, says: &["the operator reads the pointer of docs"], ..CASE },
        Case { start: S::Releases, cause: B::ReleaseSwitchedBehindTheCache, target: "/docs/index.html", verdict: "other-release", code: 30, says: &["viewers get ", "Hit from cloudfront", "(activation 2)"], ..CASE },
        // --- permissions and keys ---
        Case { cause: B::PolicyDenies, verdict: "bucket-policy-denies", code: 40, says: &["ClosedOnPurpose"], ..CASE },
        Case { cause: B::PolicyDeniesBehindTheCache, verdict: "bucket-policy-denies", code: 40, says: &["Hit from cloudfront", "viewers get a cached copy"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), verdict: "role-denied", code: 40, certain: false, says: &["origin-denied", "serves the operator"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), given: G::OnlyTheCa, verdict: "role-denied", code: 40, certain: false, says: &["not checked"], ..CASE },
        Case { start: S::Without("ReadObjects", "s3:GetObject"), method: "HEAD", verdict: "unexplained", code: 70, certain: false, says: &["HEAD is 502"], ..CASE },
        Case { start: S::Without("DecryptThroughS3", "kms:Decrypt"), verdict: "kms-denied", code: 41, says: &["origin-denied", "role's own policies: check those", "is enabled"], ..CASE },
        Case { start: S::Without("DecryptThroughS3", "kms:Decrypt"), given: G::OnlyTheCa, verdict: "key-unusable", code: 41, certain: false, says: &["HEAD"], ..CASE },
        Case { cause: B::ObjectUnderAnotherKey, verdict: "other-key", code: 41, says: &["the system's key is"], ..CASE },
        Case { cause: B::KeyDisabled, verdict: "key-disabled", code: 41, says: &["KMS.DisabledException", "is disabled"], ..CASE },
        Case { cause: B::KeyDisabledBehindTheCache, verdict: "key-disabled", code: 41, says: &["viewers get a cached copy", "bypassing the cache"], ..CASE },
        Case { cause: B::KeyPendingDeletion, verdict: "key-pending-deletion", code: 41, says: &["will be deleted at 20"], ..CASE },
        Case { cause: B::KeyUnknown, verdict: "key-missing", code: 41, says: &["has no key"], ..CASE },
        // --- signatures, clocks, credentials ---
        Case { start: S::S3BehindRespelling, target: "/a/plus+plus.txt", verdict: "signature-rejected", code: 42, certain: false, says: &["line 2 (path)", "%2B", "%20"], ..CASE },
        Case { start: S::SiteOfAnotherRegion, verdict: "signature-rejected", code: 42, says: &["origin-denied", "the region is wrong"], ..CASE },
        Case { start: S::EdgeClock, verdict: "clock-skew", code: 43, says: &["clock-skew", "the bucket's agrees"], ..CASE },
        Case { start: S::EdgeSession, verdict: "edge-credentials", code: 44, says: &["credentials-expired"], ..CASE },
        Case { start: S::BundleSession, verdict: "edge-credentials", code: 44, says: &["credentials-expired"], ..CASE },
        Case { cause: B::OperatorsSecretWrong, says: &["the secret does not belong to the access key"], ..CASE },
        // --- the origin, and what is served otherwise ---
        Case { start: S::S3Throttling, verdict: "throttled", code: 50, says: &["throttled"], ..CASE },
        Case { start: S::S3Gone, verdict: "origin-failed", code: 50, says: &["502"], ..CASE },
        Case { cause: B::ObjectUnderS3sKey, verdict: "other-encryption", code: 60, says: &["AES256"], ..CASE },
        Case { start: S::WithCustomerKeys, cause: B::ObjectUnderCustomerKey, verdict: "customer-key", code: 60, says: &["requires the customer key", "reader"], ..CASE },
    ]
}

/// What is wrong with the doctor's answer; nothing if it is right.
async fn diagnosed(case: &Case) -> Option<String> {
    let mut stage = Stage::start(case.start).await;
    stage.suffer(case.cause).await;
    let (code, text) = stage.consult(case, false).await;
    // The CDN may have a copy now, so the second run reads the same, and need not find the same.
    let about = format!(
        "{:?} {:?} {:?} {} {}",
        case.start, case.cause, case.given, case.method, case.target
    );
    let first = text.lines().next().unwrap_or_default();
    let expected = match case.certain {
        true => format!("{}: ", case.verdict),
        false => format!("{} (likely): ", case.verdict),
    };
    let unsaid: Vec<_> = case
        .says
        .iter()
        .filter(|said| !text.contains(**said))
        .collect();
    let right = code == case.code && first.starts_with(&expected) && unsaid.is_empty();
    (!right).then(|| {
        format!(
            "{about}: expected {} {expected:?}, unsaid {unsaid:?}, got {code} and\n{text}",
            case.code
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_break_gets_its_verdict_with_the_evidence_for_it() {
    let wrong: Vec<String> = stream::iter(cases())
        .map(|case| async move { diagnosed(&case).await })
        .buffer_unordered(AT_ONCE)
        .filter_map(|wrong| async move { wrong })
        .collect()
        .await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_verdict_of_the_documentation_is_provoked() {
    let document = std::fs::read_to_string(artefacts::root().join("docs/doctor.md")).unwrap();
    let documented: BTreeSet<&str> = document
        .lines()
        .filter_map(|line| {
            line.strip_prefix("| `")?
                .split_once('`')
                .map(|(name, _)| name)
        })
        .collect();
    let cases = cases();
    let provoked: BTreeSet<&str> = cases.iter().map(|case| case.verdict).collect();
    assert_eq!(documented, provoked);
}
