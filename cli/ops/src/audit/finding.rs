//! What an audit can find, each with a stable name and a level.
//!
//! It decides nothing; `object`, `bucket` and `bucket_policy` do.

use std::fmt;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) code: Code,
    pub(crate) subject: Subject,
    /// What is so, and what to do about it.
    pub(crate) detail: String,
    /// What `--fix` made of it; `None` where nothing was to be fixed.
    pub(crate) fix: Option<Fix>,
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The bucket's settings.
    Bucket,
    /// An object, by its key.
    Object(String),
    /// A begun multipart upload, by its key.
    Upload(String),
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Worth knowing; the audit is still clean.
    Info,
    /// It was a violation until this run.
    Fixed,
    /// It could not be read, so nothing is said about it.
    NotChecked,
    /// Not as demanded.
    Violation,
}

/// The classes. Their names are in docs/audit.md and are read by scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    NotEncrypted,
    OtherMode,
    OtherKey,
    BucketKeyOff,
    NoEnvelope,
    BrokenEnvelope,
    DefaultMode,
    DefaultKey,
    DefaultBucketKeyOff,
    PublicAccessBlock,
    PublicAcl,
    ForeignGrant,
    AclsEnabled,
    PublicPolicy,
    TlsNotDemanded,
    OtherEncryptionAllowed,
    UnnamedKeyAllowed,
    OldPresignedAllowed,
    LoggingOff,
    VersioningOff,
    StaleUpload,
    NotChecked,
}

/// What became of an object that was to be encrypted again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fix {
    /// Done and verified.
    Done,
    /// In the list of the job that gives it the demanded key.
    Listed,
    /// A dry run: it would be tried.
    Planned,
    /// Not tried, or given up without a change, and why.
    Skipped(String),
    /// Tried and failed, or done and not as demanded, and why.
    Failed(String),
}

impl Code {
    /// Whether it says something of every `keyfront dev`, and nothing of what is deployed: S3 on loopback has no TLS, access log
    /// or versions, and every mode of encryption can be tried there.
    pub(crate) const fn is_always_so_in_a_dev_stack(self) -> bool {
        matches!(
            self,
            Self::TlsNotDemanded
                | Self::OtherEncryptionAllowed
                | Self::LoggingOff
                | Self::VersioningOff
        )
    }

    /// The name in every output.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NotEncrypted => "not-encrypted",
            Self::OtherMode => "other-mode",
            Self::OtherKey => "other-key",
            Self::BucketKeyOff => "bucket-key-off",
            Self::NoEnvelope => "no-envelope",
            Self::BrokenEnvelope => "broken-envelope",
            Self::DefaultMode => "default-mode",
            Self::DefaultKey => "default-key",
            Self::DefaultBucketKeyOff => "default-bucket-key-off",
            Self::PublicAccessBlock => "public-access-block",
            Self::PublicAcl => "public-acl",
            Self::ForeignGrant => "foreign-grant",
            Self::AclsEnabled => "acls-enabled",
            Self::PublicPolicy => "public-policy",
            Self::TlsNotDemanded => "tls-not-demanded",
            Self::OtherEncryptionAllowed => "other-encryption-allowed",
            Self::UnnamedKeyAllowed => "unnamed-key-allowed",
            Self::OldPresignedAllowed => "old-presigned-allowed",
            Self::LoggingOff => "logging-off",
            Self::VersioningOff => "versioning-off",
            Self::StaleUpload => "stale-upload",
            Self::NotChecked => "not-checked",
        }
    }

    const fn level(self) -> Level {
        match self {
            Self::BucketKeyOff | Self::DefaultBucketKeyOff | Self::OldPresignedAllowed => {
                Level::Info
            }
            Self::NotChecked => Level::NotChecked,
            Self::NotEncrypted
            | Self::OtherMode
            | Self::OtherKey
            | Self::NoEnvelope
            | Self::BrokenEnvelope
            | Self::DefaultMode
            | Self::DefaultKey
            | Self::PublicAccessBlock
            | Self::PublicAcl
            | Self::ForeignGrant
            | Self::AclsEnabled
            | Self::PublicPolicy
            | Self::TlsNotDemanded
            | Self::OtherEncryptionAllowed
            | Self::UnnamedKeyAllowed
            | Self::LoggingOff
            | Self::VersioningOff
            | Self::StaleUpload => Level::Violation,
        }
    }

    /// Whether a copy onto itself puts it right.
    pub(super) const fn is_fixed_by_copy(self) -> bool {
        matches!(self, Self::NotEncrypted | Self::OtherMode | Self::OtherKey)
    }
}

impl Finding {
    pub(super) fn of_bucket(code: Code, detail: impl Into<String>) -> Self {
        Self::new(code, Subject::Bucket, detail)
    }

    pub(super) fn of_object(code: Code, key: &str, detail: impl Into<String>) -> Self {
        Self::new(code, Subject::Object(key.to_owned()), detail)
    }

    pub(super) fn of_upload(code: Code, key: &str, detail: impl Into<String>) -> Self {
        Self::new(code, Subject::Upload(key.to_owned()), detail)
    }

    fn new(code: Code, subject: Subject, detail: impl Into<String>) -> Self {
        Self {
            code,
            subject,
            detail: detail.into(),
            fix: None,
        }
    }

    pub(crate) fn level(&self) -> Level {
        match &self.fix {
            Some(Fix::Done) => Level::Fixed,
            _ => self.code.level(),
        }
    }
}

impl Level {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Fixed => "fixed",
            Self::NotChecked => "not-checked",
            Self::Violation => "violation",
        }
    }
}

impl Subject {
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Object(_) => "object",
            Self::Upload(_) => "upload",
        }
    }

    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Bucket => None,
            Self::Object(key) | Self::Upload(key) => Some(key),
        }
    }
}

impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("re-encrypted and verified"),
            Self::Listed => f.write_str("listed for the batch job"),
            Self::Planned => f.write_str("would be re-encrypted"),
            Self::Skipped(why) => write!(f, "not changed: {why}"),
            Self::Failed(why) => write!(f, "failed: {why}"),
        }
    }
}
