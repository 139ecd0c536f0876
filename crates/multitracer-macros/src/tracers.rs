//! `tracers! { canary, pub shadow = "shadow-eu" }`: a constant for each name.

use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, LitStr, Path, Token, Visibility};

/// The library's path, then the names.
struct Input {
    library: Path,
    names: Vec<Name>,
    errors: Errors,
}

struct Name {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    constant: Ident,
    tracer: LitStr,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let library = input.call(Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        let (mut names, mut errors) = (Vec::new(), Errors::default());
        while !input.is_empty() {
            match input.parse() {
                Ok(_) if !input.is_empty() && !input.peek(Token![,]) => {
                    errors.push(input.error("a `,` is wanted between two tracers"));
                }
                Ok(name) => names.push(name),
                Err(error) => errors.push(error),
            }
            // the names after a mistake are still good
            while !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                input.parse::<TokenTree>()?;
            }
        }
        Ok(Self { library, names, errors })
    }
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if input.peek(LitStr) {
            let tracer: LitStr = input.parse()?;
            let constant = constant_of(not_empty(&tracer)?)?;
            return Ok(Self { attributes, visibility, constant, tracer });
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error(
                "a tracer's name is wanted here: `canary`, `\"canary-eu\"` or `CANARY = \"canary-eu\"`",
            ));
        }
        let ident = input.call(Ident::parse_any)?;
        let tracer: LitStr = match input.parse::<Option<Token![=]>>()? {
            Some(_) => input.parse().map_err(|error| {
                syn::Error::new(error.span(), "the tracer's name is wanted here, as text: `\"canary-eu\"`")
            })?,
            None => LitStr::new(&ident.unraw().to_string(), ident.span()),
        };
        not_empty(&tracer)?;
        let constant = Ident::new(&ident.unraw().to_string().to_uppercase(), ident.span());
        Ok(Self { attributes, visibility, constant, tracer })
    }
}

fn not_empty(tracer: &LitStr) -> syn::Result<&LitStr> {
    match tracer.value().is_empty() {
        true => Err(syn::Error::new(tracer.span(), "a tracer's name is not empty")),
        false => Ok(tracer),
    }
}

/// `"canary-eu"` -> `CANARY_EU`
fn constant_of(tracer: &LitStr) -> syn::Result<Ident> {
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
        "no constant can be named after this tracer; name one: `CANARY = \"..\"`",
    ))
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let Input { library, names, errors } = match Input::parse.parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut output = TokenStream::new();
    for Name { attributes, visibility, constant, tracer } in &names {
        let doc = format!("The tracer `{}`.", tracer.value());
        output.extend(quote_spanned! {constant.span()=>
            #[doc = #doc]
            #(#attributes)*
            #visibility const #constant: #library::TracerName = {
                static __MULTITRACER_TRACER: #library::__private::Literal = #library::__private::Literal::new(#tracer);
                #library::TracerName::__new(&__MULTITRACER_TRACER)
            };
        });
    }
    output.extend(errors.into_compile_errors());
    output
}
