//! An envelope that is accepted means the same when it is written again, and a key that signed nothing proves nothing.

#![no_main]

use keyfront_releases::{Envelope, P256PublicKey, Statement};
use libfuzzer_sys::fuzz_target;

/// The generator of P-256: a key like any other, whose secret is 1.
const POINT: [u8; 65] = [
    0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40,
    0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2,
    0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e,
    0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51,
    0xf5,
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(bytes) else {
        return;
    };
    let written = envelope.to_bytes();
    assert_eq!(Envelope::parse(&written).expect("what we write"), envelope);
    let key = P256PublicKey::from_point(&POINT).expect("a point");
    assert!(!envelope.is_signed_by(&key));
    if let Ok(statement) = Statement::of_envelope(&envelope) {
        assert_eq!(
            statement.to_payload().expect("it was read"),
            envelope.payload
        );
        assert!(Statement::verify(bytes, &statement.site, statement.release, &key).is_err());
    }
});
