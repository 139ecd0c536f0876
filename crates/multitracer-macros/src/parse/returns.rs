//! The kind of value that a function returns.

use crate::parse::types::{associated_output, boxed_output, last_segment};
use crate::tokens::{Angles, flattened, is_ident, is_punct, mentions, split_commas, stream};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Names of types that are never a `Result` or a future, with any parameters.
const PLAIN: [&str; 34] = [
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "bool",
    "char",
    "str",
    "String",
    "Option",
    "Vec",
    "Box",
    "Arc",
    "Rc",
    "Cow",
    "HashMap",
    "HashSet",
    "BTreeMap",
    "BTreeSet",
    "VecDeque",
    "PathBuf",
    "Duration",
    "Instant",
    "SystemTime",
    "Ordering",
];

/// The kind of a return type, as far as its tokens show.
pub(crate) enum Returns {
    /// No return type, or `()`.
    Unit,
    /// The type `!`.
    Never,
    /// An `impl Future`, with its output if the bound names one.
    Future(Option<TokenStream>),
    /// An `impl Stream`.
    Stream,
    /// A `Pin<Box<dyn Future<..>>>`, with its output.
    BoxedFuture(TokenStream),
    /// Neither a `Result` nor a future: a primitive, a reference, a tuple or another `impl Trait`.
    Plain,
    /// A `Result<..>` or a type that holds an `impl Trait`. Its value is inspected by type.
    Value,
    /// Any other path. It may be an alias of `Result` or of a boxed future, so the compiler
    /// decides by its type.
    Unknown,
}

impl Returns {
    /// Classifies the type after `->`.
    pub(crate) fn of(output: &[TokenTree]) -> Self {
        let flat = flattened(output);
        match flat.as_slice() {
            [] => Self::Unit,
            [TokenTree::Group(parens)] if parens.delimiter() == Delimiter::Parenthesis => {
                let inner: Vec<TokenTree> = parens.stream().into_iter().collect();
                if inner.is_empty() {
                    Self::Unit
                } else if inner.iter().any(|token| is_punct(Some(token), ','))
                    && split_commas(&inner).len() != 1
                {
                    Self::Plain
                } else {
                    Self::of(&inner)
                }
            }
            [TokenTree::Punct(punct)] if punct.as_char() == '!' => Self::Never,
            [TokenTree::Ident(word), bounds @ ..] if word == "impl" => classify_opaque(bounds),
            [TokenTree::Punct(punct), ..] if punct.as_char() != '<' && punct.as_char() != ':' => Self::Plain,
            [TokenTree::Group(_), ..] => Self::Plain,
            [TokenTree::Ident(word), ..]
                if ["dyn", "fn", "unsafe", "extern", "for"].iter().any(|k| word == k) =>
            {
                Self::Plain
            }
            path => classify_path(path),
        }
    }

    /// Returns `true` if a value of this type may be a `Result`.
    pub(crate) fn may_be_result(&self) -> bool {
        match self {
            Self::Unit | Self::Never | Self::Plain | Self::Stream => false,
            Self::Future(Some(output)) | Self::BoxedFuture(output) => {
                let output: Vec<TokenTree> = output.clone().into_iter().collect();
                Self::of(&output).may_be_result()
            }
            Self::Future(None) | Self::Value | Self::Unknown => true,
        }
    }
}

/// Classifies `impl A + B + 'c`.
///
/// A future or stream is wrapped only if the wrapper implements every bound too.
fn classify_opaque(bounds: &[TokenTree]) -> Returns {
    let mut angles = Angles::default();
    let parts: Vec<&[TokenTree]> =
        bounds.split(|token| angles.is_outside(token) && is_punct(Some(token), '+')).collect();
    let name = |part: &[TokenTree]| last_segment(part).map(|(name, _)| name.to_string()).unwrap_or_default();
    let wrapper_has_all = parts.iter().all(|part| {
        is_punct(part.first(), '\'')
            || part.is_empty()
            || is_ident(part.first(), "use")
            || ["Future", "Stream", "Send", "Sync", "Unpin"].contains(&name(part).as_str())
    });
    let find = |wanted: &str| parts.iter().find(|part| name(part) == wanted);
    match (find("Future"), find("Stream")) {
        (Some(part), None) if wrapper_has_all => Returns::Future(associated_output(part)),
        (None, Some(_)) if wrapper_has_all => Returns::Stream,
        _ => Returns::Plain,
    }
}

/// Classifies a named type.
fn classify_path(path: &[TokenTree]) -> Returns {
    let Some((name, arguments)) = last_segment(path) else { return Returns::Unknown };
    let is_single = matches!(path.first(), Some(TokenTree::Ident(first)) if *first == name);
    let text = name.to_string();
    if is_single && PLAIN.contains(&text.as_str()) {
        return Returns::Plain;
    }
    if text == "Pin"
        && let Some(output) = boxed_output(arguments)
    {
        return Returns::BoxedFuture(output);
    }
    if text == "Result" || text == "Self" && is_single || mentions(&stream(path), &["impl"]) {
        return Returns::Value;
    }
    Returns::Unknown
}
