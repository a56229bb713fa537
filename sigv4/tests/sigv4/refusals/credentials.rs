//! Credentials and scopes, and that no text shows a secret.

use keyfront_sigv4::{
    AmzDate, Credentials, EcdsaKeyCache, Expiry, MultiRegionSigner, Payload, Request,
    SecretAccessKey, SessionToken, Signer, SigningContext, SigningError, StringToSign,
};

use super::{GET, HOST, context, credentials};

#[test]
fn a_scope_with_a_slash_or_without_a_name_is_refused() {
    let credentials = credentials();
    let valid = context(&credentials);
    for name in ["", "eu/central", "eu central", "eu\n", "é"] {
        let region = Signer::new()
            .sign(
                &GET,
                &SigningContext {
                    region: name,
                    ..valid
                },
            )
            .unwrap_err();
        assert_eq!(region, SigningError::Region);
        let service = Signer::new()
            .sign(
                &GET,
                &SigningContext {
                    service: name,
                    ..valid
                },
            )
            .unwrap_err();
        assert_eq!(service, SigningError::Service);
    }
    let mut string_to_sign = StringToSign::new();
    let refused = string_to_sign.write(
        &SigningContext {
            region: "a/b",
            ..valid
        },
        &[0; 32],
    );
    assert_eq!(
        (refused, string_to_sign.as_str()),
        (Err(SigningError::Region), "")
    );
}

#[test]
fn empty_and_unprintable_credentials_are_refused() {
    for text in ["", "a b", "a\n", "é"] {
        assert_eq!(
            SecretAccessKey::new(text),
            Err(SigningError::SecretAccessKey)
        );
        assert_eq!(SessionToken::new(text), Err(SigningError::SessionToken));
    }
    for id in ["", "AKIA/1", "AKIA,", "AKIA 1"] {
        let refused = Credentials::new(id, SecretAccessKey::new("s").unwrap(), None);
        assert_eq!(refused, Err(SigningError::AccessKeyId));
    }
}

#[test]
fn every_bad_input_is_refused_by_its_step_without_a_secret_in_the_text() {
    let credentials = credentials();
    let long = format!("/{}", "a".repeat(2 << 20));
    let value = |value| [HOST, ("x-amz-meta-a", value)];
    let (empty, foreign) = (value(""), value("é"));
    let twice = [HOST, ("x-amz-meta-a", "1"), ("x-amz-meta-a", "2")];
    for (request, region, step) in [
        (
            Request {
                headers: &empty,
                ..GET
            },
            "eu-central-1",
            "sign: ",
        ),
        (
            Request {
                headers: &foreign,
                ..GET
            },
            "eu-central-1",
            "sign: ",
        ),
        (
            Request {
                headers: &twice,
                ..GET
            },
            "eu-central-1",
            "sign: ",
        ),
        (Request { path: &long, ..GET }, "eu-central-1", "sign: "),
        (GET, "eu/central", "scope: "),
    ] {
        let context = SigningContext {
            region,
            ..context(&credentials)
        };
        let one = Signer::new().sign(&request, &context).unwrap_err();
        let set = MultiRegionSigner::new()
            .sign(&request, &context, &mut EcdsaKeyCache::new())
            .unwrap_err();
        for error in [one, set] {
            let text = error.to_string();
            assert!(text.starts_with(step) && text.len() < 200, "{text}");
            assert!(!text.contains("very-secret"), "{text}");
        }
    }
    for (error, step) in [
        (SecretAccessKey::new("").unwrap_err(), "credentials: "),
        (AmzDate::from_unix(-1).unwrap_err(), "date: "),
        (AmzDate::from_unix(253_402_300_800).unwrap_err(), "date: "),
    ] {
        assert!(error.to_string().starts_with(step), "{error}");
    }
}

#[test]
fn no_secret_is_part_of_any_text() {
    let credentials = credentials();
    let context = context(&credentials);
    let mut signer = Signer::new();
    let request = Request {
        payload: Payload::Unsigned,
        ..GET
    };
    let mut texts = vec![format!("{credentials:?} {context:?}")];
    texts.push(format!("{:?}", signer.sign(&request, &context).unwrap()));
    texts.push(format!(
        "{:?}",
        signer
            .presign(&request, &context, Expiry::from_seconds(60).unwrap())
            .unwrap()
    ));
    texts.push(format!("{signer:?}"));
    texts.push(format!(
        "{:?}",
        SecretAccessKey::new("very-secret access").unwrap_err()
    ));
    for text in texts {
        assert!(!text.contains("very-secret"), "{text}");
    }
}
