//! What is demanded of objects and bucket.

use anyhow::ensure;
use keyfront_origin_core::encryption::{EncryptionMode, ServerSide};
use serde::{Deserialize, Serialize};

/// The modes objects may have, the first being the one `--fix` applies, and the key of those under KMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Expectation {
    modes: Vec<EncryptionMode>,
    /// A key's ARN; `None` leaves the key open.
    key: Option<String>,
}

impl Expectation {
    /// # Errors
    /// There is no mode, or a key for modes that use none.
    pub(super) fn new(modes: Vec<EncryptionMode>, key: Option<String>) -> anyhow::Result<Self> {
        ensure!(
            !modes.is_empty(),
            "give at least one mode with --expect-mode"
        );
        let expectation = Self { modes, key };
        ensure!(
            expectation.key.is_none() || expectation.accepts_kms(),
            "--expect-key needs a KMS mode; sse-s3 and sse-c have no key in KMS"
        );
        Ok(expectation)
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What a copy asks S3 to apply.
    pub(super) fn target(&self) -> ServerSide {
        self.modes
            .first()
            .map_or(ServerSide::Kms, |mode| mode.server_side())
    }

    /// The accepted modes that S3 writes as `algorithm`.
    pub(super) fn written_as(&self, algorithm: &str) -> impl Iterator<Item = EncryptionMode> {
        self.modes
            .iter()
            .copied()
            .filter(move |mode| mode.server_side().header_value() == algorithm)
    }

    /// Whether objects that S3 writes as `algorithm` can be as demanded.
    pub(super) fn accepts(&self, algorithm: &str) -> bool {
        self.written_as(algorithm).next().is_some()
    }

    /// Whether nothing but customer keys is demanded.
    pub(super) fn is_of_customers(&self) -> bool {
        let mut modes = self.modes.iter();
        modes.all(|mode| mode.server_side() == ServerSide::Customer)
    }

    fn accepts_kms(&self) -> bool {
        self.accepts(ServerSide::Kms.header_value())
            || self.accepts(ServerSide::DsseKms.header_value())
    }

    /// The modes as a list for people.
    pub(super) fn names(&self) -> String {
        let names: Vec<&str> = self.modes.iter().map(|mode| mode.name()).collect();
        names.join(" or ")
    }
}

/// Whether S3's algorithm is under a KMS key.
pub(super) fn is_kms(algorithm: &str) -> bool {
    algorithm == ServerSide::Kms.header_value() || algorithm == ServerSide::DsseKms.header_value()
}
