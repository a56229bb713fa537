//! The folder of one person: a name that says nothing, and that no claim can choose.
//!
//! A subject may hold `/`, `*`, `;` or `%`, and be long; two issuers may both have an `alice`. A hash over both has one alphabet
//! and one length, so that it can stand in a key, in a cookie's path and in a policy's resource as it is.

use sha2::{Digest as _, Sha256};

/// 26 characters of base32 (RFC 4648, lower case) are 130 bits.
const LENGTH: usize = 26;
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// The name of a person's folder: the first 26 characters of base32 of SHA-256 of issuer, a zero byte and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFolder(String);

impl UserFolder {
    /// The folder of `subject`, for whom `issuer` vouches: the `sub` and the `iss` of a token.
    #[must_use]
    pub fn of(issuer: &str, subject: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [issuer.as_bytes(), &[0], subject.as_bytes()] {
            hash.update(part);
        }
        let hash = hash.finalize();
        let symbol = |position: usize| {
            let bits = (0..5).fold(0, |bits, bit| {
                let at = position * 5 + bit;
                bits << 1 | (hash[at / 8] >> (7 - at % 8)) & 1
            });
            char::from(BASE32[usize::from(bits)])
        };
        Self((0..LENGTH).map(symbol).collect())
    }

    /// The name, without slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'https://issuer.example\0alice' | sha256sum | cut -c1-64 | xxd -r -p | base32 | cut -c1-26`, in lower case.
    #[test]
    fn it_is_what_other_programs_compute() {
        let folder = UserFolder::of("https://issuer.example", "alice");
        assert_eq!(folder.as_str(), "2da6nkvcnmjcnj5qugr6jruabx");
    }

    #[test]
    fn hostile_subjects_and_other_issuers_have_names_of_the_same_form() {
        let subjects = [
            "",
            "*",
            "?",
            ";",
            "/",
            "%",
            "..",
            "a\u{0}b",
            "\u{e9}",
            &"x".repeat(5_000),
        ];
        let mut names: Vec<String> = subjects
            .iter()
            .flat_map(|subject| {
                ["https://one.example", "https://two.example"]
                    .map(|issuer| UserFolder::of(issuer, subject).0)
            })
            .collect();
        assert!(names.iter().all(|name| name.len() == LENGTH && name.bytes().all(|byte| BASE32.contains(&byte))));
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 2 * subjects.len());
    }
}
