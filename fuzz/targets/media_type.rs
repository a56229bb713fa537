//! A media type that is accepted has one form, fits into a header, and another parser reads the same type in it.

#![no_main]

use keyfront_origin_core::media_type::{MediaRange, MediaType};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(media_type) = MediaType::parse(text) {
        let written = media_type.as_str();
        assert_eq!(MediaType::parse(written).as_ref(), Ok(&media_type));
        assert!(http::HeaderValue::from_str(written).is_ok());
        assert!(written.is_ascii() && written.starts_with(media_type.essence()));
        assert_eq!(
            media_type.essence(),
            media_type.essence().to_ascii_lowercase()
        );
        let exact = MediaRange::try_from(media_type.essence().to_owned()).expect("a type");
        assert!(exact.is_exact() && exact.contains(&media_type));
        // Browsers and servers ask such parsers; what these cannot read they take for unknown.
        if let Ok(read) = written.parse::<mime::Mime>() {
            assert_eq!(read.essence_str(), media_type.essence());
        }
    }
    if let Ok(range) = MediaRange::try_from(text.to_owned()) {
        assert_eq!(String::from(range.clone()), text);
        assert_eq!(range.is_exact(), MediaType::parse(text).is_ok());
    }
});
