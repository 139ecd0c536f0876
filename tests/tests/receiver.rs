//! The receiver of these tests, which records every request and refuses broken ones.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use multitracer_tests::{Protocol, Receiver};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message as _;
use tonic::Request;
use tonic::codec::CompressionEncoding;

/// A request as the specification defines JSON: ids in hexadecimal, enumerations as integers,
/// 64-bit integers as text or numbers.
const GOOD: &str = r#"{"resourceSpans": [{
    "resource": {"attributes": [{"key": "project.name", "value": {"stringValue": "shop"}}]},
    "scopeSpans": [{"scope": {"name": "by hand"}, "spans": [{
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "answer",
        "kind": 3,
        "startTimeUnixNano": "1700000000000000000",
        "endTimeUnixNano": "1700000000000000001",
        "attributes": [
            {"key": "n", "value": {"intValue": "7"}},
            {"key": "m", "value": {"intValue": 8}}
        ],
        "status": {"code": 2, "message": "no model"}
    }]}]
}]}"#;

fn message() -> ExportTraceServiceRequest {
    serde_json::from_str(GOOD).unwrap()
}

/// Sends a request that no HTTP client changes, and returns the status of the response.
async fn exchange(receiver: &Receiver, headers: String, body: Vec<u8>) -> u16 {
    let address = receiver.http_endpoint().replace("http://", "").replace("/v1/traces", "");
    let response = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!("POST /v1/traces HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n\r\n");
        stream.write_all(&[head.into_bytes(), body].concat()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    });
    response.await.unwrap().split(' ').nth(1).unwrap().parse().unwrap()
}

/// Sends a request with a `content-length`, and returns the status of the response.
async fn post(receiver: &Receiver, headers: &str, body: Vec<u8>) -> u16 {
    exchange(receiver, format!("content-length: {}\r\n{headers}", body.len()), body).await
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// Checks that the one span of `GOOD` arrived unchanged.
fn assert_unchanged(receiver: &Receiver, protocol: Protocol) {
    let requests = receiver.requests();
    assert_eq!((requests.len(), requests[0].protocol, requests[0].spans), (1, protocol, 1));
    let span = receiver.spans().remove(0);
    assert_eq!((span.project(), span.name(), span.scope.as_str()), ("shop", "answer", "by hand"));
    assert_eq!(span.trace_id(), "5b8efff798038103d269b633813fc60c");
    assert_eq!((span.span_id().as_str(), span.parent_id().as_str()), ("eee19b7ec3c1b174", ""));
    assert_eq!((span.attribute("n").as_deref(), span.attribute("m").as_deref()), (Some("7"), Some("8")));
    assert!(span.is_error());
    assert_eq!(span.span.end_time_unix_nano, 1_700_000_000_000_000_001);
}

#[tokio::test]
async fn every_encoding_over_http_arrives_unchanged() {
    let json = "content-type: application/json; charset=utf-8";
    let protobuf = "content-type: application/x-protobuf";
    for (headers, protocol, body) in [
        (json, Protocol::HttpJson, GOOD.as_bytes().to_vec()),
        (protobuf, Protocol::HttpProtobuf, message().encode_to_vec()),
    ] {
        let receiver = Receiver::start().await.unwrap();
        assert_eq!(post(&receiver, headers, body.clone()).await, 200);
        assert_unchanged(&receiver, protocol);
        let receiver = Receiver::start().await.unwrap();
        assert_eq!(post(&receiver, &format!("{headers}\r\ncontent-encoding: gzip"), gzip(&body)).await, 200);
        assert_unchanged(&receiver, protocol);
        let receiver = Receiver::start().await.unwrap();
        let chunks = body
            .chunks(7)
            .map(|chunk| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat());
        let chunked = [chunks.collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat();
        assert_eq!(
            exchange(&receiver, format!("{headers}\r\ntransfer-encoding: chunked"), chunked).await,
            200
        );
        assert_unchanged(&receiver, protocol);
    }
}

#[tokio::test]
async fn requests_over_grpc_arrive_unchanged() {
    for gzip in [false, true] {
        let receiver = Receiver::start().await.unwrap();
        let mut client = TraceServiceClient::connect(receiver.grpc_endpoint()).await.unwrap();
        if gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let mut request = Request::new(message());
        request.metadata_mut().insert("x-api-key", "a".parse().unwrap());
        request.metadata_mut().append("x-api-key", "b".parse().unwrap());
        client.export(request).await.unwrap();
        assert_unchanged(&receiver, Protocol::Grpc);
        assert_eq!(receiver.requests()[0].headers["x-api-key"], "a, b");
    }
}

/// The tests of isolation rely on this: a second credential must not hide the first.
#[tokio::test]
async fn every_value_of_a_repeated_header_is_recorded() {
    let receiver = Receiver::start().await.unwrap();
    let headers =
        "content-type: application/x-protobuf\r\nAuthorization: Bearer a\r\nauthorization: Bearer b";
    assert_eq!(post(&receiver, headers, message().encode_to_vec()).await, 200);
    assert_eq!(receiver.requests()[0].headers["authorization"], "Bearer a, Bearer b");
}

#[tokio::test]
async fn json_that_breaks_the_protocol_is_refused() {
    for (from, to) in [
        ("resourceSpans", "resource_spans"),
        ("traceId", "trace_id"),
        ("startTimeUnixNano", "start_time_unix_nano"),
        ("\"kind\": 3", "\"kind\": \"SPAN_KIND_CLIENT\""),
        ("5b8efff798038103d269b633813fc60c", "W47/95gDgQPSabYzgT/GDA=="),
        ("}]}", ""),
    ] {
        let bad = GOOD.replace(from, to);
        assert_ne!(bad, GOOD, "{from} does not occur in the good request");
        let receiver = Receiver::start().await.unwrap();
        let status = post(&receiver, "content-type: application/json", bad.into_bytes()).await;
        assert_eq!((status, receiver.requests()[0].status), (400, 400), "{to} for {from}");
        assert!(receiver.spans().is_empty());
    }
}
