//! What is refused before anything is made: certificates, customer keys, quotas, reservations, packages.

use keyfront_tests::scripted_aws::{
    BUCKETS, CACHE_POLICIES, DISTRIBUTIONS, HEADERS_POLICIES, ROLES,
};

use super::refused_unwritten;
use crate::deploy_bench::{Bench, TOGETHER, done};

const CERTIFICATE: &str = "CertificateArn=arn:aws:acm:us-east-1:123456789012:certificate/c";

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_must_be_issued_and_cover_the_domain_and_the_alias_be_free() {
    let bench = Bench::new().await;
    let domain = "DomainName=cdn.example.com";
    let names = vec!["*.example.com".to_owned()];
    bench.aws.state().certificate = ("PENDING_VALIDATION".to_owned(), names.clone());
    refused_unwritten(&bench, &[CERTIFICATE, domain], "is PENDING_VALIDATION").await;
    bench.aws.state().certificate = ("ISSUED".to_owned(), names);
    let deeper = "DomainName=a.b.example.com";
    refused_unwritten(
        &bench,
        &[CERTIFICATE, deeper],
        "does not cover DomainName a.b.example.com",
    )
    .await;
    let taken = ("cdn.example.com".to_owned(), "E2OTHER".to_owned());
    bench.aws.state().alias = Some(taken);
    let expected = "is an alias of distribution E2OTHER";
    refused_unwritten(&bench, &[CERTIFICATE, domain], expected).await;
    bench.aws.state().alias = None;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", CERTIFICATE, "-p", domain])
            .await,
    );
    // The system's own distribution has it now, and another one has the next name.
    bench.aws.state().alias = Some(("cdn.example.com".to_owned(), "E1".to_owned()));
    done(&bench.deploy(TOGETHER, &["--yes", "-p", domain]).await);
    bench.aws.state().alias = Some(("www.example.com".to_owned(), "E2OTHER".to_owned()));
    refused_unwritten(&bench, &["DomainName=www.example.com"], expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_customer_key_must_be_in_a_secure_string_that_exists() {
    let bench = Bench::new().await;
    let arn = |name: &str| format!("arn:aws:ssm:us-east-1:123456789012:parameter/{name}");
    let own = format!("CustomerKeyParameterArn={}", arn("own"));
    let publishers = format!("PublisherKeyParameterArns={},{}", arn("a"), arn("b"));
    let both = [own.as_str(), publishers.as_str()];
    refused_unwritten(&bench, &both, "parameter/own does not exist").await;
    bench.aws.state().parameters.insert(arn("own"), "String");
    refused_unwritten(&bench, &both, "parameter/own is a String").await;
    for name in ["own", "a"] {
        let mut state = bench.aws.state();
        state.parameters.insert(arn(name), "SecureString");
    }
    let expected =
        "PublisherKeyParameterArns arn:aws:ssm:us-east-1:123456789012:parameter/b does not exist";
    refused_unwritten(&bench, &both, expected).await;
    bench
        .aws
        .state()
        .parameters
        .insert(arn("b"), "SecureString");
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", both[0], "-p", both[1]])
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_leaves_lambda_its_hundred_unreserved_instances() {
    let bench = Bench::new().await;
    bench.aws.state().unreserved = 120;
    let expected = "the account has 20 left to reserve";
    refused_unwritten(&bench, &["OriginReservedConcurrency=21"], expected).await;
    done(
        &bench
            .deploy(TOGETHER, &["--yes", "-p", "OriginReservedConcurrency=20"])
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_quota_is_refused_by_its_name_before_anything_is_made() {
    for (code, used, expected) in [
        (
            DISTRIBUTIONS,
            20,
            "20 CloudFront distributions and has 20; this deployment creates 1 more",
        ),
        (
            CACHE_POLICIES,
            20,
            "20 CloudFront cache policies and has 20",
        ),
        (
            HEADERS_POLICIES,
            20,
            "20 CloudFront response headers policies and has 20",
        ),
        (BUCKETS, 20, "20 S3 buckets and has 20"),
        (
            ROLES,
            19,
            "20 IAM roles and has 19; this deployment creates 2 more",
        ),
    ] {
        let bench = Bench::new().await;
        bench.aws.state().quotas.insert(code, (used, 20));
        refused_unwritten(&bench, &[], expected).await;
        refused_unwritten(&bench, &[], &format!("--quota-code {code}")).await;
        // An update makes none of them anew.
        bench.aws.state().quotas.clear();
        bench.deployed(&[]).await;
        bench.aws.state().quotas.insert(code, (used, 20));
        bench.deployed(&[]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_that_may_not_be_read_are_reported_and_stop_nothing() {
    let bench = Bench::new().await;
    bench.aws.state().quotas_denied = true;
    let reported = bench.deployed(&[]).await;
    let expected = "Not checked: the quota of CloudFront cache policies: AccessDeniedException";
    assert!(reported.contains(expected), "{reported}");
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_need_room_in_lambda() {
    let bench = Bench::new().await;
    bench.aws.state().code_left = Some(10);
    refused_unwritten(&bench, &[], "of packages in us-east-1").await;
}
