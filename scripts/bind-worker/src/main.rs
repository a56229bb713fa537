//! `bind-worker MODULE FOLDER`: writes the module that a host loads, and the JavaScript around it.
//!
//! wasm-bindgen's own command brings a server for tests in browsers, which takes longer to compile than everything else of
//! it. As a member of this workspace the generator is of the same version as the crate: one lock holds both.

use std::env;

use anyhow::{Context as _, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> anyhow::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let (Some(module), Some(folder), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        bail!("usage: bind-worker MODULE FOLDER");
    };
    Bindgen::new()
        .input_path(&module)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .reset_state_function(true)
        .generate(&folder)
        .with_context(|| format!("no bindings of {}", module.display()))
}
