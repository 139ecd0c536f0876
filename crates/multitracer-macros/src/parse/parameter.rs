//! The parameters of a function.

use crate::errors::Errors;
use crate::parse::attribute::{Attribute, attributes};
use crate::tokens::{flattened, group, is_ident, is_punct, split_commas, stream};
use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenStream, TokenTree};
use syn::LitStr;
use syn::parse::Parser;

/// A parameter of the function.
pub(crate) struct Parameter {
    /// The attributes without `#[attr]`.
    pub(crate) attributes: Vec<Attribute>,
    /// The span attribute that `#[attr]` requests.
    pub(crate) attr: Option<AttrMarker>,
    pub(crate) kind: ParameterKind,
    /// The tokens after the attributes.
    pub(crate) tokens: TokenStream,
}

/// A marker `#[attr]` or `#[attr("key")]`.
pub(crate) struct AttrMarker {
    pub(crate) span: Span,
    pub(crate) key: Option<LitStr>,
}

/// The form of a parameter.
pub(crate) enum ParameterKind {
    /// A `self` of any form.
    Receiver { token: Ident, by_value: bool },
    /// A name, `[mut] name: Type`. `ty` includes the colon.
    Name { mutability: Option<TokenTree>, name: Ident, ty: TokenStream },
    /// A pattern, `pattern: Type`. `position` names the whole argument and is invisible to the
    /// user.
    Pattern { pattern: TokenStream, bound: Vec<Ident>, position: Ident, ty: TokenStream },
    /// The `...` of a variadic function.
    Variadic,
}

impl Parameter {
    /// Returns the names that the parameter binds in the body.
    pub(crate) fn names(&self) -> &[Ident] {
        match &self.kind {
            ParameterKind::Receiver { token, .. } => std::slice::from_ref(token),
            ParameterKind::Name { name, .. } => std::slice::from_ref(name),
            ParameterKind::Pattern { bound, .. } => bound,
            ParameterKind::Variadic => &[],
        }
    }

    /// Returns the `#[cfg(..)]` attributes.
    pub(crate) fn cfg_attributes(&self) -> TokenStream {
        let attributes = self.attributes.iter().filter(|attribute| attribute.path == "cfg");
        attributes.map(Attribute::tokens).collect()
    }
}

/// Parses the list of parameters.
pub(crate) fn parameters(parentheses: &Group, errors: &mut Errors) -> Vec<Parameter> {
    let tokens: Vec<TokenTree> = parentheses.stream().into_iter().collect();
    let parts = split_commas(&tokens);
    parts.into_iter().enumerate().map(|(i, part)| parameter(i, part, errors)).collect()
}

fn parameter(index: usize, part: &[TokenTree], errors: &mut Errors) -> Parameter {
    let mut at = 0;
    let all = attributes(part, &mut at);
    let (markers, attributes): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|attribute| attribute.path == "attr");
    let attr = attr_marker(&markers, errors);
    let tokens = &part[at..];
    let kind = kind(index, tokens);
    if let Some(marker) = &attr {
        check_marked_kind(marker, &kind, errors);
    }
    Parameter { attributes, attr, kind, tokens: stream(tokens) }
}

/// Finds the form of the parameter at the position `index`.
fn kind(index: usize, tokens: &[TokenTree]) -> ParameterKind {
    let colon = single_colon(tokens);
    let (pattern, ty) = tokens.split_at(colon.unwrap_or(tokens.len()));
    let ty = stream(ty);
    let flat = flattened(pattern);
    let receiver = flat.iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "self" => Some(ident.clone()),
        _ => None,
    });
    match (receiver, flat.as_slice()) {
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
    }
}

/// Parses the markers of one parameter, of which at most one is allowed.
fn attr_marker(markers: &[Attribute], errors: &mut Errors) -> Option<AttrMarker> {
    let mut parsed = None;
    for marker in markers {
        let first = marker.bracket.stream().into_iter().next();
        let span = first.map_or_else(Span::call_site, |token| token.span());
        if parsed.is_some() {
            errors.add(span, "`#[attr]` is given twice");
        }
        parsed = Some(AttrMarker { span, key: attr_key(marker, span, errors) });
    }
    parsed
}

/// Reports a marker on a parameter that has no single name.
fn check_marked_kind(marker: &AttrMarker, kind: &ParameterKind, errors: &mut Errors) {
    match kind {
        ParameterKind::Name { .. } => {}
        ParameterKind::Receiver { .. } => {
            errors.add(marker.span, "`#[attr]` cannot be used on `self`; use `fields(..)` for its parts");
        }
        ParameterKind::Pattern { .. } | ParameterKind::Variadic => {
            let key = marker.key.as_ref().map_or_else(|| "key".to_owned(), LitStr::value);
            errors.add(
                marker.span,
                format!(
                    "`#[attr]` needs a named parameter; use `fields({key} = ..)` for the parts of a pattern"
                ),
            );
        }
    }
}

/// Parses the key of `#[attr("key")]`.
fn attr_key(attribute: &Attribute, span: Span, errors: &mut Errors) -> Option<LitStr> {
    let expected = "expected `#[attr]` or `#[attr(\"key\")]`";
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
                    errors.add(if parens.stream().is_empty() { span } else { error.span() }, expected);
                    None
                }
            }
        }
        [other, ..] => {
            errors.add(other.span(), expected);
            None
        }
    }
}

/// Returns the index of the first `:` that is not part of `::`.
fn single_colon(tokens: &[TokenTree]) -> Option<usize> {
    let mut after_joint = false;
    tokens.iter().position(|token| {
        let TokenTree::Punct(punct) = token else {
            after_joint = false;
            return false;
        };
        let is_single = punct.as_char() == ':' && punct.spacing() == Spacing::Alone && !after_joint;
        after_joint = punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
        is_single
    })
}

/// Returns the identifiers that a pattern may bind.
///
/// Keywords, paths, constructors and field names before a `:` bind nothing.
fn bindings(pattern: &[TokenTree]) -> Vec<Ident> {
    let mut names = Vec::new();
    for (i, token) in pattern.iter().enumerate() {
        match token {
            TokenTree::Ident(ident) => {
                let next = pattern.get(i + 1);
                let is_constructor = is_punct(next, ':')
                    || is_punct(next, '!')
                    || group(next, Delimiter::Parenthesis).is_some()
                    || group(next, Delimiter::Brace).is_some();
                let is_end_of_path =
                    i > 0 && is_punct(pattern.get(i - 1), ':') && i > 1 && is_punct(pattern.get(i - 2), ':');
                let is_keyword = ["mut", "ref", "box", "_"].iter().any(|word| is_ident(Some(token), word));
                if !is_constructor && !is_end_of_path && !is_keyword {
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
