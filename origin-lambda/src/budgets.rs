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
        self.take_many(publisher, expense, 1)
    }

    /// Spends so many at once.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`]
    pub(crate) fn take_many(
        &self,
        publisher: &Publisher,
        expense: Expense,
        count: u32,
    ) -> Result<(), Error> {
        let budget = publisher.budget.unwrap_or_default();
        // Under one lock: of two calls at a time the second sees what the first has spent.
        let mut accounts = self.accounts();
        let account = account_of(&mut accounts, publisher);
        account.check(&budget, expense, count, now())?;
        account.spend(&budget, expense, count, now());
        Ok(())
    }

    /// Whether there is room for one more, of which it is known later whether it is spent. What calls at the same time spend
    /// beyond the budget is a debt: the next ones wait for longer.
    ///
    /// # Errors
    /// [`Error::BudgetSpent`]
    pub(crate) fn check(&self, publisher: &Publisher, expense: Expense) -> Result<(), Error> {
        let budget = publisher.budget.unwrap_or_default();
        let mut accounts = self.accounts();
        Ok(account_of(&mut accounts, publisher).check(&budget, expense, 1, now())?)
    }

    /// Books one.
    pub(crate) fn spend(&self, publisher: &Publisher, expense: Expense) {
        let budget = publisher.budget.unwrap_or_default();
        let mut accounts = self.accounts();
        account_of(&mut accounts, publisher).spend(&budget, expense, 1, now());
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn account_of<'a>(
    accounts: &'a mut HashMap<String, Account>,
    publisher: &Publisher,
) -> &'a mut Account {
    if accounts.len() >= REMEMBERED && !accounts.contains_key(&publisher.id) {
        accounts.clear();
    }
    accounts.entry(publisher.id.clone()).or_default()
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
