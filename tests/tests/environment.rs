//! The environment variables of OpenTelemetry, which do not change the exports.
//!
//! A test runs itself again in a process that has these variables.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::process::Command;

use multitracer::{Registry, TracerBuilder};
use multitracer_tests::{Protocol, ReceivedRequest, Receiver};

/// Variables that would change the exports if the library read them.
const HOSTILE: [(&str, &str); 17] = [
    ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer FROM-ENV,x-honeycomb-team=FROM-ENV"),
    ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Bearer FROM-ENV-TRACES,x-other=FROM-ENV"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
    ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:9/v1/traces"),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "1"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ("OTEL_TRACES_SAMPLER", "always_off"),
    ("OTEL_SERVICE_NAME", "from-env"),
    ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=from-env,from=env"),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0"),
    ("OTEL_BSP_MAX_QUEUE_SIZE", "1"),
    ("OTEL_BSP_SCHEDULE_DELAY", "60000"),
    ("HTTP_PROXY", "http://127.0.0.1:9"),
    ("http_proxy", "http://127.0.0.1:9"),
];

/// A variable that is set in the process with the variables above.
const CHILD: &str = "MULTITRACER_TEST_CHILD";

#[test]
fn no_opentelemetry_variable_changes_the_exports() {
    run_again("exports_follow_the_configuration", &HOSTILE);
}

#[test]
fn two_environment_variables_switch_all_tracers_off() {
    run_again("the_registry_is_off_in_a_process_with_the_switch", &[("MULTITRACER_ENABLED", "false")]);
    run_again("the_registry_is_off_in_a_process_with_the_switch", &[("OTEL_SDK_DISABLED", "TRUE")]);
}

/// Runs one test of this file in a new process that has these variables.
fn run_again(test: &str, variables: &[(&str, &str)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1").envs(variables.iter().copied());
    let output = child.output().unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

#[tokio::test]
async fn exports_follow_the_configuration() {
    let hostile = std::env::var_os(CHILD).is_some();
    assert_eq!(std::env::var_os("OTEL_EXPORTER_OTLP_HEADERS").is_some(), hostile);
    let receiver = Receiver::start().await.unwrap();
    let tracer = |name: &str| {
        TracerBuilder::new(name)
            .project(format!("{name}-project"))
            .environment("production")
            .service_name("shop")
    };
    let registry = Registry::builder()
        .tracer(tracer("http").otlp_http(receiver.http_endpoint()).header("Authorization", "Bearer own-http"))
        .tracer(tracer("json").otlp_http_json(receiver.http_endpoint()).header("x-api-key", "own-json"))
        .tracer(tracer("grpc").otlp_grpc(receiver.grpc_endpoint()).header("authorization", "Bearer own-grpc"))
        .default_tracer("http")
        .build()
        .unwrap();
    for tracer in registry.tracers() {
        for _ in 0..3 {
            tracer.in_span("work", || multitracer::enrich_span([multitracer::KeyValue::new("kept", true)]));
        }
    }
    let report = registry.shutdown().await.unwrap();
    for tracer in report.tracers() {
        assert_eq!((tracer.started, tracer.exported), (3, 3), "{report}");
    }

    let spans = receiver.spans();
    assert_eq!(spans.len(), 9);
    for span in &spans {
        assert_eq!(span.attribute("kept").as_deref(), Some("true"));
        assert_eq!(span.resource["service.name"], "shop");
        assert_eq!(span.resource["deployment.environment.name"], "production");
        assert!(!span.resource.contains_key("from"));
    }
    let requests = receiver.requests();
    let of = |protocol| -> Vec<&ReceivedRequest> {
        requests.iter().filter(|request| request.protocol == protocol).collect()
    };
    for (protocol, header, value) in [
        (Protocol::HttpProtobuf, "authorization", "Bearer own-http"),
        (Protocol::HttpJson, "x-api-key", "own-json"),
        (Protocol::Grpc, "authorization", "Bearer own-grpc"),
    ] {
        let requests = of(protocol);
        assert!(!requests.is_empty());
        for request in requests {
            assert_eq!(request.headers[header], value);
            assert!(!format!("{:?}", request.headers).contains("FROM-ENV"), "{:?}", request.headers);
            for header in ["content-encoding", "grpc-encoding"] {
                assert!(
                    !request.headers.contains_key(header),
                    "the request is compressed against the configuration"
                );
            }
        }
    }
    for request in of(Protocol::HttpJson) {
        assert!(!request.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn the_registry_is_off_in_a_process_with_the_switch() {
    let off = std::env::var_os(CHILD).is_some();
    let receiver = Receiver::start().await.unwrap();
    let registry = Registry::builder()
        .tracer(TracerBuilder::new("only").otlp_http(receiver.http_endpoint()))
        .build()
        .unwrap();
    registry.default_tracer().in_span("work", || {});
    assert_eq!(registry.default_tracer().is_enabled(), !off);
    let report = registry.shutdown().await.unwrap();
    let spans = u64::from(!off);
    assert_eq!((report.tracers()[0].started, receiver.spans().len() as u64), (spans, spans));
}

#[test]
fn no_debug_output_of_a_registry_or_builder_shows_a_credential() {
    let secret = "SECRET-CANARY-VALUE";
    let builder = Registry::builder().tracer(
        TracerBuilder::new("only").otlp_http("http://127.0.0.1:9/v1/traces").header("authorization", secret),
    );
    let mut shown = format!("{builder:?}{builder:#?}");
    let registry = builder.build().unwrap();
    let tracer = registry.default_tracer();
    shown += &format!("{registry:?}{tracer:?}{:?}{:?}", registry.report(), registry.route(&[("a", "b")]));
    assert!(!shown.contains(secret), "{shown}");
}
