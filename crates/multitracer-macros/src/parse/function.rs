//! A function, split into the parts of its signature and its body.

use crate::errors::Errors;
use crate::parse::attribute::{Attribute, split_inner};
use crate::parse::item::NOT_TRACEABLE;
use crate::parse::parameter::{self, Parameter, ParameterKind};
use crate::parse::returns::Returns;
use crate::tokens::{Angles, flattened, group, is_ident, is_punct, skip_visibility, stream};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Error, Result};

/// A function whose statements are kept unread.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: TokenStream,
    /// The qualifiers `default`, `unsafe`, `safe` and `extern "C"`, but not `async`.
    pub(crate) qualifiers: TokenStream,
    pub(crate) asyncness: Option<TokenTree>,
    pub(crate) fn_token: TokenTree,
    pub(crate) name: Ident,
    pub(crate) generics: TokenStream,
    pub(crate) parentheses: Group,
    pub(crate) parameters: Vec<Parameter>,
    /// The `->`; empty without a return type.
    pub(crate) arrow: TokenStream,
    /// The type after `->`; empty without a return type.
    pub(crate) output: Vec<TokenTree>,
    pub(crate) returns: Returns,
    pub(crate) where_clause: TokenStream,
    pub(crate) body: Group,
    /// The attributes `#![..]` at the start of the body.
    pub(crate) inner_attributes: TokenStream,
    /// The rest of the body.
    pub(crate) statements: TokenStream,
}

impl Function {
    /// Parses the function that follows `attributes` and starts at `start`.
    ///
    /// Returns `None` and adds an error if the tokens are not a function that can be traced.
    pub(crate) fn parse(
        attributes: Vec<Attribute>,
        tokens: Vec<TokenTree>,
        start: usize,
        errors: &mut Errors,
    ) -> Option<Self> {
        let parsed = Self::try_parse(attributes, tokens, start, errors);
        errors.take(parsed)
    }

    fn try_parse(
        attributes: Vec<Attribute>,
        mut tokens: Vec<TokenTree>,
        start: usize,
        errors: &mut Errors,
    ) -> Result<Self> {
        let last = tokens.pop().ok_or_else(|| Error::new(Span::call_site(), NOT_TRACEABLE))?;
        let mut at = start;
        skip_visibility(&tokens, &mut at);
        let visibility = stream(&tokens[start..at]);
        let Keywords { qualifiers, asyncness, fn_token } = keywords(&tokens, &mut at, last.span())?;
        let name = name(&tokens, &mut at, &fn_token)?;
        let generics = generics(&tokens, &mut at);
        let parentheses = parentheses(&tokens, &mut at, &name)?;
        let body = body(&last, &name)?;
        let Tail { arrow, output, where_clause } = Tail::parse(&tokens[at..]);
        let content: Vec<TokenTree> = body.stream().into_iter().collect();
        let (inner_attributes, statements) = split_inner(&content);
        Ok(Self {
            attributes,
            visibility,
            qualifiers,
            asyncness,
            fn_token,
            name,
            generics,
            parameters: parameter::parameters(&parentheses, errors),
            parentheses,
            arrow,
            returns: Returns::of(&output),
            output,
            where_clause,
            inner_attributes: stream(inner_attributes),
            statements: stream(statements),
            body,
        })
    }

    /// Returns `true` if the function has an attribute with this path.
    pub(crate) fn has_attribute(&self, path: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.path == path)
    }

    /// Returns `true` if the parameters end in `...`.
    pub(crate) fn is_variadic(&self) -> bool {
        self.parameters.iter().any(|parameter| matches!(parameter.kind, ParameterKind::Variadic))
    }
}

/// The keywords between the visibility and the name.
struct Keywords {
    qualifiers: TokenStream,
    asyncness: Option<TokenTree>,
    fn_token: TokenTree,
}

