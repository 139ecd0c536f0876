use crate::parse::function::{Attribute, attributes, visibility};
use crate::parse::returns::last_segment;
use crate::tokens::{Angles, flattened, group, is_ident, is_punct, stream};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// An `impl` block or an inline module.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    /// Everything between the attributes and the body.
    pub(crate) head: Vec<TokenTree>,
    pub(crate) body: Group,
    pub(crate) kind: BlockKind,
}

pub(crate) enum BlockKind {
    /// With the name of the type, if it has one.
    Impl(Option<String>),
    Module,
}

/// One item of the block.
pub(crate) struct BlockItem {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tokens: Vec<TokenTree>,
    pub(crate) kind: BlockItemKind,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum BlockItemKind {
    /// A function that can be traced, with its name.
    Function(String),
    /// An `impl` block or an inline module.
    Block,
    Other,
}

impl BlockKind {
    /// `tokens` are those between `impl` and the body.
    pub(crate) fn of_impl(tokens: &[TokenTree]) -> Self {
        let tokens = flattened(tokens);
        let mut angles = Angles::default();
        let mut start = 0;
        let mut end = tokens.len();
        for (i, token) in tokens.iter().enumerate() {
            if !angles.outside(token) {
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
        let words = ["mut", "dyn", "const"];
        let mut ty = tokens.get(start..end).unwrap_or_default();
        loop {
            ty = match ty {
                [TokenTree::Punct(punct), TokenTree::Ident(_), rest @ ..] if punct.as_char() == '\'' => rest,
                [TokenTree::Punct(punct), rest @ ..] if matches!(punct.as_char(), '&' | '*' | '!') => rest,
                [TokenTree::Ident(word), rest @ ..] if words.iter().any(|skipped| word == skipped) => rest,
                _ => break,
            };
        }
        Self::Impl(last_segment(ty).map(|(name, _)| name.to_string()))
    }
}

impl Block {
    /// Inner attributes, then the items.
    pub(crate) fn items(&self) -> (TokenStream, Vec<BlockItem>) {
        let tokens: Vec<TokenTree> = self.body.stream().into_iter().collect();
        let mut at = 0;
        while is_punct(tokens.get(at), '#') && is_punct(tokens.get(at + 1), '!') {
            at += 3;
        }
        let inner = stream(tokens.get(..at).unwrap_or_default());
        let mut items = Vec::new();
        while at < tokens.len() {
            let attributes = attributes(&tokens, &mut at);
            let start = at;
            let kind = item_kind(&tokens, at);
            at = item_end(&tokens, at);
            items.push(BlockItem { attributes, tokens: tokens[start..at].to_vec(), kind });
        }
        (inner, items)
    }
}

fn item_kind(tokens: &[TokenTree], mut at: usize) -> BlockItemKind {
    visibility(tokens, &mut at);
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        match word.to_string().as_str() {
            "async" | "unsafe" | "default" | "safe" => at += 1,
            "extern" => at += if matches!(tokens.get(at + 1), Some(TokenTree::Literal(_))) { 2 } else { 1 },
            "fn" => {
                let body = item_end(tokens, at);
                let has_body = group(tokens.get(body - 1), Delimiter::Brace).is_some();
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

/// `const`, `static`, `type` and `use` end with a semicolon, whatever braces come before it.
fn ends_with_semicolon(tokens: &[TokenTree], mut at: usize) -> bool {
    visibility(tokens, &mut at);
    let function = ["fn", "async", "unsafe", "extern"].iter().any(|word| is_ident(tokens.get(at + 1), word));
    ["static", "type", "use"].iter().any(|word| is_ident(tokens.get(at), word))
        || is_ident(tokens.get(at), "const") && !function
}

/// Where the item that begins at `at` ends: behind its body, or behind its semicolon.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    let semicolon_only = ends_with_semicolon(tokens, at);
    let mut angles = Angles::default();
    let ends = |token: &TokenTree| {
        is_punct(Some(token), ';')
            || !semicolon_only && angles.outside(token) && group(Some(token), Delimiter::Brace).is_some()
    };
    tokens[at..].iter().position(ends).map_or(tokens.len(), |length| at + length + 1)
}
