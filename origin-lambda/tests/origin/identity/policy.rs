//! The policy: read again, outlived for a while, refused or withdrawn.

use std::time::{Duration, SystemTime};

use keyfront_origin::{
    Error,
    policy_source::PolicySource,
    publisher::Publishers,
    store::{self, Store},
};

use crate::scripted_s3::{Scripted, Stage};

#[tokio::test]
async fn a_policy_that_does_not_parse_or_is_missing_allows_nothing() {
    let stage = Stage::set().await;
    stage.policy_is(b"{\"v\":1,\"publishers\":[],\"extra\":true}");
    let answer = stage.get("/objects").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "policy-invalid")
    );
    stage.policy_fails(Scripted::error(404, "NoSuchKey", "none"));
    let answer = stage.get("/objects").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (500, "policy-missing")
    );
    assert!(stage.calls().is_empty());
}

fn store(stage: &Stage) -> Store {
    let credentials =
        aws_credential_types::Credentials::new("AKIDEXAMPLE", "s", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(credentials);
    let client = store::client(&stage.config, provider);
    Store::new(
        client,
        stage.config.bucket.clone(),
        stage.config.key_arn.clone(),
    )
}

#[tokio::test]
async fn the_policy_is_read_once_a_minute_by_etag_and_by_one_request_at_a_time() {
    let (stage, source) = (Stage::set().await, PolicySource::<Publishers>::default());
    let (store, start) = (store(&stage), SystemTime::now());
    let reads = (0..16).map(|_| source.current(&store, start));
    assert!(
        futures::future::join_all(reads)
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(stage.policy_reads(), 1);
    source
        .current(&store, start + Duration::from_secs(59))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 1);
    let kept = source
        .current(&store, start + Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 2);
    stage.policy_is(b"{\"v\":1,\"publishers\":[]}");
    let changed = source
        .current(&store, start + Duration::from_secs(121))
        .await
        .unwrap();
    assert_ne!(kept, changed);
}

#[tokio::test]
async fn a_clock_that_went_back_makes_the_policy_stale() {
    let (stage, source) = (Stage::set().await, PolicySource::<Publishers>::default());
    let (store, start) = (store(&stage), SystemTime::now());
    source.current(&store, start).await.unwrap();
    source
        .current(&store, start - Duration::from_secs(3600))
        .await
        .unwrap();
    assert_eq!(stage.policy_reads(), 2);
}

#[tokio::test]
async fn the_last_good_policy_outlives_an_outage_by_five_minutes_and_no_more() {
    let (stage, source) = (Stage::set().await, PolicySource::<Publishers>::default());
    let (store, start) = (store(&stage), SystemTime::now());
    let at = |seconds| start + Duration::from_secs(seconds);
    source.current(&store, start).await.unwrap();
    stage.policy_fails(Scripted::error(503, "SlowDown", "slow down"));
    source.current(&store, at(61)).await.unwrap();
    let reads = stage.policy_reads();
    source.current(&store, at(62)).await.unwrap();
    assert_eq!(
        stage.policy_reads(),
        reads,
        "a second attempt within the pause"
    );
    let error = source.current(&store, at(301)).await.unwrap_err();
    assert!(matches!(error, Error::PolicyUnavailable(_)));
    assert_eq!(error.problem().status, 503);
}

#[tokio::test]
async fn a_refused_or_withdrawn_policy_is_not_outlived() {
    for (failure, code) in [
        (Scripted::error(404, "NoSuchKey", "none"), "policy-missing"),
        (Scripted::error(403, "AccessDenied", "no"), "origin-denied"),
    ] {
        let (stage, source) = (Stage::set().await, PolicySource::<Publishers>::default());
        let (store, start) = (store(&stage), SystemTime::now());
        source.current(&store, start).await.unwrap();
        stage.policy_fails(failure);
        let error = source
            .current(&store, start + Duration::from_secs(61))
            .await
            .unwrap_err();
        assert_eq!(error.problem().code, code);
    }
    let (stage, source) = (Stage::set().await, PolicySource::<Publishers>::default());
    let (store, start) = (store(&stage), SystemTime::now());
    source.current(&store, start).await.unwrap();
    stage.policy_is(b"{");
    for seconds in [61, 62] {
        let error = source
            .current(&store, start + Duration::from_secs(seconds))
            .await
            .unwrap_err();
        assert_eq!(error.problem().code, "policy-invalid");
    }
}
