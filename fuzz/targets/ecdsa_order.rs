//! Whatever bytes reach the second module, a signature or a refusal comes back; whatever bytes come from it, only a
//! signature's form is taken over, digit by digit.

#![no_main]

use keyfront_edge_cloudfront_sigv4a::order::execute;
use keyfront_sigv4::{EcdsaKeyCache, EcdsaSignature};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(signature) = execute(&mut EcdsaKeyCache::new(), bytes) {
        let der: Vec<u8> = digits(signature.as_str());
        assert_eq!(EcdsaSignature::from_der(&der), Ok(signature));
    }
    if let Ok(signature) = EcdsaSignature::from_der(bytes) {
        assert_eq!(digits(signature.as_str()), bytes);
    }
});

fn digits(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().as_chunks::<2>().0.iter();
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("hexadecimal") as u8;
    pairs
        .map(|[high, low]| digit(*high) << 4 | digit(*low))
        .collect()
}
