//! The attribute `code.function.name`: a function's path by OpenTelemetry's conventions.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The end of an item's type name. The macro puts this item into the function.
const SITE_SUFFIX: &str = "::__MultitracerSite";

/// Normalized paths by the paths that rustc prints. At most one per traced function.
static NORMALIZED: LazyLock<Mutex<HashMap<&'static str, &'static str>>> = LazyLock::new(Mutex::default);

/// The number of paths that a thread keeps.
const RECENT_NAMES: usize = 64;

/// The type name of an item, and the path of the function around it.
#[derive(Clone, Copy)]
struct CachedName {
    item: &'static str,
    name: &'static str,
}

impl CachedName {
    const EMPTY: Self = Self { item: "", name: "" };
}

thread_local! {
    /// The names that this thread used last, by the address of the item's. They need no lock.
    static RECENT: [Cell<CachedName>; RECENT_NAMES] =
        const { [const { Cell::new(CachedName::EMPTY) }; RECENT_NAMES] };
}

/// Returns the path of the function around an item, from the type name of the item.
pub(in crate::record) fn function_name(item: &'static str) -> &'static str {
    RECENT.with(|recent| {
        let slot = &recent[(item.as_ptr().addr() >> 3) % RECENT_NAMES];
        let cached = slot.get();
        if std::ptr::eq(cached.item, item) {
            return cached.name;
        }
        let path = item.strip_suffix(SITE_SUFFIX).unwrap_or(item);
        let name = if path.contains(['<', '{']) { normalized_name(path) } else { path };
        slot.set(CachedName { item, name });
        name
    })
}

/// Returns the normalized path, which is kept for the rest of the process.
#[cold]
fn normalized_name(path: &'static str) -> &'static str {
    let mut names = NORMALIZED.lock().unwrap_or_else(PoisonError::into_inner);
    names.entry(path).or_insert_with(|| normalized(path).leak())
}

/// Returns a path without closures and generic arguments. The type of an `impl` block replaces the
/// block.
fn normalized(path: &str) -> String {
    let mut path = path;
    let mut prefix = String::new();
    if let Some((inside, rest)) = split_angle(path) {
        // `<Type as Trait>::method`
        prefix = match inside.split_once(" as ") {
            Some((ty, of_trait)) if !is_path(ty) => without_generics(of_trait),
            Some((ty, _)) => without_generics(ty),
            None => without_generics(inside),
        };
        path = rest;
    } else if let Some(start) = path.find("<impl ")
        && let Some((inside, rest)) = split_angle(&path[start..])
    {
        // `module::<impl Type>::method`, `module::<impl Trait for Type>::method`
        let ty = inside.trim_start_matches("impl ");
        let ty = ty.split_once(" for ").map_or(ty, |(_, ty)| ty);
        prefix = without_generics(ty);
        path = rest;
    }
    prefix.push_str(&without_generics(&path.replace("::{{closure}}", "")));
    prefix
}

/// Splits a text after its leading `<..>`. Returns the content of the brackets and the rest.
fn split_angle(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('<')?;
    let mut depth = 1;
    let mut before = ' ';
    for (at, c) in inner.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&inner[..at], &inner[at + 1..]));
        }
        before = c;
    }
    None
}

/// Returns `true` for the path of a type, and `false` for a reference, a slice or a trait object.
fn is_path(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_') && !text.starts_with("dyn ")
}

fn without_generics(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut depth = 0;
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' && depth > 0 => depth -= 1,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
        before = c;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn printed_paths_become_function_names() {
        for (printed, name) in [
            ("a::m::free", "a::m::free"),
            ("a::m::T::new", "a::m::T::new"),
            ("a::m::G<_>::new", "a::m::G::new"),
            ("<a::m::G<_> as a::m::Tr>::e", "a::m::G::e"),
            ("<&[_] as a::m::Tr>::e", "a::m::Tr::e"),
            ("a::other::<impl a::m::G<u8>>::far", "a::m::G::far"),
            ("a::other::<impl a::m::Tr for a::m::G<u8>>::far", "a::m::G::far"),
            ("a::m::f::{{closure}}::inner", "a::m::f::inner"),
            ("a::m::G<fn(u8) -> u8>::new", "a::m::G::new"),
        ] {
            assert_eq!(normalized(printed), name, "{printed}");
        }
    }
}
