//! What a publisher may spend in a time: calls that cost the operator money, or a quota of the account.
//!
//! Each limit lets as much through at once as it allows in its period, and refills steadily (the generic cell rate
//! algorithm, ITU-T I.371). What costs more than that passes where nothing is owed, and whatever follows waits for all of it.
//! It has no clock: times come in as milliseconds since 1970.

use std::fmt;

use serde::{Deserialize, Serialize};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// What is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expense {
    /// A path that the CDN is to forget.
    Invalidation,
    /// A call that signs requests or completes an upload, or an upload that it begins.
    Signing,
    /// A call that lists objects, parts or uploads.
    Listing,
}

impl Expense {
    const COUNT: usize = 3;
}

/// A publisher has spent its budget of the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many {expense}; try again in {retry_after} seconds")]
pub struct BudgetSpent {
    /// What was spent.
    pub expense: Expense,
    /// Seconds until there is room.
    pub retry_after: u64,
}

impl fmt::Display for Expense {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalidation => "invalidations",
            Self::Signing => "uploads and calls that sign requests",
            Self::Listing => "calls that list",
        })
    }
}

/// How much of each a publisher may spend at one instance of the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Objects that are replaced or deleted, so that the CDN must forget them, and paths that an activation makes stale.
    pub invalidations_per_hour: u32,
    /// Calls that sign requests or complete uploads, and uploads in parts.
    pub signings_per_minute: u32,
    /// Calls that list objects, parts or uploads.
    pub listings_per_minute: u32,
}

/// What publishers have whose policy says nothing else. A thousand invalidations cost 5 dollars.
impl Default for Budget {
    fn default() -> Self {
        Self {
            invalidations_per_hour: 1_000,
            signings_per_minute: 3_000,
            listings_per_minute: 300,
        }
    }
}

impl Budget {
    /// How often, in how many milliseconds.
    const fn limit(&self, expense: Expense) -> (u32, u64) {
        match expense {
            Expense::Invalidation => (self.invalidations_per_hour, HOUR),
            Expense::Signing => (self.signings_per_minute, MINUTE),
            Expense::Listing => (self.listings_per_minute, MINUTE),
        }
    }
}

/// What a publisher has spent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// By expense: when all of it will have been refilled, in thousandths of a millisecond.
    full_at: [u64; Expense::COUNT],
    /// The latest time of which it knows, in the same unit.
    last: u64,
}

impl Account {
    /// Whether there is room for so many more.
    ///
    /// # Errors
    /// [`BudgetSpent`] with the seconds until there is.
    pub fn check(
        &mut self,
        budget: &Budget,
        expense: Expense,
        count: u32,
        now: u64,
    ) -> Result<(), BudgetSpent> {
        let spent = |wait: u64| BudgetSpent {
            expense,
            retry_after: wait.div_ceil(1_000 * 1_000).max(1),
        };
        let (limit, period) = budget.limit(expense);
        let period = period * 1_000;
        let Some(interval) = period.checked_div(u64::from(limit)) else {
            return Err(spent(period));
        };
        let now = self.settle(now);
        let cost = interval * u64::from(count.min(limit));
        let full_at = self.full_at[expense as usize].max(now) + cost;
        match (full_at - now).checked_sub(period) {
            Some(wait) if wait > 0 => Err(spent(wait)),
            _ => Ok(()),
        }
    }

    /// Books so many, whether there is room or not.
    pub fn spend(&mut self, budget: &Budget, expense: Expense, count: u32, now: u64) {
        let (limit, period) = budget.limit(expense);
        let interval = period * 1_000 / u64::from(limit.max(1));
        let now = self.settle(now);
        let full_at = &mut self.full_at[expense as usize];
        *full_at = (*full_at).max(now) + interval * u64::from(count);
    }

    /// The time in the account's unit. Where the clock was set back, what was spent is refilled in as long a time as before.
    fn settle(&mut self, now: u64) -> u64 {
        let now = now.saturating_mul(1_000);
        let back = self.last.saturating_sub(now);
        self.full_at = self.full_at.map(|at| at.saturating_sub(back));
        self.last = now;
        now
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert, proptest};

    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn budget(listings: u32) -> Budget {
        Budget {
            listings_per_minute: listings,
            ..Budget::default()
        }
    }

    /// Seconds to wait; 0 where it was spent.
    fn take(account: &mut Account, budget: &Budget, now: u64) -> u64 {
        take_many(account, budget, 1, now)
    }

