//! The parsers of the attribute's arguments and of the item below it.

mod arguments;
mod attribute;
mod block;
mod field;
mod function;
mod item;
mod list;
mod parameter;
mod returns;
mod types;
mod value;

pub(crate) use arguments::{Arguments, WrittenArgument, arguments};
pub(crate) use attribute::Attribute;
pub(crate) use block::{Block, BlockContent, BlockItem, BlockItemKind, BlockKind};
pub(crate) use field::{Field, Format};
pub(crate) use function::Function;
pub(crate) use item::{Item, item, without_attr};
pub(crate) use parameter::{Parameter, ParameterKind};
pub(crate) use returns::Returns;
pub(crate) use types::erase_impl;
pub(crate) use value::{Capture, Value};

/// Returns the text of an identifier without `r#`.
pub(crate) fn unraw(ident: &proc_macro2::Ident) -> String {
    syn::ext::IdentExt::unraw(ident).to_string()
}
