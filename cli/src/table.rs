//! A table of left-aligned columns.

use std::fmt;

use crate::report::printable;

/// Rows under a head; every row has as many cells as the head.
#[derive(Debug, Clone)]
pub struct Table<const COLUMNS: usize> {
    head: [&'static str; COLUMNS],
    rows: Vec<[String; COLUMNS]>,
}

impl<const COLUMNS: usize> Table<COLUMNS> {
    /// An empty table.
    #[must_use]
    pub fn new(head: [&'static str; COLUMNS]) -> Self {
        Self {
            head,
            rows: Vec::new(),
        }
    }

    /// Adds a row; whatever its cells hold, they stay cells ([`printable`]).
    pub fn push(&mut self, row: [String; COLUMNS]) {
        self.rows.push(row.map(|cell| printable(&cell)));
    }
}

impl<const COLUMNS: usize> fmt::Display for Table<COLUMNS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut widths = self.head.map(|title| title.chars().count());
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut write = |cells: [&str; COLUMNS], ending: &str| {
            let padded: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            write!(f, "{}{ending}", padded.join("  ").trim_end())
        };
        write(self.head, if self.rows.is_empty() { "" } else { "\n" })?;
        for (at, row) in self.rows.iter().enumerate() {
            let ending = if at + 1 == self.rows.len() { "" } else { "\n" };
            write(row.each_ref().map(String::as_str), ending)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_at_text() {
        let mut table = Table::new(["KEY", "MODE"]);
        table.push(["a-long-key".to_owned(), "sse-kms".to_owned()]);
        table.push(["b".to_owned(), String::new()]);
        assert_eq!(
            table.to_string(),
            "KEY         MODE\na-long-key  sse-kms\nb"
        );
    }
}
