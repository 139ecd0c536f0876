//! The procedural macros of `multitracer`.
//!
//! Use them through `multitracer`: the attribute as `multitracer::traced`, the other macro through
//! `multitracer::tracers!`. They read the arguments and the signature of a function; they do not
//! parse its body.

mod check;
mod environment;
mod errors;
mod expand;
mod parse;
mod tokens;
mod tracers;

use errors::Errors;
use proc_macro2::TokenStream;

#[doc = include_str!("traced.md")]
#[proc_macro_attribute]
pub fn traced(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let output = expand_traced(arguments.into(), item.into());
    environment::print_if_requested(&output);
    output.into()
}

/// The expansion of `multitracer::tracers!`: takes the library's path, `;` and the names.
///
/// It is not part of the public interface.
#[doc(hidden)]
#[proc_macro]
pub fn __tracers(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    tracers::expand(input.into()).into()
}

/// Parses, checks and expands.
///
/// After a mistake, the output is the unchanged item and the errors, so that rustc reports nothing
/// else.
fn expand_traced(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let item = tokens::ungrouped(item);
    let arguments = parse::arguments(arguments, &mut errors);
    let expanded = match parse::item(item.clone(), &mut errors) {
        Some(parse::Item::Function(function)) => {
            check::function(&arguments, &function, &mut errors);
            errors.is_empty().then(|| expand::function(&arguments, *function))
        }
        Some(parse::Item::Block(block)) => {
            check::block(&arguments, &mut errors);
            errors.is_empty().then(|| expand::block(&arguments, block, &mut errors))
        }
        None => None,
    };
    match expanded {
        Some(expanded) if errors.is_empty() && !environment::is_rustdoc() => expanded,
        _ => {
            let mut output = errors.into_compile_errors();
            output.extend(parse::without_attr(item));
            output
        }
    }
}
