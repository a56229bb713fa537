//! Reads a crate: its modules, what each defines, and which names it brings into scope.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use syn::{Item, UseTree, visit::Visit};

/// A crate's modules by path: `""` is the root, `"a::b"` a module below it.
pub(crate) struct Crate {
    pub(crate) modules: BTreeMap<String, Module>,
}

/// What one module says.
#[derive(Default)]
pub(crate) struct Module {
    /// Names of the items it defines, its modules excluded.
    pub(crate) defined: BTreeSet<String>,
    /// Names of its child modules.
    pub(crate) children: BTreeSet<String>,
    /// What a name that is brought into scope stands for, as written.
    pub(crate) scope: BTreeMap<String, Vec<String>>,
    /// Prefixes of `use path::*`.
    pub(crate) globs: Vec<Vec<String>>,
    /// Every path of more than one segment, as written, and every imported one that is not a re-export.
    pub(crate) paths: BTreeSet<Vec<String>>,
}

/// Reads the crate whose root file is `root`.
pub(crate) fn read(root: &Path) -> anyhow::Result<Crate> {
    let mut reader = Reader {
        modules: BTreeMap::new(),
    };
    let folder = root.parent().context("a root file lies in a folder")?;
    reader.file(root, folder, "")?;
    Ok(Crate {
        modules: reader.modules,
    })
}

struct Reader {
    modules: BTreeMap<String, Module>,
}

impl Reader {
    /// `folder` is where files of child modules lie.
    fn file(&mut self, path: &Path, folder: &Path, module: &str) -> anyhow::Result<()> {
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        let file = syn::parse_file(&text).with_context(|| path.display().to_string())?;
        self.items(&file.items, folder, module)
    }

    fn items(&mut self, items: &[Item], folder: &Path, path: &str) -> anyhow::Result<()> {
        let mut module = Module::default();
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    self.child(child, folder, &joined(path, &name))?;
                    module.children.insert(name);
                }
                Item::Use(import) => add_import(&mut module, import),
                item => {
                    module.defined.extend(defined(item));
                    Paths(&mut module.paths).visit_item(item);
                }
            }
        }
        self.modules.insert(path.to_owned(), module);
        Ok(())
    }

    fn child(&mut self, child: &syn::ItemMod, folder: &Path, path: &str) -> anyhow::Result<()> {
        let name = child.ident.to_string();
        let below = folder.join(&name);
        match &child.content {
            Some((_, items)) => self.items(items, &below, path),
            None => self.file(&file_of(folder, &name), &below, path),
        }
    }
}

fn file_of(folder: &Path, name: &str) -> PathBuf {
    let flat = folder.join(format!("{name}.rs"));
    if flat.exists() {
        flat
    } else {
        folder.join(name).join("mod.rs")
    }
}

/// `a::b` of `a` and `b`.
pub(crate) fn joined(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}::{name}")
    }
}

fn add_import(module: &mut Module, import: &syn::ItemUse) {
    let exported = !matches!(import.vis, syn::Visibility::Inherited);
    let mut leaves = Vec::new();
    flatten(&import.tree, &mut Vec::new(), &mut leaves);
    for (path, name) in leaves {
        match name {
            None => module.globs.push(path),
            Some(name) => {
                if !exported {
                    module.paths.insert(path.clone());
                }
                module.scope.insert(name, path);
            }
        }
    }
}

/// The paths of a `use`, each with the name it gets; none for `*`.
fn flatten(
    tree: &UseTree,
    prefix: &mut Vec<String>,
    leaves: &mut Vec<(Vec<String>, Option<String>)>,
) {
    let with = |prefix: &[String], name: String| [prefix, &[name]].concat();
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, prefix, leaves);
            }
        }
        UseTree::Glob(_) => leaves.push((prefix.clone(), None)),
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((prefix.clone(), prefix.last().cloned()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            leaves.push((with(prefix, name.clone()), Some(name)));
        }
        UseTree::Rename(rename) => {
            let path = if rename.ident == "self" {
                prefix.clone()
            } else {
                with(prefix, rename.ident.to_string())
            };
            leaves.push((path, Some(rename.rename.to_string())));
        }
    }
}

fn defined(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        _ => return None,
    })
}

fn attributes(item: &Item) -> &[syn::Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .parse_args::<syn::Ident>()
                .is_ok_and(|word| word == "test")
    })
}

struct Paths<'a>(&'a mut BTreeSet<Vec<String>>);

impl Visit<'_> for Paths<'_> {
    /// Who may use an item is no use of theirs.
    fn visit_visibility(&mut self, _: &syn::Visibility) {}

    fn visit_path(&mut self, path: &syn::Path) {
        if path.segments.len() > 1 {
            let segments = path.segments.iter();
            self.0
                .insert(segments.map(|segment| segment.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, import: &syn::ItemUse) {
        let mut leaves = Vec::new();
        flatten(&import.tree, &mut Vec::new(), &mut leaves);
        self.0.extend(leaves.into_iter().map(|(path, _)| path));
    }
}
