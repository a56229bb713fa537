//! All rows of an inventory, file after file. A thread reads; a short queue keeps it from running ahead.

use std::{fs::File, sync::Arc};

use anyhow::Context as _;
use futures::{Stream, StreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{self, Sender};

use super::{
    csv_rows, data_file,
    manifest::{Format, Inventory},
    parquet_rows,
    row::Row,
};
use crate::bucket_target::BucketTarget;

/// Rows handed over at a time, and how often that may be before somebody takes them.
const BATCH: usize = 512;
const QUEUE: usize = 4;

/// Where a row stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowPosition {
    /// Index of the data file.
    pub(crate) file: usize,
    /// Number of the row in it, from 1.
    pub(crate) row: u64,
}

type Batch = anyhow::Result<Vec<(RowPosition, Row)>>;

/// The newest versions' rows whose keys begin with `prefix`, behind `after`.
pub(crate) fn rows(
    target: &BucketTarget,
    inventory: Arc<Inventory>,
    prefix: String,
    after: Option<RowPosition>,
) -> impl Stream<Item = anyhow::Result<(RowPosition, Row)>> + use<> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let target = target.clone();
    tokio::spawn(async move {
        if let Err(error) = read_all(&target, inventory, prefix, after, &sender).await {
            // Nobody is there to be told any more.
            let _ = sender.send(Err(error)).await;
        }
    });
    let batches = stream::unfold(receiver, |mut receiver| async {
        let batch: Batch = receiver.recv().await?;
        Some((batch, receiver))
    });
    batches.flat_map(|batch| {
        let rows: Vec<anyhow::Result<(RowPosition, Row)>> = match batch {
            Ok(rows) => rows.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        };
        stream::iter(rows)
    })
}

async fn read_all(
    target: &BucketTarget,
    inventory: Arc<Inventory>,
    prefix: String,
    after: Option<RowPosition>,
    sender: &Sender<Batch>,
) -> anyhow::Result<()> {
    let begin = after.unwrap_or_default();
    for (index, data) in inventory.files.iter().enumerate().skip(begin.file) {
        let file = data_file::fetch(target, &inventory, data).await?;
        let reading = FileReading {
            inventory: Arc::clone(&inventory),
            prefix: prefix.clone(),
            index,
            skip: if index == begin.file { begin.row } else { 0 },
            sender: sender.clone(),
        };
        let name = data.key.clone();
        tokio::task::spawn_blocking(move || reading.read(file))
            .await
            .map_err(anyhow::Error::from)
            .and_then(|read| read)
            .with_context(|| format!("the inventory's file {name} is malformed"))?;
    }
    Ok(())
}

/// One file being read.
struct FileReading {
    inventory: Arc<Inventory>,
    prefix: String,
    index: usize,
    /// Rows that an earlier run has reported.
    skip: u64,
    sender: Sender<Batch>,
}

impl FileReading {
    fn read(self, file: File) -> anyhow::Result<()> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut number = 0;
        let take = |row: Option<Row>| {
            number += 1;
            if number > self.skip
                && let Some(row) = row.filter(|row| row.key.starts_with(&self.prefix))
            {
                let place = RowPosition {
                    file: self.index,
                    row: number,
                };
                batch.push((place, row));
            }
            // Without a receiver nobody wants the rest.
            batch.len() < BATCH
                || self
                    .sender
                    .blocking_send(Ok(std::mem::take(&mut batch)))
                    .is_ok()
        };
        let bucket = &self.inventory.source;
        match &self.inventory.format {
            Format::Csv(columns) => csv_rows::read(file, columns, bucket, take)?,
            Format::Parquet => parquet_rows::read(file, bucket, take)?,
        }
        // As above.
        let _ = self.sender.blocking_send(Ok(batch));
        Ok(())
    }
}
