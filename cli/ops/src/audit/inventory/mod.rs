//! S3 Inventory as the list of what is audited: a manifest, its data files, and their rows.
//!
//! It reads CSV and Parquet in constant memory, and decides nothing about an object.

mod address;
mod csv_rows;
mod data_file;
mod manifest;
mod parquet_rows;
mod row;
mod rows;

pub(super) use self::{
    address::S3Address, manifest::Inventory, row::Row, rows::RowPosition, rows::rows,
};
