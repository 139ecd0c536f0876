//! The options of the server layer, and the servers that it works with.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http_server;

use std::collections::HashMap;
use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, Method, Request, Response};
use axum::routing::get;
use futures_util::StreamExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use multitracer::experiment::Reason;
use multitracer::http::{HttpClientLayer, HttpLayer};
use multitracer::testing::TestRegistry;
use multitracer::{Registry, assert_isolated, assert_no_orphans, assert_tree, traced};
use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::propagation::TextMapPropagator as _;
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _, service_fn};

use self::http_server::serve_http;

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}, warm: {}, terse: {}}
routes:
  - {name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}
  - {name: paying, headers: [{name: X-Plan, type: present}], experiment: tone}
experiments:
  tone: {unit: {header: X-User-Id}, variants: [{name: warm}, {name: terse}]}
"#;

fn registry() -> TestRegistry {
    TestRegistry::from_yaml(YAML).unwrap()
}

#[traced]
async fn inner() {
    tokio::task::yield_now().await;
}

async fn handler(_request: Request<Body>) -> Result<Response<Body>, Infallible> {
    inner().await;
    Ok(Response::new(Body::from("hello")))
}

async fn send(layer: HttpLayer, request: Request<Body>) -> Response<()> {
    let response = layer.layer(service_fn(handler)).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    axum::body::to_bytes(Body::new(body), 1024).await.unwrap();
    Response::from_parts(parts, ())
}

