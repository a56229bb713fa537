//! A cursor survives its text, and never leads a listing back or out of the prefixes that may be listed. First line: the
//! cursor; then the prefix that was asked for.

#![no_main]

use std::sync::LazyLock;

use keyfront_origin_core::{
    listing::{Cursor, scans},
    publisher::{Publisher, Publishers},
};
use libfuzzer_sys::fuzz_target;

const POLICY: &str = r#"{"v":1,"publishers":[{"id":"p","rules":[
    {"prefix":"a/","max_size":1,"content_types":["*/*"]},
    {"prefix":"a/x/","max_size":1,"content_types":["*/*"]},
    {"prefix":"a/w/","methods":["PUT"],"max_size":1,"content_types":["*/*"]},
    {"prefix":"b/","max_size":1,"content_types":["*/*"]}]}]}"#;

static PUBLISHER: LazyLock<Publisher> = LazyLock::new(|| {
    let policy = Publishers::parse(POLICY.as_bytes()).expect("a policy of one publisher");
    policy.publishers()[0].clone()
});

fuzz_target!(|text: &str| {
    let (cursor, requested) = text.split_once('\n').unwrap_or((text, ""));
    let Some(cursor) = Cursor::parse(cursor).inspect(|read| assert_eq!(read.to_text(), cursor))
    else {
        assert!(!cursor.starts_with(['a', 'f']));
        return;
    };
    let Ok(prefixes) = scans(&PUBLISHER, requested) else {
        return;
    };
    assert!(
        prefixes
            .windows(2)
            .all(|two| two[0] < two[1] && !two[1].starts_with(two[0]))
    );
    for prefix in prefixes {
        assert!(prefix.starts_with(requested) || requested == prefix);
        assert!(
            ["a/", "b/"].iter().any(|own| prefix.starts_with(own)),
            "{prefix}"
        );
        let start = cursor.start_in(prefix);
        match &cursor {
            // Keys of the page before come not again, and no key behind them is left out.
            Cursor::After(key) => match start {
                None => assert!(!key.starts_with(prefix) && prefix < key.as_str()),
                Some(None) => assert!(!key.starts_with(prefix) && prefix > key.as_str()),
                Some(Some(after)) => assert!(after == key && after.starts_with(prefix)),
            },
            Cursor::From(first) => {
                assert_eq!(start, (prefix >= first.as_str()).then_some(None));
            }
        }
    }
});
