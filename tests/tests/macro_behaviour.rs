//! What `#[traced]` records, and what it leaves as it was.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod macro_support;

use macro_support::{Fixture, attribute, attributes, error, is_child, is_root, named, one, typed};
use multitracer::traced;
use opentelemetry::Value;
use opentelemetry::trace::SpanKind;

const LINE: u32 = line!() + 2;
#[traced]
fn plain(a: u8) -> u8 {
    a + 1
}

#[test]
fn a_sync_function_has_one_span_with_its_place_in_the_code() {
    let spans = Fixture::sync(|| assert_eq!(plain(1), 2));
    let span = one(&spans);
    assert_eq!(span.name, "plain");
    assert_eq!(span.span_kind, SpanKind::Internal);
    assert_eq!(attribute(span, "code.function.name").unwrap(), "macro_behaviour::plain");
    assert_eq!(attribute(span, "code.file.path").unwrap(), file!());
    assert_eq!(typed(span, "code.line.number"), Some(Value::I64(LINE.into())));
    assert!(attributes(span).is_empty());
    assert_eq!(error(span), None);
}

#[traced(name = "llm.call", kind = "client", fields(user.id = user, r#type.fn = true, model = %"m", list = ?[1, 2], user, none = None::<u8>, {KEY} = 1.5, "x y" = "z"))]
async fn fields(user: u64) -> u64 {
    user
}

const KEY: &str = "a.constant";

#[test]
fn fields_of_every_form() {
    let spans = Fixture::future(|| fields(7));
    let span = one(&spans);
    assert_eq!(span.name, "llm.call");
    assert_eq!(span.span_kind, SpanKind::Client);
    let expected = [
        ("user.id", "7"), ("type.fn", "true"), ("model", "m"), ("list", "[1, 2]"), ("user", "7"), ("a.constant", "1.5"),
        ("x y", "z"),
    ];
    assert_eq!(attributes(span), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(typed(span, "user.id"), Some(Value::I64(7)));
    assert_eq!(typed(span, "a.constant"), Some(Value::F64(1.5)));
}

type Alias = Result<u8, Opaque>;
/// Neither `Debug` nor `Display`.
struct Opaque;

#[traced]
fn alias(fail: bool) -> Alias {
    if fail { Err(Opaque) } else { Ok(1) }
}

#[traced]
async fn question(fail: bool) -> Result<u8, Box<dyn std::error::Error>> {
    if fail {
        "x".parse::<u8>()?;
    }
    Ok(1)
}

#[test]
fn a_result_is_known_by_its_type() {
    let spans = Fixture::sync(|| { let _ = alias(true); let _ = alias(false); });
    assert_eq!(error(&spans[0]).unwrap(), "");
    assert_eq!(attribute(&spans[0], "error.type").unwrap(), "macro_behaviour::Opaque");
    assert_eq!(error(&spans[1]), None);
    assert_eq!(attribute(&spans[1], "error.type"), None);
    let spans = Fixture::future(|| async { let _ = question(true).await; let _ = question(false).await; });
    assert_eq!(error(&spans[0]).unwrap(), "");
    assert!(attribute(&spans[0], "error.type").unwrap().contains("dyn core::error::Error"));
    assert_eq!(error(&spans[1]), None);
}

#[test]
fn nested_calls_are_children() {
    #[traced]
    async fn outer() { inner().await; plain(0); }
    #[traced]
    async fn inner() { tokio::task::yield_now().await; plain(0); }
    let spans = Fixture::future(|| outer());
    assert_eq!(spans.len(), 4);
    let outer = named(&spans, "outer");
    assert!(is_root(outer));
    assert!(is_child(named(&spans, "inner"), outer));
    assert!(spans.iter().any(|span| span.name == "plain" && is_child(span, outer)));
}