/// Parses qualifiers up to and including `fn`. `end` is the place of an error behind the last
/// token.
fn keywords(tokens: &[TokenTree], at: &mut usize, end: Span) -> Result<Keywords> {
    let mut qualifiers = TokenStream::new();
    let mut asyncness = None;
    loop {
        let token = tokens.get(*at).ok_or_else(|| Error::new(end, NOT_TRACEABLE))?;
        *at += 1;
        let word = match token {
            TokenTree::Ident(word) => word.to_string(),
            // the ABI of `extern "C"`
            TokenTree::Literal(_) => {
                qualifiers.extend([token.clone()]);
                continue;
            }
            TokenTree::Group(_) | TokenTree::Punct(_) => {
                return Err(Error::new(token.span(), NOT_TRACEABLE));
            }
        };
        match word.as_str() {
            "fn" => return Ok(Keywords { qualifiers, asyncness, fn_token: token.clone() }),
            "async" => asyncness = Some(token.clone()),
            "default" | "unsafe" | "safe" | "extern" => qualifiers.extend([token.clone()]),
            "const" => {
                return Err(Error::new(
                    token.span(),
                    "`#[traced]` cannot be used on a `const fn`, because no span can be opened at compile time",
                ));
            }
            "gen" => {
                return Err(Error::new(
                    token.span(),
                    "`#[traced]` cannot be used on a `gen fn`; put it on the function that drives the iterator",
                ));
            }
            _ => return Err(Error::new(token.span(), NOT_TRACEABLE)),
        }
    }
}

/// Parses the name of the function.
fn name(tokens: &[TokenTree], at: &mut usize, fn_token: &TokenTree) -> Result<Ident> {
    match tokens.get(*at).map(|token| flattened(std::slice::from_ref(token))).as_deref() {
        Some([TokenTree::Ident(name)]) => {
            *at += 1;
            Ok(name.clone())
        }
        _ => Err(Error::new(fn_token.span(), "expected the name of a function after `fn`")),
    }
}

/// Parses everything between the name and the parentheses.
fn generics(tokens: &[TokenTree], at: &mut usize) -> TokenStream {
    let start = *at;
    let mut angles = Angles::default();
    while let Some(token) = tokens.get(*at) {
        if angles.is_outside(token) && group(Some(token), Delimiter::Parenthesis).is_some() {
            break;
        }
        *at += 1;
    }
    stream(&tokens[start..*at])
}

/// Parses the parentheses with the parameters.
fn parentheses(tokens: &[TokenTree], at: &mut usize, name: &Ident) -> Result<Group> {
    let parentheses = group(tokens.get(*at), Delimiter::Parenthesis).cloned();
    *at += 1;
    parentheses.ok_or_else(|| Error::new(name.span(), "expected the parameters of a function"))
}

/// Parses the body, which a macro may have passed on as a `$block`.
fn body(last: &TokenTree, name: &Ident) -> Result<Group> {
    if let [TokenTree::Group(block)] = flattened(std::slice::from_ref(last)).as_slice()
        && block.delimiter() == Delimiter::Brace
    {
        return Ok(block.clone());
    }
    let message = if is_punct(Some(last), ';') {
        "`#[traced]` needs a function body; put it on the implementations of this method"
    } else {
        "expected the body of a function"
    };
    Err(Error::new(name.span(), message))
}

/// The part of a signature between the parameters and the body.
struct Tail {
    arrow: TokenStream,
    output: Vec<TokenTree>,
    where_clause: TokenStream,
}

impl Tail {
    fn parse(tokens: &[TokenTree]) -> Self {
        let end = tokens.iter().position(|token| is_ident(Some(token), "where")).unwrap_or(tokens.len());
        let has_arrow = is_punct(tokens.first(), '-') && is_punct(tokens.get(1), '>');
        let arrow = if has_arrow { 2.min(end) } else { 0 };
        Self {
            arrow: stream(&tokens[..arrow]),
            output: tokens[arrow..end].to_vec(),
            where_clause: stream(&tokens[end..]),
        }
    }
}
