//! What is not signed, and that nothing else is lost by it: every refusal by name, no secret in any text, no
//! panic from any input.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use keyfront_sigv4::{
    AmzDate, CanonicalRequest, ContentSha256Header, Credentials, EcdsaKeyCache, EcdsaSignature,
    Expiry, MultiRegionSigner, PathNormalization, Payload, Profile, Request, SecretAccessKey,
    SessionToken, Signer, SigningContext, SigningError, StringToSign,
};
use proptest::prelude::*;

const HOST: (&str, &str) = ("host", "bucket.s3.eu-central-1.amazonaws.com");
const GET: Request<'_> = Request {
    method: "GET",
    path: "/key",
    query: "",
    headers: &[HOST],
    payload: Payload::Bytes(b""),
};
const VERBATIM: Profile = Profile::Standard {
    path: PathNormalization::Verbatim,
    content_sha256: ContentSha256Header::Omitted,
};

fn credentials() -> Credentials {
    let secret = SecretAccessKey::new("very-secret-access-key").unwrap();
    let token = SessionToken::new("very-secret-session-token").unwrap();
    Credentials::new("ASIAEXAMPLE", secret, Some(token)).unwrap()
}

fn context(credentials: &Credentials) -> SigningContext<'_> {
    SigningContext {
        credentials,
        region: "eu-central-1",
        service: "s3",
        profile: Profile::S3,
        date: AmzDate::from_unix(1_700_000_000).unwrap(),
    }
}

/// The error for S3, or the canonical request.
fn s3(request: Request<'_>) -> Result<String, SigningError> {
    canonical(request, Profile::S3)
}

fn canonical(request: Request<'_>, profile: Profile) -> Result<String, SigningError> {
    let credentials = credentials();
    let mut canonical_request = CanonicalRequest::new();
    canonical_request.write(
        &request,
        &SigningContext {
            profile,
            ..context(&credentials)
        },
    )?;
    Ok(canonical_request.as_str().to_owned())
}

#[test]
fn s3_paths_that_are_not_in_wire_form_are_refused() {
    for path in [
        "/a b",
        "/a+b",
        "/%61",
        "/%2b",
        "/a%2Fb",
        "/%",
        "/%4",
        "/%zz",
        "/é",
        "/!",
        "/*'()",
        "/a?b",
        "/a#b",
        "/a\n",
        "/~%7E",
        "/a:b",
        "/a@b",
        "/a%20b%e9",
    ] {
        assert_eq!(
            s3(Request { path, ..GET }),
            Err(SigningError::PathNotStrict),
            "{path}"
        );
    }
    for path in [
        "/",
        "//",
        "/a/../b",
        "/./",
        "/%20%2B%25%C3%A9",
        "/-._~",
        "/%2561",
    ] {
        let canonical_request = s3(Request { path, ..GET }).unwrap();
        assert_eq!(
            canonical_request.lines().nth(1),
            Some(path),
            "the wire is what is signed"
        );
    }
}

#[test]
fn a_path_that_does_not_begin_with_a_slash_is_refused() {
    for path in ["", "a", "%2Fa", "https://host/a"] {
        assert_eq!(s3(Request { path, ..GET }), Err(SigningError::PathRelative));
        assert_eq!(
            canonical(Request { path, ..GET }, VERBATIM),
            Err(SigningError::PathRelative)
        );
    }
}

#[test]
fn a_path_that_would_split_the_request_is_refused_for_every_service() {
    for path in ["/a\r\nHost: x", "/a\0", "/a?b", "/a#b", "/\x7f"] {
        assert_eq!(
            canonical(Request { path, ..GET }, VERBATIM),
            Err(SigningError::PathCharacter),
            "{path:?}"
        );
    }
}

#[test]
fn s3_queries_that_are_not_in_wire_form_are_refused() {
    for query in [
        "a=b c",
        "a=%7e",
        "a=b=c",
        "a=/",
        "a=%",
        "prefix=a/b",
        "a=é",
        "%61=1",
    ] {
        assert_eq!(
            s3(Request { query, ..GET }),
            Err(SigningError::QueryNotStrict),
            "{query}"
        );
    }
}

