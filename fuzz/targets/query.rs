//! A form-encoded text that is decoded is what the standard's own decoder makes of it; what that would have to repair
//! is refused.

#![no_main]

use keyfront_origin_core::form_encoding;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|query: &str| {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        for part in [name, value] {
            let Ok(decoded) = form_encoding::decode(part) else {
                continue;
            };
            assert_eq!(decoded, standard(part));
            let encoded: String = form_urlencoded::byte_serialize(decoded.as_bytes()).collect();
            assert_eq!(form_encoding::decode(&encoded), Ok(decoded));
        }
        if form_encoding::decode(pair).is_ok() {
            let mut pairs = form_urlencoded::parse(pair.as_bytes());
            let (read, written) = pairs.next().unwrap_or_default();
            assert_eq!(form_encoding::decode(name).as_deref(), Ok(&*read));
            assert_eq!(form_encoding::decode(value).as_deref(), Ok(&*written));
        }
    }
});

/// WHATWG's reading of one name without `=` and `&`.
fn standard(text: &str) -> String {
    let text = text.replace('=', "%3D");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}
