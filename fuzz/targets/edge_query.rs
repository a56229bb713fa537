//! A read's query leaves with the listed parameters only, strictly spelled and in canonical order; a publish query
//! carries no signing parameter.

#![no_main]

use keyfront_edge::Served;
use keyfront_fuzz::edge;
use keyfront_sigv4::uri_encoding::{decode, is_strict_component};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    if let Served::Forward(signed) = edge::serve(&edge::get("/a", query)) {
        for (name, _) in check(&signed.query) {
            assert!(matches!(&*name, "v" | "page"), "{name}");
        }
    }
    if let Served::Forward(signed) = edge::serve(&edge::get("/_publish/objects", query)) {
        for (name, _) in check(&signed.query) {
            assert!(!name.to_ascii_lowercase().starts_with("x-amz-"), "{name}");
        }
    }
});

fn check(query: &str) -> Vec<(String, String)> {
    let parameters: Vec<(&str, &str)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            pair.split_once('=')
                .expect("what leaves is written with its sign")
        })
        .collect();
    assert!(parameters.is_sorted());
    let decoded = parameters.iter().map(|(name, value)| {
        assert!(is_strict_component(name) && is_strict_component(value) && !name.is_empty());
        let text = |component| {
            decode(component)
                .expect("what leaves was encoded here")
                .into_owned()
        };
        (text(name), text(value))
    });
    decoded.collect()
}
