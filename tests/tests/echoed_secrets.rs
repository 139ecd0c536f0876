//! Backends that repeat the credentials of a request in their response, in every form.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use multitracer::Registry;
use multitracer::config::Config;
use multitracer_tests::{Behaviour, Receiver};

const USER: &str = "pk-user-7316";
const PASSWORD: &str = "s3cr?t/Pass+Wörd-99";

fn token() -> String {
    BASE64_STANDARD.encode(format!("{USER}:{PASSWORD}"))
}

/// Responds to every request with 403 and `body`, and returns the endpoint.
fn forbid(content_type: &str, body: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let length = body.len();
    let response = format!(
        "HTTP/1.1 403 Forbidden\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    std::thread::spawn(move || {
        // the thread ends with the process of the test
        for stream in listener.incoming().take(100) {
            let mut stream = stream.unwrap();
            stream.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
            let mut buffer = [0; 65536];
            while matches!(stream.read(&mut buffer), Ok(read) if read > 0) {}
            let _ = stream.write_all(response.as_bytes());
        }
    });
    format!("http://{address}/v1/traces")
}

/// Sends a span and a test span, and returns what the report and the probe say about the backend.
async fn shown(kind: &str, endpoint: &str) -> Vec<String> {
    let yaml = format!(
        "tracers: {{a: {{exporter: {{{kind}: {{endpoint: \"{endpoint}\", headers: {{authorization: \"basic {}\"}}}}}}}}}}",
        token()
    );
    let registry = Registry::from_yaml(&yaml).unwrap();
    registry.tracer("a").unwrap().in_span("work", || {});
    let report = match registry.shutdown().await {
        Ok(report) => report,
        Err(error) => error.report().clone(),
    };
    let probes = Config::from_yaml(&yaml).unwrap().probe("a", Duration::from_secs(5)).await;
    vec![report.tracer("a").unwrap().last_error.clone().unwrap(), probes[0].outcome().to_string()]
}

/// Returns the forms in which a backend repeats a text.
fn forms(text: &str) -> Vec<String> {
    let broken =
        |inserted: &str| text.chars().flat_map(|char| [char.to_string(), inserted.to_owned()]).collect();
    vec![
        text.to_owned(),
        broken("\n"),
        broken("\0"),
        broken(" "),
        broken("\u{200b}"),
        broken("\u{202e}"),
        text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
        BASE64_STANDARD.encode(text),
        BASE64_URL_SAFE_NO_PAD.encode(format!("x{text}")),
        BASE64_STANDARD.encode(text).chars().flat_map(|char| [char, '\n']).collect(),
    ]
}

#[track_caller]
fn assert_hidden(shown: &[String], form: &str) {
    for text in shown {
        assert!(text.contains("[REDACTED]"), "{form:?} is not found: {text:?}");
        // a reader sees the text without what hides between the characters
        let seen: String = text.replace("\\u{200b}", "").replace("\\u{202e}", "").replace("\\u{0}", "");
        let seen: String = seen.chars().filter(|char| !char.is_whitespace()).collect();
        for secret in [USER, PASSWORD, &token(), form] {
            let secret: String = secret.chars().filter(|char| char.is_ascii_graphic()).collect();
            let leaked =
                secret.as_bytes().windows(6).find(|part| seen.contains(&*String::from_utf8_lossy(part)));
            assert!(
                leaked.is_none(),
                "{:?} of {form:?} is shown: {text:?}",
                leaked.map(String::from_utf8_lossy)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_echo_of_a_credential_over_http_is_shown() {
    for secret in [USER, PASSWORD, &token()] {
        for form in forms(secret) {
            let json = serde_json::json!({"message": format!("no such key: {form}")}).to_string();
            for (content_type, body) in [("text/plain", form.clone()), ("application/json", json)] {
                assert_hidden(&shown("otlp_http", &forbid(content_type, body)).await, &form);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_echo_of_a_credential_over_grpc_is_shown() {
    for secret in [USER, PASSWORD, &token()] {
        for form in forms(secret) {
            let message = Some(format!("no such key: {form}"));
            let behaviour = Behaviour { message, reject: 1, ..Behaviour::default() };
            let receiver = Receiver::start_with(behaviour).await.unwrap();
            assert_hidden(&shown("otlp_grpc", &receiver.grpc_endpoint()).await, &form);
        }
    }
}
