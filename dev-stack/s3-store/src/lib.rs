//! What the local S3 keeps: encrypted bodies ([`blobs`]), the records of buckets, objects and uploads ([`catalog`]), and
//! the keys of both ([`data_key`]).
//!
//! It decides nothing about requests, permissions or which key protects what.

pub mod blobs;
pub mod catalog;
pub mod data_key;
