//! A URL and the way to it: taken apart, connected to over TLS, and requested once.
//!
//! Everything that calls a server which is not an API of AWS's begins here; it knows no command.

mod exchange;
mod target;

pub(crate) use self::{
    exchange::{ExchangeError, Made, Question, Reply, Route, Trust, exchange, open},
    target::Target,
};
