//! Tests that no output contains a secret, from any place that can hold one.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use super::{Temporary, run};

const CANARY: &str = "cAnArY";

const VARIABLES: [(&str, &str); 4] = [
    ("KEY", "cAnArY-from-a-variable"),
    ("MULTITRACER_TRACER_HTTP_SAMPLE_RATES", "cAnArY"),
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=cAnArY"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:cAnArY@h"),
];

/// Starts a server that repeats to its clients what they sent.
fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        // the threads end with the process of the test
        for stream in listener.incoming().take(100) {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
                let (mut sent, mut buffer) = (Vec::new(), [0; 4096]);
                while let Ok(read @ 1..) = stream.read(&mut buffer) {
                    sent.extend_from_slice(&buffer[..read]);
                }
                let head = format!("HTTP/1.1 401 Unauthorized\r\ncontent-length: {}\r\n\r\n", sent.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&sent));
            });
        }
    });
    port
}

/// Returns a configuration with a secret in every place, except the user name of a URL.
///
/// A URL with a user name is invalid for an exporter.
fn good(port: u16) -> String {
    format!(
        r#"
default_tracer: http
defaults:
  resource: {{attributes: {{deploy.token: cAnArY, keys: [cAnArY]}}}}
tracers:
  http:
    exporter:
      otlp_http:
        endpoint: http://127.0.0.1:{port}/v1/traces?token=cAnArY
        headers: {{Authorization: Bearer cAnArY, x-a: "${{KEY}}"}}
        headers_list: x-b=cAnArY,x-c=cAnArY%21
  grpc: {{api_key: cAnArY, exporter: {{otlp_grpc: {{endpoint: "http://127.0.0.1:{port}", headers: {{x-d: "Token cAnArY"}}}}}}}}
  basic: {{backend: langfuse, api_key: "cAnArY-1:cAnArY-2", exporter: {{otlp_http: {{endpoint: "http://127.0.0.1:{port}/"}}}}}}
  team: {{backend: honeycomb, api_key: "${{KEY}}", exporter: {{otlp_http: {{endpoint: "http://127.0.0.1:{port}/"}}}}}}
  many:
    exporters:
      - otlp_http: {{endpoint: "http://127.0.0.1:{port}/v1/traces", headers: {{x-e: cAnArY-3}}}}
      - otlp_grpc: {{endpoint: "http://127.0.0.1:{port}", headers: {{authorization: "Bearer cAnArY-4"}}}}
  far: {{api_key: cAnArY, exporter: {{otlp_http: {{endpoint: "http://cAnArY.invalid@no-such-host.invalid/v1/traces"}}}}}}
routes:
  - {{name: key, headers: {{X-Api-Key: cAnArY}}, tracer: grpc}}
experiments:
  e: {{variants: [{{name: basic}}, {{name: team}}], fallback: far}}
"#
    )
}

#[test]
fn no_command_shows_a_secret() {
    let port = echo();
    let with_user = good(port);
    let without_user = with_user.replace("cAnArY.invalid@", "");
    let inline = with_user.replace("http://127.0.0.1", "https://u:cAnArY@127.0.0.1");
    // a key instead of its path, and other invalid values with a secret inside
    let key = "tracers:\n  a:\n    exporter:\n      otlp_http:\n        endpoint: https://h/v1\n        tls:\n          cert_file: c\n          key_file: |\n            -----BEGIN PRIVATE KEY-----\n            cAnArY\n            -----END PRIVATE KEY-----\n";
    let broken = without_user
        .replace("api_key: cAnArY", "api_key: [cAnArY]")
        .replace("x-b=cAnArY", "cAnArY")
        .replace("Bearer cAnArY", "\"cAnArY\\n\"");
    let misspelt = without_user.replace("api_key:", "apikey:").replace("headers:", "header:");
    let unclosed = without_user.replace("x-c=cAnArY%21", "\"cAnArY");
    let missing = without_user.replace("${KEY}", "${cAnArY_IS_NO_NAME}cAnArY");
    let pem = Temporary::new(
        "secret.pem",
        "-----BEGIN PRIVATE KEY-----\ncAnArY\n-----END PRIVATE KEY-----\ncAnArY\n",
    );
    let files = without_user
        .replace(
            "headers_list:",
            &format!("tls: {{cert_file: {0}, key_file: {0}}}\n        headers_list:", pem.path()),
        )
        .replace("http://127.0.0.1", "https://127.0.0.1");
    let mut said = Vec::new();
    for (name, text) in [
        ("with-user", with_user.as_str()),
        ("good", &without_user),
        ("inline", &inline),
        ("key", key),
        ("broken", &broken),
        ("misspelt", &misspelt),
        ("unclosed", &unclosed),
        ("missing", &missing),
        ("files", &files),
    ] {
        let file = Temporary::new(&format!("secret-{name}.yaml"), text);
        let path = file.path();
        for args in [
            &["check", path][..],
            &["check", path, "--json"],
            &["check", path, "--no-env"],
            &["check", path, "--deny-warnings"],
            &["route", path, "-H", "X-Api-Key: guess"],
            &["route", path, "-H", "X-Api-Key: guess", "--json"],
            &["route", path, "-H", "X-Api-Key: cAnArY"],
            &["assign", path, "e", "a", "b"],
            &["assign", path, "e", "a", "b", "--json"],
            &["assign", path, "e", "a", "b", "--summary"],
            &["ping", path, "--timeout", "2s"],
            &["ping", path, "--timeout", "2s", "--json"],
        ] {
            let run = run(args, &VARIABLES);
            let text = format!("{}{}", run.out, run.err).replace("cAnArY_IS_NO_NAME", "");
            assert!(!text.contains(CANARY), "{name} {args:?}\n{text}");
            assert!(!text.is_empty(), "{name} {args:?}");
            said.push((name, run.code, text));
        }
    }
    // the commands did their work
    let words =
        |of: &str, words: &str| said.iter().any(|(name, _, text)| *name == of && text.contains(words));
    assert!(words("good", "[REDACTED]") && words("good", "refused: 401 Unauthorized"), "{said:?}");
    assert!(words("good", "unreachable at DNS") && words("inline", "misconfigured"), "{said:?}");
    assert!(words("key", "is the path of a PEM file") && words("missing", "undefined variable"), "{said:?}");
}
