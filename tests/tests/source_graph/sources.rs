//! The modules of a crate, read from its files. Modules of tests are absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use quote::ToTokens as _;
use syn::{Attribute, Ident, ImplItem, Item, ItemMod};

use super::names::{Import, imports};
use super::tokens::Code;

/// The number of a module in [`Crate::modules`]; 0 is the root.
pub(crate) type ModuleId = usize;

/// A module, inline or in a file of its own.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The path from the crate's root; empty for the root.
    pub(crate) path: Vec<String>,
    pub(crate) parent: ModuleId,
    /// The file, relative to the folder of the crate's sources.
    pub(crate) file: String,
    pub(crate) children: BTreeMap<String, ModuleId>,
    /// Names of the items that the module defines.
    pub(crate) items: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    pub(crate) code: Code,
}

/// The modules of a crate.
#[derive(Debug, Default)]
pub(crate) struct Crate {
    pub(crate) modules: Vec<Module>,
    /// The modules that define the crate's `macro_rules!`, by the macro's name.
    pub(crate) macros: BTreeMap<String, ModuleId>,
}

impl Crate {
    /// Reads the crate whose sources lie in `folder`, with `root` as the root's file.
    ///
    /// # Panics
    ///
    /// Panics if a file is missing or does not parse.
    pub(crate) fn read(folder: &Path, root: &str) -> Self {
        Self::parse(root, &|file| fs::read_to_string(folder.join(file)).ok())
    }

    /// Parses the file `root` and the files of its modules; `text` returns a file's text, if it
    /// exists.
    pub(crate) fn parse(root: &str, text: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut parsed = Self::default();
        let source = text(root).unwrap_or_else(|| panic!("{root} is missing"));
        let file = syn::parse_file(&source).unwrap_or_else(|error| panic!("{root}: {error}"));
        parsed.modules.push(Module { file: root.to_owned(), ..Module::default() });
        parsed.add_items(0, "", file.items, text);
        parsed
    }

    /// Adds `items` to a module whose child modules lie in `folder`.
    fn add_items(
        &mut self,
        id: ModuleId,
        folder: &str,
        items: Vec<Item>,
        text: &dyn Fn(&str) -> Option<String>,
    ) {
        for mut item in items {
            if attributes(&item).iter().any(is_test_only) {
                continue;
            }
            match item {
                Item::Use(item) => self.modules[id].imports.extend(imports(&item)),
                Item::Mod(item) => self.add_module(id, folder, item, text),
                _ => {
                    if let Item::Macro(item) = &item
                        && let Some(name) = &item.ident
                    {
                        self.macros.insert(name.to_string(), id);
                    }
                    if let Item::Impl(item) = &mut item {
                        item.items.retain(|item| !impl_attributes(item).iter().any(is_test_only));
                    }
                    let module = &mut self.modules[id];
                    module.items.extend(item_name(&item).map(Ident::to_string));
                    module.code.read(item.into_token_stream());
                }
            }
        }
        let module = &mut self.modules[id];
        let local = std::mem::take(&mut module.code.imports);
        module.imports.extend(local);
    }

    fn add_module(
        &mut self,
        parent: ModuleId,
        folder: &str,
        item: ItemMod,
        text: &dyn Fn(&str) -> Option<String>,
    ) {
        let name = item.ident.to_string();
        if name == "tests" {
            return;
        }
        let folder = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let (file, items) = match item.content {
            Some((_, items)) => (self.modules[parent].file.clone(), items),
            None => read_module(&folder, text),
        };
        let mut path = self.modules[parent].path.clone();
        path.push(name.clone());
        let id = self.modules.len();
        self.modules.push(Module { path, parent, file, ..Module::default() });
        self.modules[parent].children.insert(name, id);
        self.add_items(id, &folder, items, text);
    }
}

/// Returns the file and the items of the module in `folder.rs` or `folder/mod.rs`.
fn read_module(folder: &str, text: &dyn Fn(&str) -> Option<String>) -> (String, Vec<Item>) {
    let candidates = [format!("{folder}.rs"), format!("{folder}/mod.rs")];
    let (file, source) = candidates
        .into_iter()
        .find_map(|file| text(&file).map(|source| (file, source)))
        .unwrap_or_else(|| panic!("neither {folder}.rs nor {folder}/mod.rs exists"));
    let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{file}: {error}"));
    (file, parsed.items)
}

/// Returns `true` for `#[cfg(test)]` and `#[cfg(all(test, ..))]`.
fn is_test_only(attribute: &Attribute) -> bool {
    let text = attribute.meta.to_token_stream().to_string().replace(' ', "");
    text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn impl_attributes(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

fn item_name(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}
