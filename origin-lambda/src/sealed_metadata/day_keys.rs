//! The data keys new entries are sealed with: one for each publisher and day (UTC), made when it is
//! first needed and forgotten with the day.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use keyfront_envelope::Description;
use time::Date;
use tokio::sync::OnceCell;

use crate::{
    error::Error,
    kms::{Kms, NewDataKey},
};

/// Publishers whose keys are kept; another one's arrival forgets the others.
const PUBLISHERS: usize = 256;

type Cell = Arc<OnceCell<Arc<NewDataKey>>>;

/// Today's keys.
#[derive(Default)]
pub(super) struct DayKeys(Mutex<Today>);

#[derive(Default)]
struct Today {
    day: Option<Date>,
    keys: HashMap<String, Cell>,
}

impl DayKeys {
    /// The publisher's key of the day; of several requests at the same time, one asks KMS.
    pub(super) async fn of(
        &self,
        kms: &Kms,
        publisher: &str,
        context: &Description,
        day: Date,
    ) -> Result<Arc<NewDataKey>, Error> {
        let cell = self.cell(publisher, day);
        cell.get_or_try_init(|| async { kms.generate_data_key(context).await.map(Arc::new) })
            .await
            .cloned()
    }

    fn cell(&self, publisher: &str, day: Date) -> Cell {
        let mut today = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if today.day != Some(day) || today.keys.len() >= PUBLISHERS {
            today.keys.clear();
            today.day = Some(day);
        }
        Arc::clone(today.keys.entry(publisher.to_owned()).or_default())
    }
}

impl fmt::Debug for DayKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKeys(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publisher_has_one_key_a_day_and_no_other_publishers() {
        let keys = DayKeys::default();
        let (one, two) = (
            Date::from_ordinal_date(2026, 1).unwrap(),
            Date::from_ordinal_date(2026, 2).unwrap(),
        );
        let first = keys.cell("web", one);
        assert!(Arc::ptr_eq(&first, &keys.cell("web", one)));
        assert!(!Arc::ptr_eq(&first, &keys.cell("press", one)));
        assert!(!Arc::ptr_eq(&first, &keys.cell("web", two)));
    }

    #[test]
    fn keys_are_kept_for_a_bounded_number_of_publishers() {
        let keys = DayKeys::default();
        let day = Date::from_ordinal_date(2026, 1).unwrap();
        for publisher in 0..1000 {
            keys.cell(&publisher.to_string(), day);
        }
        assert!(keys.0.lock().unwrap().keys.len() <= PUBLISHERS);
    }
}
