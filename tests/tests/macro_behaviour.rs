//! Tests of the spans that `#[traced]` records, and of the behaviour that it keeps.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod macro_support;

use macro_support::{Fixture, attribute, attributes, error, is_child, is_root, named, one, typed};
use multitracer::{ToAttribute, traced};
use opentelemetry::Value;
use opentelemetry::trace::SpanKind;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

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
        ("user.id", "7"),
        ("type.fn", "true"),
        ("model", "m"),
        ("list", "[1, 2]"),
        ("user", "7"),
        ("a.constant", "1.5"),
        ("x y", "z"),
    ];
    assert_eq!(attributes(span), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(typed(span, "user.id"), Some(Value::I64(7)));
    assert_eq!(typed(span, "a.constant"), Some(Value::F64(1.5)));
}

type Alias = Result<u8, Opaque>;
/// A type with neither `Debug` nor `Display`.
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
fn a_result_is_recognized_by_its_type() {
    let spans = Fixture::sync(|| {
        let _ = alias(true);
        let _ = alias(false);
    });
    assert_eq!(error(&spans[0]).unwrap(), "");
    assert_eq!(attribute(&spans[0], "error.type").unwrap(), "macro_behaviour::Opaque");
    assert_eq!(error(&spans[1]), None);
    assert_eq!(attribute(&spans[1], "error.type"), None);
    let spans = Fixture::future(|| async {
        let _ = question(true).await;
        let _ = question(false).await;
    });
    assert_eq!(error(&spans[0]).unwrap(), "");
    assert!(attribute(&spans[0], "error.type").unwrap().contains("dyn core::error::Error"));
    assert_eq!(error(&spans[1]), None);
}

#[test]
fn nested_calls_are_children() {
    #[traced]
    async fn outer() {
        inner().await;
        plain(0);
    }
    #[traced]
    async fn inner() {
        tokio::task::yield_now().await;
        plain(0);
    }
    let spans = Fixture::future(outer);
    assert_eq!(spans.len(), 4);
    let outer = named(&spans, "outer");
    assert!(is_root(outer));
    assert!(is_child(named(&spans, "inner"), outer));
    assert!(spans.iter().any(|span| span.name == "plain" && is_child(span, outer)));
}

#[test]
#[expect(clippy::let_and_return, reason = "a future that is returned by variable")]
fn an_alias_of_a_boxed_future_carries_its_span() {
    type Work<'a> = std::pin::Pin<Box<dyn Future<Output = Result<u8, Opaque>> + Send + 'a>>;
    #[traced(fields(n))]
    fn aliased(n: &u8) -> Work<'_> {
        if *n == 0 {
            return Box::pin(async { Err(Opaque) });
        }
        let future = Box::pin(async move {
            tokio::task::yield_now().await;
            plain(*n);
            Ok(*n)
        });
        future
    }
    let spans = Fixture::future(|| async {
        drop(aliased(&9)); // never polled, so it has no span
        let _ = aliased(&0).await;
        let _ = aliased(&1).await;
    });
    assert_eq!(spans.len(), 3);
    assert_eq!(attribute(&spans[0], "n").unwrap(), "0");
    assert!(error(&spans[0]).is_some());
    assert!(is_child(named(&spans, "plain"), &spans[2]));
}

#[test]
fn statements_before_box_pin_run() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static RAN: AtomicU32 = AtomicU32::new(0);
    #[traced]
    fn checked(n: u8) -> std::pin::Pin<Box<dyn Future<Output = u8>>> {
        RAN.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move { plain(n) })
    }
    let spans = Fixture::future(|| async {
        let future = checked(1);
        assert_eq!(RAN.load(Ordering::Relaxed), 1);
        future.await
    });
    assert!(is_child(named(&spans, "plain"), named(&spans, "checked")));
}