fn get_request(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_closure_can_choose_the_route_from_the_whole_request() {
    let test = registry();
    let layer = test.registry().http_layer().choose_route(|registry: &Registry, request: &Parts| {
        if request.method == Method::DELETE {
            return registry.tracer("canary").unwrap().into();
        }
        if let Some(variant) = request.uri.query().and_then(|query| query.strip_prefix("tone=")) {
            let tone = registry.experiment("tone").unwrap();
            return tone
                .with_variant(variant, Reason::TargetingMatch)
                .unwrap_or_else(|| tone.assign("somebody"))
                .into();
        }
        let beta = registry.route_named("canary-users", &request.headers);
        beta.filter(|_| request.uri.path() == "/beta").unwrap_or_else(|| registry.route(&request.headers))
    });
    send(layer.clone(), get_request("/beta", &[])).await;
    send(layer.clone(), Request::delete("/").body(Body::empty()).unwrap()).await;
    send(layer.clone(), get_request("/?tone=terse", &[])).await;
    send(layer.clone(), get_request("/", &[("x-plan", "pro")])).await;
    send(layer, get_request("/", &[])).await;
    assert_tree!(test.trees().only_attributes(["multitracer.route", "feature_flag.*"]).with_events(), "
        production
          GET [server] multitracer.route=paying feature_flag.key=tone feature_flag.result.reason=default
            - feature_flag.evaluation feature_flag.key=tone feature_flag.result.reason=default
            inner
          GET [server]
            inner
        canary
          GET [server] multitracer.route=canary-users
            inner
          DELETE [server]
            inner
        terse
          GET [server] feature_flag.key=tone feature_flag.result.variant=terse feature_flag.result.reason=targeting_match
            - feature_flag.evaluation feature_flag.key=tone feature_flag.result.variant=terse feature_flag.result.reason=targeting_match
            inner
    ");
}

#[derive(Clone)]
struct Employee;

#[tokio::test]
async fn a_closure_can_refuse_a_route() {
    let trusted = TestRegistry::from_yaml(&format!("{YAML}baggage: {{trusted: true}}\n")).unwrap();
    for (test, header) in
        [(&registry(), ("x-canary-user", "true")), (&trusted, ("baggage", "multitracer.route=canary-users"))]
    {
        let layer = test.registry().http_layer().accept_route(|request, route| {
            assert_eq!(route.name(), Some("canary-users"), "`accept_route` is called for a route only");
            request.extensions.get::<Employee>().is_some()
        });
        send(layer.clone(), get_request("/", &[header])).await;
        send(layer.clone(), get_request("/", &[])).await;
        let mut request = get_request("/", &[header]);
        request.extensions_mut().insert(Employee);
        send(layer, request).await;
        assert_tree!(
            test.trees().only_attributes(["multitracer.*"]),
            "
            production
              GET [server] multitracer.route.refused=canary-users
                inner
              GET [server]
                inner
            canary
              GET [server] multitracer.route=canary-users
                inner
        "
        );
    }
}

#[tokio::test]
async fn a_layer_can_ignore_baggage_that_the_registry_trusts() {
    let test = TestRegistry::from_yaml(&format!("{YAML}baggage: {{trusted: true}}\n")).unwrap();
    let named = || get_request("/", &[("baggage", "multitracer.route=canary-users")]);
    send(test.registry().http_layer().without_baggage(), named()).await;
    assert!(test.spans("canary").is_empty());
    send(test.registry().http_layer(), named()).await;
    assert_eq!((test.spans("canary").len(), test.spans("production").len()), (2, 2));
}

#[tokio::test]
async fn a_middleware_inside_a_public_layer_reads_no_baggage() {
    let test = TestRegistry::from_yaml(&format!("{YAML}baggage: {{trusted: true}}\n")).unwrap();
    let registry = test.registry().clone();
    let extracting = service_fn(move |request: Request<Body>| {
        let headers: HashMap<String, String> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let cx = registry.propagator().extract(&headers);
        let tenant = cx.baggage().get("tenant").map(ToString::to_string).unwrap_or_default();
        async { Ok::<_, Infallible>(Response::new(Body::from(tenant))) }
    });
    let public = test.registry().http_layer().without_baggage();
    for (layer, expected) in [(test.registry().http_layer(), "acme"), (public, "")] {
        let request = get_request("/", &[("baggage", "tenant=acme")]);
        let response = layer.layer(extracting.clone()).oneshot(request).await.unwrap();
        let tenant = axum::body::to_bytes(Body::new(response.into_body()), 1024).await.unwrap();
        assert_eq!(tenant, expected);
    }
}

#[tokio::test]
async fn an_excluded_request_makes_no_span() {
    let test = registry();
    let layer = test.registry().http_layer().exclude(["/healthz", "/internal/*"]);
    for path in ["/healthz", "/healthz?full=1", "/internal/", "/internal/queue"] {
        send(layer.clone(), get_request(path, &[("x-canary-user", "true")])).await;
    }
    assert_eq!(test.trees().to_string(), "");
    for path in ["/healthz/", "/internal", "/"] {
        send(layer.clone(), get_request(path, &[])).await;
    }
    assert_eq!(test.spans("production").len(), 6);
}

#[tokio::test]
async fn a_response_header_can_name_the_tracer() {
    let test = registry();
    let header = HeaderName::from_static("x-tracer");
    let response = send(test.registry().http_layer(), get_request("/", &[])).await;
    assert!(response.headers().is_empty());
    let layer = test.registry().http_layer().response_header(header.clone());
    for (sent, tracer) in [(("x-canary-user", "true"), "canary"), (("x-other", "true"), "production")] {
        let response = send(layer.clone(), get_request("/", &[sent])).await;
        assert_eq!(response.headers()[&header], tracer);
    }
    // a response without a span has the header too
    test.registry().set_enabled("canary", false).unwrap();
    let response = send(layer, get_request("/", &[("x-canary-user", "true")])).await;
    assert_eq!(response.headers()[&header], "canary");
}

#[tokio::test]
async fn axum_names_spans_by_the_matched_path() {
    let test = registry();
    let nested = Router::new().route("/items/{item}", get(|| async { inner().await }));
    let app = Router::new()
        .route("/users/{id}", get(|| async { inner().await }))
        .nest("/shop", nested)
        .layer(test.registry().http_layer().with_matched_path());
    let url = serve_http(app).await;
    for path in ["/users/7", "/shop/items/9", "/nowhere"] {
        reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .get(format!("{url}{path}"))
            .send()
            .await
            .unwrap();
    }
    assert_tree!(
        test.trees().only_attributes(["http.route", "http.response.status_code"]),
        "
        production
          GET /users/{id} [server] http.route=/users/{id} http.response.status_code=200
            inner
          GET /shop/items/{item} [server] http.route=/shop/items/{item} http.response.status_code=200
            inner
          GET [server] http.response.status_code=404
    "
    );
}

#[tokio::test]
async fn the_layer_works_with_plain_hyper() {
    let test = registry();
    let hello = |_request| async {
        inner().await;
        Ok::<_, Infallible>(Response::new("hello".to_owned()))
    };
    let service = test.registry().http_layer().layer(service_fn(hello));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let io = TokioIo::new(stream);
        let service = TowerToHyperService::new(service);
        Builder::new(TokioExecutor::new()).serve_connection(io, service).await
    });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("http://{address}/")).header("x-canary-user", "true");
    assert_eq!(request.send().await.unwrap().text().await.unwrap(), "hello");
    assert_tree!(
        test.trees().only_attributes(["http.response.status_code"]),
        "
        canary
          GET [server] http.response.status_code=200
            inner
    "
    );
}

