//! `manifest.json`: which bucket was listed, when, in which format and into which files.

use anyhow::{Context as _, bail, ensure};
use keyfront_names::Arn;
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{S3Address, row::Column};
use crate::{aws::call_error, bucket_target::BucketTarget};

/// Bytes of a manifest at most: a million data files.
const MAX_MANIFEST: i64 = 256 << 20;

/// An inventory that can be read.
#[derive(Debug, Clone)]
pub(crate) struct Inventory {
    /// Where its files are.
    pub(super) bucket: String,
    pub(super) source: String,
    pub(super) format: Format,
    pub(super) files: Vec<DataFile>,
    /// Unix time in milliseconds.
    pub(crate) created: i64,
    /// Names this very inventory: its address and the manifest's entity tag.
    pub(crate) identity: String,
}

/// How rows are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Format {
    /// Compressed with gzip; the columns in order, `None` for those nobody reads.
    Csv(Vec<Option<Column>>),
    Parquet,
}

/// One file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct DataFile {
    pub(super) key: String,
    pub(super) size: u64,
    #[serde(rename = "MD5checksum")]
    pub(super) md5: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    source_bucket: String,
    destination_bucket: String,
    creation_timestamp: String,
    file_format: String,
    file_schema: String,
    files: Vec<DataFile>,
}

impl Inventory {
    /// Reads the manifest at `address`, of an inventory of the audited bucket.
    ///
    /// # Errors
    /// It cannot be read, is of another bucket, or in a format or with columns that do not suffice.
    pub(crate) async fn open(target: &BucketTarget, address: &S3Address) -> anyhow::Result<Self> {
        let call = target.s3.get_object().bucket(&address.bucket);
        let answer = call.key(&address.key).send().await.map_err(|error| {
            call_error(error).context(format!("the inventory's manifest {address} cannot be read"))
        })?;
        ensure!(
            answer.content_length().unwrap_or(i64::MAX) <= MAX_MANIFEST,
            "{address} is too large for a manifest; give the inventory's manifest.json"
        );
        let etag = answer.e_tag.unwrap_or_default();
        let text = answer.body.collect().await;
        let text = text.with_context(|| format!("the download of {address} was interrupted"))?;
        let inventory = Self::parse(&text.into_bytes(), format!("{address} {etag}"))
            .with_context(|| format!("{address} is not the manifest of a supported inventory"))?;
        ensure!(
            inventory.source == target.bucket.as_str(),
            "{address} is an inventory of bucket {:?}, not of {:?}",
            inventory.source,
            target.bucket.as_str()
        );
        Ok(inventory)
    }

    /// A sentence about its age, for people.
    pub(crate) fn age(&self) -> String {
        let created = OffsetDateTime::from_unix_timestamp(self.created / 1000);
        let created = created.ok().and_then(|at| at.format(&Rfc3339).ok());
        format!(
            "The inventory was created at {}: objects that were written later are not in it, and are not checked.",
            created.as_deref().unwrap_or("an unknown time")
        )
    }

    fn parse(text: &[u8], identity: String) -> anyhow::Result<Self> {
        let document: Document = serde_json::from_slice(text)?;
        let format = match document.file_format.as_str() {
            "CSV" => {
                let names = document.file_schema.split(',').map(str::trim);
                Format::Csv(names.map(Column::named).collect())
            }
            "Parquet" => Format::Parquet,
            "ORC" => bail!("ORC is not supported; configure the inventory as CSV or Parquet"),
            other => bail!("unknown format {other:?}"),
        };
        if let Format::Csv(columns) = &format {
            for needed in [Column::Bucket, Column::Key] {
                ensure!(
                    columns.contains(&Some(needed)),
                    "it has no column {needed:?}"
                );
            }
        }
        let bucket = document.destination_bucket;
        // An ARN in every partition, or a bare name.
        let bucket = match Arn::parse(&bucket).ok().and_then(|arn| arn.bucket()) {
            Some(name) => name.to_owned(),
            None => bucket,
        };
        Ok(Self {
            bucket,
            source: document.source_bucket,
            format,
            files: document.files,
            created: document.creation_timestamp.parse()?,
            identity,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn parse(format: &str, schema: &str) -> anyhow::Result<Inventory> {
        let document = json!({
            "sourceBucket": "media", "destinationBucket": "arn:aws-cn:s3:::lists",
            "version": "2016-11-30", "creationTimestamp": "1514944800000",
            "fileFormat": format, "fileSchema": schema,
            "files": [{"key": "i/data/1.csv.gz", "size": 5, "MD5checksum": "00"}],
        });
        Inventory::parse(document.to_string().as_bytes(), String::new())
    }

    #[test]
    fn a_manifest_names_its_files_and_the_columns_that_are_read() {
        let read = parse("CSV", "Bucket, Key, Size, EncryptionStatus").unwrap();
        assert_eq!(
            (read.bucket.as_str(), read.created),
            ("lists", 1_514_944_800_000)
        );
        assert_eq!(
            read.format,
            Format::Csv(vec![
                Some(Column::Bucket),
                Some(Column::Key),
                None,
                Some(Column::EncryptionStatus)
            ])
        );
        assert_eq!(
            parse("Parquet", "message s3.inventory {}").unwrap().format,
            Format::Parquet
        );
    }

    #[test]
    fn orc_and_unknown_formats_are_refused_by_name() {
        let refused = |format, schema| parse(format, schema).unwrap_err().to_string();
        assert!(refused("ORC", "struct<bucket:string>").contains("ORC"));
        assert!(refused("Avro", "").contains("Avro"));
        assert!(refused("CSV", "Bucket, Size").contains("Key"));
    }
}
