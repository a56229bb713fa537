//! Laws over generated prefixes, documents and tokens.

use std::sync::Arc;

use keyfront_names::ObjectKey;
use proptest::prelude::*;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{issue, publisher};
use crate::publisher::{Method, Publishers};

proptest! {
    #[test]
    fn nothing_is_allowed_outside_a_publishers_prefixes(
        prefixes in prop::collection::btree_set("([a-c]{1,2}/){1,3}", 0..4),
        key in "([a-c]{1,2}/){0,3}[a-c]{1,3}/?",
    ) {
        let rules: Vec<Value> = prefixes
            .iter()
            .map(|prefix| json!({
                "prefix": prefix,
                "methods": ["GET", "PUT", "DELETE"],
                "max_size": 1,
                "content_types": ["*/*"],
            }))
            .collect();
        let web = publisher("web", &json!(rules));
        let key = ObjectKey::new(key).unwrap();
        let covered = prefixes.iter().any(|prefix| key.as_str().starts_with(prefix.as_str()));
        for method in [Method::List, Method::Put, Method::Delete] {
            prop_assert_eq!(web.authorise(method, &key).is_ok(), covered);
        }
    }

    #[test]
    fn no_document_panics_the_parser(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = Publishers::parse(&bytes);
    }

    #[test]
    fn a_token_that_was_not_issued_identifies_nobody(text in "(kfp_)?[A-Za-z0-9_-]{0,60}") {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut policy = Publishers::default().with(publisher("web", &json!([]))).unwrap();
        issue(&mut policy, "web", "t", None, now).unwrap();
        prop_assert!(Arc::new(policy).identify(&text, now).is_none());
    }
}