#[test]
fn ambiguous_and_malformed_queries_are_refused_for_every_service() {
    for query in [
        "a+b", "a=1+2", "a=\n", "a#b", "=1", "&", "a=1&", "&a=1", "a=1&&b=2",
    ] {
        for profile in [Profile::S3, Profile::STANDARD] {
            assert_eq!(
                canonical(Request { query, ..GET }, profile),
                Err(SigningError::QueryMalformed),
                "{query:?}"
            );
        }
    }
    for query in ["a=%", "a=%4", "a=%zz"] {
        assert_eq!(
            canonical(Request { query, ..GET }, VERBATIM),
            Err(SigningError::QueryMalformed),
            "{query:?}"
        );
    }
}

#[test]
fn a_parameter_without_a_value_is_signed_with_an_empty_one() {
    let canonical_request = s3(Request {
        query: "versions&a=1&acl",
        ..GET
    })
    .unwrap();
    assert_eq!(canonical_request.lines().nth(2), Some("a=1&acl=&versions="));
}

#[test]
fn parameters_are_sorted_by_name_and_then_by_value() {
    let canonical_request = s3(Request {
        query: "b=2&a-=1&a=2&b=1&a=10&B=0",
        ..GET
    })
    .unwrap();
    assert_eq!(
        canonical_request.lines().nth(2),
        Some("B=0&a=10&a=2&a-=1&b=1&b=2")
    );
}

#[test]
fn header_values_that_are_not_visible_ascii_are_refused() {
    for value in ["é", "a\nb", "a\rb", "a\tb", "\0", "\x7f"] {
        let refused = s3(Request {
            headers: &[HOST, ("x-amz-meta-a", value)],
            ..GET
        });
        assert_eq!(
            refused,
            Err(SigningError::HeaderValue {
                name: "x-amz-meta-a".into()
            }),
            "{value:?}"
        );
    }
}

#[test]
fn empty_header_values_are_refused_for_every_service() {
    for value in ["", " ", "    "] {
        for profile in [Profile::S3, Profile::STANDARD] {
            let refused = canonical(
                Request {
                    headers: &[HOST, ("x-amz-meta-a", value)],
                    ..GET
                },
                profile,
            );
            let name = "x-amz-meta-a".into();
            assert_eq!(refused, Err(SigningError::HeaderEmpty { name }));
        }
    }
}

#[test]
fn a_header_that_repeats_is_refused_for_s3_in_any_case() {
    for name in ["x-amz-meta-a", "X-Amz-Meta-A"] {
        let refused = s3(Request {
            headers: &[("x-amz-meta-a", "1"), HOST, (name, "2")],
            ..GET
        });
        let name = "x-amz-meta-a".into();
        assert_eq!(refused, Err(SigningError::HeaderRepeated { name }));
    }
}

#[test]
fn header_names_that_are_not_tokens_are_refused() {
    for name in ["", " ", "a b", "a:b", "a\n", "é", "(a)", "a,b", "a;b"] {
        let refused = s3(Request {
            headers: &[HOST, (name, "v")],
            ..GET
        });
        assert_eq!(
            refused,
            Err(SigningError::HeaderName { name: name.into() }),
            "{name:?}"
        );
    }
}

#[test]
fn headers_that_the_signer_writes_are_refused_in_any_case() {
    for name in [
        "authorization",
        "X-Amz-Date",
        "x-amz-content-SHA256",
        "X-AMZ-SECURITY-TOKEN",
    ] {
        let refused = s3(Request {
            headers: &[HOST, (name, "v")],
            ..GET
        });
        assert_eq!(
            refused,
            Err(SigningError::HeaderReserved { name: name.into() })
        );
    }
}

#[test]
fn repeated_headers_are_joined_by_commas_for_other_services() {
    let headers = [
        ("X-Amz-Meta-B", " 2  3 "),
        HOST,
        ("x-amz-meta-b", "1"),
        ("x-amz-meta-a", "0"),
    ];
    let request = Request {
        headers: &headers,
        ..GET
    };
    let canonical_request = canonical(request, Profile::STANDARD).unwrap();
    assert!(canonical_request.contains("\nx-amz-meta-a:0\nx-amz-meta-b:2 3,1\n"));
    assert!(canonical_request.contains(";x-amz-meta-a;x-amz-meta-b;"));
}

#[test]
fn exactly_one_host_is_signed() {
    assert_eq!(
        s3(Request {
            headers: &[],
            ..GET
        }),
        Err(SigningError::HostMissing)
    );
    assert_eq!(
        s3(Request {
            headers: &[HOST, ("Host", "b")],
            ..GET
        }),
        Err(SigningError::HostRepeated)
    );
}

