//! The context that services send each other: baggage, parents and route names.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::HashMap;
use std::convert::Infallible;

use http::{HeaderMap, Request, Response};
use multitracer::propagation::{inject, outgoing_headers};
use multitracer::testing::TestRegistry;
use multitracer::{
    Registry, WithTracerExt as _, assert_isolated, assert_no_orphans, assert_tree, span, traced,
};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanId, TraceContextExt as _, TraceId, Tracer as _, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

const COMMON: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}, warm: {}, terse: {}, audit: {}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
  - {name: paying, headers: [{name: X-Plan, type: present}], experiment: tone}
experiments:
  tone: {unit: {header: X-User-Id}, variants: [{name: warm}, {name: terse}]}
"#;

const TRUSTED: &str = "baggage: {trusted: true, attributes: {tenant: app.tenant, session.id: }}";
const UNTRUSTED: &str = "baggage: {attributes: {tenant: app.tenant, session.id: }}";

fn registry(baggage: &str) -> TestRegistry {
    TestRegistry::from_yaml(&format!("{COMMON}{baggage}\n")).unwrap()
}

fn headers(list: &[(&'static str, &str)]) -> HeaderMap {
    list.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

/// Serves one request, and returns the headers that its handler would send and the baggage that it
/// sees.
async fn serve(registry: &Registry, headers: HeaderMap) -> (HeaderMap, Vec<String>) {
    let seen = |_request: Request<String>| async {
        inner();
        let mut baggage: Vec<String> = Context::map_current(|cx| {
            cx.baggage().iter().map(|(name, (value, _))| format!("{name}={value}")).collect()
        });
        baggage.sort();
        Ok::<_, Infallible>(Response::new(String::new()).map(|body| (body, outgoing_headers(), baggage)))
    };
    let seen = service_fn(seen).map_response(|response: Response<(String, HeaderMap, Vec<String>)>| {
        let (body, headers, baggage) = response.into_body();
        let mut response = Response::new(body);
        response.extensions_mut().insert((headers, baggage));
        response
    });
    let mut request = Request::new(String::new());
    *request.headers_mut() = headers;
    let response = registry.http_layer().layer(seen).oneshot(request).await.unwrap();
    response.extensions().get::<(HeaderMap, Vec<String>)>().unwrap().clone()
}

#[traced]
fn inner() {}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

const PARENT: (&str, &str) = ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01");

#[tokio::test]
async fn a_trusted_route_name_selects_the_route_and_continues_the_trace() {
    let test = registry(TRUSTED);
    let named = headers(&[PARENT, ("baggage", "multitracer.route=canary-users,tenant=acme,session.id=7")]);
    let (sent, seen) = serve(test.registry(), named).await;
    assert_eq!(seen, ["session.id=7", "tenant=acme"]);
    assert_tree!(
        test.trees().only_attributes(["multitracer.*", "app.tenant", "session.id"]),
        "
        canary
          GET [server] app.tenant=acme session.id=7 multitracer.route=canary-users (remote parent)
            inner app.tenant=acme session.id=7
    "
    );
    let server = test.span("canary", "GET");
    assert_eq!((server.span_context.trace_id(), server.parent_span_id), (TraceId::from(7), SpanId::from(9)));
    // the next service gets the same baggage, with the span of this service as the parent
    let mut entries: Vec<_> = text(&sent, "baggage").split(',').collect();
    entries.sort_unstable();
    assert_eq!(entries, ["multitracer.route=canary-users", "session.id=7", "tenant=acme"]);
    assert!(text(&sent, "traceparent").contains(&server.span_context.span_id().to_string()));
    assert_isolated!(test);
}

#[tokio::test]
async fn forged_baggage_has_no_effect() {
    let test = registry(UNTRUSTED);
    let forged = headers(&[
        ("baggage", "multitracer.route=canary-users,multitracer.variant=warm,tenant=acme"),
        ("baggage", "session.id=7"),
    ]);
    let (sent, seen) = serve(test.registry(), forged).await;
    assert_eq!(seen, [""; 0]);
    assert_eq!(text(&sent, "baggage"), "");
    assert_tree!(
        test.trees().only_attributes(["multitracer.*", "app.tenant", "session.id"]),
        "
        production
          GET [server]
            inner
    "
    );
}

#[tokio::test]
async fn an_unknown_route_name_in_trusted_baggage_decides_no_route() {
    let test = registry(TRUSTED);
    for name in ["nobody", "canary", "production", "", "canary-users%00", "../canary-users", "paying,x"] {
        let baggage = format!("multitracer.route={name}");
        let (sent, _) = serve(test.registry(), headers(&[PARENT, ("baggage", &baggage)])).await;
        assert_eq!(text(&sent, "baggage"), if name == "paying,x" { "multitracer.route=paying" } else { "" });
    }
    // the caller's span belongs to a tracer that is not known here, except for the route `paying`
    let children =
        test.spans("production").iter().filter(|span| span.parent_span_id == SpanId::from(9)).count();
    assert_eq!(children, 1);
    // the route `paying` finds no unit, and uses the fallback
    for tracer in ["canary", "warm", "terse", "audit"] {
        assert!(test.spans(tracer).is_empty(), "{tracer}");
    }
    let (sent, _) = serve(
        test.registry(),
        headers(&[("baggage", "multitracer.route=nobody"), ("x-canary-user", "true")]),
    )
    .await;
    assert_eq!(text(&sent, "baggage"), "multitracer.route=canary-users", "the headers decide the route");
}

#[tokio::test]
async fn every_service_uses_the_same_variant() {
    let test = registry(TRUSTED);
    let (sent, _) = serve(test.registry(), headers(&[("x-plan", "pro"), ("x-user-id", "user-42")])).await;
    let entries = text(&sent, "baggage");
    assert!(entries.split(',').any(|entry| entry == "multitracer.route=paying"), "{entries}");
    let variant = entries.split(',').find_map(|entry| entry.strip_prefix("multitracer.variant=")).unwrap();
    // the next service has no unit header; without the baggage it would use the fallback
    let other = if variant == "warm" { "terse" } else { "warm" };
    let next = registry(TRUSTED);
    serve(next.registry(), sent.clone()).await;
    assert!(next.spans(other).is_empty() && next.spans("production").is_empty());
    let (server, caller) = (next.span(variant, "GET"), test.span(variant, "GET"));
    assert_eq!(server.parent_span_id, caller.span_context.span_id());
    assert_eq!(server.events.len(), 1, "the exposure is recorded");
    // a variant that does not exist here is ignored
    let unknown = headers(&[PARENT, ("baggage", "multitracer.route=paying,multitracer.variant=canary")]);
    let last = registry(TRUSTED);
    serve(last.registry(), unknown).await;
    assert_eq!(last.spans("production").len(), 2, "the fallback gets the request");
}

#[tokio::test]
async fn trust_and_attributes_follow_a_reload() {
    let test = registry(UNTRUSTED);
    let load = |baggage: &str| {
        let yaml = COMMON.replace("{}", "{exporter: console, sampler: always_off}");
        multitracer::config::Config::from_yaml(&format!("{yaml}{baggage}\n")).unwrap()
    };
    let named = || headers(&[("baggage", "multitracer.route=canary-users,tenant=acme,user=ann")]);
    let (sent, seen) = serve(test.registry(), named()).await;
    assert_eq!((text(&sent, "baggage"), seen.len()), ("", 0));
    test.registry().reload(load("baggage: {trusted: true, attributes: {user: enduser.id}}")).unwrap();
    let (sent, seen) = serve(test.registry(), named()).await;
    assert!(text(&sent, "baggage").contains("multitracer.route=canary-users"));
    assert_eq!(seen, ["tenant=acme", "user=ann"]);
    test.registry().reload(load(UNTRUSTED)).unwrap();
    assert_eq!(serve(test.registry(), named()).await.1.len(), 0);
}

#[test]
fn every_kind_of_span_gets_baggage_attributes() {
    let test = registry(UNTRUSTED);
    let subscriber = tracing_subscriber::registry().with(test.registry().tracing_layer());
    let tracer = test.registry().tracer_provider().tracer("library");
    test.scope(|| {
        // baggage that the application sets itself
        let entries = [("tenant", "acme"), ("user", "ann")].map(|(key, value)| KeyValue::new(key, value));
        let _attached = Context::current().with_baggage(entries.to_vec()).attach();
        inner();
        drop(span!("manual"));
        tracer.in_span("library", |_cx| {});
        tracing::subscriber::with_default(subscriber, || tracing::info_span!("instrumented").in_scope(inner));
    });
    assert_tree!(
        test.trees().only_attributes(["app.tenant", "session.id", "user"]),
        "
        production
          inner app.tenant=acme
          manual app.tenant=acme
          library app.tenant=acme
          instrumented app.tenant=acme
            inner app.tenant=acme
    "
    );
}

#[tokio::test]
async fn baggage_entries_of_multitracer_from_other_libraries_are_ignored() {
    let test = registry(TRUSTED);
    // another library put the baggage of a forged request into the context
    let forged = Context::new().with_baggage(vec![
        KeyValue::new("multitracer.route", "canary-users"),
        KeyValue::new("multitracer.x", "y"),
        KeyValue::new("tenant", "acme"),
    ]);
    let _attached = forged.attach();
    let sent = test.run(async { outgoing_headers() }).await;
    assert_eq!(text(&sent, "baggage"), "tenant=acme");
    let (sent, _) = serve(test.registry(), HeaderMap::new()).await;
    assert_eq!(text(&sent, "baggage"), "tenant=acme");
    assert!(test.spans("canary").is_empty());
}

#[test]
fn the_sent_parent_belongs_to_the_route_that_is_sent() {
    let test = registry("");
    let sent = |f: &dyn Fn() -> HeaderMap| {
        let headers = f();
        let parent = text(&headers, "traceparent").split('-').nth(2).unwrap_or("none").to_owned();
        (parent, text(&headers, "baggage").to_owned())
    };
    let id = |tracer: &str, name: &str| test.span(tracer, name).span_context.span_id().to_string();
    // the cases are no span, a tracer with a route, and a tracer without a route
    test.scope(|| assert_eq!(sent(&outgoing_headers), ("none".into(), String::new())));
    let canary = test.tracer("canary").scope(|| {
        sent(&|| {
            let _span = span!("of canary");
            outgoing_headers()
        })
    });
    assert_eq!(canary, (id("canary", "of canary"), "multitracer.route=canary-users".into()));
    let audit = test.scope(|| {
        let _outer = span!("outer");
        let _inner = span!("of audit", tracer = "audit");
        sent(&outgoing_headers)
    });
    assert_eq!(
        audit,
        (id("production", "outer"), String::new()),
        "no route leads to audit, so the parent is the span of the default tracer"
    );
    let alone = test.scope(|| {
        let _inner = span!("alone", tracer = "audit");
        sent(&outgoing_headers)
    });
    assert_eq!(alone, ("none".into(), String::new()), "the default tracer has no span");
    // a tracer without a span of its own sends no span of another tracer
    let switched = test.scope(|| {
        let _outer = span!("again");
        test.tracer("canary").scope(|| sent(&outgoing_headers))
    });
    assert_eq!(switched, ("none".into(), "multitracer.route=canary-users".into()));
    assert_no_orphans!(test);
}

#[tokio::test]
async fn a_service_whose_tracer_is_off_forwards_the_context() {
    let test = registry(TRUSTED);
    test.registry().set_enabled("canary", false).unwrap();
    let (sent, _) =
        serve(test.registry(), headers(&[PARENT, ("baggage", "multitracer.route=canary-users")])).await;
    assert_eq!(text(&sent, "traceparent"), PARENT.1);
    assert_eq!(text(&sent, "baggage"), "multitracer.route=canary-users");
    assert_eq!(test.trees().to_string(), "");
}

#[tokio::test]
async fn repeated_headers_are_read_as_the_specifications_say() {
    let test = registry(TRUSTED);
    let twice =
        headers(&[PARENT, ("traceparent", "00-00000000000000000000000000000008-0000000000000009-01")]);
    serve(test.registry(), twice).await;
    assert_eq!(
        test.span("production", "GET").parent_span_id,
        SpanId::INVALID,
        "a repeated `traceparent` is ignored"
    );
    let lists = headers(&[
        PARENT,
        ("tracestate", "a=1"),
        ("tracestate", "b=2"),
        ("baggage", "tenant=acme"),
        ("baggage", "x=%E2%9C%93"),
    ]);
    test.clear();
    let (_, seen) = serve(test.registry(), lists).await;
    assert_eq!(seen, ["tenant=acme", "x=✓"]);
    assert_eq!(test.span("production", "GET").span_context.trace_state().header(), "a=1,b=2");
}

#[tokio::test]
async fn a_message_from_a_queue_follows_the_same_rules() {
    let message = [PARENT, ("baggage", "multitracer.route=canary-users,tenant=acme")];
    let work = || async {
        inner();
        outgoing_headers()
    };
    let test = registry(TRUSTED);
    let received = test.registry().receive(&message);
    assert_eq!((received.route().tracer().name(), received.route().name()), ("canary", Some("canary-users")));
    let sent = received.run(work()).await;
    // this service has no open span, so it forwards the parent that it got
    assert_eq!(text(&sent, "traceparent"), PARENT.1);
    assert_tree!(
        test.trees(),
        "
        canary
          inner app.tenant=acme (remote parent)
    "
    );
    assert_eq!(test.span("canary", "inner").parent_span_id, SpanId::from(9));

    let test = registry(UNTRUSTED);
    test.registry().receive(&message).run(work()).await;
    test.registry().receive(&[PARENT, ("x-canary-user", "true")]).scope(inner);
    assert_tree!(
        test.trees(),
        "
        production
          inner (remote parent)
        canary
          inner (linked to a span elsewhere)
    "
    );
    assert_isolated!(test);

    // `remote_parent: link` makes a link also for a trusted name
    let test = registry("baggage: {trusted: true}\nremote_parent: link");
    test.registry().receive(&message).scope(inner);
    assert_tree!(
        test.trees(),
        "
        canary
          inner (linked to a span elsewhere)
    "
    );
}

#[test]
fn the_propagator_sends_and_reads_the_same_headers() {
    let test = registry(TRUSTED);
    let propagator = test.registry().propagator();
    let mut carrier = HashMap::new();
    let mut direct = HeaderMap::new();
    test.tracer("canary").in_span("call", || {
        propagator.inject_context(&Context::current(), &mut carrier);
        inject(&mut direct);
    });
    for name in propagator.fields().filter(|name| *name != "tracestate") {
        assert_eq!(carrier[name], text(&direct, name), "{name}");
    }
    carrier.insert("baggage".to_owned(), "multitracer.route=canary-users,tenant=acme".to_owned());
    let seen = |test: &TestRegistry| {
        let cx = test.registry().propagator().extract_with_context(&Context::new(), &carrier);
        cx.baggage().iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&test), ["tenant"]);
    assert_eq!(seen(&registry(UNTRUSTED)), [""; 0]);
}

#[tokio::test]
async fn a_route_name_with_special_characters_arrives_unchanged() {
    let name = "a;b,c=d%41é";
    let yaml = format!(
        "default_tracer: production\ntracers: {{production: {{}}, canary: {{}}}}\nbaggage: {{trusted: true}}\n\
         routes: [{{name: '{name}', headers: {{X-Canary-User: \"true\"}}, tracer: canary}}]\n"
    );
    let test = TestRegistry::from_yaml(&yaml).unwrap();
    let sent = async { outgoing_headers() }.with_tracer(&test.tracer("canary")).await;
    serve(test.registry(), sent).await;
    assert_eq!(test.spans("canary").len(), 2);
}

#[test]
fn a_propagator_falls_back_to_its_registry() {
    let test = registry(TRUSTED);
    let remote = test.registry().receive(&[PARENT]).context().span().span_context().clone();
    let cx = Context::new().with_remote_span_context(remote);
    let mut sent = HashMap::new();
    test.registry().propagator().inject_context(&cx, &mut sent);
    assert_eq!((&*sent["traceparent"], &*sent["baggage"]), (PARENT.1, ""), "a proxy without spans");
    // the frame of another registry comes first, and the message's span is that registry's
    let other = registry(TRUSTED);
    let cx = other.tracer("canary").context(&cx);
    test.registry().propagator().inject_context(&cx, &mut sent);
    assert_eq!((&*sent["traceparent"], &*sent["baggage"]), ("", "multitracer.route=canary-users"));
}

/// Every span of a trace copies its `tracestate`. Whole members leave, the longest first.
#[test]
fn a_long_tracestate_is_shortened_where_it_arrives() {
    let registry = registry(UNTRUSTED);
    let member = |n: usize, length: usize| format!("k{n}={}", "v".repeat(length));
    let state = [member(0, 40), member(1, 250)].into_iter().chain((2..32).map(|n| member(n, 40)));
    let state = state.collect::<Vec<_>>().join(",");
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let received = registry.registry().receive(&[("traceparent", parent), ("tracestate", &state)]);
    let sent = received.scope(|| registry.tracer("production").in_span("work", outgoing_headers));
    let kept: Vec<_> = std::iter::once(0).chain(2..12).map(|n| member(n, 40)).collect();
    assert_eq!(sent["tracestate"], kept.join(","));
    assert_eq!(registry.spans("production")[0].span_context.trace_state().header(), kept.join(","));
}
