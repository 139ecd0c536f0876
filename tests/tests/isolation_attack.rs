//! Small hostile programs, held against `docs/semantics.md`.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use futures_util::stream::{self, FuturesUnordered, select_all};
use futures_util::{FutureExt as _, StreamExt as _};
use multitracer::builder::RouteBuilder;
use multitracer::manual::SpanBuilder;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{
    Registry, Tracer, TracerBuilder, WithTracerExt as _, assert_isolated, assert_no_orphans, carry,
    carry_async, carry_fn, traced,
};
use opentelemetry::Context;
use opentelemetry::trace::{
    FutureExt as _, SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceState,
};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use tokio::task::yield_now;
use tracing::{Dispatch, dispatcher, info, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::layer::SubscriberExt as _;

#[traced]
fn work() {}

#[traced]
async fn inner() {
    yield_now().await;
}

fn registry() -> TestRegistry {
    TestRegistry::new(["production", "canary"])
}

#[track_caller]
fn check(test: &TestRegistry, expected: &str) {
    assert_eq!(test.trees().to_string(), expected);
    assert_isolated!(test);
    assert_no_orphans!(test);
}

#[test]
fn helpers_of_threads_keep_the_innermost_scope() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let expected = "canary\n  request (linked to outer of production)\n    work\n    work\n";
    let nested = |f: &(dyn Fn() + Sync)| production.in_span("outer", || canary.in_span("request", f));
    nested(&|| {
        std::thread::scope(|threads| {
            drop(threads.spawn(carry(|| (work(), production.scope(|| canary.scope(work))))));
        });
    });
    let production_tree = "production\n  outer\n";
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| _ = rayon::join(carry(work), carry(work)));
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| {
        [1, 2].into_par_iter().for_each(carry_fn(|_| work()));
    });
    check(&test, &format!("{production_tree}{expected}"));
    test.clear();
    nested(&|| {
        let (sender, receiver) = std::sync::mpsc::channel();
        sender.send(Context::current()).unwrap();
        sender.send(Context::current()).unwrap();
        drop(sender);
        let canary = test.tracer("production");
        std::thread::scope(|threads| {
            threads.spawn(|| {
                canary.in_span("consumer", || {
                    for cx in receiver {
                        let _attached = cx.attach();
                        work();
                    }
                });
            });
        });
    });
    check(&test, &format!("{production_tree}  consumer\n{expected}"));
}

fn wrapped(span: &SpanContext, is_remote: bool) -> SpanContext {
    SpanContext::new(span.trace_id(), span.span_id(), TraceFlags::SAMPLED, is_remote, TraceState::NONE)
}

/// A span that was wrapped again as a local one keeps its owner.
#[test]
fn a_wrapped_span_keeps_its_owner_while_it_is_local() {
    let test = registry();
    let manual = test.tracer("canary").scope(|| SpanBuilder::new("manual").start());
    let local = wrapped(&manual.span_context(), false);
    let attached = || Context::new().with_remote_span_context(local.clone()).attach();
    {
        let _attached = attached();
        work();
        test.tracer("production").scope(work);
    }
    drop(manual);
    check(&test, "production\n  work (linked to manual of canary)\ncanary\n  manual\n    work\n");
}

/// Streams and sets of futures poll each future in its own context.
#[tokio::test]
async fn sets_of_futures_keep_the_context_of_each_call() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let calls = || [production.scope(inner), canary.scope(inner)];
    let expected = "production\n  inner\ncanary\n  inner\n";
    calls().into_iter().collect::<FuturesUnordered<_>>().collect::<Vec<_>>().with_tracer(&production).await;
    check(&test, expected);
    test.clear();
    stream::iter(calls()).buffer_unordered(2).collect::<Vec<_>>().await;
    check(&test, expected);
    test.clear();
    let streams = calls().map(|call| call.into_stream().boxed());
    select_all(streams).collect::<Vec<_>>().await;
    check(&test, expected);
    test.clear();
    let in_context =
        |tracer: &Tracer| async { inner().await }.with_context(tracer.context(&Context::new())).boxed();
    futures_util::future::join(in_context(&canary), in_context(&production)).await;
    check(&test, expected);
}

#[async_trait::async_trait]
trait Job {
    async fn run(&self);
}

struct Import;

#[traced]
#[async_trait::async_trait]
impl Job for Import {
    async fn run(&self) {
        inner().await;
    }
}

