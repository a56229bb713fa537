//! `/openapi.json` lists the routes, each by a name of its own.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, StatusCode};
use keyfront_tests::stack::Stack;
use serde_json::Value;

async fn document(stack: &Stack) -> Value {
    let answer = stack
        .origin()
        .send(Method::GET, "/openapi.json", &[], Bytes::new())
        .await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn the_description_has_every_route_and_no_other() {
    let stack = Stack::start();
    let document = document(&stack).await;
    let described = document["paths"].as_object().unwrap();
    let paths: BTreeSet<String> = described.keys().cloned().collect();
    let routed: BTreeSet<String> = keyfront_origin::http::paths()
        .map(|path| path.replace("{*", "{"))
        .collect();
    assert_eq!(paths, routed);
    for (path, operations) in described {
        let target = path.replace(['{', '}'], "");
        for method in ["get", "put", "post", "delete", "patch"] {
            let verb = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = stack.origin().send(verb, &target, &[], Bytes::new()).await;
            let answered = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            let listed = operations.get(method).is_some();
            assert_eq!(answered, listed, "{method} {path}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn every_described_call_has_its_own_name_and_needs_a_publisher_but_for_two() {
    let stack = Stack::start();
    let document = document(&stack).await;
    let operations = document["paths"].as_object().unwrap().values();
    let operations: Vec<&Value> = operations
        .flat_map(|path| path.as_object().unwrap().values())
        .collect();
    let name = |operation: &Value| operation["operationId"].as_str().unwrap().to_owned();
    let names: BTreeSet<String> = operations.iter().copied().map(name).collect();
    assert_eq!(names.len(), operations.len());
    let open = operations
        .iter()
        .filter(|operation| operation.get("security").is_none());
    let open: Vec<String> = open.copied().map(name).collect();
    assert_eq!(open, ["health", "openapi"]);
    assert!(document["components"]["securitySchemes"]["publisher"].is_object());
}
