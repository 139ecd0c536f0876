//! Against real receivers, and against none.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use multitracer_tests::{Behaviour, Protocol, Receiver};
use serde_json::Value;

use super::{Run, Temporary, run};

/// The report of one tracer.
async fn ping(name: &'static str, tracer: String, timeout: &'static str) -> (i32, Value) {
    let run = report(name, tracer, timeout, true).await;
    (run.code, run.json())
}

async fn report(name: &'static str, tracer: String, timeout: &'static str, json: bool) -> Run {
    tokio::task::spawn_blocking(move || {
        let file = Temporary::new(
            &format!("ping-{name}.yaml"),
            &format!("tracers: {{a: {{project: shop, {tracer}}}}}\n"),
        );
        let mut args = vec!["ping", file.path(), "--timeout", timeout];
        if json {
            args.push("--json");
        }
        run(&args, &[])
    })
    .await
    .unwrap()
}

fn http(endpoint: &str, rest: &str) -> String {
    format!("exporter: {{otlp_http: {{endpoint: \"{endpoint}\"{rest}}}}}")
}

/// Responds to one request with these bytes, and stops.
fn respond_with(response: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        // to the end of the body, which is when nothing more comes
        let mut buffer = [0; 65536];
        while matches!(stream.read(&mut buffer), Ok(read) if read > 0) {}
        let _ = stream.write_all(response);
    });
    format!("http://{address}/v1/traces")
}

#[tokio::test(flavor = "multi_thread")]
async fn delivered_with_what_the_tracer_would_send() {
    let key = ("x-api-key".to_owned(), "k-123".to_owned());
    let receiver =
        Receiver::start_with(Behaviour { require_header: Some(key), ..Behaviour::default() }).await.unwrap();
    let headers = "headers: {x-api-key: k-123}";
    let exporters = [
        (Protocol::HttpProtobuf, http(&receiver.http_endpoint(), &format!(", {headers}, compression: gzip"))),
        (Protocol::HttpJson, http(&receiver.http_endpoint(), &format!(", {headers}, encoding: json"))),
        (
            Protocol::Grpc,
            format!("exporter: {{otlp_grpc: {{endpoint: \"{}\", {headers}}}}}", receiver.grpc_endpoint()),
        ),
        (
            Protocol::Grpc,
            format!(
                "exporter: {{otlp_grpc: {{endpoint: \"{}\", {headers}, compression: gzip}}}}",
                receiver.grpc_endpoint()
            ),
        ),
    ];
    for (position, (protocol, exporter)) in exporters.into_iter().enumerate() {
        let (code, report) = ping("delivered", format!("environment: test, {exporter}"), "5s").await;
        assert_eq!((code, &report["outcome"]), (0, &"delivered".into()), "{report}");
        assert_eq!((&report["tracer"], &report["project"]), (&"a".into(), &"shop".into()));
        assert!(report["latency_ms"].as_f64().unwrap() > 0.0);
        let (spans, requests) = (receiver.spans(), receiver.requests());
        assert_eq!(spans.len(), position + 1);
        assert_eq!(requests.last().unwrap().protocol, protocol);
        let span = spans.last().unwrap();
        assert_eq!(span.name(), "multitracer.ping");
        let shown = format!("{span:?}");
        assert!(shown.contains("project.name") && shown.contains("deployment.environment.name"), "{shown}");
    }
}

