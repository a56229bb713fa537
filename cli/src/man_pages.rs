//! Man pages of commands.

use std::path::Path;

use anyhow::Context as _;
use clap::Command;
use clap_mangen::Man;

/// Writes a page for each command of `definition` and for each command below it; none for `definition` itself, of which
/// a program knows a part only.
///
/// # Errors
/// The folder cannot be written.
pub fn write_commands(definition: Command, folder: &Path) -> anyhow::Result<()> {
    let mut built = definition.disable_help_subcommand(true);
    built.build();
    write_below(&built, folder)
}

/// Writes the page of `command`.
///
/// # Errors
/// The folder cannot be written.
pub fn write(command: Command, folder: &Path) -> anyhow::Result<()> {
    let page = Man::new(command);
    page.generate_to(folder).map(drop).with_context(|| {
        format!(
            "{} cannot be written",
            folder.join(page.get_filename()).display()
        )
    })
}

fn write_below(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let visible = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set());
    for below in visible {
        write_below(below, folder)?;
        write(below.clone(), folder)?;
    }
    Ok(())
}
