//! No document panics, and no document that is accepted makes a request leave for anywhere but its own hosts.

#![no_main]

use keyfront_edge::{Edge, Invocation, Route, Served, Site};
use keyfront_fuzz::edge;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(site) = Site::parse(document) else {
        return;
    };
    let hosts = [
        Some(&site.bucket.host),
        site.reader.as_ref().map(|origin| &origin.host),
        site.publish.as_ref().map(|origin| &origin.host),
    ];
    for path in ["/", "/a/b.txt", "/a/b", "/_publish/x", "/r/x"] {
        let invocation = Invocation {
            site: document,
            ..edge::invocation()
        };
        if let Served::Forward(signed) = Edge::new().serve(&edge::get(path, "v=1"), &invocation) {
            edge::check_headers(&signed.headers);
            assert_eq!(edge::value(&signed, "host"), signed.host);
            let host = match signed.route {
                Route::Bucket => hosts[0],
                Route::Reader => hosts[1],
                Route::Publish => hosts[2],
            };
            assert_eq!(host, Some(&signed.host));
            assert!(
                signed
                    .host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'))
            );
        }
    }
});
