//! An event becomes the request that the client sent, nothing resolved and nothing repaired, or a refusal.

#![no_main]

use keyfront_origin_core::{Error, function_url_event::Event};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let Ok(event) = serde_json::from_slice::<Event>(document) else {
        return;
    };
    let written = serde_json::to_vec(&event).expect("texts and truth values");
    assert_eq!(
        serde_json::from_slice::<Event>(&written).expect("what we write"),
        event
    );
    match event.clone().into_request() {
        Ok(request) => {
            let uri = request.uri();
            assert!(
                uri.path().starts_with('/') && uri.scheme().is_none() && uri.authority().is_none()
            );
            let (path, _) = event
                .raw_path
                .split_once('?')
                .unwrap_or((&event.raw_path, ""));
            // `http` ends an address at its fragment, which no client sends.
            assert_eq!(uri.path(), path.split('#').next().unwrap_or_default());
            assert_eq!(request.method().as_str(), event.request_context.http.method);
            assert_eq!(request.headers().len(), event.headers.len());
            let body = event.body.unwrap_or_default();
            if event.is_base64_encoded {
                assert!(request.body().len() <= body.len() / 4 * 3);
            } else {
                assert_eq!(request.body().as_slice(), body.as_bytes());
            }
        }
        Err(refusal) => assert!(matches!(refusal, Error::Event(_)), "{refusal}"),
    }
});
