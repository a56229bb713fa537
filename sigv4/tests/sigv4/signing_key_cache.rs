//! The cache gives the key that derivation gives, whatever was cached before.

use keyfront_sigv4::{
    AmzDate, Credentials, Profile, SecretAccessKey, SigningContext, SigningKey, SigningKeyCache,
    StringToSign,
};

const DAY: i64 = 86_400;

fn credentials(secret: &str) -> Credentials {
    Credentials::new("AKIAEXAMPLE", SecretAccessKey::new(secret).unwrap(), None).unwrap()
}

fn context<'a>(
    credentials: &'a Credentials,
    region: &'a str,
    service: &'a str,
    seconds: i64,
) -> SigningContext<'a> {
    let date = AmzDate::from_unix(seconds).unwrap();
    SigningContext {
        credentials,
        region,
        service,
        profile: Profile::of(service),
        date,
    }
}

/// What a key makes of one fixed string to sign: two keys are equal if and only if this is.
fn probe(key: &SigningKey) -> String {
    let credentials = credentials("probe");
    let mut string_to_sign = StringToSign::new();
    string_to_sign
        .write(&context(&credentials, "r", "s3", 0), &[7; 32])
        .unwrap();
    key.sign(&string_to_sign).to_string()
}

fn derived(context: &SigningContext<'_>) -> SigningKey {
    SigningKey::derive(
        context.credentials.secret_access_key(),
        &context.date,
        context.region,
        context.service,
    )
}

#[test]
fn a_rotated_secret_never_meets_the_old_key() {
    let (old, new) = (credentials("old"), credentials("new"));
    let mut cache = SigningKeyCache::new();
    for credentials in [&old, &new, &old, &new] {
        let context = context(credentials, "eu-west-1", "s3", 0);
        assert_eq!(probe(cache.key(&context)), probe(&derived(&context)));
    }
}

#[test]
fn a_new_day_has_a_new_key_and_the_same_day_the_same() {
    let credentials = credentials("secret");
    let mut cache = SigningKeyCache::new();
    let mut at =
        |seconds: i64| probe(cache.key(&context(&credentials, "eu-west-1", "s3", seconds)));
    assert_ne!(at(DAY - 1), at(DAY));
    assert_eq!(at(DAY), at(2 * DAY - 1));
}

/// New credentials arrive in the last second of a day: each second's signature is of its own secret and day.
#[test]
fn a_rotation_at_midnight_is_seen_by_the_second() {
    let (old, new) = (credentials("old"), credentials("new"));
    let mut cache = SigningKeyCache::new();
    let mut seen = Vec::new();
    for (credentials, seconds) in [
        (&old, DAY - 2),
        (&old, DAY - 1),
        (&new, DAY - 1),
        (&new, DAY),
        (&old, DAY),
    ] {
        let context = context(credentials, "eu-west-1", "s3", seconds);
        let key = probe(cache.key(&context));
        assert_eq!(key, probe(&derived(&context)), "{seconds}");
        seen.push(key);
    }
    assert_eq!(seen[0], seen[1], "one secret, one day, one key");
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[test]
fn every_key_is_right_far_beyond_the_capacity() {
    let credentials: Vec<_> = (0..3)
        .map(|index| credentials(&format!("secret-{index}")))
        .collect();
    let mut cache = SigningKeyCache::new();
    for round in 0..4 {
        for credentials in &credentials {
            for region in ["eu-west-1", "us-east-1"] {
                for service in ["s3", "lambda"] {
                    let context = context(credentials, region, service, round % 2 * DAY);
                    assert_eq!(probe(cache.key(&context)), probe(&derived(&context)));
                }
            }
        }
    }
    assert!(format!("{cache:?}").matches("Entry").count() <= SigningKeyCache::CAPACITY);
}

#[test]
fn region_and_service_do_not_run_into_each_other() {
    let credentials = credentials("secret");
    let mut cache = SigningKeyCache::new();
    let one = probe(cache.key(&context(&credentials, "ab", "c", 0)));
    let other = probe(cache.key(&context(&credentials, "a", "bc", 0)));
    assert_ne!(one, other);
}