/// The five that must not be taken for one another.
#[tokio::test(flavor = "multi_thread")]
async fn five_ways_not_to_arrive() {
    let key = ("authorization".to_owned(), "Bearer right".to_owned());
    let refusing =
        Receiver::start_with(Behaviour { require_header: Some(key), ..Behaviour::default() }).await.unwrap();
    let hanging = Receiver::start_with(Behaviour { hang: true, ..Behaviour::default() }).await.unwrap();
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1/traces", listener.local_addr().unwrap())
    };
    let partial = Receiver::start_with(Behaviour { reject: 1, ..Behaviour::default() }).await.unwrap();

    let (code, report) =
        ping("refused", format!("api_key: wrong, {}", http(&refusing.http_endpoint(), "")), "5s").await;
    assert_eq!(
        (code, &report["outcome"], &report["status"]),
        (1, &"refused".into(), &"401 Unauthorized".into())
    );

    let started = Instant::now();
    let (code, report) = ping("hanging", http(&hanging.http_endpoint(), ""), "300ms").await;
    assert_eq!((code, &report["outcome"], &report["step"]), (1, &"unreachable".into(), &"HTTP".into()));
    assert_eq!(report["message"], "no response within 300ms");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());

    let (code, report) = ping("closed", http(&closed, ""), "5s").await;
    assert_eq!((code, &report["outcome"], &report["step"]), (1, &"unreachable".into(), &"connect".into()));
    assert!(report["message"].as_str().unwrap().contains("refused"), "{report}");

    let (code, report) = ping("name", http("http://no-such-host.invalid/v1/traces", ""), "5s").await;
    assert_eq!((code, &report["outcome"], &report["step"]), (1, &"unreachable".into(), &"DNS".into()));
    assert!(
        report["message"].as_str().unwrap().starts_with("the host `no-such-host.invalid` is not found"),
        "{report}"
    );

    let (code, report) = ping("partial", http(&partial.http_endpoint(), ""), "5s").await;
    assert_eq!((code, &report["outcome"], &report["rejected"]), (1, &"partial".into(), &1.into()));
    assert_eq!(report["message"], "told to reject");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_over_grpc() {
    let key = ("authorization".to_owned(), "Bearer right".to_owned());
    let refusing =
        Receiver::start_with(Behaviour { require_header: Some(key), ..Behaviour::default() }).await.unwrap();
    let partial = Receiver::start_with(Behaviour { reject: 1, ..Behaviour::default() }).await.unwrap();
    let hanging = Receiver::start_with(Behaviour { hang: true, ..Behaviour::default() }).await.unwrap();
    let grpc =
        |endpoint: &str| format!("api_key: wrong, exporter: {{otlp_grpc: {{endpoint: \"{endpoint}\"}}}}");
    let (code, report) = ping("grpc-refused", grpc(&refusing.grpc_endpoint()), "5s").await;
    assert_eq!(
        (code, &report["outcome"], &report["status"]),
        (1, &"refused".into(), &"UNAUTHENTICATED".into()),
        "{report}"
    );
    let (_, report) = ping("grpc-partial", grpc(&partial.grpc_endpoint()), "5s").await;
    assert_eq!(
        (&report["outcome"], &report["message"]),
        (&"partial".into(), &"told to reject".into()),
        "{report}"
    );
    let (_, report) = ping("grpc-hanging", grpc(&hanging.grpc_endpoint()), "300ms").await;
    assert_eq!((&report["outcome"], &report["step"]), (&"unreachable".into(), &"HTTP".into()), "{report}");
    // An HTTP/1.1 server is no gRPC one.
    let (_, report) =
        ping("grpc-http", grpc(partial.http_endpoint().trim_end_matches("/v1/traces")), "2s").await;
    assert_eq!(report["outcome"], "refused", "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backends_own_words() {
    let words = |response| async move {
        ping("words", http(&respond_with(response), ", headers: {x-api-key: cAnArY-1}"), "5s").await.1
    };
    let json = words(b"HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: 45\r\n\r\n{\"message\":\"key cAnArY-1 is of another team\"}").await;
    assert_eq!(
        (&json["status"], &json["message"]),
        (&"403 Forbidden".into(), &"key [REDACTED] is of another team".into())
    );
    let status = words(b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/x-protobuf\r\ncontent-length: 10\r\n\r\n\x08\x03\x12\x06no way").await;
    assert_eq!(status["message"], "no way", "{status}");
    let moved = words(
        b"HTTP/1.1 302 Found\r\nlocation: https://u:p@example.com/login?next=x\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    assert_eq!(moved["message"], "it points to https://example.com/login, and redirects are not followed");
    let page =
        words(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 15\r\n\r\n<html>hi</html>")
            .await;
    assert_eq!((&page["outcome"], &page["step"]), (&"unreachable".into(), &"HTTP".into()));
    let control = words(b"HTTP/1.1 500 Oops\r\ncontent-length: 9\r\n\r\na\x1b[2J\nb\xff!").await;
    assert_eq!(control["message"], "a\\u{1b}[2J b\u{fffd}!");
    let garbage = words(b"SSH-2.0-OpenSSH_9.6\r\n").await;
    assert_eq!((&garbage["outcome"], &garbage["step"]), (&"unreachable".into(), &"HTTP".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_with_a_certificate_that_is_trusted_and_one_that_is_not() {
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let ca = Temporary::new("ca.pem", &pair.cert.pem());
    let key = rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut buffer = vec![0; 65536];
            let _ = stream.read(&mut buffer).await;
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
            let _ = stream.shutdown().await;
        }
    });
    let endpoint = format!("https://localhost:{port}/v1/traces");
    let trusted = http(&endpoint, &format!(", tls: {{ca_file: \"{}\"}}", ca.path()));
    let (code, report) = ping("tls-trusted", trusted, "5s").await;
    assert_eq!((code, &report["outcome"]), (0, &"delivered".into()), "{report}");
    let (code, report) = ping("tls-unknown", http(&endpoint, ""), "5s").await;
    assert_eq!((code, &report["step"]), (1, &"TLS".into()), "{report}");
    assert!(report["message"].as_str().unwrap().contains("UnknownIssuer"), "{report}");
    let plain = Receiver::start().await.unwrap();
    let (_, report) =
        ping("tls-none", http(&plain.http_endpoint().replace("http:", "https:"), ""), "5s").await;
    assert_eq!(report["step"], "TLS", "{report}");
    let (code, report) = ping("tls-file", http(&endpoint, ", tls: {ca_file: /does/not/exist}"), "5s").await;
    assert_eq!((code, &report["outcome"]), (1, &"misconfigured".into()), "{report}");
}

/// One report for each place that a tracer sends to.
#[tokio::test(flavor = "multi_thread")]
async fn several_exporters_of_one_tracer() {
    let (one, two) = (
        Receiver::start().await.unwrap(),
        Receiver::start_with(Behaviour { reject: 1, ..Behaviour::default() }).await.unwrap(),
    );
    let tracer = format!(
        "exporters: [{{otlp_http: {{endpoint: \"{}\"}}}}, {{otlp_grpc: {{endpoint: \"{}\"}}}}, console]",
        one.http_endpoint(),
        two.grpc_endpoint()
    );
    let run = report("several", tracer, "5s", true).await;
    let outcomes: Vec<_> =
        run.lines().iter().map(|line| line["outcome"].as_str().unwrap().to_owned()).collect();
    assert_eq!((run.code, outcomes), (1, ["delivered", "partial", "skipped"].map(str::to_owned).to_vec()));
    assert_eq!((one.spans().len(), two.spans().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn all_at_once_and_some_alone() {
    let receiver = Receiver::start().await.unwrap();
    let hanging = Receiver::start_with(Behaviour { hang: true, ..Behaviour::default() }).await.unwrap();
    let tracers: String =
        (0..20).map(|i| format!("  h{i}: {{{}}}\n", http(&hanging.http_endpoint(), ""))).collect();
    let text = format!(
        "default_tracer: good\ntracers:\n  good: {{{}}}\n  console: {{exporter: console}}\n  off: {{enabled: false}}\n{tracers}",
        http(&receiver.http_endpoint(), "")
    );
    tokio::task::spawn_blocking(move || {
        let file = Temporary::new("ping-many.yaml", &text);
        let started = Instant::now();
        let all = run(&["ping", file.path(), "--timeout", "1s"], &[]);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert_eq!((all.code, all.out.lines().count()), (1, 23), "{}", all.out);
        assert!(
            all.out.contains("skipped: it writes to the console") && all.out.contains("skipped: it is off"),
            "{}",
            all.out
        );
        assert_eq!(all.out.matches("unreachable at HTTP: no response within 1s").count(), 20, "{}", all.out);
        let one = run(&["ping", file.path(), "--tracer", "good", "--tracer", "console"], &[]);
        assert_eq!((one.code, one.out.lines().count()), (0, 2), "{}", one.out);
        assert!(
            one.out.starts_with("good     http://127.0.0.1:") && one.out.contains("  delivered ("),
            "{}",
            one.out
        );
        let unknown = run(&["ping", file.path(), "--tracer", "gud"], &[]);
        assert!(
            unknown.code == 1 && unknown.err.starts_with("no tracer is named `gud`; there are: good, "),
            "{}",
            unknown.err
        );
        assert_eq!(run(&["ping", file.path(), "--timeout", "soon"], &[]).code, 2);
    })
    .await
    .unwrap();
}
