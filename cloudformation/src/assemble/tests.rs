#![allow(clippy::unwrap_used)]

use super::*;
use crate::Document;

/// The description of the version, whose change publishes a new one.
fn description(text: &str) -> String {
    let document = Document::parse(&with_edge_configuration(text)).unwrap();
    document.properties("EdgeVersion").unwrap()["Description"].to_string()
}

#[test]
fn whatever_changes_the_edges_function_publishes_a_version() {
    for template in [Template::Keyfront, Template::Edge] {
        let text = template.joined(&Sites::default()).unwrap();
        let described = description(&text);
        assert!(described.contains("${Role}"), "{described}");
        for (from, to) in [
            ("      Runtime: nodejs22.x\n", "      Runtime: nodejs24.x\n"),
            ("      MemorySize: 128\n", "      MemorySize: 256\n"),
            ("      Timeout: 10\n", "      Timeout: 20\n"),
        ] {
            let other = text.replace(from, to);
            assert_ne!(other, text, "{from}");
            assert_ne!(description(&other), described, "{to}");
        }
        let elsewhere = text.replace("PriceClass_100", "PriceClass_200");
        assert_eq!(description(&elsewhere), described);
    }
}
