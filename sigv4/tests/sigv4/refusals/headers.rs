//! Headers: names, values, repetitions, and those the signer writes itself.

use keyfront_sigv4::{Profile, Request, Signer, SigningError};

use super::{GET, HOST, canonical, context, credentials, s3};

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
