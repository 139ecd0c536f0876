//! Macros.
/// Stand-in.
#[proc_macro_attribute]
pub fn traced(_: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream { item }
