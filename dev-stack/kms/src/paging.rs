//! Lists in pages: a marker names the last item of the page before.

use serde_json::{Value, json};

use super::KmsError;

/// One page of a sorted list.
pub(super) struct Page<T> {
    items: Vec<T>,
    /// The marker of the next page, if there is one.
    next: Option<String>,
}

impl<T> Page<T> {
    /// The items after `marker`, at most `limit` (1 to 1,000). `name` is what `items` are sorted by.
    pub(super) fn of(
        mut items: Vec<T>,
        limit: usize,
        marker: Option<String>,
        name: impl Fn(&T) -> String,
    ) -> Result<Self, KmsError> {
        if !(1..=1000).contains(&limit) {
            return Err(KmsError::Validation(
                "Limit must be between 1 and 1000".to_owned(),
            ));
        }
        if let Some(marker) = marker {
            if marker.is_empty() {
                return Err(KmsError::InvalidMarker);
            }
            items.retain(|item| name(item) > marker);
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(name) } else { None };
        Ok(Self { items, next })
    }

    /// The answer of a list operation.
    pub(super) fn answer(&self, member: &str, describe: impl Fn(&T) -> Value) -> Value {
        let listed: Vec<Value> = self.items.iter().map(describe).collect();
        let mut answer = json!({ member: listed, "Truncated": self.next.is_some() });
        if let Some(next) = &self.next {
            answer["NextMarker"] = next.as_str().into();
        }
        answer
    }
}
