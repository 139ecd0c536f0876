use crate::tokens::{Angles, flattened, is_ident, is_punct, mentions, regroup, split_commas, stream};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Types that are never a `Result` or a future, whatever their parameters are.
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

/// What a function returns, as far as its tokens tell.
pub(crate) enum Returns {
    Unit,
    Never,
    /// `impl Future`, with its output if it is named.
    Future(Option<TokenStream>),
    /// `impl Stream`.
    Stream,
    /// `Pin<Box<dyn Future<..>>>`, with its output.
    BoxedFuture(TokenStream),
    /// Neither a `Result` nor a future: a primitive, a reference, a tuple, another `impl Trait` ..
    Plain,
    /// `Result<..>`, or something that holds an `impl Trait`: observed by type.
    Value,
    /// Any other path. It may be an alias of `Result` or of a boxed future, which only its type tells.
    Unknown,
}

impl Returns {
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
            [TokenTree::Ident(word), bounds @ ..] if word == "impl" => opaque(bounds),
            [TokenTree::Punct(punct), ..] if punct.as_char() != '<' && punct.as_char() != ':' => Self::Plain,
            [TokenTree::Group(_), ..] => Self::Plain,
            [TokenTree::Ident(word), ..]
                if ["dyn", "fn", "unsafe", "extern", "for"].iter().any(|k| word == k) =>
            {
                Self::Plain
            }
            path => named(path),
        }
    }

    /// Whether a value of this type may be a `Result`.
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

/// `impl A + B + 'c`. A wrapper stands for the value only if it has every trait that is named.
fn opaque(bounds: &[TokenTree]) -> Returns {
    let mut angles = Angles::default();
    let parts: Vec<&[TokenTree]> =
        bounds.split(|token| angles.outside(token) && is_punct(Some(token), '+')).collect();
    let name = |part: &[TokenTree]| last_segment(part).map(|(name, _)| name.to_string()).unwrap_or_default();
    let transparent = parts.iter().all(|part| {
        is_punct(part.first(), '\'')
            || part.is_empty()
            || is_ident(part.first(), "use")
            || ["Future", "Stream", "Send", "Sync", "Unpin"].contains(&name(part).as_str())
    });
    let find = |wanted: &str| parts.iter().find(|part| name(part) == wanted);
    match (find("Future"), find("Stream")) {
        (Some(part), None) if transparent => Returns::Future(associated_output(part)),
        (None, Some(_)) if transparent => Returns::Stream,
        _ => Returns::Plain,
    }
}

fn named(path: &[TokenTree]) -> Returns {
    let Some((name, arguments)) = last_segment(path) else { return Returns::Unknown };
    let single = matches!(path.first(), Some(TokenTree::Ident(first)) if *first == name);
    let text = name.to_string();
    if single && PLAIN.contains(&text.as_str()) {
        return Returns::Plain;
    }
    if text == "Pin"
        && let Some(output) = boxed_output(arguments)
    {
        return Returns::BoxedFuture(output);
    }
    if text == "Result" || text == "Self" && single || mentions(&stream(path), &["impl"]) {
        return Returns::Value;
    }
    Returns::Unknown
}

/// The last name of a path and the tokens between the angle brackets that follow it; `None` if the tokens are no plain path.
pub(crate) fn last_segment(path: &[TokenTree]) -> Option<(Ident, &[TokenTree])> {
    let mut angles = Angles::default();
    let mut last = None;
    for (i, token) in path.iter().enumerate() {
        if !angles.outside(token) {
            continue;
        }
        match token {
            TokenTree::Ident(ident) => last = Some((ident.clone(), i + 1)),
            TokenTree::Punct(punct) if matches!(punct.as_char(), ':' | '?') => {}
            TokenTree::Group(parens) if parens.delimiter() == Delimiter::Parenthesis => {}
            _ => return None,
        }
    }
    let (name, after) = last?;
    let rest = &path[after..];
    let is_list = is_punct(rest.first(), '<') && is_punct(rest.last(), '>') && rest.len() >= 2;
    Some((name, if is_list { &rest[1..rest.len() - 1] } else { &[] }))
}

/// The output of `Box<dyn Future<Output = ..> + ..>`.
fn boxed_output(arguments: &[TokenTree]) -> Option<TokenStream> {
    let (name, inner) = last_segment(arguments)?;
    let (true, [TokenTree::Ident(word), bounds @ ..]) = (name == "Box", inner) else { return None };
    if word != "dyn" {
        return None;
    }
    let mut angles = Angles::default();
    bounds.split(|token| angles.outside(token) && is_punct(Some(token), '+')).find_map(|part| {
        let (name, _) = last_segment(part)?;
        if name == "Future" { associated_output(part) } else { None }
    })
}

/// `T` of `Future<Output = T>`.
fn associated_output(bound: &[TokenTree]) -> Option<TokenStream> {
    let (_, arguments) = last_segment(bound)?;
    split_commas(arguments).into_iter().find_map(|argument| match argument {
        [TokenTree::Ident(name), TokenTree::Punct(eq), ty @ ..]
            if name == "Output" && eq.as_char() == '=' =>
        {
            Some(stream(ty))
        }
        _ => None,
    })
}

/// The type with every `impl Trait` replaced by `_`, so that it can be named inside the body.
pub(crate) fn erase_impl(ty: &[TokenTree]) -> TokenStream {
    let mut erased = TokenStream::new();
    let mut at = 0;
    while let Some(token) = ty.get(at) {
        at += 1;
        match token {
            TokenTree::Ident(word) if word == "impl" => {
                erased.extend([TokenTree::Ident(Ident::new("_", word.span()))]);
                let mut angles = Angles::default();
                while let Some(next) = ty.get(at) {
                    let closes = is_punct(Some(next), '>');
                    let outside = angles.outside(next);
                    if outside && (is_punct(Some(next), ',') || closes && !is_arrow(ty, at)) {
                        break;
                    }
                    at += 1;
                }
            }
            TokenTree::Group(inner) => {
                let content: Vec<TokenTree> = inner.stream().into_iter().collect();
                erased.extend([TokenTree::Group(regroup(inner, erase_impl(&content)))]);
            }
            other => erased.extend([other.clone()]),
        }
    }
    erased
}

/// Whether the `>` at `at` is the end of `->`.
fn is_arrow(tokens: &[TokenTree], at: usize) -> bool {
    at > 0 && is_punct(tokens.get(at - 1), '-')
}
