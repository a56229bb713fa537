//! The site that a request is for: missing, invalid, or another origin's.

use super::*;

#[test]
fn an_invalid_or_missing_site_is_site_invalid_and_logged() {
    for site in ["", "{}", "{\"v\":1}", &" ".repeat(1_784)] {
        match Edge::new().serve(&get("/a"), &invocation(site)) {
            Served::Answer { answer, log } => {
                assert_eq!(answer.status, 500);
                assert!(answer.body.contains("site-invalid") && log.unwrap().contains("site"));
            }
            Served::Forward(_) | Served::Ask(_) => panic!("{site}"),
        }
    }
}

#[test]
fn a_host_other_than_the_origins_is_site_misrouted() {
    let site = document(FUNCTIONS);
    for (path, domain) in [
        ("/a", "other.example"),
        ("/a", "private-content.s3.amazonaws.com"),
        ("/private/a", HOST),
        ("/_publish/healthz", HOST),
        ("/a", "private-content.s3.eu-central-1.amazonaws.com/prefix"),
    ] {
        let served = Edge::new().serve(&get(path), &connected(&site, Some(domain), None));
        assert_eq!(
            refused(served),
            (500, "site-misrouted".into()),
            "{path} {domain}"
        );
    }
    let upper = HOST.to_uppercase();
    forwarded(Edge::new().serve(&get("/a"), &connected(&site, Some(&upper), None)));
}

#[test]
fn the_origins_domain_is_compared_without_the_port() {
    let site = document(r#","endpoint":"http://localhost:7480""#);
    let request = forwarded(Edge::new().serve(
        &get("/a"),
        &connected(&site, Some("private-content.localhost"), None),
    ));
    assert_eq!(
        header(&request, "host"),
        Some("private-content.localhost:7480")
    );
}