#[test]
fn opaque_futures_and_streams() {
    use futures_util::{Stream, StreamExt as _, stream};
    #[traced(fields(n))]
    fn opaque(n: u8) -> impl Future<Output = Result<u8, String>> {
        async move { if n == 0 { Err("zero".to_owned()) } else { Ok(plain(n)) } }
    }
    #[traced]
    fn numbers(to: u8) -> impl Stream<Item = u8> {
        stream::iter(0..to).map(plain)
    }
    let spans = Fixture::future(|| async {
        let _ = opaque(0).await;
        let _ = opaque(1).await;
        assert_eq!(numbers(2).collect::<Vec<_>>().await, [1, 2]);
        drop(numbers(2));
    });
    let names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["opaque", "plain", "opaque", "plain", "plain", "numbers"]);
    assert!(error(&spans[0]).is_some());
    assert!(is_child(&spans[1], &spans[2]));
    assert!(is_child(&spans[3], &spans[5]) && is_child(&spans[4], &spans[5]));
}

#[async_trait::async_trait]
trait Service {
    async fn call(&self, request: &str) -> Result<usize, Opaque>;
}

struct Shop {
    id: u8,
}

#[async_trait::async_trait]
impl Service for Shop {
    #[traced(fields(shop = self.id, size = request.len()), ret)]
    async fn call(&self, request: &str) -> Result<usize, Opaque> {
        tokio::task::yield_now().await;
        if request.is_empty() { Err(Opaque) } else { Ok(request.len()) }
    }
}

#[test]
fn async_trait_methods() {
    let spans = Fixture::future(|| async {
        let shop: Box<dyn Service> = Box::new(Shop { id: 3 });
        let _ = shop.call("ab").await;
        let _ = shop.call("").await;
    });
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(attributes(&spans[0]), pairs(&[("shop", "3"), ("size", "2"), ("return", "2")]));
    assert_eq!(attribute(&spans[0], "code.function.name").unwrap(), "macro_behaviour::Shop::call");
    assert!(error(&spans[1]).is_some());
    assert_eq!(attribute(&spans[1], "return"), None);
}

mod blocks {
    use multitracer::traced;

    pub(super) struct Cache<T>(pub(super) T);

    #[traced(kind = "server", fields(shared = 1))]
    impl<T: Clone + Send + Sync> Cache<T> {
        pub(super) const fn new(value: T) -> Self {
            Self(value)
        }
        pub(super) fn get(&self) -> T {
            self.0.clone()
        }
        #[traced(name = "own", kind = "client", fields(own = n))]
        pub(super) async fn load(&self, n: u8) -> u8 {
            n
        }
        #[traced(skip)]
        pub(super) fn skipped(&self) {}
    }

    #[traced]
    impl<T> Drop for Cache<T> {
        fn drop(&mut self) {}
    }

    #[traced(event_type = "tool")]
    pub(super) mod inner {
        pub(in super::super) fn function() {}
        pub(in super::super) mod deeper {
            pub(in super::super::super) async fn function(_: u8) {}
        }
    }
}

#[test]
fn impl_blocks_and_modules() {
    use blocks::{Cache, inner};
    let spans = Fixture::future(|| async {
        let cache = Cache::new(1_u8);
        cache.get();
        cache.load(2).await;
        cache.skipped();
        drop(cache);
        inner::function();
        inner::deeper::function(1).await;
    });
    let names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["Cache::get", "own", "Cache::drop", "function", "function"]);
    assert_eq!(spans[0].span_kind, SpanKind::Server);
    assert_eq!(spans[1].span_kind, SpanKind::Client);
    assert_eq!(
        attributes(&spans[1]),
        [("shared".to_owned(), "1".to_owned()), ("own".to_owned(), "2".to_owned())]
    );
    assert_eq!(attribute(&spans[0], "code.function.name").unwrap(), "macro_behaviour::blocks::Cache::get");
    assert_eq!(attribute(&spans[2], "code.function.name").unwrap(), "macro_behaviour::blocks::Cache::drop");
    for span in &spans[3..] {
        assert_eq!(attribute(span, "honeyhive_event_type").unwrap(), "tool");
    }
}

