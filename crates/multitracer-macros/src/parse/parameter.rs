use crate::errors::Errors;
use crate::parse::function::{Attribute, attributes};
use crate::tokens::{flattened, group, is_ident, is_punct, split_commas, stream};
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use syn::LitStr;
use syn::parse::Parser;

/// One parameter of the function.
pub(crate) struct Parameter {
    /// Without `#[attr]`.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) attr: Option<Attr>,
    pub(crate) kind: ParameterKind,
    /// All but the attributes.
    pub(crate) tokens: TokenStream,
}

/// `#[attr]` or `#[attr("key")]`.
pub(crate) struct Attr {
    pub(crate) span: Span,
    pub(crate) key: Option<LitStr>,
}

pub(crate) enum ParameterKind {
    /// `self` in any form.
    Receiver { token: Ident, by_value: bool },
    /// `[mut] name: Type`; `ty` includes the colon.
    Name { mutability: Option<TokenTree>, name: Ident, ty: TokenStream },
    /// `pattern: Type`; `position` is a name for the whole argument that the user cannot see.
    Pattern { pattern: TokenStream, bound: Vec<Ident>, position: Ident, ty: TokenStream },
    /// `...`
    Variadic,
}

impl Parameter {
    /// The names that the body may use for this parameter.
    pub(crate) fn names(&self) -> &[Ident] {
        match &self.kind {
            ParameterKind::Receiver { token, .. } => std::slice::from_ref(token),
            ParameterKind::Name { name, .. } => std::slice::from_ref(name),
            ParameterKind::Pattern { bound, .. } => bound,
            ParameterKind::Variadic => &[],
        }
    }
}

/// Takes the list of parameters apart.
pub(crate) fn parameters(parentheses: &Group, errors: &mut Errors) -> Vec<Parameter> {
    let tokens: Vec<TokenTree> = parentheses.stream().into_iter().collect();
    let parts = split_commas(&tokens);
    parts.into_iter().enumerate().map(|(i, part)| parameter(i, part, errors)).collect()
}

fn parameter(index: usize, part: &[TokenTree], errors: &mut Errors) -> Parameter {
    let mut at = 0;
    let mut attr = None;
    let mut kept = Vec::new();
    for attribute in attributes(part, &mut at) {
        if attribute.path == "attr" {
            let span = attribute
                .bracket
                .stream()
                .into_iter()
                .next()
                .map_or_else(Span::call_site, |token| token.span());
            if attr.is_some() {
                errors.add(span, "`#[attr]` is given twice");
            }
            attr = Some(Attr { span, key: attr_key(&attribute, span, errors) });
        } else {
            kept.push(attribute);
        }
    }
    let tokens = &part[at..];
    let colon = single_colon(tokens);
    let pattern = &tokens[..colon.unwrap_or(tokens.len())];
    let ty = stream(&tokens[pattern.len()..]);
    let flat = flattened(pattern);
    let receiver = flat.iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "self" => Some(ident.clone()),
        _ => None,
    });
    let kind = match (receiver, flat.as_slice()) {
        (Some(token), _) => ParameterKind::Receiver { token, by_value: !is_punct(flat.first(), '&') },
        (None, _) if is_punct(tokens.last(), '.') => ParameterKind::Variadic,
        (None, [TokenTree::Ident(name)]) if name != "_" => {
            ParameterKind::Name { mutability: None, name: name.clone(), ty }
        }
        (None, [mutability @ TokenTree::Ident(word), TokenTree::Ident(name)]) if word == "mut" => {
            ParameterKind::Name { mutability: Some(mutability.clone()), name: name.clone(), ty }
        }
        (None, flat) => ParameterKind::Pattern {
            pattern: stream(pattern),
            bound: bindings(flat),
            position: Ident::new(&format!("__argument_{index}"), Span::mixed_site()),
            ty,
        },
    };
    if let Some(Attr { span, key }) = &attr {
        match &kind {
            ParameterKind::Name { .. } => {}
            ParameterKind::Receiver { .. } => {
                errors.add(*span, "`#[attr]` does not go on `self`; use `fields(..)` for parts of it");
            }
            ParameterKind::Pattern { .. } | ParameterKind::Variadic => {
                let key = key.as_ref().map_or_else(|| "key".to_owned(), LitStr::value);
                errors.add(*span, format!("`#[attr]` needs a parameter with a name; use `fields({key} = ..)` for parts of a pattern"));
            }
        }
    }
    Parameter { attributes: kept, attr, kind, tokens: stream(tokens) }
}

fn attr_key(attribute: &Attribute, span: Span, errors: &mut Errors) -> Option<LitStr> {
    let wrong = "expected `#[attr]` or `#[attr(\"key\")]`";
    match attribute.content().as_slice() {
        [] => None,
        [TokenTree::Group(parens)] if parens.delimiter() == Delimiter::Parenthesis => {
            let parser = |input: syn::parse::ParseStream<'_>| input.parse::<LitStr>();
            match parser.parse2(parens.stream()) {
                Ok(key) if key.value().is_empty() => {
                    errors.add(key.span(), "the key of an attribute must not be empty");
                    None
                }
                Ok(key) => Some(key),
                Err(error) => {
                    errors.add(if parens.stream().is_empty() { span } else { error.span() }, wrong);
                    None
                }
            }
        }
        [other, ..] => {
            errors.add(other.span(), wrong);
            None
        }
    }
}

/// The first `:` that is no part of `::`.
fn single_colon(tokens: &[TokenTree]) -> Option<usize> {
    let mut after_joint = false;
    tokens.iter().position(|token| {
        let TokenTree::Punct(punct) = token else {
            after_joint = false;
            return false;
        };
        let found = punct.as_char() == ':' && punct.spacing() == Spacing::Alone && !after_joint;
        after_joint = punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
        found
    })
}

/// The identifiers that a pattern may bind: all but keywords, paths, constructors, and field names before a `:`.
fn bindings(pattern: &[TokenTree]) -> Vec<Ident> {
    let mut names = Vec::new();
    for (i, token) in pattern.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) => {
                let next = pattern.get(i + 1);
                let constructor = is_punct(next, ':')
                    || is_punct(next, '!')
                    || group(next, Delimiter::Parenthesis).is_some()
                    || group(next, Delimiter::Brace).is_some();
                let last_of_path =
                    i > 0 && is_punct(pattern.get(i - 1), ':') && i > 1 && is_punct(pattern.get(i - 2), ':');
                let keyword = ["mut", "ref", "box", "_"].iter().any(|word| is_ident(Some(token), word));
                if !constructor && !last_of_path && !keyword {
                    names.push(ident.clone());
                }
            }
            TokenTree::Group(inner) => {
                let inner: Vec<TokenTree> = inner.stream().into_iter().collect();
                names.extend(bindings(&flattened(&inner)));
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    names
}