#[tokio::test]
async fn boxed_methods_of_traits_follow_the_rules() {
    let test = registry();
    let (production, canary) = (test.tracer("production"), test.tracer("canary"));
    let job: Box<dyn Job + Send + Sync> = Box::new(Import);
    production.scope(|| job.run()).with_tracer(&canary).await;
    check(&test, "canary\n  Import::run\n    inner\n");
    test.clear();
    let run = canary.in_span("request", || job.run());
    run.with_context(production.context(&Context::new())).await;
    check(&test, "canary\n  request\n    Import::run\n      inner\n");
}

fn with_layer(test: &TestRegistry, f: impl FnOnce()) {
    let subscriber = tracing_subscriber::registry().with(test.registry().tracing_layer());
    tracing::subscriber::with_default(subscriber, f);
}

#[test]
fn spans_of_tracing_that_stay_entered_or_follow_others() {
    let test = registry();
    with_layer(&test, || {
        let (a, b) = (
            test.tracer("canary").scope(|| info_span!("a")),
            test.tracer("production").scope(|| info_span!("b")),
        );
        b.follows_from(&a);
        let entered_a = a.enter();
        let entered_b = b.enter();
        work();
        drop(entered_a);
        work();
        drop(entered_b);
        let context = a.context();
        let c = test.tracer("production").scope(|| info_span!("c"));
        let _ = c.set_parent(context);
        c.in_scope(work);
    });
    assert_eq!(multitracer::current_tracer().map(|tracer| tracer.name().to_owned()), None);
    check(
        &test,
        "production\n  b (linked to a of canary)\n    work\n    work\ncanary\n  a\n    c\n      work\n",
    );
}

fn routed() -> TestRegistry {
    let builder = ["production", "canary", "beta"]
        .map(TracerBuilder::new)
        .into_iter()
        .fold(Registry::builder(), |builder, tracer| builder.tracer(tracer));
    let route = |name: &str| {
        RouteBuilder::to_tracer(format!("{name}-users"), name).header(format!("x-{name}-user"), "true")
    };
    let builder = builder.default_tracer("production").route(route("canary")).route(route("beta"));
    TestRegistry::from_builder(builder.trusted_baggage(true)).unwrap()
}

const PARENT: (&str, &str) = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

/// Returns the route that a request would name here, and the span that it would send.
fn outgoing() -> (String, String) {
    let headers = outgoing_headers();
    let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
    let span = text("traceparent").split('-').nth(2).unwrap_or_default();
    (text("baggage").trim_start_matches("multitracer.route=").to_owned(), span.to_owned())
}

/// A variant that this service does not have is no owner of the caller's span.
#[test]
fn an_unknown_variant_makes_the_caller_a_link() {
    let test = routed();
    let beta = ("x-beta-user", "true");
    for (baggage, expected) in [
        ("multitracer.route=nowhere", "beta\n  work (linked to a span elsewhere)\n"),
        ("multitracer.route=", "beta\n  work (linked to a span elsewhere)\n"),
        ("multitracer.route=canary-users", "canary\n  work (remote parent)\n"),
        (
            "multitracer.route=canary-users,multitracer.variant=x",
            "canary\n  work (linked to a span elsewhere)\n",
        ),
    ] {
        test.registry().receive(&[PARENT, ("baggage", baggage), beta]).scope(work);
        assert_eq!(test.trees().to_string(), expected, "{baggage}");
        test.clear();
    }
}

