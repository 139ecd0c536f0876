//! The attribute macro of `multitracer`. Use it as `multitracer::traced`.
//!
//! The macro reads its arguments and the signature of the function; the body is passed through unread.

mod check;
mod errors;
mod expand;
mod parse;
mod report;
mod tokens;
mod tracers;

use errors::Errors;
use proc_macro2::TokenStream;

/// Opens a span around each call of a function.
///
/// It goes on functions and methods (sync or async, also those that return a future, a boxed future or a stream), on `impl`
/// blocks and on inline modules. Nothing about the function changes except that it is traced: what it captures, returns,
/// borrows and drops, and in which order, stays as written. No argument or result is captured unless you ask for it.
///
/// ```text
/// use multitracer::traced;
///
/// #[traced]                                            // the ambient tracer, else the default one
/// async fn answer(q: &str) -> Result<String, Error> { .. }
///
/// #[traced(tracer = "canary")]                         // always this one
/// fn rank(items: &[Item]) -> Vec<Item> { .. }
///
/// #[traced(tracer = variant, name = "llm.call", kind = "client", fields(user.id = user, model = %m), args(prompt), ret, err)]
/// async fn generate(variant: &Variant, user: u64, m: Model, prompt: &str) -> Result<String, LlmError> { .. }
/// ```
///
/// # Arguments
///
/// | argument | meaning |
/// |---|---|
/// | `tracer = "name"` | always this tracer of the registry |
/// | `tracer = expr` | the tracer that the expression gives: a name, a `Tracer`, a `Route`, an `Assignment`, or an `Option` of them (`None`: ambient) |
/// | `name = "..."` or `name = expr` | the span's name; without it, the name of the function (`Type::method` under `#[traced] impl`) |
/// | `kind = "client"` | `internal` (default), `server`, `client`, `producer` or `consumer` |
/// | `fields(key = expr, ..)` | attributes; see below |
/// | `args(a, b)` | captures these parameters, if the tracer's configuration lets arguments be captured |
/// | `ret`, `ret(Debug)`, `ret(Display)` | captures the result (of a `Result`, the `Ok` value) as attribute `return`, if the tracer's configuration lets results be captured |
/// | `err`, `err(Debug)`, `err(Display)` | puts the text of an error into the span's status |
/// | `ok_if = predicate`, `error_if = predicate` | decide by the value whether the call failed: a path or closure that is given `&output` and returns `bool` |
/// | `parent = expr` | an OpenTelemetry `Context` or `SpanContext` in place of the current one; `None` makes a root span |
/// | `links = expr` | a `SpanContext`, or an iterator of them, to link to |
/// | `event_type = "model"` | attribute `honeyhive_event_type`: `model`, `tool`, `chain`, `session` or your own |
/// | `enabled = expr` | traces this call only if the expression is true |
/// | `crate = path` | where `multitracer` is, if it is not `::multitracer` |
/// | `skip` | inside `#[traced]` on an `impl` block or module: leaves this item out |
///
/// # Fields
///
/// `key = expr` records a value that is an attribute by type (strings, numbers, booleans, lists of them, `Option`s of them: `None` is
/// left out), `key = %expr` its `Display` text, `key = ?expr` its `Debug` text. `key` alone stands for `key = key`, and
/// `%key`, `?key` accordingly. A key is dotted (`user.id`, keywords allowed), a string literal, or a constant expression in braces:
/// `{semconv::HTTP_METHOD} = m`. `#[attr]` or `#[attr("key")]` on a parameter is the same as a field.
///
/// An expression is evaluated at most once, when the function starts, and only if the span is recorded. It may name the function's
/// parameters, also those that a pattern binds. (`tracer`, `name`, `parent`, `links` and `enabled` are needed before that is
/// known: they are evaluated if any tracer is on.)
///
/// # Errors
///
/// A `Result` is recognised by its type. `Err` sets the span's status to error and `error.type` to the name of the error's type. The status of
/// a successful call stays unset. A panic is an error; a future that is dropped before it is done ends its span and says so.
///
/// # Where the span begins and ends
///
/// | function | span |
/// |---|---|
/// | sync | the call |
/// | `async fn`, `-> impl Future`, boxed futures | first poll to completion or drop; its parent is taken when the function is called |
/// | `-> impl Stream` | first poll to the end of the stream or drop |
///
/// On an `impl` block and on an inline module the attribute goes to every function that has a body and is not `const`; a function's
/// own `#[traced(..)]` adds to, or overrides, the shared arguments.
///
/// `#[track_caller]` functions are never looked into for their result, so that `Location::caller()` stays right.
/// `MULTITRACER_MACROS_DEBUG=1` in the environment of the compiler prints every expansion to standard error.
#[proc_macro_attribute]
pub fn traced(arguments: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let output = attribute(arguments.into(), item.into());
    report::show(&output);
    output.into()
}

/// What `multitracer::tracers!` expands by: the library's path, `;`, the names. Not part of the public interface.
#[doc(hidden)]
#[proc_macro]
pub fn __tracers(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    tracers::expand(input.into()).into()
}

/// Parse, check, expand. If there is a mistake, the item comes out untouched beside the errors, so that it stays the only one.
fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let item = tokens::ungrouped(item);
    let arguments = parse::arguments(arguments, &mut errors);
    let expanded = match parse::item(item.clone(), &mut errors) {
        Some(parse::Item::Function(function)) => {
            check::function(&arguments, &function, &mut errors);
            errors.is_empty().then(|| expand::function(&arguments, *function))
        }
        Some(parse::Item::Block(block)) => {
            check::block(&arguments, &mut errors);
            errors.is_empty().then(|| expand::block(&arguments, block, &mut errors))
        }
        None => None,
    };
    match expanded {
        Some(expanded) if errors.is_empty() && !report::is_rustdoc() => expanded,
        _ => {
            let mut output = errors.into_compile_errors();
            output.extend(parse::untouched(item));
            output
        }
    }
}
