//! Writes the templates assembled from their fragments over the committed ones.
#![allow(clippy::print_stdout, reason = "it tells which files it wrote")]

use std::{error::Error, fs, path::Path};

use keyfront_cloudformation::Template;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for template in Template::ALL {
        let path = folder.join(template.file_name());
        fs::write(&path, template.assemble()?)?;
        println!("{}", path.display());
    }
    Ok(())
}