    fn take_many(account: &mut Account, budget: &Budget, count: u32, now: u64) -> u64 {
        match account.check(budget, Expense::Listing, count, now) {
            Ok(()) => {
                account.spend(budget, Expense::Listing, count, now);
                0
            }
            Err(spent) => spent.retry_after,
        }
    }

    #[test]
    fn several_at_once_cost_as_much_as_one_by_one() {
        let (mut account, four) = (Account::default(), budget(4));
        assert_eq!(take_many(&mut account, &four, 3, NOW), 0);
        assert_eq!(take_many(&mut account, &four, 2, NOW), 15);
        assert_eq!(take(&mut account, &four, NOW), 0);
        assert_eq!(take(&mut account, &four, NOW), 15);
    }

    #[test]
    fn what_costs_more_than_a_period_allows_passes_once_and_is_owed() {
        let (mut account, four) = (Account::default(), budget(4));
        assert_eq!(take_many(&mut account, &four, 8, NOW), 0);
        assert_eq!(take(&mut account, &four, NOW), 75);
        assert_eq!(take(&mut account, &four, NOW + 75_000), 0);
        let mut account = Account::default();
        assert_eq!(take(&mut account, &four, NOW), 0);
        assert_eq!(take_many(&mut account, &four, 8, NOW), 15);
    }

    #[test]
    fn a_whole_period_may_be_spent_at_once_and_comes_back_steadily() {
        let (mut account, four) = (Account::default(), budget(4));
        for _ in 0..4 {
            assert_eq!(take(&mut account, &four, NOW), 0);
        }
        assert_eq!(take(&mut account, &four, NOW), 15);
        assert_eq!(take(&mut account, &four, NOW + 14_001), 1);
        assert_eq!(take(&mut account, &four, NOW + 15_000), 0);
        assert_eq!(take(&mut account, &four, NOW + 15_000), 15);
        for _ in 0..4 {
            assert_eq!(take(&mut account, &four, NOW + 600_000), 0);
        }
        assert_ne!(take(&mut account, &four, NOW + 600_000), 0);
    }

    #[test]
    fn a_clock_that_is_set_back_spends_nobodys_budget() {
        let (mut account, four) = (Account::default(), budget(4));
        for _ in 0..4 {
            assert_eq!(take(&mut account, &four, NOW), 0);
        }
        let earlier = NOW - 40 * HOUR;
        assert_eq!(take(&mut account, &four, earlier), 15);
        assert_eq!(take(&mut account, &four, earlier + 15_000), 0);
        assert_eq!(take(&mut account, &four, earlier + 15_000), 15);
        assert_eq!(take(&mut account, &four, earlier + 600_000), 0);
    }

    #[test]
    fn one_expense_leaves_the_others_alone() {
        let (mut account, one) = (Account::default(), budget(1));
        assert_eq!(take(&mut account, &one, NOW), 0);
        assert_ne!(take(&mut account, &one, NOW), 0);
        account.check(&one, Expense::Signing, 1, NOW).unwrap();
        account.check(&one, Expense::Invalidation, 1, NOW).unwrap();
    }

    #[test]
    fn nothing_is_nothing() {
        let mut account = Account::default();
        assert_eq!(take(&mut account, &budget(0), NOW), 60);
        account.spend(&budget(0), Expense::Listing, 1, NOW);
        assert_eq!(take(&mut account, &budget(0), NOW + 1_000_000), 60);
    }

    #[test]
    fn a_policy_names_what_differs() {
        let budget: Budget = serde_json::from_str(r#"{"listings_per_minute": 7}"#).unwrap();
        assert_eq!(budget, self::budget(7));
        assert!(serde_json::from_str::<Budget>(r#"{"listings": 7}"#).is_err());
    }

    proptest! {
        #[test]
        fn no_window_of_a_period_passes_more_than_twice_its_limit_and_waiting_helps(
            limit in 1_u32..50,
            steps in proptest::collection::vec(0_u64..20_000, 1..300),
        ) {
            let (mut account, budget) = (Account::default(), budget(limit));
            let (mut now, mut passed) = (NOW, Vec::new());
            for step in steps {
                now += step;
                match take(&mut account, &budget, now) {
                    0 => passed.push(now),
                    wait => prop_assert!(
                        account.clone().check(&budget, Expense::Listing, 1, now + wait * 1_000).is_ok()
                    ),
                }
            }
            for first in &passed {
                let within = passed.iter().filter(|at| (*first..first + MINUTE).contains(at));
                prop_assert!(within.count() <= 2 * limit as usize);
            }
        }
    }
}