#[tokio::test]
async fn a_body_that_is_dropped_early_marks_the_span_as_cancelled() {
    let test = registry();
    let streaming = service_fn(|_request: Request<Body>| async {
        let chunks = futures_util::stream::iter(["a", "b"]).map(Ok::<_, Infallible>);
        Ok::<_, Infallible>(Response::new(Body::from_stream(chunks)))
    });
    let serve = || test.registry().http_layer().layer(streaming).oneshot(get_request("/", &[]));
    // the first client reads one chunk of two, the second none, as for HEAD, and the third all
    let mut body = Body::new(serve().await.unwrap().into_body()).into_data_stream();
    body.next().await.unwrap().unwrap();
    drop(body);
    drop(serve().await.unwrap());
    axum::body::to_bytes(Body::new(serve().await.unwrap().into_body()), 1024).await.unwrap();
    assert_tree!(
        test.trees().only_attributes(["multitracer.cancelled"]),
        "
        production
          GET [server] multitracer.cancelled=true
          GET [server]
          GET [server]
    "
    );
    assert_isolated!(test);
    assert_no_orphans!(test);
}

#[tokio::test]
async fn a_panic_marks_the_span_as_failed() {
    let test = registry();
    let layer = test.registry().http_layer();
    let at_once = layer.layer(service_fn(
        |_request: Request<Body>| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            unreachable!("before there is a future")
        },
    ));
    let later = layer.layer(service_fn(|_request: Request<Body>| async {
        inner().await;
        unreachable!("in the future");
        #[expect(unreachable_code, reason = "gives the block its type")]
        Ok::<Response<Body>, Infallible>(Response::default())
    }));
    tokio::spawn(at_once.oneshot(get_request("/", &[]))).await.unwrap_err();
    tokio::spawn(later.oneshot(get_request("/", &[]))).await.unwrap_err();
    let in_body = layer.layer(service_fn(|_request: Request<Body>| async {
        let chunks = futures_util::stream::iter([1])
            .map(|_| -> Result<&str, Infallible> { unreachable!("in the body") });
        Ok::<_, Infallible>(Response::new(Body::from_stream(chunks)))
    }));
    let body = in_body.oneshot(get_request("/", &[])).await.unwrap().into_body();
    tokio::spawn(axum::body::to_bytes(Body::new(body), 1024)).await.unwrap_err();
    assert_tree!(
        test.trees().only_attributes(["error.type", "multitracer.cancelled"]),
        "
        production
          GET [server] ERROR \"panicked\" error.type=panic
          GET [server] ERROR \"panicked\" error.type=panic
            inner
          GET [server] ERROR \"panicked\" error.type=panic
    "
    );
}

#[tokio::test]
async fn the_outer_of_two_layers_makes_the_span() {
    let (test, other) = (registry(), registry());
    let inner_layer = test.registry().http_layer().layer(service_fn(handler));
    let outer = test.registry().http_layer().layer(inner_layer);
    outer.oneshot(get_request("/", &[("x-canary-user", "true")])).await.unwrap();
    assert_tree!(
        test.trees().only_attributes([""; 0]),
        "
        canary
          GET [server]
            inner
    "
    );
    // a layer of another registry makes its own span
    let inner_layer = test.registry().http_layer().layer(service_fn(handler));
    let outer = other.registry().http_layer().layer(inner_layer);
    outer.oneshot(get_request("/", &[])).await.unwrap();
    assert_eq!((other.spans("production").len(), test.spans("production").len()), (1, 2));
}

#[tokio::test]
async fn a_request_that_is_forwarded_inside_the_process_has_its_own_span() {
    let test = registry();
    let backend = test.registry().http_layer().layer(service_fn(handler));
    let passed_on = HttpClientLayer::new().layer(backend);
    let edge = test.registry().http_layer().layer(passed_on);
    edge.oneshot(get_request("/", &[])).await.unwrap();
    assert_tree!(
        test.trees().only_attributes([""; 0]),
        "
        production
          GET [server]
            GET [client]
              GET [server]
                inner
    "
    );
    assert_no_orphans!(test);
}
