//! A viewer's path leaves as the one spelling of what it decodes to, under the route it decodes to, after one redirect at most,
//! or not at all.

#![no_main]

use keyfront_edge::{Route, Served};
use keyfront_fuzz::edge;
use keyfront_sigv4::uri_encoding::{decode, is_strict_path};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|path: &str| {
    let mut served = edge::serve(&edge::get(path, ""));
    if let Some(location) = edge::location(&served).map(str::to_owned) {
        served = edge::serve(&edge::get(&location, ""));
        assert_eq!(edge::location(&served), None, "{path} is sent on twice");
    }
    let Served::Forward(signed) = served else {
        return;
    };
    let requested = decode(path).expect("a path that cannot be decoded is refused");
    let sent = decode(&signed.path).expect("what leaves was encoded here");
    assert!(is_strict_path(&signed.path));
    assert!(
        !sent
            .split('/')
            .any(|segment| segment == "." || segment == "..")
    );
    let requested = match signed.route {
        Route::Bucket => {
            assert!(!requested.starts_with("/_publish/") && !requested.starts_with("/r/"));
            format!("/private-content/pub{requested}")
        }
        Route::Reader => format!("/read/pub{requested}"),
        Route::Publish => requested["/_publish".len()..].to_owned(),
    };
    let completed = if requested.ends_with('/') && signed.route != Route::Publish {
        format!("{requested}index.html")
    } else if requested.is_empty() {
        "/".to_owned()
    } else {
        requested
    };
    assert_eq!(sent, completed);
});
