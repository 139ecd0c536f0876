//! The names that a `use` declaration binds.

use syn::{ItemUse, UseTree, Visibility};

/// One name that a `use` declaration binds.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The name in the module; `_` for a trait without a name, `*` for all names of `path`.
    pub(crate) name: String,
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// `true` if other modules can take the name from here.
    pub(crate) is_reexport: bool,
}

/// Returns the names that `item` binds. Paths that begin with `::` belong to other crates, and are
/// absent.
pub(crate) fn imports(item: &ItemUse) -> Vec<Import> {
    let mut imports = Vec::new();
    if item.leading_colon.is_none() {
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        flatten(&item.tree, &mut Vec::new(), is_reexport, &mut imports);
    }
    imports
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, is_reexport: bool, imports: &mut Vec<Import>) {
    let mut bind = |ident: &syn::Ident, name: String, path: Vec<String>| {
        imports.push(Import { name, path, line: ident.span().start().line, is_reexport });
    };
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, is_reexport, imports);
            path.pop();
        }
        UseTree::Name(leaf) => {
            let (name, path) = leaf_path(&leaf.ident, path);
            bind(&leaf.ident, name, path);
        }
        UseTree::Rename(leaf) => {
            let (_, path) = leaf_path(&leaf.ident, path);
            bind(&leaf.rename, leaf.rename.to_string(), path);
        }
        UseTree::Glob(glob) => {
            let line = glob.star_token.spans[0].start().line;
            imports.push(Import { name: "*".to_owned(), path: path.clone(), line, is_reexport });
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten(tree, path, is_reexport, imports);
            }
        }
    }
}

/// Returns the name and the path of a leaf; `a::b::{self}` binds `b`.
fn leaf_path(ident: &syn::Ident, path: &[String]) -> (String, Vec<String>) {
    let mut full = path.to_vec();
    if ident != "self" || full.is_empty() {
        full.push(ident.to_string());
    }
    (full.last().cloned().unwrap_or_default(), full)
}
