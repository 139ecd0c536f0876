//! Resolution of a path to the module that defines its item, through re-exports.

use super::sources::{Crate, ModuleId};

/// The end of a path inside the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Module(ModuleId),
    Item(ItemRef),
}

/// An item, by its module and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemRef {
    pub(crate) owner: ModuleId,
    pub(crate) name: String,
}

impl Target {
    fn item(owner: ModuleId, name: &str) -> Self {
        Self::Item(ItemRef { owner, name: name.to_owned() })
    }
}

/// The kind of name that a look-up prefers, because a module and a function may share a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prefer {
    Module,
    Item,
}

/// The outcome of a look-up in one module.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Inside(Target),
    OtherCrate,
}

/// Re-exports of re-exports that are followed; a longer chain is a circle.
const MAX_STEPS: usize = 32;

impl Crate {
    /// Resolves `path` as the module `from` sees it; `None` for a path of another crate.
    pub(crate) fn resolve(&self, from: ModuleId, path: &[String]) -> Option<Target> {
        self.resolve_within(from, path, Prefer::Item, MAX_STEPS)
    }

    /// Returns the module at which `crate`, `self` and `super` place the path, and the rest of the
    /// path.
    pub(crate) fn anchor<'path>(&self, from: ModuleId, path: &'path [String]) -> (ModuleId, &'path [String]) {
        let mut module = from;
        for (index, name) in path.iter().enumerate() {
            match name.as_str() {
                "crate" => module = 0,
                "self" => {}
                "super" => module = self.modules[module].parent,
                _ => return (module, &path[index..]),
            }
        }
        (module, &[])
    }

    fn resolve_within(
        &self,
        from: ModuleId,
        path: &[String],
        prefer: Prefer,
        steps: usize,
    ) -> Option<Target> {
        let steps = steps.checked_sub(1)?;
        let (mut module, rest) = self.anchor(from, path);
        let is_anchored = rest.len() < path.len();
        for (index, name) in rest.iter().enumerate() {
            let prefer = if index + 1 == rest.len() { prefer } else { Prefer::Module };
            match self.lookup(module, name, prefer, steps) {
                Some(Found::Inside(Target::Module(next))) => module = next,
                Some(Found::Inside(item)) => return Some(item),
                Some(Found::OtherCrate) => return None,
                // an unknown first name is another crate; an unknown later name comes out of a
                // macro
                None if index == 0 && !is_anchored => return None,
                None => return Some(Target::item(module, name)),
            }
        }
        Some(Target::Module(module))
    }

    /// Looks `name` up in a module, and returns `None` if the module has no such name.
    fn lookup(&self, id: ModuleId, name: &str, prefer: Prefer, steps: usize) -> Option<Found> {
        let module = &self.modules[id];
        let child = module.children.get(name).map(|&child| Found::Inside(Target::Module(child)));
        let item = module.items.contains(name).then(|| Found::Inside(Target::item(id, name)));
        let imports = module.imports.iter().filter(|import| import.name == name).map(|import| {
            // a path that begins with the import's own name is of another crate
            let target = (import.path.first() != Some(&import.name))
                .then(|| self.resolve_within(id, &import.path, prefer, steps))
                .flatten();
            target.map_or(Found::OtherCrate, Found::Inside)
        });
        let macros = (id == 0).then(|| self.macros.get(name)).flatten();
        let macros = macros.map(|&owner| Found::Inside(Target::item(owner, name)));
        let found: Vec<Found> = item.into_iter().chain(imports).chain(macros).chain(child).collect();
        let is_preferred = |found: &&Found| match found {
            Found::Inside(Target::Module(_)) => prefer == Prefer::Module,
            Found::Inside(Target::Item(_)) => prefer == Prefer::Item,
            Found::OtherCrate => false,
        };
        let best = found.iter().find(is_preferred).or(found.first()).cloned();
        best.or_else(|| self.lookup_in_globs(id, name, prefer, steps))
    }

    fn lookup_in_globs(&self, id: ModuleId, name: &str, prefer: Prefer, steps: usize) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        let globs = self.modules[id].imports.iter().filter(|import| import.name == "*");
        globs.into_iter().find_map(|import| self.lookup_in_glob(id, &import.path, name, prefer, steps))
    }

    fn lookup_in_glob(
        &self,
        id: ModuleId,
        path: &[String],
        name: &str,
        prefer: Prefer,
        steps: usize,
    ) -> Option<Found> {
        match self.resolve_within(id, path, Prefer::Module, steps)? {
            Target::Module(source) if source != id => self.lookup(source, name, prefer, steps),
            Target::Module(_) | Target::Item(_) => None,
        }
    }

    /// Returns the definition of the item `name` that the module `id` defines or re-exports.
    pub(crate) fn definition(&self, id: ModuleId, name: &str) -> Option<ItemRef> {
        match self.lookup(id, name, Prefer::Item, MAX_STEPS)? {
            Found::Inside(Target::Item(item)) => Some(item),
            Found::Inside(Target::Module(_)) | Found::OtherCrate => None,
        }
    }
}
