//! Escape sequences and bidirectional marks from outside, which no output passes on.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod captured_log;

use std::process::Command;
use std::time::Duration;

use multitracer::config::Config;
use multitracer::export::InMemoryExporter;
use multitracer::manual::SpanBuilder;
use multitracer::testing::TestRegistry;
use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Behaviour, Receiver};
use opentelemetry::KeyValue;
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use self::captured_log::CapturedLog;

/// Clears the screen, sets the title, reverses the line, hides a text and breaks the line.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}b\u{2066}c\u{200b}d\u{feff}\u{8}\r\0e";

#[track_caller]
fn assert_harmless(text: &str) {
    let found = text.chars().find(|&char| {
        (char.is_control() && char != '\n')
            || matches!(char, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    });
    assert!(found.is_none(), "{found:?} in {text:?}");
    assert!(text.contains(r"\u{1b}[2J") && text.contains(r"\u{202e}"), "{text:?}");
}

#[derive(Debug)]
struct Quoting;

impl SpanExporter for Quoting {
    async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
        Err(OTelSdkError::InternalFailure(HOSTILE.to_owned()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_backend_reaches_the_terminal_unescaped() {
    let log = CapturedLog::default();
    let writer = log.clone();
    // `%error` and `Display` of a message show it as it is
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let message = Some(HOSTILE.to_owned());
    let refuses =
        Behaviour { message: message.clone(), fail_first: Some((usize::MAX, 401)), ..Behaviour::default() };
    let (refuses, rejects) = (
        Receiver::start_with(refuses).await.unwrap(),
        Receiver::start_with(Behaviour { message, reject: 1, ..Behaviour::default() }).await.unwrap(),
    );
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("refused").otlp_http(refuses.http_endpoint()))
        .tracer(TracerBuilder::new("rejected-http").otlp_http(rejects.http_endpoint()))
        .tracer(TracerBuilder::new("rejected-grpc").otlp_grpc(rejects.grpc_endpoint()))
        .tracer(TracerBuilder::new("custom").exporter(Quoting))
        .default_tracer("refused")
        .build()
        .unwrap();
    for tracer in registry.tracers() {
        tracer.in_span("work", || {});
    }
    let error = registry.shutdown_within(Duration::from_secs(5)).await.unwrap_err();
    for tracer in error.report().tracers() {
        assert_harmless(tracer.last_error.as_deref().unwrap());
    }
    assert_harmless(&error.to_string());
    assert_harmless(&log.text());
    for (kind, endpoint) in [("otlp_http", refuses.http_endpoint()), ("otlp_grpc", rejects.grpc_endpoint())] {
        let yaml = format!("tracers: {{a: {{exporter: {{{kind}: {{endpoint: \"{endpoint}\"}}}}}}}}");
        let probes = Config::from_yaml(&yaml).unwrap().probe("a", Duration::from_secs(5)).await;
        assert_harmless(&probes[0].outcome().to_string());
    }
}

/// Set for the child process, whose standard output the test reads.
const CHILD: &str = "MULTITRACER_TEST_CONSOLE_CHILD";

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_span_reaches_the_terminal_unescaped() {
    if std::env::var_os(CHILD).is_some() {
        let yaml = "tracers: {main: {exporter: console}}";
        let registry = Registry::from_yaml(yaml).unwrap();
        registry.tracer("main").unwrap().scope(|| {
            let span = SpanBuilder::new(format!("name {HOSTILE}\nsecond")).start();
            span.set(format!("key{HOSTILE}"), &format!("value {HOSTILE}"));
            let status = Status::error(format!("status {HOSTILE}"));
            span.context().span().set_status(status);
        });
        registry.shutdown().await.unwrap();
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "no_text_of_a_span_reaches_the_terminal_unescaped", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("trace "), "{text}");
    assert_harmless(&text);
    assert!(text.contains(r"\nsecond"), "a name keeps its line: {text}");
}

#[test]
fn no_text_of_a_span_reaches_the_output_of_a_test_unescaped() {
    let test = TestRegistry::new(["main", "other"]);
    let hostile = |prefix: &str| format!("{prefix} {HOSTILE}\nsecond");
    test.tracer("main").scope(|| {
        let span = SpanBuilder::new(hostile("name")).start();
        span.set(format!("key{HOSTILE}"), &hostile("value"));
        span.context().span().set_status(Status::error(hostile("status")));
        let attributes = vec![KeyValue::new(hostile("key"), hostile("value"))];
        span.context().span().add_event(hostile("event"), attributes);
        span.in_scope(|| test.tracer("other").in_span("linked", || {}));
    });
    let shown = test.trees().with_events().all_attributes().to_string();
    assert_harmless(&shown);
    for part in ["name", "value", "status", "event", "linked to name"] {
        assert!(shown.contains(&format!(r"{part} a\u{{1b}}[2J")), "{part}: {shown}");
    }
    assert_eq!(shown.lines().count(), 5, "a text keeps its line: {shown}");

    let test = TestRegistry::new(["main"]);
    let parent = test.scope(|| SpanBuilder::new(hostile("parent")).start());
    parent.in_scope(|| SpanBuilder::new(hostile("orphan")).in_scope(|| {}));
    assert_harmless(&test.check_no_orphans().unwrap_err());
}

/// Texts that come from a request, a file or an exporter, and reach a log in a message.
#[tokio::test(flavor = "multi_thread")]
async fn no_message_passes_a_text_on_unescaped() {
    #[derive(Debug)]
    struct Unwilling;

    impl SpanExporter for Unwilling {
        async fn export(&self, _: Vec<SpanData>) -> OTelSdkResult {
            Ok(())
        }

        fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
            Err(OTelSdkError::InternalFailure(HOSTILE.to_owned()))
        }
    }

    let tracer = TracerBuilder::new("main").project(format!("project {HOSTILE}")).exporter(Unwilling);
    let registry = Registry::builder().tracer(tracer).build().unwrap();
    assert_harmless(&registry.tracer(HOSTILE).unwrap_err().to_string());
    assert_harmless(&registry.experiment(HOSTILE).unwrap_err().to_string());
    assert_harmless(&registry.stats().to_string());
    registry.tracer("main").unwrap().in_span("work", || {});
    assert_harmless(&registry.shutdown().await.unwrap_err().to_string());
    // no file name has a zero
    let file = HOSTILE.replace('\0', "");
    assert_harmless(&Config::from_path(&file).unwrap_err().to_string());
    let tracer = TracerBuilder::new("main").otlp_http("https://localhost/v1/traces").tls_ca_file(file);
    assert_harmless(&Registry::builder().tracer(tracer).build().unwrap_err().to_string());
}

#[test]
fn a_name_and_a_source_line_cannot_change_the_order_of_a_message() {
    let spans = InMemoryExporter::new();
    let tracer = TracerBuilder::new("a\u{202e}b").in_memory(&spans);
    let error = Registry::builder().tracer(tracer).build().unwrap_err().to_string();
    assert!(!error.contains('\u{202e}'), "{error:?}");
    let yaml = "tracers:\n  main: {samplr: \u{202e}x\u{2066}, exporter: console}\n";
    let error = Config::from_yaml(yaml).unwrap_err().to_string();
    assert!(!error.contains(['\u{202e}', '\u{2066}']), "{error:?}");
}

#[test]
fn a_path_of_an_exporter_reaches_no_terminal_unescaped() {
    let main = || TracerBuilder::new("main");
    for tracer in [
        main().otlp_http("https://localhost/v1/traces").tls_ca_file(HOSTILE),
        main().otlp_file(format!("/dev/null/{HOSTILE}")),
    ] {
        let error = Registry::builder().tracer(tracer).build().unwrap_err();
        assert_harmless(&error.to_string());
        assert_harmless(&format!("{error:?}"));
    }
}
