//! `keyfront releases show`: the state of a release, and what it holds.

use clap::Args;
use keyfront_cli::report;
use serde_json::json;

use super::{
    named::{manifest, named},
    site_arguments::SiteArguments,
};
use crate::{publish::amount, release_api::ActivationState};

/// Show the state of a release
#[derive(Debug, Args)]
pub(super) struct ShowArguments {
    /// The release
    #[arg(value_name = "ID", default_value = "active")]
    id: String,

    #[command(flatten)]
    site: SiteArguments,

    /// List its files
    #[arg(long)]
    files: bool,
}

pub(super) async fn run(arguments: &ShowArguments) -> anyhow::Result<()> {
    let api = arguments.site.api()?;
    let id = named(&api, &arguments.id).await?;
    let described = api.describe(id).await?;
    let manifest = manifest(&api, id).await?;
    let sizes = manifest.files().iter().map(|file| file.size);
    let size = sizes.fold(0, u64::saturating_add);
    if arguments.site.json {
        let mut document = json!(described);
        document["site"] = json!(api.site);
        document["bytes"] = size.into();
        document["files"] = manifest.files().len().into();
        document["kept"] = manifest.keep().len().into();
        document["encoded"] = manifest.encoded().as_str().into();
        if arguments.files {
            let list = manifest.files().iter().map(|file| {
                json!({
                    "path": &*file.path, "size": file.size, "sha256": file.sha256, "type": &*file.media_type,
                    "cache": &*file.cache, "csp": file.csp.as_deref(),
                })
            });
            document["list"] = list.collect();
        }
        report::line(document);
        return Ok(());
    }
    report::line(format_args!("release    {id}"));
    report::line(format_args!("state      {}", described.state.name()));
    report::line(format_args!(
        "content    {} files, {}; {} kept from earlier releases",
        manifest.files().len(),
        amount(size),
        manifest.keep().len()
    ));
    if let Some(activation) = &described.activation {
        let person = activation.person.as_ref();
        let person = person.map_or_else(String::new, |person| format!(" ({person})"));
        report::line(format_args!(
            "activated  {} by {}{person} (activation {})",
            activation.at, activation.by, activation.n
        ));
        let everywhere = match (activation.state, &activation.invalidated_at) {
            (ActivationState::Everywhere, Some(at)) => at.clone(),
            (ActivationState::Everywhere, None) => "yes".to_owned(),
            (ActivationState::Invalidating, _) => "not yet".to_owned(),
        };
        report::line(format_args!("everywhere {everywhere}"));
    }
    if arguments.files {
        for file in manifest.files() {
            report::line(format_args!(
                "{}  {:>10}  {}",
                file.sha256, file.size, file.path
            ));
        }
    }
    Ok(())
}
