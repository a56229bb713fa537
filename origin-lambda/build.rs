//! Embeds the publishers' page, as `make bundle-page` has built it, into the origin: a table of its files.
//!
//! Where it is not built, the table is empty, and the origin has no page.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let page = here.join("../dist/page");
    // Looked at again whenever it changes, and while it is not there.
    println!("cargo:rerun-if-changed={}", page.display());
    println!("cargo:rerun-if-changed=build.rs");
    let mut table = String::from("&[\n");
    for path in files(&page)? {
        let name = path.strip_prefix(&page).unwrap_or(&path).display();
        let brotli = format!("{}.br", path.display());
        table.push_str(&format!(
            "    PageFile {{ name: {:?}, plain: include_bytes!({:?}), brotli: include_bytes!({brotli:?}) }},\n",
            name.to_string(),
            path.display().to_string(),
        ));
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("page_files.rs"), table)
}

/// Every file below a folder that has its compressed form beside it, in order.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_none_or(|extension| extension != "br") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
