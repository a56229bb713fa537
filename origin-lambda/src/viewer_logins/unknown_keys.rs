//! How often strangers may make the origin ask KMS: anybody can send a cookie under a data key that nobody has opened yet.

use std::sync::{Mutex, PoisonError};

/// Data keys opened in a minute by one instance. Every instance of the origin makes one an hour.
const PER_MINUTE: u32 = 60;

/// What was spent of the present minute.
#[derive(Debug, Default)]
pub(super) struct UnknownKeys(Mutex<Spent>);

#[derive(Debug, Default)]
struct Spent {
    minute: u64,
    keys: u32,
}

impl UnknownKeys {
    /// Whether one more may be opened at `now` (Unix seconds).
    pub(super) fn admit(&self, now: u64) -> bool {
        let mut spent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now / 60;
        if spent.minute != minute {
            *spent = Spent { minute, keys: 0 };
        }
        spent.keys = spent.keys.saturating_add(1);
        spent.keys <= PER_MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_keys_and_the_next_one_again() {
        let keys = UnknownKeys::default();
        let admitted = (0..200).filter(|_| keys.admit(120)).count();
        assert_eq!(admitted, 60);
        assert!(!keys.admit(179) && keys.admit(180));
        // A clock that was set back.
        assert!(keys.admit(100));
    }
}
