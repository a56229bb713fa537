//! The parameters of all templates as one Markdown table, for the page that documents them.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{DocumentError, Parameter, Template};

const START: &str = "<!-- parameters, written by `make templates` -->\n";
const END: &str = "<!-- end of parameters -->\n";

/// `page` with its table of parameters replaced; `None` if no place is marked for one.
///
/// # Errors
/// A template that cannot be read; a test holds that the committed ones can.
pub fn with_parameter_table(page: &str) -> Result<Option<String>, DocumentError> {
    let Some((before, rest)) = page.split_once(START) else {
        return Ok(None);
    };
    let Some((_, after)) = rest.split_once(END) else {
        return Ok(None);
    };
    Ok(Some(format!("{before}{START}{}{END}{after}", table()?)))
}

fn table() -> Result<String, DocumentError> {
    let mut rows: BTreeMap<(bool, String), (Parameter, Vec<&str>)> = BTreeMap::new();
    for template in Template::ALL {
        let stack = template.file_name().trim_end_matches(".yaml");
        for parameter in template.document()?.parameters() {
            let row = rows.entry((parameter.is_filled(), parameter.name.clone()));
            row.or_insert_with(|| (parameter, Vec::new())).1.push(stack);
        }
    }
    let mut table =
        String::from("| parameter | templates | default | takes | what |\n|---|---|---|---|---|\n");
    for ((filled, name), (parameter, stacks)) in rows {
        let default = match (&parameter.default, filled) {
            (_, true) => "filled".to_owned(),
            (None, false) => "needed".to_owned(),
            (Some(default), false) if default.is_empty() => "none".to_owned(),
            (Some(default), false) => format!("`{default}`"),
        };
        let (stacks, takes) = (stacks.join(", "), takes(&parameter));
        let what = &parameter.description;
        // Writing to a string cannot fail.
        let _ = writeln!(
            table,
            "| `{name}` | {stacks} | {default} | {takes} | {what} |"
        );
    }
    Ok(table)
}

fn takes(parameter: &Parameter) -> String {
    if !parameter.allowed_values.is_empty() {
        let values = parameter
            .allowed_values
            .iter()
            .map(|value| format!("`{value}`"));
        return values.collect::<Vec<_>>().join(", ");
    }
    match (&parameter.constraint, parameter.range, &*parameter.kind) {
        (Some(words), _, _) => words.clone(),
        (None, (Some(least), Some(greatest)), _) => format!("{least} to {greatest}"),
        (None, _, "CommaDelimitedList") => "a list separated by commas".to_owned(),
        // A pipe ends a cell, even in code.
        (None, _, _) => parameter.allowed_pattern.as_ref().map_or_else(
            || "text".to_owned(),
            |pattern| format!("`{}`", pattern.replace("^$|", "").replace('|', "\\|")),
        ),
    }
}
