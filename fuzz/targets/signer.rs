//! The signer takes or refuses any request of any service, without a panic, a secret in its words or a line break
//! in what is sent.

#![no_main]

use keyfront_fuzz::request_text::RequestText;
use keyfront_sigv4::{
    AmzDate, Credentials, Expiry, Payload, Profile, Request, SecretAccessKey, SessionToken, Signer,
    SigningContext,
};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "FwoGZXIvYXdzEXAMPLETOKEN";

fuzz_target!(|text: &str| {
    // Names of headers are quoted in refusals, and the fuzzer learns the secrets by their comparisons.
    if [SECRET, TOKEN].iter().any(|secret| text.contains(secret)) {
        return;
    }
    let text = RequestText::read(text);
    // The first line of the body names the scope; the payload is the rest.
    let (scope, body) = text.body.split_once('\n').unwrap_or((text.body, ""));
    let mut scope = scope.split(' ');
    let mut next = || scope.next().unwrap_or_default();
    let (region, service, seconds, id) = (next(), next(), next(), next());
    let (Ok(secret), Ok(token), Ok(date)) = (
        SecretAccessKey::new(SECRET),
        SessionToken::new(TOKEN),
        AmzDate::from_unix(seconds.parse().unwrap_or(0)),
    ) else {
        return;
    };
    let Ok(credentials) = Credentials::new(id, secret, Some(token)) else {
        return;
    };
    let context = SigningContext {
        credentials: &credentials,
        region,
        service,
        profile: Profile::of(service),
        date,
    };
    for payload in [
        Payload::Bytes(body.as_bytes()),
        Payload::Sha256Hex(body),
        Payload::Unsigned,
    ] {
        let request = Request {
            method: text.method,
            path: text.path,
            query: text.query,
            headers: &text.headers,
            payload,
        };
        let mut signer = Signer::new();
        match signer.sign(&request, &context) {
            Ok(signed) => signed.iter().for_each(|(_, value)| check_sent(value)),
            Err(error) => check_error(&error.to_string()),
        }
        let expiry =
            Expiry::from_seconds(seconds.parse().unwrap_or(1)).or(Expiry::from_seconds(60));
        match expiry.and_then(|expiry| signer.presign(&request, &context, expiry)) {
            Ok(query) => check_sent(query.as_str()),
            Err(error) => check_error(&error.to_string()),
        }
    }
});

fn check_sent(value: &str) {
    assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
}

fn check_error(words: &str) {
    assert!(!words.contains(SECRET) && !words.contains(TOKEN) && words.contains(": "));
}
