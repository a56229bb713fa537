//! Requests that two parsers could read differently: whatever one of them takes for a body must not be carried out as a request
//! by the next. Each row hides a publisher's own `PUT`, with its valid token, so that a hole shows as an object.
//!
//! Sources: RFC 9112, 6.1 to 6.3, 7.1 and 11.2; Portswigger's and Narf's tables of obfuscated `Transfer-Encoding`.

use std::time::Duration;

use http::StatusCode;
use keyfront_tests::{publisher, stack::Stack, wire::Wire};

const CONTENT: &str = "what the next viewer must get";
/// Longer than any answer here takes, and shorter than a server waits for the rest of a body.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a server may make of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// One refusal, and the connection ends.
    Refused,
    /// The request is one request whose body ends where the standard says, and the victim's is answered as itself.
    OneRequest,
    /// As either of these: the standard leaves it open.
    Either,
}

use Outcome::{Either, OneRequest, Refused};

/// A row: its name, the lines between the request line and `Host`, the body in front of the hidden request, and the outcome.
type Row = (&'static str, &'static str, &'static str, Outcome);

#[rustfmt::skip] // One row a request.
const ROWS: &[Row] = &[
    // Two lengths.
    ("length and chunks",             "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", Refused),
    ("chunks and length",             "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n", Refused),
    ("two lengths",                   "Content-Length: 0\r\nContent-Length: 5\r\n", "", Refused),
    ("two lengths in a list",         "Content-Length: 0, 5\r\n", "", Refused),
    ("the same length twice in a list", "Content-Length: 0, 0\r\n", "", Refused),
    // Lengths that are none.
    ("a length with a sign",          "Content-Length: +0\r\n", "", Refused),
    ("a negative length",             "Content-Length: -1\r\n", "", Refused),
    ("a hexadecimal length",          "Content-Length: 0x0\r\n", "", Refused),
    ("a length with a fraction",      "Content-Length: 0.0\r\n", "", Refused),
    ("a length with a blank inside",  "Content-Length: 0 0\r\n", "", Refused),
    ("an empty length",               "Content-Length: \r\n", "", Refused),
    ("a length of 2^64",              "Content-Length: 18446744073709551616\r\n", "", Refused),
    ("a length in other digits",      "Content-Length: \u{ff10}\r\n", "", Refused),
    ("a length before a blank colon", "Content-Length : 0\r\n", "", Refused),
    ("a folded length",               "Content-Length:\r\n 0\r\n", "", Refused),
    // Codings that are not chunked at the end.
    ("an unknown coding",             "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", Refused),
    ("chunked before identity",       "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", Refused),
    ("identity alone",                "Transfer-Encoding: identity\r\n", "", Refused),
    ("chunked in quotes",             "Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n", Refused),
    ("chunked with a parameter",      "Transfer-Encoding: chunked;q=0\r\n", "0\r\n\r\n", Refused),
    ("an empty coding",               "Transfer-Encoding: \r\n", "", Refused),
    ("two codings in two lines",      "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n", Refused),
    ("a coding before a blank colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n", Refused),
    ("a blank before the coding's name", " Transfer-Encoding: chunked\r\n", "0\r\n\r\n", Refused),
    ("a folded coding",               "Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n", Refused),
    ("a vertical tab in the coding",  "Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n", Refused),
    ("a NUL in the coding",           "Transfer-Encoding: chunked\0\r\n", "0\r\n\r\n", Refused),
    ("an underscore in the name",     "Transfer_Encoding: chunked\r\n", "", OneRequest),
    ("a coding behind a bare CR",     "X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n", Refused),
    ("chunked in capitals",           "Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n", OneRequest),
    ("chunked behind a tab",          "Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n", OneRequest),
    // Chunks.
    ("a chunk size with a prefix",    "Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n", Refused),
    ("a chunk size with a sign",      "Transfer-Encoding: chunked\r\n", "+0\r\n\r\n", Refused),
    ("a negative chunk size",         "Transfer-Encoding: chunked\r\n", "-1\r\n\r\n", Refused),
    ("a chunk size of 2^64",          "Transfer-Encoding: chunked\r\n", "10000000000000000\r\n\r\n", Refused),
    ("no chunk size",                 "Transfer-Encoding: chunked\r\n", ";a\r\n\r\n", Refused),
    ("a chunk without its line end",  "Transfer-Encoding: chunked\r\n", "1\r\nab0\r\n\r\n", Refused),
    ("a bare LF behind a chunk size", "Transfer-Encoding: chunked\r\n", "0\n\r\n", Refused),
    ("a bare CR behind a chunk size", "Transfer-Encoding: chunked\r\n", "0\rX\r\n\r\n", Refused),
    ("a bare LF in an extension",     "Transfer-Encoding: chunked\r\n", "0;a\nb\r\n\r\n", Refused),
    ("a trailer with a length",       "Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 99\r\n\r\n", Either),
    // The head itself.
    ("a header without a colon",      "Content-Length\r\n", "", Refused),
    ("a header without a name",       ": 0\r\n", "", Refused),
    ("a control character in a name", "A\x01: b\r\n", "", Refused),
    ("a NUL in a value",              "A: b\0c\r\n", "", Refused),
    ("a bare LF at a line's end",     "A: b\n", "", Either),
    ("an upgrade to h2c",             "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n", "", OneRequest),
    ("an upgrade to a web socket",    "Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n", "", OneRequest),
    ("the connection header names the host", "Connection: host, authorization\r\n", "", OneRequest),
];

#[rustfmt::skip] // One row a line.
const REFUSED_LINES: &[&str] = &[
    "GET /victim HTTP/1.1 HTTP/1.1",
    "GET /victim\tHTTP/1.1",
    "GET  /victim HTTP/1.1",
    "GET /victim HTTP/1.1 ",
    " GET /victim HTTP/1.1",
    "GET /vic\x0btim HTTP/1.1",
    "GET /victim",
    "GET /victim HTTP/0.9",
    "GET /victim HTTP/2.0",
    "GET /victim http/1.1",
    "GE\0T /victim HTTP/1.1",
    "PRI * HTTP/2.0",
];

/// One listener, and where its publishers' API lies.
struct Target {
    name: &'static str,
    wire: Wire,
    api: &'static str,
}

impl Target {
    /// The publisher's request that must stay a body.
    fn hidden(&self, bearer: &str, key: &str) -> String {
        format!(
            "PUT {}/objects/{key} HTTP/1.1\r\nHost: {}\r\nAuthorization: {bearer}\r\nContent-Type: text/plain\r\n\
             Content-Length: 3\r\n\r\nbad",
            self.api,
            self.wire.authority()
        )
    }

    /// The next request on the connection, as of somebody behind the same proxy.
    fn victim(&self) -> String {
        format!(
            "GET {}/openapi.json HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.api,
            self.wire.authority()
        )
    }

    /// The statuses of all answers until the server closes. One that goes on waiting has taken the rest for a body, and
    /// whoever comes next on the connection would pay for it.
    async fn statuses(&self, request: &[u8]) -> Vec<u16> {
        let answered = tokio::time::timeout(PATIENCE, self.wire.raw(request)).await;
        let shown = String::from_utf8_lossy(request);
        statuses(&answered.unwrap_or_else(|_| panic!("{} waits for more: {shown}", self.name)))
    }

    /// A row's head in front of its body: a request that reads its body, and refuses an empty one.
    fn head(&self, bearer: &str, lines: &str) -> String {
        format!(
            "POST {}/uploads HTTP/1.1\r\nAuthorization: {bearer}\r\n{lines}Host: {}\r\n",
            self.api,
            self.wire.authority()
        )
    }
}

fn targets(stack: &Stack) -> [Target; 2] {
    [
        Target {
            name: "CDN",
            wire: stack.cdn(),
            api: "/_publish",
        },
        Target {
            name: "origin",
            wire: stack.origin(),
            api: "",
        },
    ]
}

/// The statuses of answers that stand one behind the other; what is cut off is left out.
fn statuses(mut answers: &[u8]) -> Vec<u16> {
    let mut statuses = Vec::new();
    while let Some(end) = answers.windows(4).position(|four| four == b"\r\n\r\n") {
        let head = String::from_utf8_lossy(&answers[..end]).to_ascii_lowercase();
        let status = head
            .strip_prefix("http/1.1 ")
            .and_then(|rest| rest[..3].parse().ok());
        statuses.push(status.unwrap_or_else(|| panic!("no answer: {head}")));
        let length = head.lines().find_map(|line| {
            let value = line.strip_prefix("content-length:")?;
            value.trim().parse::<usize>().ok()
        });
        answers = &answers[(end + 4 + length.unwrap_or(0)).min(answers.len())..];
    }
    statuses
}

fn is_refusal(statuses: &[u16]) -> bool {
    matches!(statuses, [400..=499 | 501 | 505])
}

async fn is_there(stack: &Stack, key: &str) -> bool {
    stack.cdn().get(&format!("/{key}")).await.status == StatusCode::OK
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_a_body_for_one_parser_is_never_a_request_for_the_next() {
    let stack = Stack::start();
    publisher::publish(&stack, "victim", CONTENT).await;
    let bearer = stack.bearer();
    for target in targets(&stack) {
        for (number, (name, lines, body, outcome)) in ROWS.iter().enumerate() {
            let key = format!("hidden-{}-{number}", target.name);
            let request = format!(
                "{}\r\n{body}{}{}",
                target.head(&bearer, lines),
                target.hidden(&bearer, &key),
                target.victim()
            );
            let statuses = target.statuses(request.as_bytes()).await;
            let what = format!("{}, {name}: {statuses:?}", target.name);
            // Behind a body that is whole, the next request is the sender's own: it may be answered, but only in its turn.
            let in_turn = matches!(statuses.as_slice(), [400..=499, 201, _]);
            match outcome {
                Refused => assert!(is_refusal(&statuses), "{what}"),
                OneRequest => assert!(in_turn, "{what}"),
                Either => assert!(in_turn || is_refusal(&statuses), "{what}"),
            }
            assert_eq!(is_there(&stack, &key).await, in_turn, "{what}");
        }
        assert_eq!(stack.cdn().get("/victim").await.body, CONTENT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_the_length_that_was_said_hides_nothing() {
    let stack = Stack::start();
    let bearer = stack.bearer();
    for target in targets(&stack) {
        let hidden = target.hidden(&bearer, &format!("inside-{}", target.name));
        for lines in [
            format!("Content-Length: {}\r\n\r\n{hidden}", hidden.len()),
            format!(
                "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{hidden}\r\n0\r\n\r\n",
                hidden.len()
            ),
        ] {
            let request = format!("{}{lines}{}", target.head(&bearer, ""), target.victim());
            let statuses = target.statuses(request.as_bytes()).await;
            assert!(
                matches!(statuses.as_slice(), [400..=499] | [400..=499, _]),
                "{}: {statuses:?}",
                target.name
            );
        }
        assert!(!is_there(&stack, &format!("inside-{}", target.name)).await);
        // The instrument shows a request that is one.
        let seen = format!("{}{}", hidden.replace("inside", "seen"), target.victim());
        let statuses = target.statuses(seen.as_bytes()).await;
        assert!(
            matches!(statuses.as_slice(), [201, _]),
            "{}: {statuses:?}",
            target.name
        );
        assert!(is_there(&stack, &format!("seen-{}", target.name)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_line_is_read_in_one_way_or_refused() {
    let stack = Stack::start();
    publisher::publish(&stack, "victim", CONTENT).await;
    for target in targets(&stack) {
        for line in REFUSED_LINES {
            let request = format!(
                "{line}\r\nHost: {}\r\n\r\n{}",
                target.wire.authority(),
                target.victim()
            );
            let statuses = target.statuses(request.as_bytes()).await;
            assert!(
                is_refusal(&statuses),
                "{}, {line:?}: {statuses:?}",
                target.name
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    let stack = Stack::start();
    for target in targets(&stack) {
        let own = format!("Host: {}\r\n", target.wire.authority());
        for (version, hosts, status) in [
            ("1.1", own.clone(), 200),
            ("1.1", String::new(), 400),
            ("1.1", format!("{own}Host: other.example\r\n"), 400),
            ("1.1", own.repeat(2), 400),
            ("1.0", String::new(), 200),
            ("1.0", own.repeat(2), 400),
        ] {
            let request = format!(
                "GET {}/openapi.json HTTP/{version}\r\n{hosts}Connection: close\r\n\r\n",
                target.api
            );
            let answer = target.wire.raw(request.as_bytes()).await;
            let head = String::from_utf8_lossy(&answer);
            let seen = head.get(9..12).and_then(|text| text.parse::<u16>().ok());
            assert_eq!(seen, Some(status), "{}, {version}: {hosts:?}", target.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_speaks_the_protocol_that_alpn_chose() {
    let stack = Stack::start();
    // HTTP/2 where HTTP/1.1 was agreed on: the preface (RFC 9113, 3.4) and an empty SETTINGS frame.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let answer = stack.cdn().raw(preface).await;
    assert!(!is_settings(&answer), "{answer:?}");
    // And HTTP/1.1 where HTTP/2 was.
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        stack.cdn().authority()
    );
    let answer = stack.cdn().raw_http2(request.as_bytes()).await;
    assert!(is_settings(&answer), "{answer:?}");
    assert!(!answer.starts_with(b"HTTP/1.1"), "{answer:?}");
}

/// Whether an answer begins with a SETTINGS frame, as every server's of HTTP/2 does.
fn is_settings(answer: &[u8]) -> bool {
    answer.get(3) == Some(&4)
}
