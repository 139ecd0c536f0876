//! The expansion of `tracers! { canary, pub shadow = "shadow-eu" }` into constants.

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, LitStr, Path, Token, Visibility};

/// The path of `multitracer`, then the constants.
struct Input {
    library: Path,
    constants: Vec<Constant>,
    errors: Errors,
}

/// A constant and the tracer that it names.
struct Constant {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    ident: Ident,
    tracer: LitStr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let library = input.call(Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        let (mut constants, mut errors) = (Vec::new(), Errors::default());
        while !input.is_empty() {
            match input.parse() {
                Ok(_) if !input.is_empty() && !input.peek(Token![,]) => {
                    errors.push(input.error("expected `,` between two tracers"));
                }
                Ok(constant) => constants.push(constant),
                Err(error) => errors.push(error),
            }
            // the entries after a mistake are still valid
            while !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                input.parse::<TokenTree>()?;
            }
        }
        Ok(Self { library, constants, errors })
    }
}

impl Parse for Constant {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if input.peek(LitStr) {
            let tracer: LitStr = input.parse()?;
            let ident = constant_ident(check_not_empty(&tracer)?)?;
            return Ok(Self { attributes, visibility, ident, tracer });
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(
                "expected the name of a tracer: `canary`, `\"canary-eu\"` or `CANARY = \"canary-eu\"`",
            ));
        }
        let name = input.call(Ident::parse_any)?;
        let tracer: LitStr = match input.parse::<Option<Token![=]>>()? {
            Some(_) => input.parse().map_err(|error| {
                syn::Error::new(
                    error.span(),
                    "expected the name of the tracer as a string literal: `\"canary-eu\"`",
                )
            })?,
            None => LitStr::new(&name.unraw().to_string(), name.span()),
        };
        check_not_empty(&tracer)?;
        let ident = Ident::new(&name.unraw().to_string().to_uppercase(), name.span());
        Ok(Self { attributes, visibility, ident, tracer })
    }
}

/// Returns an error if the name of the tracer is empty.
fn check_not_empty(tracer: &LitStr) -> syn::Result<&LitStr> {
    match tracer.value().is_empty() {
        true => Err(syn::Error::new(tracer.span(), "the name of a tracer must not be empty")),
        false => Ok(tracer),
    }
}

/// Derives the name of a constant from that of a tracer: `"canary-eu"` becomes `CANARY_EU`.
fn constant_ident(tracer: &LitStr) -> syn::Result<Ident> {
    let name: String = tracer
        .value()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Ok(Ident::new(&name, tracer.span()));
    }
    Err(syn::Error::new(
        tracer.span(),
        "no constant can have this name; write another one: `CANARY = \"..\"`",
    ))
}

/// Expands `tracers!`. Entries with a mistake become errors, the others become constants.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Input { library, constants, errors } = match Input::parse.parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut output = TokenStream::new();
    for Constant { attributes, visibility, ident: constant, tracer } in &constants {
        let doc = format!("The tracer `{}`.", tracer.value());
        output.extend(quote_spanned! {constant.span()=>
            #[doc = #doc]
            #(#attributes)*
            #visibility const #constant: #library::TracerName = {
                fn __multitracer_tracer() -> &'static #library::__private::Literal {
                    static LITERAL: #library::__private::Literal = #library::__private::Literal::new(#tracer);
                    &LITERAL
                }
                #library::TracerName::__new(__multitracer_tracer)
            };
        });
    }
    output.extend(errors.into_compile_errors());
    output
}
