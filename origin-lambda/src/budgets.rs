//! What each publisher has spent at this instance. How much that may be is decided in [`keyfront_origin_core::budget`].

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use keyfront_origin_core::budget::{Account, Expense};

use crate::{error::Error, publisher::Publisher};

/// Publishers remembered. A policy of 1 MiB has fewer; what earlier policies named is forgotten with the rest.
const REMEMBERED: usize = 10_000;

/// The accounts of all publishers, by id.
#[derive(Debug, Default)]
pub(crate) struct Budgets(Mutex<HashMap<String, Account>>);

impl Budgets {
    /// Spends one.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`]
    pub(crate) fn take(&self, publisher: &Publisher, expense: Expense) -> Result<(), Error> {
        self.check(publisher, expense)?;
        self.spend(publisher, expense);
        Ok(())
    }

    /// Whether there is room for one more.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`]
    pub(crate) fn check(&self, publisher: &Publisher, expense: Expense) -> Result<(), Error> {
        let budget = publisher.budget.unwrap_or_default();
        let accounts = self.accounts();
        let account = accounts.get(&publisher.id).cloned().unwrap_or_default();
        account.check(&budget, expense, now())
    }

    /// Books one.
    pub(crate) fn spend(&self, publisher: &Publisher, expense: Expense) {
        let budget = publisher.budget.unwrap_or_default();
        let mut accounts = self.accounts();
        if accounts.len() >= REMEMBERED && !accounts.contains_key(&publisher.id) {
            accounts.clear();
        }
        let account = accounts.entry(publisher.id.clone()).or_default();
        account.spend(&budget, expense, now());
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
