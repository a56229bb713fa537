//! Rows of a Parquet file of an inventory. Only the columns that are read are decoded, page by page.

use std::{fs::File, sync::Arc};

use anyhow::{Context as _, bail};
use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::Field,
    schema::types::Type,
};

use super::row::{Column, Row, RowBuilder};

/// Bytes that a column of a row group may unpack to: S3 Inventory's row groups have less in all.
const MAX_COLUMN: i64 = 512 << 20;

/// Gives every row of `file` to `take`, those of former versions as `None`, until it says no.
///
/// # Errors
/// The file is not such a file.
pub(super) fn read(
    file: File,
    bucket: &str,
    mut take: impl FnMut(Option<Row>) -> bool,
) -> anyhow::Result<()> {
    let reader = SerializedFileReader::new(file).context("it is not a Parquet file")?;
    let schema = reader.metadata().file_metadata().schema();
    let fields: Vec<Arc<Type>> = schema
        .get_fields()
        .iter()
        .filter(|field| field.is_primitive() && Column::named(field.name()).is_some())
        .cloned()
        .collect();
    let read: Vec<Option<Column>> = fields.iter().map(|one| Column::named(one.name())).collect();
    for needed in [Column::Bucket, Column::Key] {
        if !read.contains(&Some(needed)) {
            bail!("it has no column {needed:?}");
        }
    }
    refuse_bombs(&reader)?;
    let projection = Type::group_type_builder(schema.name())
        .with_fields(fields)
        .build()?;
    for row in reader.get_row_iter(Some(projection))? {
        let row = row?;
        let mut builder = RowBuilder::default();
        for (name, field) in row.get_column_iter() {
            let Some(column) = Column::named(name) else {
                continue;
            };
            match field {
                Field::Null => {}
                Field::Bool(value) => {
                    builder.set(column, if *value { "true" } else { "false" }, bucket)?;
                }
                Field::Str(text) => builder.set(column, text, bucket)?,
                Field::Bytes(bytes) => {
                    let text = std::str::from_utf8(bytes.data()).context("a field is not UTF-8")?;
                    builder.set(column, text, bucket)?;
                }
                _ => bail!("column {name:?} is neither text nor boolean"),
            }
        }
        if !take(builder.build()?) {
            return Ok(());
        }
    }
    Ok(())
}

/// A small file may hold pages that no memory holds.
fn refuse_bombs(reader: &SerializedFileReader<File>) -> anyhow::Result<()> {
    for group in reader.metadata().row_groups() {
        let columns = group.columns().iter();
        let read = columns.filter(|column| Column::named(column.column_descr().name()).is_some());
        for column in read {
            let size = column.uncompressed_size();
            if !(0..=MAX_COLUMN).contains(&size) {
                bail!(
                    "column {:?} of a row group decompresses to {size} bytes, more than {MAX_COLUMN}",
                    column.column_descr().name()
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use parquet::{
        data_type::{BoolType, ByteArray, ByteArrayType},
        file::{properties::WriterProperties, writer::SerializedFileWriter},
        schema::parser::parse_message_type,
    };

    use super::*;

    const SCHEMA: &str = "message s3.inventory {
        required binary bucket (STRING);
        required binary key (STRING);
        optional boolean is_latest;
        optional binary encryption_status (STRING);
    }";

    fn written(rows: &[(&str, bool, &str)]) -> File {
        let file = tempfile::tempfile().unwrap();
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let compressed = WriterProperties::builder()
            .set_compression(parquet::basic::Compression::SNAPPY)
            .build();
        let mut writer =
            SerializedFileWriter::new(file.try_clone().unwrap(), schema, Arc::new(compressed))
                .unwrap();
        let mut group = writer.next_row_group().unwrap();
        let texts = |text: fn(&(&str, bool, &str)) -> String| -> Vec<ByteArray> {
            rows.iter()
                .map(|row| text(row).into_bytes().into())
                .collect()
        };
        let levels = vec![1; rows.len()];
        let mut at = 0;
        while let Some(mut column) = group.next_column().unwrap() {
            match at {
                0 => column.typed::<ByteArrayType>().write_batch(
                    &texts(|_| "b".to_owned()),
                    None,
                    None,
                ),
                1 => column.typed::<ByteArrayType>().write_batch(
                    &texts(|row| row.0.to_owned()),
                    None,
                    None,
                ),
                2 => column.typed::<BoolType>().write_batch(
                    &rows.iter().map(|row| row.1).collect::<Vec<_>>(),
                    Some(&levels),
                    None,
                ),
                _ => column.typed::<ByteArrayType>().write_batch(
                    &texts(|row| row.2.to_owned()),
                    Some(&levels),
                    None,
                ),
            }
            .unwrap();
            column.close().unwrap();
            at += 1;
        }
        group.close().unwrap();
        writer.close().unwrap();
        file
    }

    fn rows(file: File, bucket: &str) -> anyhow::Result<Vec<Option<Row>>> {
        let mut rows = Vec::new();
        read(file, bucket, |row| {
            rows.push(row);
            true
        })?;
        Ok(rows)
    }

    #[test]
    fn parquet_rows_are_read_with_their_keys_as_they_are() {
        let file = written(&[
            ("a+b %41", true, "SSE-KMS"),
            ("old", false, "SSE-S3"),
            ("c", true, "SSE-S3"),
        ]);
        let rows = rows(file, "b").unwrap();
        let keys: Vec<_> = rows
            .iter()
            .map(|row| row.as_ref().map(|row| row.key.as_str()))
            .collect();
        assert_eq!(keys, [Some("a+b %41"), None, Some("c")]);
        assert_eq!(
            rows[2].as_ref().unwrap().algorithm.as_deref(),
            Some("AES256")
        );
    }

    #[test]
    fn what_is_no_parquet_inventory_of_the_bucket_is_refused() {
        assert!(rows(written(&[("a", true, "SSE-S3")]), "other").is_err());
        assert!(rows(written(&[("a", true, "?")]), "b").is_err());
        let mut text = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut text, b"PAR1 no").unwrap();
        assert!(rows(text, "b").is_err());
    }
}
