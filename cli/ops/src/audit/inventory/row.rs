//! A row of an inventory, as far as an audit reads it.

use anyhow::bail;

use crate::audit::object::{ObjectFacts, Sealed};

/// An object as its inventory saw it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: String,
    /// `x-amz-server-side-encryption`, where the inventory has the column and the object has one.
    pub(crate) algorithm: Option<String>,
    pub(crate) bucket_key: bool,
}

impl Row {
    /// What the inventory says of the object's encryption. It knows no keys and no metadata.
    pub(crate) fn facts(&self) -> ObjectFacts {
        ObjectFacts {
            key: self.key.clone(),
            algorithm: self.algorithm.clone(),
            kms_key: None,
            bucket_key: self.bucket_key,
            sealed: Sealed::No,
        }
    }
}

/// The columns that are read; an inventory has those that its configuration lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Bucket,
    Key,
    IsLatest,
    IsDeleteMarker,
    EncryptionStatus,
    BucketKeyStatus,
}

impl Column {
    /// By its name in either format: `IsDeleteMarker`, `is_delete_marker`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let plain: String = name.chars().filter(|letter| *letter != '_').collect();
        Some(match plain.to_ascii_lowercase().as_str() {
            "bucket" => Self::Bucket,
            "key" => Self::Key,
            "islatest" => Self::IsLatest,
            "isdeletemarker" => Self::IsDeleteMarker,
            "encryptionstatus" => Self::EncryptionStatus,
            "bucketkeystatus" => Self::BucketKeyStatus,
            _ => return None,
        })
    }
}

/// A row that is being read, column by column.
#[derive(Debug, Default)]
pub(super) struct RowBuilder {
    row: Row,
    has_key: bool,
    of_other_bucket: bool,
    is_former: bool,
}

impl RowBuilder {
    /// Takes a column's text; `bucket` is the audited one.
    ///
    /// # Errors
    /// A status that S3 Inventory does not have.
    pub(super) fn set(&mut self, column: Column, text: &str, bucket: &str) -> anyhow::Result<()> {
        match column {
            Column::Bucket => self.of_other_bucket = text != bucket,
            Column::Key => {
                text.clone_into(&mut self.row.key);
                self.has_key = true;
            }
            Column::IsLatest => self.is_former |= text == "false",
            Column::IsDeleteMarker => self.is_former |= text == "true",
            Column::BucketKeyStatus => self.row.bucket_key = text == "ENABLED",
            Column::EncryptionStatus => {
                let algorithm = match text {
                    "SSE-S3" => Some("AES256"),
                    "SSE-KMS" => Some("aws:kms"),
                    "DSSE-KMS" => Some("aws:kms:dsse"),
                    "SSE-C" => Some("SSE-C"),
                    // HEAD says what is the matter with these.
                    "NOT-SSE" | "" => None,
                    other => bail!("the inventory has an unknown encryption status {other:?}"),
                };
                self.row.algorithm = algorithm.map(str::to_owned);
            }
        }
        Ok(())
    }

    /// The row; `None` for a former version or a delete marker.
    ///
    /// # Errors
    /// It has no key, or is of another bucket.
    pub(super) fn build(self) -> anyhow::Result<Option<Row>> {
        if self.of_other_bucket {
            bail!("the inventory has a row of another bucket");
        }
        if !self.has_key {
            bail!("the inventory has a row without a key");
        }
        Ok((!self.is_former).then_some(self.row))
    }
}
