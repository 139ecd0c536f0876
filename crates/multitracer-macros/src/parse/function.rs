use crate::errors::Errors;
use crate::parse::parameter::{self, Parameter, ParameterKind};
use crate::parse::returns::Returns;
use crate::tokens::{Angles, flattened, group, is_ident, is_punct, stream};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

/// `#[path ..]`, kept as it was written.
pub(crate) struct Attribute {
    pub(crate) pound: TokenTree,
    pub(crate) bracket: Group,
    /// The path as text, `a::b`.
    pub(crate) path: String,
}

impl Attribute {
    /// What follows the path.
    pub(crate) fn content(&self) -> Vec<TokenTree> {
        let tokens: Vec<TokenTree> = self.bracket.stream().into_iter().collect();
        let tokens = flattened(&tokens);
        let end = path_end(&tokens);
        tokens[end..].to_vec()
    }

    pub(crate) fn tokens(&self) -> TokenStream {
        [self.pound.clone(), TokenTree::Group(self.bracket.clone())].into_iter().collect()
    }
}

/// A function with its signature taken apart and its body left alone.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: TokenStream,
    /// `default`, `unsafe`, `extern "C"`; not `async`.
    pub(crate) qualifiers: TokenStream,
    pub(crate) asyncness: Option<TokenTree>,
    pub(crate) fn_token: TokenTree,
    pub(crate) name: Ident,
    pub(crate) generics: TokenStream,
    pub(crate) parentheses: Group,
    pub(crate) parameters: Vec<Parameter>,
    /// `->`, or nothing.
    pub(crate) arrow: TokenStream,
    /// The type after `->`, or nothing.
    pub(crate) output: Vec<TokenTree>,
    pub(crate) returns: Returns,
    pub(crate) where_clause: TokenStream,
    pub(crate) body: Group,
    /// `#![..]` at the top of the body, and the rest of it.
    pub(crate) inner_attributes: TokenStream,
    pub(crate) statements: TokenStream,
}

impl Function {
    pub(crate) fn has_attribute(&self, path: &str) -> bool {
        self.attributes.iter().any(|attribute| attribute.path == path)
    }

    pub(crate) fn is_variadic(&self) -> bool {
        self.parameters.iter().any(|parameter| matches!(parameter.kind, ParameterKind::Variadic))
    }

