//! Two canonical requests side by side: the one that was signed here, and the one S3 verified. Pure.

use serde::Serialize;

/// How they compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "compared")]
pub(crate) enum Comparison {
    /// Both sides signed the same text: the secret is not the access key's.
    Same,
    /// Something between here and S3 changed the request, or one side spells it otherwise.
    Differs {
        /// The part of the canonical request that the line belongs to.
        part: &'static str,
        /// Counted from 1.
        line: usize,
        /// What was signed.
        signed: String,
        /// What S3 verified.
        verified: String,
    },
}

/// A text of both sides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<'a> {
    pub(crate) signed: &'a str,
    pub(crate) verified: &'a str,
}

/// Compares the canonical requests, and where those are equal, the strings to sign.
pub(crate) fn compare(
    canonical_requests: Sides<'_>,
    strings_to_sign: Option<Sides<'_>>,
) -> Comparison {
    first_difference(canonical_requests, part_of)
        .or_else(|| first_difference(strings_to_sign?, |_, _| "string to sign"))
        .unwrap_or(Comparison::Same)
}

fn first_difference(
    Sides { signed, verified }: Sides<'_>,
    part: impl Fn(&str, usize) -> &'static str,
) -> Option<Comparison> {
    let (mut ours, mut theirs) = (signed.split('\n'), verified.split('\n'));
    for line in 1.. {
        match (ours.next(), theirs.next()) {
            (None, None) => return None,
            (ours, theirs) if ours == theirs => {}
            (ours, theirs) => {
                return Some(Comparison::Differs {
                    part: part(signed, line),
                    line,
                    signed: shown(ours),
                    verified: shown(theirs),
                });
            }
        }
    }
    None
}

/// Method, path and query have a line each; the headers follow, then an empty line, their names and the payload's hash.
fn part_of(signed: &str, line: usize) -> &'static str {
    let headers = signed
        .split('\n')
        .skip(3)
        .take_while(|line| !line.is_empty())
        .count();
    match line {
        1 => "method",
        2 => "path",
        3 => "query",
        line if line <= 3 + headers + 1 => "headers",
        line if line == 3 + headers + 2 => "names of the signed headers",
        _ => "hash of the payload",
    }
}

/// A session token signs nothing by itself, but it is a secret.
fn shown(line: Option<&str>) -> String {
    match line {
        None => "(no such line)".to_owned(),
        Some(line) if line.starts_with("x-amz-security-token:") => {
            "x-amz-security-token:(redacted)".to_owned()
        }
        Some(line) => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNED: &str =
        "GET\n/a%2Bb\n\nhost:b.example\nx-amz-date:20260101T000000Z\n\nhost;x-amz-date\nHASH";

    const fn sides<'a>(signed: &'a str, verified: &'a str) -> Sides<'a> {
        Sides { signed, verified }
    }

    fn differs(verified: &str) -> (&'static str, usize, String) {
        match compare(sides(SIGNED, verified), None) {
            Comparison::Differs {
                part,
                line,
                verified,
                ..
            } => (part, line, verified),
            Comparison::Same => ("same", 0, String::new()),
        }
    }

    #[test]
    fn the_first_differing_line_is_named_with_its_part() {
        for (change, part, line) in [
            (("GET", "HEAD"), "method", 1),
            (("/a%2Bb", "/a%20b"), "path", 2),
            (("b.example", "proxy.example"), "headers", 4),
            (("20260101T000000Z", "20260101T000001Z"), "headers", 5),
            (
                ("host;x-amz-date", "host"),
                "names of the signed headers",
                7,
            ),
            (("HASH", "OTHER"), "hash of the payload", 8),
        ] {
            let found = differs(&SIGNED.replace(change.0, change.1));
            assert_eq!((found.0, found.1), (part, line), "{change:?}");
        }
        assert_eq!(differs("GET\n/a%2Bb").2, "(no such line)");
    }

    #[test]
    fn equal_requests_are_the_same_unless_their_strings_to_sign_differ() {
        assert_eq!(compare(sides(SIGNED, SIGNED), None), Comparison::Same);
        let strings = Some(sides("A\nB", "A\nC"));
        assert!(matches!(
            compare(sides(SIGNED, SIGNED), strings),
            Comparison::Differs {
                part: "string to sign",
                line: 2,
                ..
            }
        ));
    }

    #[test]
    fn a_token_is_never_shown() {
        let with = |token: &str| format!("GET\n/k\n\nx-amz-security-token:{token}\n");
        let found = compare(sides(&with("ours-secret"), &with("theirs-secret")), None);
        assert!(!format!("{found:?}").contains("-secret"));
    }
}
