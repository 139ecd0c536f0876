//! The client layer with hyper's client over real sockets.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http_server;

use axum::Router;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::get;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use multitracer::http::HttpClientLayer;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder, assert_no_orphans, assert_tree, async_span};
use opentelemetry_sdk::trace::Sampler;
use tower::{Layer as _, ServiceExt as _};

use self::http_server::serve_http;

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

/// Starts a server whose `/echo` responds with the context headers of the request.
async fn serve_echo() -> String {
    let echo = |headers: HeaderMap| async move {
        let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        format!("{}|{}|{}", text("traceparent"), text("tracestate"), text("baggage"))
    };
    let app = Router::new()
        .route("/echo", get(echo))
        .route("/missing", get(|| async { StatusCode::NOT_FOUND }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "broken") }));
    serve_http(app).await
}

/// Sends a request to `/echo`, and returns `traceparent`, `tracestate` and `baggage` as the server
/// got them.
async fn ask(layer: HttpClientLayer, request: Request<Empty<bytes::Bytes>>) -> [String; 3] {
    let client = layer.layer(Client::builder(TokioExecutor::new()).build_http());
    let response = client.oneshot(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let mut fields = std::str::from_utf8(&body).unwrap().split('|').map(str::to_owned);
    [(); 3].map(|()| fields.next().unwrap_or_default())
}

fn request(url: &str) -> Request<Empty<bytes::Bytes>> {
    Request::get(url).body(Empty::new()).unwrap()
}

#[tokio::test]
async fn a_request_has_a_span_and_carries_its_context() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let url = serve_echo().await;
    let calls = async_span!("outer", tracer = "canary"; async {
        let sent = ask(HttpClientLayer::new(), request(&format!("{url}/echo?key=secret"))).await;
        ask(HttpClientLayer::new(), request(&format!("{url}/missing"))).await;
        ask(HttpClientLayer::new(), request(&format!("{url}/broken"))).await;
        sent
    });
    let [traceparent, _, baggage] = test.run(calls).await;
    assert_eq!(baggage, "multitracer.route=canary-users");
    let get = test.spans("canary").into_iter().find(|span| span.name == "GET").unwrap();
    let (trace, span) = (get.span_context.trace_id(), get.span_context.span_id());
    assert_eq!(traceparent, format!("00-{trace}-{span}-01"));
    assert_tree!(
        test.trees().only_attributes(["http.*", "url.*", "error.type"]),
        format!(
            "
        canary
          outer
            GET [client] http.request.method=GET url.full={url}/echo http.response.status_code=200
            GET [client] ERROR http.request.method=GET url.full={url}/missing http.response.status_code=404 error.type=404
            GET [client] ERROR http.request.method=GET url.full={url}/broken http.response.status_code=500 error.type=500
        "
        )
    );
    assert_no_orphans!(test);
}

#[tokio::test]
async fn a_layer_without_spans_sends_the_current_span() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let url = serve_echo().await;
    let target = request(&format!("{url}/echo"));
    let call = async_span!("outer"; ask(HttpClientLayer::without_spans(), target));
    let [traceparent, _, baggage] = test.run(call).await;
    let outer = test.span("production", "outer").span_context;
    assert_eq!(traceparent, format!("00-{}-{}-01", outer.trace_id(), outer.span_id()));
    assert_eq!((baggage.as_str(), test.spans("production").len()), ("", 1));
}

#[tokio::test]
async fn a_forwarded_request_loses_the_context_headers_of_its_caller() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let url = serve_echo().await;
    let forwarded = || {
        let mut request = request(&format!("{url}/echo"));
        for (name, value) in [
            ("traceparent", "00-00000000000000000000000000000007-0000000000000009-01"),
            ("tracestate", "a=1"),
            ("baggage", "multitracer.route=canary-users"),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    };
    let [traceparent, tracestate, baggage] = test.run(ask(HttpClientLayer::new(), forwarded())).await;
    assert!(!traceparent.contains("0000000000000007"));
    assert_eq!((tracestate.as_str(), baggage.as_str()), ("", ""));
    // the headers are removed without a registry too
    assert_eq!(ask(HttpClientLayer::new(), forwarded()).await, ["", "", ""].map(str::to_owned));
}

#[tokio::test]
async fn an_unsampled_trace_is_unsampled_downstream() {
    let builder = Registry::builder().tracer(TracerBuilder::new("production").sampler(Sampler::AlwaysOff));
    let test = TestRegistry::from_builder(builder).unwrap();
    let url = serve_echo().await;
    let call = async_span!("outer"; ask(HttpClientLayer::new(), request(&format!("{url}/echo"))));
    let [traceparent, ..] = test.run(call).await;
    assert!(traceparent.ends_with("-00"), "{traceparent}");
    assert_eq!(test.trees().to_string(), "");
}
