//! What must hold for a write, and whether it does.

/// What must hold of the present object for a write to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteCondition {
    /// Nothing.
    #[default]
    Always,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match: *`
    Present,
    /// `If-Match: "etag"`
    Etag(String),
}

/// Why a conditional write did not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// There is no object to match: 404.
    NoObject,
    /// There is one that does not match: 412.
    Failed,
}

impl WriteCondition {
    /// Evaluates the condition against the ETag of what is there.
    pub fn evaluate(&self, present: Option<&str>) -> Result<(), Unmet> {
        match (self, present) {
            (Self::Always, _) | (Self::Absent, None) | (Self::Present, Some(_)) => Ok(()),
            (Self::Absent, Some(_)) => Err(Unmet::Failed),
            (Self::Present | Self::Etag(_), None) => Err(Unmet::NoObject),
            (Self::Etag(wanted), Some(etag)) if wanted == etag => Ok(()),
            (Self::Etag(_), Some(_)) => Err(Unmet::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_conditions_follow_the_table() {
        let etag = WriteCondition::Etag("a".into());
        for (condition, present, expected) in [
            (&WriteCondition::Always, None, Ok(())),
            (&WriteCondition::Absent, None, Ok(())),
            (&WriteCondition::Absent, Some("a"), Err(Unmet::Failed)),
            (&WriteCondition::Present, None, Err(Unmet::NoObject)),
            (&WriteCondition::Present, Some("a"), Ok(())),
            (&etag, None, Err(Unmet::NoObject)),
            (&etag, Some("a"), Ok(())),
            (&etag, Some("b"), Err(Unmet::Failed)),
        ] {
            assert_eq!(
                condition.evaluate(present),
                expected,
                "{condition:?} {present:?}"
            );
        }
    }
}
