//! Whatever a bucket answers for a pointer, reads go to the tree of 64 hexadecimal digits: those of a pointer, or those known before.

#![no_main]

use keyfront_edge::{Edge, Invocation, PointerAnswer, PointerQuestion, Served};
use keyfront_fuzz::edge;
use libfuzzer_sys::fuzz_target;

const SITE: &str = r#"{"v":1,"bucket":"private-content","region":"eu-central-1","style":"virtual","query":[],"signing":"sigv4","release":"docs"}"#;
const KNOWN: &str = r#"{"active":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","encoded":"css","entry":{},"v":1}"#;
const TREES: &str = "/.keyfront/sites/docs/releases/";

fn at(now: i64) -> Invocation<'static> {
    Invocation {
        now,
        site: SITE.as_bytes(),
        ..edge::invocation()
    }
}

fn answer<'a>(question: &'a PointerQuestion, status: u16, body: &'a str) -> PointerAnswer<'a> {
    PointerAnswer {
        host: &question.request.host,
        path: &question.request.path,
        asked_at: question.asked_at,
        status,
        etag: "\"tag\"",
        body,
    }
}

fuzz_target!(|input: (u16, &str)| {
    let (status, body) = input;
    let mut edge = Edge::new();
    let read = edge::get("/a", "");
    for (now, status, body) in [(1_000_000, 200, KNOWN), (1_000_005, status % 600, body)] {
        let Served::Ask(question) = edge.serve(&read, &at(now)) else {
            panic!("no question");
        };
        edge.pointer_answered(&answer(&question, status, body));
    }
    let Served::Forward(signed) = edge.serve(&read, &at(1_000_005)) else {
        panic!("the last known release is not served");
    };
    let tree = signed.path.strip_prefix(TREES).expect("another key");
    let id = tree.strip_suffix("/files/a").expect("another file");
    assert!(id.len() == 64 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    if id != "a".repeat(64) {
        assert_eq!(status % 600, 200);
        assert_eq!(body.get(11..75), Some(id));
    }
});
