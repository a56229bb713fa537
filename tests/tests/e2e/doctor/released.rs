//! A site with releases, of which one is active.

use keyfront_dev_stack::Grant;
use keyfront_tests::local_stack::LocalStack;
use serde_json::json;

use crate::releases_api::{Publisher, Release, page};

/// Of the second site nothing was ever activated.
const SITES: &str =
    r#"{"v":1,"sites":[{"path":"/docs/","release":"docs"},{"path":"/never/","release":"never"}]}"#;
/// The host's own site lies in a folder, so that its grant is no grant for releases.
const OWN: &str = r#"{"v":1,"bucket":"keyfront-dev","region":"eu-west-1","style":"virtual","query":[],"signing":"sigv4","prefix":"site/"}"#;

/// Starts it, with what the edge's role reads of releases or without.
pub(super) async fn start(read: bool) -> LocalStack {
    let stack = LocalStack::configured(|config| {
        config.site = Some(OWN.as_bytes().to_vec());
        config.sites = Some(SITES.as_bytes().to_vec());
        config.withheld = (!read).then(|| Grant {
            holder: "EdgeRole".to_owned(),
            statement: "ReadReleases".to_owned(),
            action: "s3:GetObject".to_owned(),
        });
    })
    .await;
    activate(&stack, &Release::of(&[page("index.html", "one")]), None).await;
    stack
}

/// A viewer has the CDN keep a copy; then another release becomes active, and the edge's pointer ages.
pub(super) async fn switch_behind_the_cache(stack: &LocalStack) {
    let copy = stack.cdn().get("/docs/index.html").await;
    assert_eq!(copy.body, "one", "{copy:?}");
    let first = Release::of(&[page("index.html", "one")]);
    let next = Release::of(&[page("index.html", "two")]);
    activate(stack, &next, Some(&first)).await;
}

async fn activate(stack: &LocalStack, release: &Release, replaces: Option<&Release>) {
    let publisher = Publisher::of(stack);
    publisher.publish(release).await;
    let replaces = json!({"replaces": replaces.map(|replaced| replaced.id)});
    let activated = publisher.activate(release, replaces).await;
    assert!(activated.status.is_success(), "{activated:?}");
}