#[test]
fn parameters_as_attributes() {
    #[traced]
    fn marked(
        #[attr] user: u64,
        #[attr("llm.model")] model: &str,
        #[attr] none: Option<u8>,
        other: u8,
    ) -> Alias {
        let _ = (user, model, none);
        Ok(other)
    }
    let spans = Fixture::sync(|| marked(1, "m", None, 2));
    let expected = [("user", "1"), ("llm.model", "m")].map(|(k, v)| (k.to_owned(), v.to_owned()));
    assert_eq!(attributes(one(&spans)), expected);
}

/// A type with `Debug` that is not an attribute value.
#[derive(Debug)]
#[expect(dead_code, reason = "read by `Debug`")]
struct Prompt(&'static str);

#[traced(tracer = tracer, args(prompt, n), ret, err)]
async fn captured(tracer: &str, prompt: Prompt, n: u8) -> Result<Prompt, String> {
    if n == 0 { Err("no tokens".to_owned()) } else { Ok(prompt) }
}

#[test]
fn capture_follows_the_configuration_of_the_tracer() {
    let fixture = Fixture::new();
    fixture.block_on(|| async {
        let _ = captured("main", Prompt("a"), 1).await;
        let _ = captured("canary", Prompt("b"), 1).await;
        let _ = captured("main", Prompt("c"), 0).await;
    });
    let spans = fixture.main.take();
    let expected = [("prompt", "Prompt(\"a\")"), ("n", "1"), ("return", "Prompt(\"a\")")];
    assert_eq!(attributes(&spans[0]), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
    assert_eq!(error(&spans[1]).unwrap(), "no tokens");
    assert_eq!(attribute(&spans[1], "error.type").unwrap(), "alloc::string::String");
    assert!(attributes(one(&fixture.canary.take())).is_empty());
}

#[test]
fn predicates_decide_about_failure() {
    #[traced(ok_if = Option::is_some)]
    fn found(n: u8) -> Option<u8> {
        n.checked_sub(1)
    }
    #[traced(error_if = |out| matches!(out, Err(n) if *n > 1))]
    async fn tolerant(n: u8) -> Result<(), u8> {
        Err(n)
    }
    let spans = Fixture::future(|| async {
        found(1);
        found(0);
        let _ = tolerant(1).await;
        let _ = tolerant(2).await;
    });
    let failed: Vec<_> = spans.iter().map(|span| error(span).is_some()).collect();
    assert_eq!(failed, [false, true, false, true]);
    assert_eq!(attribute(&spans[1], "error.type").unwrap(), "_OTHER");
    assert_eq!(attribute(&spans[3], "error.type").unwrap(), "u8");
}

#[test]
fn expressions_are_evaluated_once_and_only_if_recorded() {
    use std::cell::Cell;
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    fn count() -> u32 {
        COUNT.with(|count| count.replace(count.get() + 1))
    }
    #[traced(fields(a = count()))]
    fn guarded() {}
    #[traced(fields(a = count()))]
    fn observed() -> Alias {
        Ok(1)
    }
    #[traced(fields(a = count()))]
    async fn asynchronous() {
        tokio::task::yield_now().await;
    }
    #[traced(enabled = false, fields(a = count()))]
    fn disabled() {}
    async fn all() {
        guarded();
        let _ = observed();
        asynchronous().await;
        disabled();
    }
    assert_eq!(Fixture::future(all).len(), 3);
    assert_eq!(COUNT.take(), 3);
    let fixture = Fixture::new();
    fixture.block_on(|| async {
        let never = fixture.registry.tracer("never").unwrap();
        multitracer::WithTracerExt::with_tracer(async { all().await }, &never).await;
    });
    assert!(fixture.never.take().is_empty());
    assert_eq!(COUNT.take(), 0);
    // without a registry
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(all());
    assert_eq!(COUNT.take(), 0);
}

struct Settings {
    region: String,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(load_settings);

#[traced]
fn load_settings() -> Settings {
    Settings { region: "eu".to_owned() }
}

#[traced(fields(region = SETTINGS.region, count = count, owner))]
fn uses_settings(count: u32, owner: Owner) -> u32 {
    let _ = owner;
    count
}

/// A value whose conversion is a traced function.
struct Owner;

impl ToAttribute for Owner {
    fn to_attribute(&self) -> Option<Value> {
        Some(describe_owner().into())
    }
}

#[traced]
fn describe_owner() -> &'static str {
    "team"
}

#[traced(fields(count, owner))]
fn has_owner(count: u32, owner: Owner) {
    let _ = (count, owner);
}

#[test]
fn code_that_fields_run_is_inside_the_span() {
    let spans = Fixture::sync(|| assert_eq!(uses_settings(3, Owner), 3));
    let span = named(&spans, "uses_settings");
    assert_eq!(attribute(span, "region").unwrap(), "eu");
    assert_eq!(attribute(span, "owner").unwrap(), "team");
    assert_eq!(typed(span, "count"), Some(Value::I64(3)));
    assert!(is_child(named(&spans, "load_settings"), span));
    assert!(is_child(named(&spans, "describe_owner"), span));
    // all expressions are names here
    let spans = Fixture::sync(|| has_owner(4, Owner));
    let span = named(&spans, "has_owner");
    assert_eq!(
        (attribute(span, "owner").unwrap(), typed(span, "count")),
        ("team".to_owned(), Some(Value::I64(4)))
    );
    assert!(is_child(named(&spans, "describe_owner"), span));
    assert_eq!(attributes(span).len(), 2);
}

#[test]
fn a_panic_is_an_error_and_keeps_unwinding() {
    #[traced]
    fn sync(fail: bool) -> Alias {
        assert!(!fail, "told to");
        Ok(1)
    }
    #[traced]
    async fn asynchronous() {
        panic!("told to");
    }
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            plain(1);
        }
    }
    let fixture = Fixture::new();
    let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
        fixture.registry.scope(|| {
            let _guard = OnDrop;
            sync(true)
        })
    }));
    assert!(caught.is_err());
    let spans = fixture.main.take();
    assert_eq!(attribute(named(&spans, "sync"), "error.type").unwrap(), "panic");
    assert_eq!(error(named(&spans, "plain")), None, "it began while the thread was unwinding");
    let caught =
        std::panic::catch_unwind(AssertUnwindSafe(|| fixture.block_on(|| async { asynchronous().await })));
    assert!(caught.is_err());
    assert!(error(one(&fixture.main.take())).is_some());
}