#[test]
fn a_method_that_is_not_a_token_is_refused() {
    for method in ["", "GET /", "GET\n", "GÉT"] {
        assert_eq!(s3(Request { method, ..GET }), Err(SigningError::Method));
    }
}

#[test]
fn payload_hashes_are_64_lower_case_hexadecimal_digits() {
    let upper = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
    for hash in ["", "abc", upper, "UNSIGNED-PAYLOAD"] {
        assert_eq!(
            s3(Request {
                payload: Payload::Sha256Hex(hash),
                ..GET
            }),
            Err(SigningError::PayloadHash)
        );
    }
    let known = upper.to_lowercase();
    assert_eq!(
        s3(Request {
            payload: Payload::Sha256Hex(&known),
            ..GET
        }),
        s3(GET)
    );
}

#[test]
fn an_unsigned_payload_is_for_s3_alone() {
    let request = Request {
        payload: Payload::Unsigned,
        ..GET
    };
    assert!(s3(request).unwrap().ends_with("\nUNSIGNED-PAYLOAD"));
    assert_eq!(
        canonical(request, Profile::of("lambda")),
        Err(SigningError::PayloadUnsigned)
    );
}

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
fn a_presigned_request_lives_one_second_to_seven_days() {
    for seconds in [0, 604_801, u32::MAX] {
        assert_eq!(
            Expiry::from_seconds(seconds),
            Err(SigningError::Expiry { seconds })
        );
    }
    for seconds in [1, 604_800] {
        assert_eq!(Expiry::from_seconds(seconds).unwrap().seconds(), seconds);
    }
}

#[test]
fn presigning_does_not_sign_a_parameter_of_its_own_twice() {
    let credentials = credentials();
    let expiry = Expiry::from_seconds(60).unwrap();
    for query in [
        "X-Amz-Signature=a",
        "a=1&x-amz-date=2",
        "X-Amz-Expires",
        "X-Amz-Security%2DToken=a",
    ] {
        let request = Request {
            query,
            payload: Payload::Unsigned,
            ..GET
        };
        let refused = Signer::new().presign(&request, &context(&credentials), expiry);
        assert_eq!(refused.unwrap_err(), SigningError::QueryReserved, "{query}");
    }
}

#[test]
fn presigning_for_s3_takes_no_payload_hash() {
    let refused = Signer::new().presign(
        &GET,
        &context(&credentials()),
        Expiry::from_seconds(60).unwrap(),
    );
    assert_eq!(refused.unwrap_err(), SigningError::PayloadPresigned);
}

#[test]
fn finishing_what_was_refused_is_refused() {
    let credentials = credentials();
    let mut signer = Signer::new();
    signer.begin(&GET, &context(&credentials)).unwrap();
    signer
        .begin(
            &Request {
                path: "/a b",
                ..GET
            },
            &context(&credentials),
        )
        .unwrap_err();
    assert_eq!(
        signer.finish(&context(&credentials), &[0; 32]).unwrap_err(),
        SigningError::NotBegun
    );
}

#[test]
fn a_hash_computed_by_the_host_gives_the_same_signature() {
    let credentials = credentials();
    let context = context(&credentials);
    let mut signer = Signer::new();
    let whole = signer
        .sign(&GET, &context)
        .unwrap()
        .authorization()
        .to_owned();
    let hash = signer.begin(&GET, &context).unwrap().sha256();
    assert_eq!(
        signer.finish(&context, &hash).unwrap().authorization(),
        whole
    );
    let by_host = signer.sign_hashed_by(&GET, &context, |canonical_request| {
        use sha2::Digest;
        sha2::Sha256::digest(canonical_request.as_bytes()).into()
    });
    assert_eq!(by_host.unwrap().authorization(), whole);
}

