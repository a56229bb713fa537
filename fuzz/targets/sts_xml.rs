//! An answer of STS is one whole session, every field of it unescaped and to be found where XML has it, or an error
//! that quotes no more than a code. First line: the status; then the document.

#![no_main]

use keyfront_edge_worker::credentials::{AssumeRoleError, read_session};
use keyfront_sigv4::AmzDate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (status, document) = text.split_once('\n').unwrap_or(("200", text));
    let status = status.parse().unwrap_or(200);
    match read_session(status, document.as_bytes()) {
        Ok(session) => {
            assert_eq!(status, 200);
            let fields = [
                ("AccessKeyId", &*session.access_key_id),
                ("SecretAccessKey", &*session.secret_access_key),
                ("SessionToken", &*session.session_token),
            ];
            for (name, value) in fields {
                let plain = |byte: u8| byte.is_ascii_graphic() && !b"&<>\"'".contains(&byte);
                assert!(!value.is_empty() && value.bytes().all(plain));
                assert!(document.contains(&format!("</{name}>")));
            }
            let expires = session.expires_at.expect("a session of a role ends");
            // Before 1970 there is no date to write, and no session that lasts.
            if let Ok(date) = AmzDate::from_unix(expires) {
                let again = read_session(200, written(fields, &date).as_bytes());
                let again = again.expect("the same session");
                assert_eq!(*again.session_token, *session.session_token);
                assert_eq!(again.expires_at, Some(expires));
            }
        }
        Err(AssumeRoleError::Refused(code)) => {
            assert!(status != 200 && document.contains(&code));
            assert!(
                (1..=64).contains(&code.len())
                    && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
            );
        }
        Err(AssumeRoleError::Answer(same)) => assert_eq!(same, status),
        Err(refusal) => assert!(status != 200, "{refusal}"),
    }
});

/// `2026-01-02T03:04:05Z`
fn iso(date: &AmzDate) -> String {
    let text = date.timestamp();
    let [year, month, day] = [&text[..4], &text[4..6], &text[6..8]];
    let [hour, minute, second] = [&text[9..11], &text[11..13], &text[13..15]];
    format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z")
}

/// The answer that STS writes.
fn written(fields: [(&str, &String); 3], expires: &AmzDate) -> String {
    let moment = iso(expires);
    let mut document = String::from("<AssumeRoleResponse><Credentials>");
    for (name, value) in fields {
        document.push_str(&format!("<{name}>{value}</{name}>"));
    }
    document.push_str(&format!(
        "<Expiration>{moment}</Expiration></Credentials></AssumeRoleResponse>"
    ));
    document
}
