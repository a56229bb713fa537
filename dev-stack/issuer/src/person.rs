//! Who logs in: a name and groups, as typed into the form.

use thiserror::Error;

/// OpenID Connect Core 1.0, 2: a subject has at most 255 ASCII characters.
pub(super) const LONGEST_SUBJECT: usize = 255;
/// Of all groups together, in bytes as typed: it bounds what a session keeps.
pub(super) const LONGEST_GROUPS: usize = 2048;

/// Why nobody logs in under this name or with these groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PersonError {
    /// The subject is empty.
    #[error("subject is empty: enter a name")]
    NoSubject,
    /// The subject is longer than OpenID Connect allows.
    #[error("subject is longer than {LONGEST_SUBJECT} characters: enter a shorter name")]
    LongSubject,
    /// The subject has characters that OpenID Connect does not allow.
    #[error("subject has characters that are not printable ASCII: enter a name without them")]
    SubjectCharacters,
    /// The groups are too long together.
    #[error("groups are longer than {LONGEST_GROUPS} bytes: enter fewer")]
    LongGroups,
    /// A group has characters that cannot be in a name.
    #[error("group has control characters: enter it without them")]
    GroupCharacters,
}

/// A valid subject and groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// 1 to 255 printable ASCII characters.
    pub(super) subject: String,
    /// Not empty each; often none.
    pub(super) groups: Vec<String>,
}

impl Person {
    /// A subject and groups as they are.
    pub(super) fn new(subject: &str, groups: &[&str]) -> Result<Self, PersonError> {
        if subject.is_empty() {
            return Err(PersonError::NoSubject);
        }
        if subject.len() > LONGEST_SUBJECT {
            return Err(PersonError::LongSubject);
        }
        if !subject.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(PersonError::SubjectCharacters);
        }
        if groups.iter().map(|group| group.len()).sum::<usize>() > LONGEST_GROUPS {
            return Err(PersonError::LongGroups);
        }
        if groups.iter().any(|group| group.contains(char::is_control)) {
            return Err(PersonError::GroupCharacters);
        }
        Ok(Self {
            subject: subject.to_owned(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        })
    }

    /// What the form holds: white space around names does not count, nor does an empty group.
    pub(super) fn parse(subject: &str, groups: &str) -> Result<Self, PersonError> {
        if groups.len() > LONGEST_GROUPS {
            return Err(PersonError::LongGroups);
        }
        let groups: Vec<&str> = groups
            .split(',')
            .map(str::trim)
            .filter(|group| !group.is_empty())
            .collect();
        Self::new(subject.trim(), &groups)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_and_groups_are_trimmed_and_empty_groups_left_out() {
        let person = Person::parse(" ada ", "press, ,editors , Zoë,").unwrap();
        assert_eq!(person.subject, "ada");
        assert_eq!(person.groups, ["press", "editors", "Zoë"]);
        assert!(Person::parse("ada", " ").unwrap().groups.is_empty());
    }

    #[test]
    fn each_invalid_person_has_its_own_refusal() {
        let long = "x".repeat(256);
        let many = "x,".repeat(1025);
        for (subject, groups, refusal) in [
            ("", "", PersonError::NoSubject),
            (" \t", "", PersonError::NoSubject),
            (long.as_str(), "", PersonError::LongSubject),
            ("Zoë", "", PersonError::SubjectCharacters),
            ("a\u{7f}b", "", PersonError::SubjectCharacters),
            ("ada", many.as_str(), PersonError::LongGroups),
            ("ada", "a\u{0}b", PersonError::GroupCharacters),
        ] {
            assert_eq!(Person::parse(subject, groups), Err(refusal));
        }
    }

    #[test]
    fn the_longest_names_are_accepted() {
        let subject = "x".repeat(LONGEST_SUBJECT);
        let group = "y".repeat(LONGEST_GROUPS);
        assert!(Person::parse(&subject, &group).is_ok());
        assert!(Person::new(&subject, &[&group, "z"]).is_err());
    }
}
