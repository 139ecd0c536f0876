//! The server layer and the client layer with tonic over real sockets: status codes and streams.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod services;

use multitracer::testing::TestRegistry;
use multitracer::{WithTracerExt as _, assert_isolated, assert_no_orphans, assert_tree, async_span};
use tokio::net::TcpListener;
use tonic::metadata::MetadataMap;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tonic_health::pb::health_client::HealthClient;

use self::services::{ask, client, read, serve_grpc, wait_until_spans_end};

const YAML: &str = r#"
default_tracer: production
tracers: {production: {}, canary: {}}
routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
"#;

const SHOWN: [&str; 4] = ["rpc.*", "error.type", "http.*", "multitracer.*"];

#[tokio::test]
async fn the_metadata_of_a_call_decides_the_project_of_its_trace() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let address = serve_grpc(test.registry().http_layer()).await;
    let mut request = ask("a");
    request.metadata_mut().insert("x-canary-user", "true".parse().unwrap());
    let call = async { client(&address).check(request).await };
    // the caller uses canary too, but the server does not trust its baggage
    call.with_tracer(&test.tracer("canary")).await.unwrap();
    wait_until_spans_end(&[&test]).await;
    let method = "grpc.health.v1.Health/Check";
    assert_tree!(
        test.tree("canary").only_attributes(SHOWN),
        format!(
            "
        {method} [client] rpc.system.name=grpc rpc.method={method} rpc.response.status_code=OK
        {method} [server] rpc.system.name=grpc rpc.method={method} multitracer.route=canary-users rpc.response.status_code=OK (linked to {method})
          look_up
        "
        )
    );
    let server = test.spans("canary").into_iter().find(|span| span.name == method).unwrap();
    let has = |key: &str| server.attributes.iter().any(|attribute| attribute.key.as_str() == key);
    assert!(has("server.address") && has("server.port") && !has("url.path"));
    assert_isolated!(test);
    assert_no_orphans!(test);
}

#[tokio::test]
async fn the_status_of_a_span_comes_from_the_trailers() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let address = serve_grpc(test.registry().http_layer()).await;
    for (service, code, server_failed) in
        [("a", "OK", false), ("missing", "NOT_FOUND", false), ("broken", "INTERNAL", true)]
    {
        test.clear();
        let _ = test.run(async { client(&address).check(ask(service)).await }).await;
        wait_until_spans_end(&[&test]).await;
        let method = "grpc.health.v1.Health/Check";
        let failed = |failed: bool| if failed { " ERROR" } else { "" };
        let error = |failed: bool| if failed { format!(" error.type={code}") } else { String::new() };
        let look_up = if code == "OK" {
            "look_up".to_owned()
        } else {
            "look_up ERROR error.type=tonic::status::Status".to_owned()
        };
        assert_tree!(
            test.trees().only_attributes(["rpc.response.status_code", "error.type"]),
            format!(
                "
            production
              {method} [client]{} rpc.response.status_code={code}{}
                {method} [server]{} rpc.response.status_code={code}{}
                  {look_up}
            ",
                failed(code != "OK"),
                error(code != "OK"),
                failed(server_failed),
                error(server_failed),
            )
        );
    }
}

#[tokio::test]
async fn the_span_of_a_stream_lasts_until_its_last_message() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let address = serve_grpc(test.registry().http_layer()).await;
    let count = test.run(async { read(&mut client(&address), ask("2")).await }).await.unwrap();
    assert_eq!(count, 2);
    wait_until_spans_end(&[&test]).await;
    assert_tree!(
        test.trees().only_attributes(["rpc.response.status_code", "number"]),
        "
        production
          grpc.health.v1.Health/Watch [client] rpc.response.status_code=OK
            grpc.health.v1.Health/Watch [server] rpc.response.status_code=OK
              chunk number=0
              chunk number=1
    "
    );
    // a stream that fails in the middle
    test.clear();
    test.run(async { read(&mut client(&address), ask("13")).await }).await.unwrap_err();
    wait_until_spans_end(&[&test]).await;
    let tree = test.trees().only_attributes(["rpc.response.status_code", "error.type"]).to_string();
    let but_chunks: Vec<_> = tree.lines().filter(|line| line.trim() != "chunk").collect();
    assert_tree!(
        but_chunks.join("\n"),
        "
        production
          grpc.health.v1.Health/Watch [client] ERROR rpc.response.status_code=DATA_LOSS error.type=DATA_LOSS
            grpc.health.v1.Health/Watch [server] ERROR rpc.response.status_code=DATA_LOSS error.type=DATA_LOSS
    "
    );
    // a stream whose client disconnects
    test.clear();
    let gone = async {
        let mut answers = client(&address).watch(ask("100000000")).await.unwrap().into_inner();
        answers.message().await.unwrap();
    };
    test.run(gone).await;
    wait_until_spans_end(&[&test]).await;
    let server = test.spans("production").into_iter().find(|span| span.parent_span_is_remote).unwrap();
    assert!(server.attributes.iter().any(|attribute| attribute.key.as_str() == "multitracer.cancelled"));
    assert_no_orphans!(test);
}

#[tokio::test]
async fn an_unknown_method_is_an_error_of_the_server() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::builder().layer(test.registry().http_layer()).add_routes(Routes::default());
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    client(&format!("http://{address}")).check(ask("a")).await.unwrap_err();
    wait_until_spans_end(&[&test]).await;
    assert_tree!(
        test.trees().only_attributes(["rpc.response.status_code"]),
        "
        production
          grpc.health.v1.Health/Check [server] ERROR rpc.response.status_code=UNIMPLEMENTED
    "
    );
}

#[tokio::test]
async fn an_interceptor_can_send_the_context_too() {
    let test = TestRegistry::from_yaml(&format!("{YAML}baggage: {{trusted: true}}\n")).unwrap();
    let address = serve_grpc(test.registry().http_layer()).await;
    let channel = Channel::from_shared(address).unwrap().connect_lazy();
    let mut client = HealthClient::with_interceptor(channel, |mut request: tonic::Request<()>| {
        let mut headers = std::mem::take(request.metadata_mut()).into_headers();
        multitracer::propagation::inject(&mut headers);
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        Ok(request)
    });
    let call = async_span!("call", tracer = "canary"; async { client.check(ask("a")).await });
    test.run(call).await.unwrap();
    wait_until_spans_end(&[&test]).await;
    assert_tree!(
        test.trees().only_attributes([""; 0]),
        "
        canary
          call
            grpc.health.v1.Health/Check [server]
              look_up
    "
    );
}

#[tokio::test]
async fn a_client_span_fails_if_no_server_listens() {
    let test = TestRegistry::from_yaml(YAML).unwrap();
    // no process listens at this port, which was free a moment ago
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut client = client(&format!("http://127.0.0.1:{port}"));
    test.run(async { client.check(ask("a")).await }).await.unwrap_err();
    assert_tree!(
        test.trees().only_attributes(["error.type"]),
        "
        production
          grpc.health.v1.Health/Check [client] ERROR error.type=tonic::transport::error::Error
    "
    );
}
