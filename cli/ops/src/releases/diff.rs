//! `keyfront releases diff`: the differences between two releases.

use clap::Args;
use keyfront_cli::report;
use keyfront_releases::Difference;
use serde_json::json;

use super::{
    named::{manifest, named},
    site_arguments::SiteArguments,
};

/// Show the differences between two releases
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// The earlier release
    #[arg(value_name = "A")]
    before: String,

    /// The later one
    #[arg(value_name = "B", default_value = "active")]
    after: String,

    #[command(flatten)]
    site: SiteArguments,
}

pub(super) async fn run(arguments: &DiffArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let before = manifest(&api, named(&api, &arguments.before).await?).await?;
    let after = manifest(&api, named(&api, &arguments.after).await?).await?;
    let difference = Difference::between(Some(&before), &after);
    match arguments.site.json {
        true => report::line(document(&difference)),
        false => print(&difference),
    }
    Ok(())
}

fn document(difference: &Difference<'_>) -> serde_json::Value {
    json!({
        "added": difference.added.iter().map(|file| &*file.path).collect::<Vec<_>>(),
        "changed": difference.changed.iter()
            .map(|one| json!({"path": &*one.after.path, "bytes": one.bytes_differ()}))
            .collect::<Vec<_>>(),
        "moved": difference.moved.iter()
            .map(|one| json!({"from": &*one.from.path, "to": &*one.to.path}))
            .collect::<Vec<_>>(),
        "removed": difference.removed.iter().map(|file| &*file.path).collect::<Vec<_>>(),
        "unchanged": difference.same,
    })
}

fn print(difference: &Difference<'_>) {
    for file in &difference.added {
        report::line(format_args!("+ {}", file.path));
    }
    for one in &difference.changed {
        let what = if one.bytes_differ() { "" } else { " (headers)" };
        report::line(format_args!("~ {}{what}", one.after.path));
    }
    for one in &difference.moved {
        report::line(format_args!("> {} -> {}", one.from.path, one.to.path));
    }
    for file in &difference.removed {
        report::line(format_args!("- {}", file.path));
    }
    report::line(format_args!(
        "{} added, {} changed, {} moved, {} removed, {} unchanged",
        difference.added.len(),
        difference.changed.len(),
        difference.moved.len(),
        difference.removed.len(),
        difference.same
    ));
}
