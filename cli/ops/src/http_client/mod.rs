//! HTTP/1.1 with connections that are kept: many exchanges at a time, bodies of any size, attempts with pauses between.
//!
//! It sends the target it is given and follows no redirect.

mod arriving;
mod attempts;
mod connections;
mod payload;

pub(crate) use self::{
    attempts::{Failure, with_attempts},
    connections::{Arrived, Connections, Outgoing},
    payload::Payload,
};
