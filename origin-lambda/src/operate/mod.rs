//! What operators see of the origin besides its log: metrics of every request, for CloudWatch.
//!
//! Metrics are lines of the log in CloudWatch's embedded format, so that counting costs no call and
//! no permission. Who is counted, and when, is decided by the HTTP middleware.

mod embedded_metrics;
mod throttles;

pub(crate) use self::{
    embedded_metrics::{Meter, Observation},
    throttles::{ThrottleCount, counted},
};
