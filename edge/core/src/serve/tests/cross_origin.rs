//! Answers to preflights, and the cross-origin headers of refusals.

use super::*;

#[test]
fn options_is_answered_from_the_rules_and_never_forwarded() {
    let cors = format!(r#"{FUNCTIONS},"cors":[{{"origins":["https://app.example"]}}]"#);
    for path in ["/a", "/private/a", "/_publish/objects/a"] {
        let headers = [("origin", "https://app.example")];
        match served(
            &cors,
            &ViewerRequest {
                method: "OPTIONS",
                headers: &headers,
                ..get(path)
            },
        ) {
            Served::Answer { answer, .. } => assert_eq!(answer.status, 204),
            Served::Forward(_) | Served::Ask(_) => panic!("forwarded {path}"),
        }
    }
}

#[test]
fn refusals_carry_the_cross_origin_headers_of_the_site() {
    let cors = r#","cors":[{"origins":["https://app.example"]}]"#;
    let headers = [("origin", "https://app.example")];
    match served(
        cors,
        &ViewerRequest {
            headers: &headers,
            ..get("/..")
        },
    ) {
        Served::Answer { answer, .. } => {
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "access-control-allow-origin")
            );
            assert!(
                answer
                    .headers
                    .iter()
                    .any(|header| header.name == "vary" && header.value == "origin")
            );
        }
        Served::Forward(_) | Served::Ask(_) => panic!(),
    }
}
