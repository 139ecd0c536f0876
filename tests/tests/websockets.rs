//! WebSockets of axum: the callback after the upgrade keeps the tracer and the span of its request.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod http_server;

use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::ws::{Message, WebSocket};
use axum::extract::{Path, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::any;
use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use multitracer::testing::TestRegistry;
use multitracer::{WithTracerExt as _, assert_isolated, assert_no_orphans, assert_tree, carry_async, traced};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Sent;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{WebSocketStream, client_async};

use self::http_server::serve_http;

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

#[traced(fields(of))]
async fn answer(of: u32, question: &str) -> String {
    tokio::task::yield_now().await;
    format!("{of}: {question}")
}

/// Answers each message, in spans that name the connection.
async fn talk(mut socket: WebSocket, of: u32) {
    while let Some(Ok(Message::Text(question))) = socket.recv().await {
        socket.send(Message::text(answer(of, &question).await)).await.unwrap();
    }
}

#[traced(fields(of))]
async fn conversation(socket: WebSocket, of: u32) {
    talk(socket, of).await;
}

async fn block(upgrade: WebSocketUpgrade, Path(of): Path<u32>) -> Response {
    upgrade.on_upgrade(carry_async(move |socket| async move { talk(socket, of).await }))
}

async fn function(upgrade: WebSocketUpgrade, Path(of): Path<u32>) -> Response {
    upgrade.on_upgrade(carry_async(move |socket| conversation(socket, of)))
}

async fn too_late(upgrade: WebSocketUpgrade, Path(of): Path<u32>) -> Response {
    upgrade.on_upgrade(move |socket| talk(socket, of).with_current_tracer())
}

/// Serves the three handlers behind the layer of `test`, and returns the address.
async fn serve(test: &TestRegistry) -> String {
    let app = Router::new()
        .route("/block/{of}", any(block))
        .route("/function/{of}", any(function))
        .route("/too_late/{of}", any(too_late))
        .layer(test.registry().http_layer().with_matched_path());
    serve_http(app).await
}

/// Opens a connection. Those with an odd number are routed to `canary`.
async fn connect(url: &str, handler: &str, of: u32) -> WebSocketStream<TcpStream> {
    let address = url.strip_prefix("http://").unwrap();
    let mut request = format!("ws://{address}/{handler}/{of}").into_client_request().unwrap();
    if of % 2 == 1 {
        request.headers_mut().insert("x-canary-user", "true".parse().unwrap());
    }
    client_async(request, TcpStream::connect(address).await.unwrap()).await.unwrap().0
}

/// Opens four connections, sends two questions over all of them at the same time, and closes them.
async fn talk_over_four(test: &TestRegistry, handler: &str) {
    let url = serve(test).await;
    let mut connections = Vec::new();
    for of in 0..4 {
        connections.push(connect(&url, handler, of).await);
    }
    for question in ["who", "why"] {
        let asked = (0_u32..).zip(&mut connections).map(async |(of, connection)| {
            connection.send(Sent::text(question)).await.unwrap();
            let answered = connection.next().await.unwrap().unwrap();
            assert_eq!(answered, Sent::text(format!("{of}: {question}")));
        });
        join_all(asked).await;
    }
    join_all(connections.iter_mut().map(|connection| connection.close(None))).await;
    let has_open_spans = || test.registry().report().tracers().iter().any(|tracer| tracer.open() > 0);
    let deadline = Instant::now() + Duration::from_secs(10);
    while has_open_spans() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_isolated!(test);
    assert_no_orphans!(test);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_in_carry_async_stays_in_the_span_of_its_own_request() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    talk_over_four(&test, "block").await;
    assert_tree!(
        test.trees().only_attributes(["url.path", "of"]),
        "
        production
          GET /block/{of} [server] url.path=/block/0
            answer of=0
            answer of=0
          GET /block/{of} [server] url.path=/block/2
            answer of=2
            answer of=2
        canary
          GET /block/{of} [server] url.path=/block/1
            answer of=1
            answer of=1
          GET /block/{of} [server] url.path=/block/3
            answer of=3
            answer of=3
    "
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_traced_function_in_carry_async_is_a_child_of_its_own_request() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    talk_over_four(&test, "function").await;
    assert_tree!(
        test.tree("canary").only_attributes(["url.path", "of"]),
        "
        GET /function/{of} [server] url.path=/function/1
          conversation of=1
            answer of=1
            answer of=1
        GET /function/{of} [server] url.path=/function/3
          conversation of=3
            answer of=3
            answer of=3
    "
    );
    assert_eq!(test.spans("production").len(), 2 * 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_current_tracer_inside_the_callback_is_not_that_of_the_request() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    talk_over_four(&test, "too_late").await;
    for tracer in ["production", "canary"] {
        let spans = test.spans(tracer);
        let names: Vec<&str> = spans.iter().map(|span| &*span.name).collect();
        assert_eq!(names, ["GET /too_late/{of}"; 2], "{tracer}");
    }
}