#[test]
fn a_dropped_future_is_cancelled_and_an_unpolled_future_has_no_span() {
    #[traced]
    async fn forever() {
        plain(1);
        std::future::pending::<()>().await;
    }
    let spans = Fixture::future(|| async {
        drop(forever());
        let mut future = Box::pin(forever());
        assert!(futures_util::poll!(&mut future).is_pending());
        drop(future);
    });
    assert_eq!(spans.len(), 2);
    let span = named(&spans, "forever");
    assert_eq!(typed(span, "multitracer.cancelled"), Some(Value::Bool(true)));
    assert_eq!(error(span), None);
}

#[test]
fn a_spawned_future_keeps_the_parent_of_its_call() {
    #[traced]
    async fn child(n: u8) -> u8 {
        n
    }
    #[traced]
    async fn parent() {
        let task = tokio::spawn(child(1));
        task.await.unwrap();
    }
    let spans = Fixture::future(parent);
    assert!(is_child(named(&spans, "child"), named(&spans, "parent")));
}

#[test]
fn track_caller_still_points_at_the_caller() {
    #[traced]
    #[track_caller]
    fn here() -> Result<u32, ()> {
        Ok(std::panic::Location::caller().line())
    }
    let spans = Fixture::sync(|| assert_eq!(here(), Ok(line!())));
    one(&spans);
}

