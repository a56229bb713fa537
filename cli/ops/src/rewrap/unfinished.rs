//! Why an object did not come to its end: it is left as it is, or the whole run stops.

use keyfront_envelope::Error;

use super::{kms_fault::KmsFault, outcome::Status};

/// Not done.
#[derive(Debug)]
pub(super) enum Unfinished {
    /// This object alone, and why.
    Left(Status, String),
    /// Every other one would fail alike: the run stops, and can go on.
    Stop(anyhow::Error),
}

impl Unfinished {
    pub(super) fn left(status: Status, why: impl Into<String>) -> Self {
        Self::Left(status, why.into())
    }
}

impl From<anyhow::Error> for Unfinished {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast_ref() {
            // Policies may depend on the encryption context, which is each object's own.
            Some(KmsFault::Denied { .. }) => Self::Left(Status::NotChecked, format!("{error:#}")),
            _ => Self::Stop(error),
        }
    }
}

impl From<KmsFault> for Unfinished {
    fn from(fault: KmsFault) -> Self {
        anyhow::Error::new(fault).into()
    }
}

impl From<Error> for Unfinished {
    fn from(error: Error) -> Self {
        let (status, advice) = match error {
            Error::V1Unsupported
            | Error::ContentCipherUnsupported(_)
            | Error::WrapUnsupported(_)
            | Error::LegacyWrap(_) => (
                Status::Unsupported,
                "; read it with the client that wrote it, and upload it again",
            ),
            Error::MetadataTooLarge(_) => (Status::NotCopied, ""),
            _ => (Status::Broken, "; upload it again"),
        };
        Self::Left(status, format!("{error}{advice}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    fn status(error: Error) -> Option<Status> {
        match Unfinished::from(error) {
            Unfinished::Left(status, _) => Some(status),
            Unfinished::Stop(_) => None,
        }
    }

    #[test]
    fn what_is_never_opened_is_told_from_what_is_damaged() {
        assert_eq!(status(Error::V1Unsupported), Some(Status::Unsupported));
        let legacy = Error::LegacyWrap("kms");
        assert_eq!(status(legacy), Some(Status::Unsupported));
        assert_eq!(status(Error::ContextMismatch), Some(Status::Broken));
        let large = Error::MetadataTooLarge(2049);
        assert_eq!(status(large), Some(Status::NotCopied));
    }

    #[test]
    fn a_denied_key_leaves_the_object_and_a_disabled_one_stops_the_run() {
        let (action, key) = ("kms:Decrypt", "arn:aws:kms:eu-west-1:1:key/k".to_owned());
        let denied = KmsFault::Denied {
            action,
            key: key.clone(),
        };
        match Unfinished::from(denied) {
            Unfinished::Left(Status::NotChecked, why) => {
                assert!(why.contains(action) && why.contains(&key), "{why}");
            }
            other => panic!("{other:?}"),
        }
        let code = "DisabledException".to_owned();
        match Unfinished::from(KmsFault::Unusable {
            key: key.clone(),
            code,
        }) {
            Unfinished::Stop(error) => assert!(error.to_string().contains(&key), "{error}"),
            other @ Unfinished::Left(..) => panic!("{other:?}"),
        }
    }
}
