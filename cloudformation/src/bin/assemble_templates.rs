//! Writes the templates assembled from their fragments over the committed ones, and the table of their parameters into
//! the page that documents them. With a document of sites and a folder it writes the templates with these sites there.
#![allow(clippy::print_stdout, reason = "it prints which files it wrote")]

use std::{error::Error, fs, path::Path};

use keyfront_cloudformation::{Sites, Template, with_parameter_table};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => write_committed(),
        [sites, folder] => write_with_sites(Path::new(sites), Path::new(folder)),
        _ => Err("usage: assemble-templates [SITES FOLDER]".into()),
    }
}

fn write_committed() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for template in Template::ALL {
        let path = folder.join(template.file_name());
        fs::write(&path, template.assemble()?)?;
        println!("{}", path.display());
    }
    // Compiled in are the former templates: a changed parameter reaches the page with the next run, and a test says so.
    let page = folder.join("../docs/cloudformation.md");
    let table = with_parameter_table(&fs::read_to_string(&page)?)?;
    fs::write(
        &page,
        table.ok_or("docs/cloudformation.md has no place for the parameters")?,
    )?;
    println!("{}", page.display());
    Ok(())
}

fn write_with_sites(document: &Path, folder: &Path) -> Result<(), Box<dyn Error>> {
    let sites = Sites::parse(&fs::read_to_string(document)?)?;
    fs::create_dir_all(folder)?;
    for template in Template::ALL {
        let path = folder.join(template.file_name());
        fs::write(&path, &*template.body_with(&sites)?)?;
        println!("{}", path.display());
    }
    Ok(())
}
