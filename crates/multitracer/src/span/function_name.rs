//! `code.function.name`: a function's path without its arguments, as the semantic conventions want it.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use once_cell::sync::Lazy;

/// Ends the function's part of a type name: the item that the macro puts inside.
const MARK: &str = "::__MultitracerSite";

/// Names that had to be made up, by the type name that each comes from. As many as there are traced methods at most.
static MADE_UP: Lazy<Mutex<HashMap<&'static str, &'static str>>> = Lazy::new(Mutex::default);

const RECENT_NAMES: usize = 64;

thread_local! {
    /// The same for the functions that this thread called last: found by the address of the type name, without a lock.
    static RECENT: [Cell<(&'static str, &'static str)>; RECENT_NAMES] = const { [const { Cell::new(("", "")) }; RECENT_NAMES] };
}

/// The path of the function around an item, from that item's type name.
pub(super) fn function_name(item: &'static str) -> &'static str {
    let path = item.strip_suffix(MARK).unwrap_or(item);
    if !path.contains(['<', '{']) {
        return path;
    }
    RECENT.with(|recent| {
        let slot = &recent[(path.as_ptr().addr() >> 3) % RECENT_NAMES];
        let (of, name) = slot.get();
        if std::ptr::eq(of, path) {
            return name;
        }
        let name = made_up(path);
        slot.set((path, name));
        name
    })
}

#[cold]
fn made_up(path: &'static str) -> &'static str {
    let mut names = MADE_UP.lock().unwrap_or_else(PoisonError::into_inner);
    names.entry(path).or_insert_with(|| normalized(path).leak())
}

/// Without closures and generic arguments, and with the type instead of the `impl` block that a method stands in.
fn normalized(path: &str) -> String {
    let mut path = path;
    let mut prefix = String::new();
    if let Some((inside, rest)) = split_angle(path) {
        // `<Type as Trait>::method`
        prefix = match inside.split_once(" as ") {
            Some((of, of_trait)) if !is_path(of) => without_generics(of_trait),
            Some((of, _)) => without_generics(of),
            None => without_generics(inside),
        };
        path = rest;
    } else if let Some(start) = path.find("<impl ")
        && let Some((inside, rest)) = split_angle(&path[start..])
    {
        // `module::<impl Type>::method`, `module::<impl Trait for Type>::method`
        let of = inside.trim_start_matches("impl ");
        let of = of.split_once(" for ").map_or(of, |(_, of)| of);
        prefix = without_generics(of);
        path = rest;
    }
    prefix.push_str(&without_generics(&path.replace("::{{closure}}", "")));
    prefix
}

/// What is between a leading `<` and its `>`, and what follows.
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
    fn paths_as_rustc_prints_them() {
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
