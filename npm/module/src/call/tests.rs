use keyfront_sigv4::Signer;

use super::answer;
use keyfront_wasm_module::frame;

const FIELDS: [&str; 14] = [
    "AKIDEXAMPLE",
    "secret",
    "",
    "us-east-1",
    "s3",
    "1767323045",
    "GET",
    "/a b",
    "/a%20b",
    "v=1+2",
    "",
    "",
    "host",
    "b.s3.us-east-1.amazonaws.com",
];

fn called(fields: &[&str]) -> Vec<String> {
    let (mut input, mut out) = (Vec::new(), Vec::new());
    frame::put_texts(&mut input, fields);
    answer(&mut Signer::new(), &input, &mut out);
    frame::texts(&out)
        .unwrap()
        .into_iter()
        .map(String::from)
        .collect()
}

fn with(place: usize, text: &'static str) -> Vec<String> {
    let mut fields = FIELDS;
    fields[place] = text;
    called(&fields)
}

#[test]
fn a_request_comes_back_as_it_must_be_sent() {
    let answer = called(&FIELDS);
    assert_eq!(
        answer[..4],
        ["signed", "/a%20b", "v=1%202", "authorization"]
    );
    let names: Vec<_> = answer[3..].iter().step_by(2).collect();
    assert_eq!(
        names,
        ["authorization", "x-amz-date", "x-amz-content-sha256"]
    );
}

#[test]
fn a_session_token_is_among_the_headers_to_set() {
    assert_eq!(with(2, "token")[9..], ["x-amz-security-token", "token"]);
}

#[test]
fn seconds_of_validity_presign() {
    let mut fields = FIELDS;
    fields[11] = "60";
    let answer = called(&fields);
    assert_eq!(answer.len(), 3);
    assert!(
        answer[2].contains("X-Amz-Expires=60") && answer[2].contains("&v=1%202&X-Amz-Signature=")
    );
}

#[test]
fn refusals_name_the_step_and_no_secret() {
    let cases = [
        (
            0,
            "a/b",
            "credentials: the access key id is not an access key id",
        ),
        (
            1,
            "",
            "credentials: the secret access key is empty or not visible ASCII",
        ),
        (
            5,
            "-1",
            "date: not a moment between the years 1970 and 9999",
        ),
        (6, "G T", "sign: the method is not an HTTP token"),
        (
            7,
            "/x/../a b",
            "url: the path cannot be sent as it was written",
        ),
        (9, "%", "url: invalid percent sequence in the query"),
        (
            11,
            "604801",
            "presign: the lifetime is not within 1 to 604800 seconds",
        ),
    ];
    for (place, text, why) in cases {
        assert_eq!(with(place, text), ["refused", why], "{place}");
    }
}

#[test]
fn missing_fields_and_names_without_values_are_refused() {
    for fields in [&FIELDS[..11], &FIELDS[..13], &[]] {
        assert_eq!(called(fields), ["refused", "frame: malformed"]);
    }
}