#[test]
fn nested_messages_keep_apart() {
    let test = routed();
    let registry = test.registry();
    let to_canary = [PARENT, ("baggage", "multitracer.route=canary-users")];
    registry.receive(&to_canary).scope(|| {
        SpanBuilder::new("server").in_scope(|| {
            registry.receive(&[PARENT, ("x-beta-user", "true")]).scope(work);
            registry.receive(&[PARENT]).scope(work);
            registry.receive(&[("a", "b")]).scope(work);
            registry.receive(&to_canary).scope(work);
        });
    });
    assert_eq!(
        test.trees().to_string(),
        "production\n  work (linked to a span elsewhere)\n  work (linked to server of canary)\n\
         canary\n  server (remote parent)\n    work\nbeta\n  work (linked to a span elsewhere)\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn spawned_work_of_a_message_keeps_its_route() {
    let test = routed();
    let received = test.registry().receive(&[PARENT, ("baggage", "multitracer.route=canary-users")]);
    let spawned = async {
        multitracer::spawn(async { work() }).await.unwrap();
        tokio::spawn(carry_async(|()| async { work() })(())).await.unwrap();
        multitracer::spawn_blocking(work).await.unwrap();
        tokio::task::spawn_blocking(carry(work)).await.unwrap();
    };
    received.run(spawned).await;
    tokio::spawn(received.run(async { work() })).await.unwrap();
    assert_eq!(test.trees().to_string(), format!("canary\n{}", "  work (remote parent)\n".repeat(5)));
}

#[test]
fn headers_name_the_span_of_the_route_only() {
    let test = routed();
    let (production, canary, beta) = (test.tracer("production"), test.tracer("canary"), test.tracer("beta"));
    let [nothing, canary_route, beta_route] = ["", "canary-users", "beta-users"].map(str::to_owned);
    canary.in_span("request", || {
        let span = Context::current().span().span_context().clone();
        let sent = (canary_route.clone(), span.span_id().to_string());
        let attached = |cx: &Context, span: SpanContext| {
            let _attached = cx.with_remote_span_context(span).attach();
            outgoing()
        };
        assert_eq!(outgoing(), sent);
        assert_eq!(beta.scope(outgoing), (beta_route.clone(), nothing.clone()));
        assert_eq!(production.scope(outgoing), (nothing.clone(), nothing.clone()));
        assert_eq!(production.in_span("other", || canary.scope(outgoing)), sent);
        assert_eq!(attached(&Context::new(), wrapped(&span, false)), sent);
        // a remote span outside of any tracer is forwarded for the default tracer
        assert_eq!(attached(&Context::new(), wrapped(&span, true)), (nothing.clone(), sent.1.clone()));
        assert_eq!(
            attached(&Context::current(), wrapped(&span, true)),
            (canary_route.clone(), nothing.clone())
        );
        test.registry().set_enabled("beta", false).unwrap();
        assert_eq!(beta.scope(outgoing).1, nothing);
    });
}

#[traced(parent = parent)]
fn below(parent: SpanContext) {}

#[test]
fn explicit_parents_of_every_kind() {
    let (test, other) = (registry(), TestRegistry::new(["main"]));
    let canary = test.tracer("canary");
    let start = |name: &'static str| SpanBuilder::new(name).start();
    let own = canary.scope(|| start("own"));
    let ended = canary.scope(|| start("ended")).span_context();
    let others = [test.scope(|| start("production")), other.scope(|| start("main"))];
    let mut kinds =
        vec![(own.span_context(), true), (wrapped(&own.span_context(), false), true), (ended, true)];
    for span in &others {
        kinds.push((span.span_context(), false));
        kinds.push((wrapped(&span.span_context(), false), false));
        kinds.push((wrapped(&span.span_context(), true), true));
    }
    for (parent, is_parent) in kinds {
        test.clear();
        canary.in_span("around", || {
            below(parent.clone());
            SpanBuilder::new("below").parent(parent.clone()).in_scope(|| ());
        });
        for below in test.spans("canary").iter().filter(|span| span.name == "below") {
            let expected = if is_parent { parent.span_id() } else { SpanId::INVALID };
            assert_eq!((below.parent_span_id, below.links.len()), (expected, usize::from(!is_parent)));
        }
    }
}

#[test]
fn two_subscribers_in_one_another() {
    let tests = [registry(), TestRegistry::new(["main", "canary"])];
    let [one, two] = tests
        .each_ref()
        .map(|test| Dispatch::new(tracing_subscriber::registry().with(test.registry().tracing_layer())));
    let span = |test: &TestRegistry| test.tracer("canary").scope(|| info_span!("outer"));
    let of_one = dispatcher::with_default(&one, || span(&tests[0]));
    dispatcher::with_default(&two, || {
        let of_two = span(&tests[1]);
        let _entered = of_one.enter();
        info!("in the span of one");
        let _entered = of_two.enter();
        dispatcher::with_default(&one, || info_span!("inner").in_scope(work));
        let moved = info_span!("moved");
        let _ = moved.set_parent(of_one.context());
        moved.in_scope(work);
    });
    drop(of_one);
    check(&tests[0], "canary\n  outer\n    moved\n      work\n");
    check(&tests[1], "canary\n  outer\n    inner\n      work\n");
    assert_eq!(tests[0].span("canary", "outer").events[0].name, "in the span of one");
}

/// The time for a scope and a span does not grow with the depth, and no stack overflows.
#[test]
fn ten_thousand_contexts_in_one_another() {
    let test = registry();
    let tracers = ["production", "canary"].map(|name| test.tracer(name));
    let mut cx = Context::new();
    for tracer in tracers.iter().cycle().take(10_000) {
        let _attached = cx.attach();
        cx = tracer.scope(|| SpanBuilder::new("step").start().context().clone());
    }
    let attached = cx.attach();
    tracers[0].scope(work);
    drop(attached);
    assert_eq!(test.spans("production").len() + test.spans("canary").len(), 10_001);
    assert_ne!(test.span("production", "work").parent_span_id, SpanId::INVALID);
}
