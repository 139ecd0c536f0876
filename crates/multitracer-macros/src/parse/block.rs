//! `impl` blocks and inline modules, split into their items.

use crate::parse::attribute::{Attribute, attributes, split_inner};
use crate::parse::types::last_segment;
use crate::tokens::{Angles, flattened, group, is_ident, is_punct, skip_visibility, stream};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An `impl` block or an inline module.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    /// The tokens between the attributes and the body.
    pub(crate) head: Vec<TokenTree>,
    pub(crate) body: Group,
    pub(crate) kind: BlockKind,
}

/// The kind of a block.
pub(crate) enum BlockKind {
    /// An `impl` block, with the name of its type if the type has one.
    Impl(Option<String>),
    /// An inline module.
    Module,
}

/// The body of a block.
pub(crate) struct BlockContent {
    pub(crate) inner_attributes: TokenStream,
    pub(crate) items: Vec<BlockItem>,
}

/// An item of a block.
pub(crate) struct BlockItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tokens: Vec<TokenTree>,
    pub(crate) kind: BlockItemKind,
}

/// The kind of an item in a block.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum BlockItemKind {
    /// A function that can be traced, by its name.
    Function(String),
    /// An `impl` block or an inline module.
    Block,
    /// An item that stays unchanged.
    Other,
}

impl BlockKind {
    /// Reads the name of the type from the tokens between `impl` and the body.
    pub(crate) fn of_impl(tokens: &[TokenTree]) -> Self {
        let tokens = flattened(tokens);
        let mut angles = Angles::default();
        let mut start = 0;
        let mut end = tokens.len();
        for (i, token) in tokens.iter().enumerate() {
            if !angles.is_outside(token) {
                // the generics of the `impl` itself
                if start == i {
                    start = i + 1;
                }
                continue;
            }
            if is_ident(Some(token), "for") && !is_punct(tokens.get(i + 1), '<') {
                start = i + 1;
            }
            if is_ident(Some(token), "where") {
                end = i;
                break;
            }
        }
        let keywords = ["mut", "dyn", "const"];
        let mut ty = tokens.get(start..end).unwrap_or_default();
        loop {
            ty = match ty {
                [TokenTree::Punct(punct), TokenTree::Ident(_), rest @ ..] if punct.as_char() == '\'' => rest,
                [TokenTree::Punct(punct), rest @ ..] if matches!(punct.as_char(), '&' | '*' | '!') => rest,
                [TokenTree::Ident(word), rest @ ..] if keywords.iter().any(|keyword| word == keyword) => rest,
                _ => break,
            };
        }
        Self::Impl(last_segment(ty).map(|(name, _)| name.to_string()))
    }
}

impl Block {
    /// Splits the body into inner attributes and items.
    pub(crate) fn content(&self) -> BlockContent {
        let tokens: Vec<TokenTree> = self.body.stream().into_iter().collect();
        let (inner_attributes, tokens) = split_inner(&tokens);
        let mut at = 0;
        let mut items = Vec::new();
        while at < tokens.len() {
            let attributes = attributes(tokens, &mut at);
            let start = at;
            let kind = item_kind(tokens, at);
            at = item_end(tokens, at);
            items.push(BlockItem { attributes, tokens: tokens[start..at].to_vec(), kind });
        }
        BlockContent { inner_attributes: stream(inner_attributes), items }
    }
}

/// Classifies the item at `at`.
fn item_kind(tokens: &[TokenTree], mut at: usize) -> BlockItemKind {
    skip_visibility(tokens, &mut at);
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        match word.to_string().as_str() {
            "async" | "unsafe" | "default" | "safe" => at += 1,
            "extern" => at += if matches!(tokens.get(at + 1), Some(TokenTree::Literal(_))) { 2 } else { 1 },
            "fn" => {
                let end = item_end(tokens, at);
                let has_body = group(tokens.get(end - 1), Delimiter::Brace).is_some();
                let name = tokens.get(at + 1).map(ToString::to_string).unwrap_or_default();
                let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
                return if has_body { BlockItemKind::Function(name) } else { BlockItemKind::Other };
            }
            "impl" => return BlockItemKind::Block,
            "mod" => {
                let inline = group(tokens.get(at + 2), Delimiter::Brace).is_some();
                return if inline { BlockItemKind::Block } else { BlockItemKind::Other };
            }
            _ => break,
        }
    }
    BlockItemKind::Other
}

/// Returns `true` for `const`, `static`, `type` and `use`, which end with a semicolon.
///
/// Braces before the semicolon do not end such an item.
fn ends_with_semicolon(tokens: &[TokenTree], mut at: usize) -> bool {
    skip_visibility(tokens, &mut at);
    let is_function =
        ["fn", "async", "unsafe", "extern"].iter().any(|word| is_ident(tokens.get(at + 1), word));
    ["static", "type", "use"].iter().any(|word| is_ident(tokens.get(at), word))
        || is_ident(tokens.get(at), "const") && !is_function
}

/// Returns the index behind the item at `at`, after its body or its semicolon.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let needs_semicolon = ends_with_semicolon(tokens, at);
    let mut angles = Angles::default();
    let ends = |token: &TokenTree| {
        is_punct(Some(token), ';')
            || !needs_semicolon && angles.is_outside(token) && group(Some(token), Delimiter::Brace).is_some()
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |length| at + length + 1)
}