#[test]
fn parents_and_links_can_be_given() {
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
    let remote =
        SpanContext::new(TraceId::from(7), SpanId::from(8), TraceFlags::SAMPLED, true, TraceState::default());
    #[traced(parent = parent, links = links)]
    fn given(parent: &SpanContext, links: &[SpanContext]) {
        let _ = (parent, links);
    }
    #[traced(parent = None::<opentelemetry::Context>)]
    async fn root() {}
    #[traced(parent = cx)]
    fn by_context(cx: &opentelemetry::Context) -> Alias {
        let _ = cx;
        Ok(1)
    }
    let spans = Fixture::future(|| async {
        given(&remote, std::slice::from_ref(&remote));
        root().await;
        let cx = opentelemetry::Context::new().with_remote_span_context(remote.clone());
        let _ = by_context(&cx);
    });
    for span in [&spans[0], &spans[2]] {
        assert_eq!((span.parent_span_id, span.span_context.trace_id()), (SpanId::from(8), TraceId::from(7)));
    }
    assert_eq!(spans[0].links.links[0].span_context, remote);
    assert!(is_root(&spans[1]));
}

#[test]
fn names_and_tracers_at_run_time() {
    #[traced(name = format!("call {n}"), tracer = tracer)]
    fn sync(n: u8, tracer: Option<&str>) -> Alias {
        let _ = (n, tracer);
        Ok(n)
    }
    #[traced(tracer = "canary")]
    async fn r#async() {}
    const NAME: &str = "of a constant";
    #[traced(name = const { NAME }, tracer = const { CANARY })]
    fn constant() {}
    const CANARY: &str = "canary";
    let fixture = Fixture::new();
    fixture.block_on(|| async {
        let _ = sync(1, Some("canary"));
        let _ = sync(2, None);
        r#async().await;
        constant();
    });
    let names = |spans: Vec<opentelemetry_sdk::trace::SpanData>| {
        spans.into_iter().map(|span| span.name.into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(fixture.canary.take()), ["call 1", "async", "of a constant"]);
    assert_eq!(names(fixture.main.take()), ["call 2"]);
}

#[test]
fn fields_can_use_names_in_patterns() {
    #[traced(args(a), fields(b, whole = c.0))]
    async fn asynchronous((a, b): (u8, u8), c @ (_, _): (u8, u8)) -> u8 {
        a + b + c.1
    }
    #[traced(args(a), fields(b))]
    fn sync((a, b): (u8, u8)) -> Alias {
        Ok(a + b)
    }
    let spans = Fixture::future(|| async {
        let _ = sync((1, 2));
        asynchronous((1, 2), (3, 4)).await
    });
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(attributes(&spans[0]), pairs(&[("b", "2"), ("a", "1")]));
    assert_eq!(attributes(&spans[1]), pairs(&[("b", "2"), ("whole", "3"), ("a", "1")]));
}

#[tokio::main(flavor = "current_thread")]
#[traced]
async fn above(n: u8) -> u8 {
    n
}

#[traced]
#[tokio::main(flavor = "current_thread")]
async fn below(n: u8) -> u8 {
    n
}

#[test]
fn other_attributes_see_an_async_fn() {
    let spans = Fixture::sync(|| (above(1), below(2)));
    let names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["above", "below"]);
}

#[test]
fn the_crate_can_have_another_path() {
    mod elsewhere {
        pub(super) use multitracer as traces;
    }
    #[elsewhere::traces::traced(crate = elsewhere::traces)]
    async fn renamed() {}
    assert_eq!(one(&Fixture::future(renamed)).name, "renamed");
}

#[test]
fn drops_of_a_cancelled_future_are_inside_its_span() {
    struct OnDrop;
    impl Drop for OnDrop {
        fn drop(&mut self) {
            plain(1);
        }
    }
    #[traced]
    async fn inner() {
        let _guard = OnDrop;
        std::future::pending::<()>().await;
    }
    #[traced]
    async fn outer() {
        let _guard = OnDrop;
        inner().await;
    }
    let spans = Fixture::future(|| async {
        let mut future = Box::pin(outer());
        assert!(futures_util::poll!(&mut future).is_pending());
        drop(future);
        plain(2);
    });
    let names: Vec<_> = spans.iter().map(|span| span.name.to_string()).collect();
    assert_eq!(names, ["plain", "inner", "plain", "outer", "plain"]);
    assert!(is_child(&spans[0], &spans[1]));
    assert!(is_child(&spans[1], &spans[3]));
    assert!(is_child(&spans[2], &spans[3]));
    assert!(is_root(&spans[4]));
}
