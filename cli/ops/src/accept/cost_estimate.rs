//! What a run costs, estimated from what it did and AWS's public prices (us-east-1 and Europe, November 2026; taxes,
//! free tiers and storage of the few hours left out).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Dollars for one of each.
mod price {
    /// CloudFront's HTTPS request ($0.012 for 10,000), two runs of the function at the edge ($0.60 for a million) and
    /// their time (128 MB for some milliseconds).
    pub(super) const VIEWER_REQUEST: f64 = 0.000_001_2 + 2.0 * 0.000_000_6 + 0.000_000_1;
    /// PUT, POST and LIST: $0.005 for 1,000; reads cost less, and are counted alike.
    pub(super) const S3_CALL: f64 = 0.000_005;
    /// $0.03 for 10,000.
    pub(super) const KMS_CALL: f64 = 0.000_003;
    /// Beyond the first 1,000 paths of a month.
    pub(super) const INVALIDATED_PATH: f64 = 0.005;
    /// Transfer to the internet for a GB.
    pub(super) const GIGABYTE: f64 = 0.085;
    /// A customer managed key is $1 a month.
    pub(super) const KEY_HOUR: f64 = 1.0 / 730.0;
}

/// What was done so far.
#[derive(Debug)]
pub(super) struct CostEstimate {
    pub(super) viewer_requests: Arc<AtomicU64>,
    s3_calls: AtomicU64,
    kms_calls: AtomicU64,
    invalidated_paths: AtomicU64,
    transferred: AtomicU64,
    begun: Instant,
    charged: Charged,
}

/// Who pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charged {
    /// Nobody: a dev stack.
    Nothing,
    /// What the probes do.
    Use,
    /// That, and a key of the stack's own.
    UseAndKey,
}

impl CostEstimate {
    pub(super) fn new(charged: Charged) -> Self {
        Self {
            viewer_requests: Arc::default(),
            s3_calls: AtomicU64::default(),
            kms_calls: AtomicU64::default(),
            invalidated_paths: AtomicU64::default(),
            transferred: AtomicU64::default(),
            begun: Instant::now(),
            charged,
        }
    }

    pub(super) fn s3(&self, calls: u64) {
        self.s3_calls.fetch_add(calls, Ordering::Relaxed);
    }

    pub(super) fn kms(&self, calls: u64) {
        self.kms_calls.fetch_add(calls, Ordering::Relaxed);
    }

    pub(super) fn invalidated(&self, paths: u64) {
        self.invalidated_paths.fetch_add(paths, Ordering::Relaxed);
    }

    pub(super) fn transferred(&self, bytes: u64) {
        self.transferred.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Dollars so far.
    pub(super) fn dollars(&self) -> f64 {
        self.dollars_after(self.begun.elapsed())
    }

    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of one run are far below 2^52"
    )]
    fn dollars_after(&self, elapsed: Duration) -> f64 {
        if self.charged == Charged::Nothing {
            return 0.0;
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
        let used = count(&self.viewer_requests) * price::VIEWER_REQUEST
            + count(&self.s3_calls) * price::S3_CALL
            + count(&self.kms_calls) * price::KMS_CALL
            + count(&self.invalidated_paths) * price::INVALIDATED_PATH
            + count(&self.transferred) / 1e9 * price::GIGABYTE;
        match self.charged {
            Charged::UseAndKey => used + (elapsed.as_secs_f64() / 3600.0).ceil() * price::KEY_HOUR,
            Charged::Use | Charged::Nothing => used,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_costs_what_it_used_and_the_hours_of_its_own_key() {
        let costs = CostEstimate::new(Charged::UseAndKey);
        costs.viewer_requests.store(1000, Ordering::Relaxed);
        costs.s3(100);
        costs.invalidated(10);
        let after = costs.dollars_after(Duration::from_secs(3601));
        assert!((after - (0.0025 + 0.0005 + 0.05 + 2.0 / 730.0)).abs() < 1e-9);
    }

    #[test]
    fn a_dev_stack_costs_nothing() {
        let costs = CostEstimate::new(Charged::Nothing);
        costs.invalidated(1_000_000);
        assert!(costs.dollars() < 1e-12);
    }
}
