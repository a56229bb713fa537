//! `keyfront site check | schema`: a site document by itself, before anything is deployed with it.
//!
//! What a site may say is the edge's (`keyfront_edge::Site`) and the schema's (`docs/site.schema.json`); nothing of it is decided
//! here.

mod check;
mod problem;
mod schema_check;

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use keyfront_cli::report::{line, note};

/// The shape of a site document, for editors and for `check`.
const SCHEMA: &str = include_str!("../../../../docs/site.schema.json");

/// Check a site document before you use it.
///
/// Exit codes of `check`: 0 valid; 1 invalid, or cannot be read.
#[derive(Debug, Args)]
pub(crate) struct SiteArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Report every error of a site document, with its line
    Check(CheckArguments),
    /// Print the JSON Schema of a site document
    Schema,
}

#[derive(Debug, Args)]
struct CheckArguments {
    /// The document; - for standard input
    file: PathBuf,
    /// Print the document as the edge gets it: in one line, in ASCII, without $schema
    #[arg(long)]
    print: bool,
}

pub(crate) fn run(arguments: &SiteArguments) -> anyhow::Result<ExitCode> {
    match &arguments.command {
        Command::Schema => {
            line(SCHEMA.trim_end());
            Ok(ExitCode::SUCCESS)
        }
        Command::Check(arguments) => check(arguments),
    }
}

fn check(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let name = arguments.file.display();
    let text = read(&arguments.file).with_context(|| format!("{name} cannot be read"))?;
    match check::site(&text, SCHEMA) {
        Ok(document) => {
            match arguments.print {
                true => line(document),
                false => note(format_args!("{name} is valid.")),
            }
            Ok(ExitCode::SUCCESS)
        }
        Err(problems) => {
            for problem in problems {
                line(format_args!("{name}:{problem}"));
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

fn read(file: &Path) -> io::Result<String> {
    if file != Path::new("-") {
        return std::fs::read_to_string(file);
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fmt::Write as _;

    use serde_json::Value;

    use super::SCHEMA;

    /// The page's tables, as the schema has them.
    fn reference() -> String {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let mut text = String::new();
        let parts = [
            ("A site", &schema),
            ("An entry of `cors`", &schema["properties"]["cors"]["items"]),
            ("`reader` and `publish`", &schema["properties"]["reader"]),
            ("`viewers`", &schema["properties"]["viewers"]),
        ];
        for (title, object) in parts {
            let required: Vec<&str> = object["required"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            writeln!(
                text,
                "### {title}\n\n| field | type | what |\n|---|---|---|"
            )
            .unwrap();
            let mut fields: Vec<_> = object["properties"].as_object().unwrap().iter().collect();
            // Needed ones first.
            fields.sort_by_key(|(name, _)| !required.contains(&name.as_str()));
            for (name, field) in fields {
                let kind = match (&field["enum"], field["type"].as_str().unwrap()) {
                    (Value::Array(values), _) => {
                        let values: Vec<String> =
                            values.iter().map(|value| format!("`{value}`")).collect();
                        values.join(" or ")
                    }
                    (_, "array") if field["items"]["type"] == "string" => {
                        "list of texts".to_owned()
                    }
                    (_, "array") => "list of objects".to_owned(),
                    (_, "string") => "text".to_owned(),
                    (_, "integer") => "whole number".to_owned(),
                    (_, "boolean") => "`true` or `false`".to_owned(),
                    (_, other) => other.to_owned(),
                };
                let needed = if required.contains(&name.as_str()) {
                    ", needed"
                } else {
                    ""
                };
                writeln!(
                    text,
                    "| `{name}` | {kind}{needed} | {} |",
                    field["description"].as_str().unwrap()
                )
                .unwrap();
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn the_page_has_the_tables_that_the_schema_makes() {
        let page = include_str!("../../../../docs/site.md");
        let expected = reference();
        assert!(
            page.contains(&expected),
            "docs/site.md must hold:\n{expected}"
        );
    }
}
