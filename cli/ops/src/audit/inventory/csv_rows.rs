//! Rows of a CSV file of an inventory: gzip, every field in quotes, keys URL-encoded.

use std::io::{BufRead, BufReader, Read};

use anyhow::{Context as _, bail, ensure};
use flate2::read::MultiGzDecoder;
use keyfront_origin_core::form_encoding;

use super::row::{Column, Row, RowBuilder};

/// Bytes of one row at most; S3's are some thousands.
const MAX_ROW: u64 = 1 << 20;

/// Gives every row of `file` to `take`, those of former versions as `None`, until it says no.
///
/// # Errors
/// The file is not such a file.
pub(super) fn read(
    file: impl Read,
    columns: &[Option<Column>],
    bucket: &str,
    mut take: impl FnMut(Option<Row>) -> bool,
) -> anyhow::Result<()> {
    let mut text = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(file));
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = text.by_ref().take(MAX_ROW);
        bounded.read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        ensure!((line.len() as u64) < MAX_ROW, "a row is longer than 1 MiB");
        if !take(row(&line, columns, bucket)?) {
            return Ok(());
        }
    }
}

fn row(line: &[u8], columns: &[Option<Column>], bucket: &str) -> anyhow::Result<Option<Row>> {
    let line = std::str::from_utf8(line).context("a row is not UTF-8")?;
    let line = line.trim_end_matches(['\n', '\r']);
    let mut builder = RowBuilder::default();
    let (mut rest, mut fields) = (Some(line), columns.iter());
    while let Some(text) = rest {
        let (field, left) = field(text)?;
        rest = left;
        let Some(column) = fields.next() else {
            bail!("a row has more fields than the schema has columns");
        };
        match column {
            Some(Column::Key) => {
                let key = form_encoding::decode(&field).context("a key is not URL-encoded")?;
                builder.set(Column::Key, &key, bucket)?;
            }
            Some(column) => builder.set(*column, &field, bucket)?,
            None => {}
        }
    }
    builder.build()
}

/// The first field of a row (RFC 4180), and what follows its comma.
fn field(text: &str) -> anyhow::Result<(String, Option<&str>)> {
    let Some(quoted) = text.strip_prefix('"') else {
        return Ok(match text.split_once(',') {
            Some((field, rest)) => (field.to_owned(), Some(rest)),
            None => (text.to_owned(), None),
        });
    };
    let mut field = String::new();
    let mut rest = quoted;
    loop {
        let (before, after) = rest.split_once('"').context("a quote is not closed")?;
        field.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                field.push('"');
                rest = more;
            }
            None if after.is_empty() => return Ok((field, None)),
            None => {
                let next = after
                    .strip_prefix(',')
                    .context("a field does not end with its quote")?;
                return Ok((field, Some(next)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    const COLUMNS: [Option<Column>; 6] = [
        Some(Column::Bucket),
        Some(Column::Key),
        Some(Column::IsLatest),
        Some(Column::IsDeleteMarker),
        None,
        Some(Column::EncryptionStatus),
    ];

    fn rows(text: &str) -> anyhow::Result<Vec<Option<Row>>> {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        let mut rows = Vec::new();
        read(&gz.finish().unwrap()[..], &COLUMNS, "b", |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    #[test]
    fn rows_are_read_and_former_versions_are_none() {
        let rows = rows(concat!(
            "\"b\",\"a+b%2Bc%2C%22\",\"true\",\"false\",\"5\",\"SSE-KMS\"\n",
            "\"b\",\"old\",\"false\",\"false\",\"5\",\"SSE-S3\"\r\n",
            "\"b\",\"marker\",\"true\",\"true\",\"\",\"\"\n",
            "b,bare,true,false,,NOT-SSE",
        ))
        .unwrap();
        let keys: Vec<_> = rows
            .iter()
            .map(|row| row.as_ref().map(|row| row.key.as_str()))
            .collect();
        assert_eq!(keys, [Some("a b+c,\""), None, None, Some("bare")]);
        let first = rows[0].as_ref().unwrap();
        assert_eq!(first.algorithm.as_deref(), Some("aws:kms"));
        assert_eq!(rows[3].as_ref().unwrap().algorithm, None);
    }

    #[test]
    fn what_is_no_inventory_is_refused() {
        for text in [
            "\"b\",\"k",
            "\"b\",\"k\"x,\"true\"",
            "\"other\",\"k\"",
            "\"b\"",
            "\"b\",\"%zz\"",
            "\"b\",\"k\",\"true\",\"false\",\"1\",\"SSE-X\"",
            "\"b\",\"k\",\"true\",\"false\",\"1\",\"SSE-S3\",\"more\"",
        ] {
            assert!(rows(text).is_err(), "{text}");
        }
        assert!(read(&b"no gzip"[..], &COLUMNS, "b", |_| true).is_err());
    }
}
