//! CloudFront's way to write a list: how many there are, then the items.

use serde::Serialize;

/// A list of elements.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct List<T> {
    quantity: usize,
    items: Items<T>,
}

#[derive(Serialize)]
struct Items<T> {
    #[serde(rename = "$value")]
    items: Vec<T>,
}

/// An element that is a text.
#[derive(Serialize)]
pub(super) enum Text<'a> {
    Path(&'a str),
    Name(&'a str),
}

impl<T> List<T> {
    pub(super) fn of(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<T> = items.into_iter().collect();
        Self {
            quantity: items.len(),
            items: Items { items },
        }
    }
}
