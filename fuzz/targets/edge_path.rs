//! A viewer's path leaves as the one spelling of what it decodes to, under the route it decodes to, or not at all.

#![no_main]

use keyfront_edge::{Route, Served};
use keyfront_fuzz::edge;
use keyfront_sigv4::uri_encoding::{decode, is_strict_path};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|path: &str| {
    let Served::Forward(signed) = edge::serve(&edge::get(path, "")) else {
        return;
    };
    let asked = decode(path).expect("a path that cannot be decoded is refused");
    let sent = decode(&signed.path).expect("what leaves was encoded here");
    assert!(is_strict_path(&signed.path));
    assert!(
        !sent
            .split('/')
            .any(|segment| segment == "." || segment == "..")
    );
    let asked = match signed.route {
        Route::Bucket => {
            assert!(!asked.starts_with("/_publish/") && !asked.starts_with("/r/"));
            format!("/private-content/pub{asked}")
        }
        Route::Reader => format!("/read/pub{asked}"),
        Route::Publish => asked["/_publish".len()..].to_owned(),
    };
    let completed = if asked.ends_with('/') && signed.route != Route::Publish {
        format!("{asked}index.html")
    } else if asked.is_empty() {
        "/".to_owned()
    } else {
        asked
    };
    assert_eq!(sent, completed);
});
