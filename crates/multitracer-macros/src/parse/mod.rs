mod arguments;
mod block;
mod field;
mod function;
mod item;
mod parameter;
mod returns;
mod value;

pub(crate) use arguments::{Arguments, arguments};
pub(crate) use block::{Block, BlockItem, BlockItemKind, BlockKind};
pub(crate) use field::Format;
pub(crate) use function::{Attribute, Function};
pub(crate) use item::{Item, item, untouched};
pub(crate) use parameter::ParameterKind;
pub(crate) use returns::{Returns, erase_impl};
pub(crate) use value::{Capture, Value};

/// An identifier as the user thinks of it, without `r#`.
pub(crate) fn plain(ident: &proc_macro2::Ident) -> String {
    syn::ext::IdentExt::unraw(ident).to_string()
}
