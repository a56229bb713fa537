//! Strongly connected modules, by Tarjan's algorithm.

use std::collections::BTreeMap;

use crate::graph::Imports;

/// Every group of more than one module in which each reaches every other.
pub(crate) fn find(imports: &Imports) -> Vec<Vec<String>> {
    let mut search = Search {
        imports,
        met: BTreeMap::new(),
        lowest: BTreeMap::new(),
        path: Vec::new(),
        circles: Vec::new(),
    };
    for module in imports.keys() {
        if !search.met.contains_key(module.as_str()) {
            search.visit(module);
        }
    }
    search.circles
}

struct Search<'a> {
    imports: &'a Imports,
    /// When each module was met.
    met: BTreeMap<&'a str, usize>,
    /// The earliest module on the path that it reaches.
    lowest: BTreeMap<&'a str, usize>,
    path: Vec<&'a str>,
    circles: Vec<Vec<String>>,
}

impl<'a> Search<'a> {
    fn visit(&mut self, module: &'a str) {
        let order = self.met.len();
        self.met.insert(module, order);
        self.lowest.insert(module, order);
        self.path.push(module);
        for next in self.imports[module].keys() {
            let reached = if !self.met.contains_key(next.as_str()) {
                self.visit(next);
                self.lowest[next.as_str()]
            } else if self.path.contains(&next.as_str()) {
                self.met[next.as_str()]
            } else {
                continue;
            };
            let lowest = self.lowest[module].min(reached);
            self.lowest.insert(module, lowest);
        }
        if self.lowest[module] == order {
            let at = self.path.iter().position(|met| *met == module);
            let circle = self.path.split_off(at.unwrap_or_default());
            if circle.len() > 1 {
                self.circles
                    .push(circle.into_iter().map(str::to_owned).collect());
            }
        }
    }
}

#[cfg(test)]
mod tests;