    pub(crate) fn parse(
        attributes: Vec<Attribute>,
        mut tokens: Vec<TokenTree>,
        mut at: usize,
        errors: &mut Errors,
    ) -> Option<Self> {
        let not_a_function = "`#[traced]` goes on functions, `impl` blocks and inline modules";
        let Some(last) = tokens.pop() else {
            errors.add(Span::call_site(), not_a_function);
            return None;
        };
        let body = body(&last);
        let start = at;
        visibility(&tokens, &mut at);
        let visibility = stream(&tokens[start..at]);

        let mut qualifiers = TokenStream::new();
        let mut asyncness = None;
        let fn_token = loop {
            match tokens.get(at) {
                Some(token @ TokenTree::Ident(word)) => {
                    at += 1;
                    match word.to_string().as_str() {
                        "fn" => break token.clone(),
                        "async" => asyncness = Some(token.clone()),
                        "default" | "unsafe" | "safe" | "extern" => qualifiers.extend([token.clone()]),
                        "const" => {
                            errors.add(word.span(), "`#[traced]` cannot go on a `const fn`: it may run at compile time, where no span can be opened");
                            return None;
                        }
                        "gen" => {
                            errors.add(word.span(), "`#[traced]` cannot go on a `gen fn`; put it on the function that drives the iterator");
                            return None;
                        }
                        _ => {
                            errors.add(word.span(), not_a_function);
                            return None;
                        }
                    }
                }
                Some(token @ TokenTree::Literal(_)) => {
                    at += 1;
                    qualifiers.extend([token.clone()]);
                }
                other => {
                    errors.add(other.map_or_else(|| last.span(), TokenTree::span), not_a_function);
                    return None;
                }
            }
        };

        let name = match tokens.get(at).map(|token| flattened(std::slice::from_ref(token))).as_deref() {
            Some([TokenTree::Ident(name)]) => name.clone(),
            _ => {
                errors.add(fn_token.span(), "expected the name of a function after `fn`");
                return None;
            }
        };
        at += 1;
        let start = at;
        let mut angles = Angles::default();
        while let Some(token) = tokens.get(at) {
            if angles.outside(token) && group(Some(token), Delimiter::Parenthesis).is_some() {
                break;
            }
            at += 1;
        }
        let generics = stream(&tokens[start..at]);
        let Some(parentheses) = group(tokens.get(at), Delimiter::Parenthesis).cloned() else {
            errors.add(name.span(), "expected the parameters of a function");
            return None;
        };
        at += 1;

        let Some(body) = body else {
            let message = if is_punct(Some(&last), ';') {
                "`#[traced]` needs a function body; put it on the implementations of this method"
            } else {
                "expected the body of a function"
            };
            errors.add(name.span(), message);
            return None;
        };
        let rest = &tokens[at..];
        let end = rest.iter().position(|token| is_ident(Some(token), "where")).unwrap_or(rest.len());
        let arrow = if is_punct(rest.first(), '-') && is_punct(rest.get(1), '>') { 2.min(end) } else { 0 };
        let output = rest[arrow..end].to_vec();

        let content: Vec<TokenTree> = body.stream().into_iter().collect();
        let mut inner = 0;
        while is_punct(content.get(inner), '#') && is_punct(content.get(inner + 1), '!') {
            inner += 3;
        }
        let inner = inner.min(content.len());
        Some(Self {
            attributes,
            visibility,
            qualifiers,
            asyncness,
            fn_token,
            name,
            generics,
            parameters: parameter::parameters(&parentheses, errors),
            parentheses,
            arrow: stream(&rest[..arrow]),
            returns: Returns::of(&output),
            output,
            where_clause: stream(&rest[end..]),
            inner_attributes: stream(&content[..inner]),
            statements: content[inner..].iter().cloned().collect(),
            body,
        })
    }
}

/// The body, also if a macro passed it on as a `$block`.
fn body(last: &TokenTree) -> Option<Group> {
    match flattened(std::slice::from_ref(last)).as_slice() {
        [TokenTree::Group(block)] if block.delimiter() == Delimiter::Brace => Some(block.clone()),
        _ => None,
    }
}

/// Takes the outer attributes at `at`.
pub(crate) fn attributes(tokens: &[TokenTree], at: &mut usize) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    while is_punct(tokens.get(*at), '#') {
        let Some(bracket) = group(tokens.get(*at + 1), Delimiter::Bracket) else { break };
        let content: Vec<TokenTree> = bracket.stream().into_iter().collect();
        let content = flattened(&content);
        let path = content[..path_end(&content)].iter().map(ToString::to_string).collect();
        attributes.push(Attribute { pound: tokens[*at].clone(), bracket: bracket.clone(), path });
        *at += 2;
    }
    attributes
}

/// Takes `pub`, `pub(..)` or a `$vis` at `at`.
pub(crate) fn visibility(tokens: &[TokenTree], at: &mut usize) {
    if group(tokens.get(*at), Delimiter::None).is_some() {
        *at += 1;
    } else if is_ident(tokens.get(*at), "pub") {
        *at += 1;
        if group(tokens.get(*at), Delimiter::Parenthesis).is_some() {
            *at += 1;
        }
    }
}

/// Where the path at the start of an attribute ends.
fn path_end(tokens: &[TokenTree]) -> usize {
    let in_path = |token: &TokenTree| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), ':');
    tokens.iter().position(|token| !in_path(token)).unwrap_or(tokens.len())
}
