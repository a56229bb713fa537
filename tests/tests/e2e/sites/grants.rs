//! What the roles may do for sites, and no more.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use http::StatusCode;
use keyfront_cloudformation::Sites;
use keyfront_dev_stack::{Grant, grants, grants_with};
use keyfront_tests::s3_client;

use super::{DOCUMENT, fill, stack, without};

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_role_itself_reads_no_more_of_a_bucket_than_its_sites() {
    let stack = stack().await;
    let edge = s3_client::client(
        &stack.dev.s3_url,
        &stack.dev.region,
        &stack.dev.credentials.edge,
    );
    let read = async |bucket: &str, key: &str| {
        let answer = edge.get_object().bucket(bucket).key(key).send().await;
        answer
            .map(drop)
            .map_err(|error| error.code().unwrap_or_default().to_owned())
    };
    let denied = Err("AccessDenied".to_owned());
    assert_eq!(read("company-app", "current/app.js").await, Ok(()));
    assert_eq!(read("company-app", "former/app.js").await, denied);
    assert_eq!(read("media-archive", "film.mp4").await, Ok(()));
    assert_eq!(
        read("media-archive", ".keyfront/publishers.json").await,
        denied
    );
    // What is missing shows as that only where a site has to know.
    assert_eq!(
        read("company-app", "current/missing").await,
        Err("NoSuchKey".to_owned())
    );
    assert_eq!(read("media-archive", "missing").await, denied);
    let listed = edge.list_objects_v2().bucket("media-archive").send().await;
    assert_eq!(listed.unwrap_err().code(), Some("AccessDenied"));
    let written = edge
        .put_object()
        .bucket("company-app")
        .key("current/x")
        .send()
        .await;
    assert_eq!(written.unwrap_err().code(), Some("AccessDenied"));
}

/// A read, what it answers with a statement's grant, and what without.
fn needs(grant: &Grant) -> (&'static str, StatusCode, StatusCode) {
    let (ok, missing) = (StatusCode::OK, StatusCode::NOT_FOUND);
    match grant.statement.as_str() {
        "ReadSites" | "DecryptSites1" => ("/app/app.js", ok, StatusCode::BAD_GATEWAY),
        // The site hides denials.
        "DecryptSites2" => ("/media/film.mp4", ok, missing),
        "KnowWhatIsMissingInSites" => ("/app/missing.js", missing, StatusCode::BAD_GATEWAY),
        other => panic!("{other} has no row"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_grant_that_sites_add_is_needed() {
    let sites = Sites::parse(DOCUMENT).unwrap();
    let own = grants().unwrap();
    let mut added = grants_with(&sites).unwrap();
    added.retain(|grant| !own.contains(grant));
    assert_eq!(added.len(), 4, "{added:?}");
    let with_all = stack().await;
    for grant in added {
        let (path, status, without_it) = needs(&grant);
        assert_eq!(with_all.cdn().get(path).await.status, status, "{grant:?}");
        let stack = without(Some(grant.clone())).await;
        fill(stack.s3(), &stack.dev.bucket).await;
        let answer = stack.cdn().get(path).await;
        assert_eq!(answer.status, without_it, "{grant:?}: {answer:?}");
    }
}
