//! An edge service and a backend service over real sockets, with shared routes and traces.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http_server;
mod services;

use std::collections::HashSet;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use multitracer::propagation::outgoing_headers;
use multitracer::testing::TestRegistry;
use multitracer::{assert_isolated, assert_no_orphans, assert_tree, traced};
use opentelemetry::trace::TraceId;
use opentelemetry_sdk::trace::SpanData;

use self::http_server::serve_http;
use self::services::{Client, ask, client, read, serve_grpc, wait_until_spans_end};

const EDGE: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

/// A configuration whose route depends on a header that the edge does not send.
const BACKEND: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Backend-Canary: "true"}, tracer: canary}]
"#;

struct Services {
    edge: TestRegistry,
    backend: TestRegistry,
    url: String,
    backend_url: String,
}

#[derive(Clone)]
struct Targets {
    http: String,
    grpc: Client,
    /// `true` if the edge sends the header that the backend routes by.
    forwards_header: bool,
}

async fn ask_backend(State(targets): State<Targets>, headers: HeaderMap) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    call(&client, targets, headers.contains_key("x-canary-user")).await
}

#[traced(kind = "client")]
async fn call(client: &reqwest::Client, mut targets: Targets, canary: bool) -> String {
    let mut request = client.get(&targets.http).headers(outgoing_headers());
    let mut message = ask("2");
    if targets.forwards_header && canary {
        request = request.header("x-backend-canary", "true");
        message.metadata_mut().insert("x-backend-canary", "true".parse().unwrap());
    }
    let text = request.send().await.unwrap().text().await.unwrap();
    assert_eq!(read(&mut targets.grpc, message).await.unwrap(), 2);
    text
}

#[traced]
async fn answer() -> &'static str {
    tokio::task::yield_now().await;
    "answer"
}

/// Starts both services. The configuration of the backend ends with `trust`.
async fn start(trust: &str, forwards_header: bool) -> Services {
    let edge = TestRegistry::from_yaml(EDGE).unwrap();
    let backend = TestRegistry::from_yaml(&format!("{BACKEND}{trust}\n")).unwrap();
    let layer = backend.registry().http_layer().with_matched_path();
    let http = serve_http(Router::new().route("/answer/{id}", get(answer)).layer(layer)).await;
    let backend_url = format!("{http}/answer/7");
    let grpc = client(&serve_grpc(backend.registry().http_layer()).await);
    let targets = Targets { http: backend_url.clone(), grpc, forwards_header };
    let layer = edge.registry().http_layer().with_matched_path();
    let url =
        serve_http(Router::new().route("/ask", get(ask_backend)).layer(layer).with_state(targets)).await;
    Services { edge, backend, url: format!("{url}/ask"), backend_url }
}

impl Services {
    async fn send(&self, url: &str, headers: &[(&str, &str)]) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        assert_eq!(request.send().await.unwrap().text().await.unwrap(), "answer");
        self.wait_until_spans_end().await;
        for test in [&self.edge, &self.backend] {
            assert_isolated!(test);
            assert_no_orphans!(test);
        }
    }

    async fn wait_until_spans_end(&self) {
        wait_until_spans_end(&[&self.edge, &self.backend]).await;
    }

    /// Returns the traces in which a tracer of either service has spans.
    fn traces(&self, tracer: &str) -> HashSet<TraceId> {
        let spans = [self.edge.spans(tracer), self.backend.spans(tracer)].into_iter().flatten();
        spans.map(|span| span.span_context.trace_id()).collect()
    }

    /// Checks that each remote parent of the backend is a span of the same tracer at the edge.
    fn assert_remote_parents(&self, tracer: &str) {
        let edge = self.edge.spans(tracer);
        for span in self.backend.spans(tracer).iter().filter(|span| span.parent_span_is_remote) {
            let is_parent = |parent: &SpanData| {
                parent.span_context.span_id() == span.parent_span_id
                    && parent.span_context.trace_id() == span.span_context.trace_id()
            };
            assert!(edge.iter().any(is_parent), "`{}` is an orphan", span.name);
        }
    }
}

const EDGE_TREE: &str = "
    GET /ask [server]
      call [client]
        grpc.health.v1.Health/Watch [client]
";

#[tokio::test]
async fn trusted_baggage_makes_one_canary_trace_in_both_services() {
    let services = start("baggage: {trusted: true}", false).await;
    services.send(&services.url, &[("x-canary-user", "true")]).await;
    assert_tree!(services.edge.tree("canary").only_attributes([""; 0]), EDGE_TREE);
    assert_tree!(
        services.backend.trees().only_attributes(["multitracer.route", "http.route"]),
        "
        canary
          GET /answer/{id} [server] http.route=/answer/{id} multitracer.route=canary-users (remote parent)
            answer
          grpc.health.v1.Health/Watch [server] multitracer.route=canary-users (remote parent)
            chunk
            chunk
    "
    );
    assert_eq!(services.traces("canary").len(), 1);
    services.assert_remote_parents("canary");
    // another request stays on the production tracer
    services.send(&services.url, &[]).await;
    assert_eq!(services.traces("production").len(), 1);
    assert_eq!(services.traces("canary").len(), 1);
    services.assert_remote_parents("production");
}

#[tokio::test]
async fn without_trust_the_header_decides_the_route_and_traces_are_linked() {
    let services = start("", true).await;
    services.send(&services.url, &[("x-canary-user", "true")]).await;
    assert_tree!(services.edge.tree("canary").only_attributes([""; 0]), EDGE_TREE);
    assert_tree!(
        services.backend.trees().only_attributes(["multitracer.route"]),
        "
        canary
          GET /answer/{id} [server] multitracer.route=canary-users (linked to a span elsewhere)
            answer
          grpc.health.v1.Health/Watch [server] multitracer.route=canary-users (linked to a span elsewhere)
            chunk
            chunk
    "
    );
}

#[tokio::test]
async fn remote_parent_child_makes_one_trace_without_trust() {
    let services = start("remote_parent: child", true).await;
    services.send(&services.url, &[("x-canary-user", "true")]).await;
    assert_eq!(services.traces("canary").len(), 1);
    assert_eq!(services.backend.spans("canary").len(), 5);
    services.assert_remote_parents("canary");
    assert!(services.traces("production").is_empty());
}

#[tokio::test]
async fn forged_headers_and_baggage_select_no_tracer() {
    // a forged request reaches the edge, which trusts no baggage; its backend trusts the edge
    let services = start("baggage: {trusted: true}", false).await;
    services
        .send(
            &services.url,
            &[
                ("baggage", "multitracer.route=canary-users,multitracer.variant=x"),
                ("multitracer.route", "canary-users"),
                ("x-tracer", "canary"),
                ("x-canary-user", "TRUE"),
            ],
        )
        .await;
    // a forged request reaches a backend that trusts no baggage
    let open = start("", false).await;
    open.send(&open.backend_url, &[("baggage", "multitracer.route=canary-users"), ("x-canary-user", "true")])
        .await;
    for services in [&services, &open] {
        assert!(services.traces("canary").is_empty());
    }
    assert_eq!((services.traces("production").len(), open.traces("production").len()), (1, 1));
    services.assert_remote_parents("production");
}