#[test]
fn a_two_megabyte_path_is_refused_for_every_service() {
    for unit in ["a", "../", "%", "é"] {
        let path = format!("/{}", unit.repeat((2 << 20) / unit.len()));
        let bytes = path.len();
        for profile in [Profile::S3, Profile::STANDARD, VERBATIM] {
            assert_eq!(
                canonical(Request { path: &path, ..GET }, profile),
                Err(SigningError::PathTooLong { bytes })
            );
        }
    }
    let longest = format!("/{}", "a".repeat((64 << 10) - 1));
    assert!(
        s3(Request {
            path: &longest,
            ..GET
        })
        .is_ok()
    );
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
fn a_region_set_is_names_separated_by_commas_with_stars_for_any() {
    let credentials = credentials();
    let signed = |region| {
        let context = SigningContext {
            region,
            ..context(&credentials)
        };
        let mut signer = MultiRegionSigner::new();
        let signed = signer.sign(&GET, &context, &mut EcdsaKeyCache::new());
        signed.map(|signed| signed.x_amz_region_set().unwrap().to_owned())
    };
    for set in ["*", "us-east-1", "us-east-1,eu-*", "default"] {
        assert_eq!(signed(set), Ok(set.to_owned()));
    }
    for set in ["", ",", "a,", ",a", "a,,b", "a b", "a/b", "é", "a\n"] {
        assert_eq!(signed(set), Err(SigningError::RegionSet), "{set:?}");
    }
}

#[test]
fn a_multi_region_request_is_signed_by_the_signature_it_is_given_and_no_other() {
    let credentials = credentials();
    let context = context(&credentials);
    let hash = CanonicalRequest::sha256;
    let mut signer = MultiRegionSigner::new();
    let refused = signer.sign_by(&GET, &context, hash, |_, _| {
        Err(SigningError::EcdsaUnavailable)
    });
    assert_eq!(refused.unwrap_err(), SigningError::EcdsaUnavailable);
    let given = EcdsaSignature::from_der(&[0x30, 6, 2, 1, 1, 2, 1, 2]).unwrap();
    let signed = signer
        .sign_by(&GET, &context, hash, |_, _| Ok(given))
        .unwrap();
    assert_eq!(signed.signature(), given.as_str());
}

#[test]
fn a_store_that_is_not_amazons_is_signed_for_any_region_name_and_port() {
    let credentials = credentials();
    for region in ["default", "auto", "garage", "us_east.1", "REGION-1"] {
        let context = SigningContext {
            region,
            ..context(&credentials)
        };
        let request = Request {
            path: "/bucket/key",
            headers: &[("host", "ceph.example:7480")],
            ..GET
        };
        let mut signer = Signer::new();
        let canonical = signer.begin(&request, &context).unwrap();
        assert!(canonical.as_str().contains("\nhost:ceph.example:7480\n"));
        let signed = signer.sign(&request, &context).unwrap();
        let scope = format!("/{region}/s3/aws4_request");
        assert!(signed.authorization().contains(&scope));
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

#[test]
fn the_headers_to_add_are_ready_to_send() {
    let credentials = credentials();
    let context = context(&credentials);
    let mut signer = Signer::new();
    let signed = signer.sign(&GET, &context).unwrap();
    let headers: Vec<_> = signed.iter().collect();
    assert_eq!(
        headers,
        [
            ("authorization", signed.authorization()),
            ("x-amz-date", "20231114T221320Z"),
            (
                "x-amz-content-sha256",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            ),
            ("x-amz-security-token", "very-secret-session-token"),
        ]
    );
}

proptest! {
    #[test]
    fn no_request_panics(
        method: String, path: String, query: String, name: String, value: String, body: Vec<u8>, seconds: i64,
    ) {
        let credentials = credentials();
        let date = AmzDate::from_unix(seconds).unwrap_or(context(&credentials).date);
        for profile in [Profile::S3, Profile::STANDARD, VERBATIM] {
            for (path, headers) in [(&path, [HOST, (&name, &value)]), (&format!("/{path}"), [HOST, ("x", "y")])] {
                let payload = Payload::Bytes(&body);
                let request = Request { method: &method, path, query: &query, headers: &headers, payload };
                let context = SigningContext { profile, date, ..context(&credentials) };
                let _ = Signer::new().sign(&request, &context).is_ok();
                let _ = Signer::new().presign(&request, &context, Expiry::from_seconds(1).unwrap()).is_ok();
            }
        }
    }
}

#[test]
fn more_than_a_thousand_headers_or_parameters_are_refused() {
    let mut headers = vec![("x-amz-meta-a", "v"); 1001];
    headers.push(HOST);
    assert_eq!(
        s3(Request {
            headers: &headers,
            ..GET
        }),
        Err(SigningError::TooMany)
    );
    let query = vec!["a=1"; 1001].join("&");
    assert_eq!(
        s3(Request {
            query: &query,
            ..GET
        }),
        Err(SigningError::TooMany)
    );
    assert!(
        s3(Request {
            query: &query[4..],
            ..GET
        })
        .is_ok()
    );
}
