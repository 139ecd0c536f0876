//! `config.example.yaml`, field by field.

use std::time::Duration;

use super::{load, refusal};
use crate::config::Secret;
use crate::config::check::value_rules;
use crate::config::model::{
    BaggageConfig, BatchConfig, CaptureConfig, Compression, ConfigModel, Encoding, ExperimentConfig,
    ExporterConfig, Exporters, HeaderMatch, LimitsConfig, OnSwitch, OtlpHttpConfig, ParentBasedConfig,
    RemoteParent, ResourceAttributes, RouteConfig, RouteTarget, SamplerConfig, ServiceConfig, TlsConfig,
    TracerConfig, UnknownTracerPolicy, ValueMatch, VariantConfig,
};

pub(super) const EXAMPLE: &str = include_str!("../../../../../config.example.yaml");

fn exporter() -> OtlpHttpConfig {
    OtlpHttpConfig {
        endpoint: "http://localhost:4318/v1/traces".to_owned(),
        headers: vec![("authorization".to_owned(), Secret::new("Bearer hh-1"))],
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        encoding: Encoding::Protobuf,
        tls: TlsConfig { ca_file: None, cert_file: None, key_file: None },
    }
}

fn tracer(name: &str, project: &str, environment: &str) -> TracerConfig {
    TracerConfig {
        name: name.to_owned(),
        enabled: true,
        project: project.to_owned(),
        project_attribute: "project.name".to_owned(),
        environment: Some(environment.to_owned()),
        service: ServiceConfig {
            name: Some("shop".to_owned()),
            version: Some("dev".to_owned()),
            namespace: None,
            instance_id: None,
        },
        resource: ResourceAttributes::default(),
        sampler: SamplerConfig::default(),
        limits: LimitsConfig::default(),
        exporters: Exporters::new(ExporterConfig::OtlpHttp(exporter())),
        batch: BatchConfig {
            schedule_delay: Duration::from_millis(5000),
            export_timeout: Duration::from_millis(30_000),
            max_queue_size: 2048,
            max_export_batch_size: 512,
            ..BatchConfig::default()
        },
        capture: CaptureConfig { arguments: true, results: true, max_length: 4096 },
    }
}

fn route(name: &str, header: &str, value: ValueMatch, target: RouteTarget) -> RouteConfig {
    let headers = vec![HeaderMatch { name: header.to_owned(), value }];
    RouteConfig { name: name.to_owned(), headers, target }
}

#[test]
fn the_example_loads_as_documented() {
    let config = load(EXAMPLE, &[("HH_API_KEY", "hh-1")]).unwrap();
    let sampled = SamplerConfig::ParentBased(Box::new(ParentBasedConfig {
        root: SamplerConfig::TraceIdRatioBased(0.1),
        remote_parent_sampled: SamplerConfig::AlwaysOn,
        remote_parent_not_sampled: SamplerConfig::AlwaysOff,
        local_parent_sampled: SamplerConfig::AlwaysOn,
        local_parent_not_sampled: SamplerConfig::AlwaysOff,
    }));
    let exact = || ValueMatch::Exact("true".to_owned());
    let limited = SamplerConfig::RateLimited;
    let to = |name: &str| RouteTarget::Tracer(name.to_owned());
    let variant = |name: &str| VariantConfig { name: name.to_owned(), weight: 50, tracer: name.to_owned() };
    let expected = ConfigModel {
        enabled: true,
        default_tracer: "production".to_owned(),
        unknown_tracer: UnknownTracerPolicy::Default,
        on_switch: OnSwitch::Link,
        remote_parent: RemoteParent::Auto,
        baggage: BaggageConfig::default(),
        tracers: vec![
            TracerConfig { sampler: sampled, ..tracer("production", "myapp-production", "production") },
            TracerConfig { sampler: limited(100), ..tracer("canary", "canary-deployment", "production") },
            TracerConfig { sampler: limited(100), ..tracer("shadow", "shadow-traffic", "production") },
            tracer("control", "ab-test-control", "experiment"),
            tracer("variant_a", "ab-test-variant-a", "experiment"),
            TracerConfig { sampler: limited(10), ..tracer("experiments", "experiments", "experimental") },
        ],
        routes: vec![
            route("canary-users", "x-canary-user", exact(), to("canary")),
            route("shadow", "x-shadow-traffic", exact(), to("shadow")),
            route("offline-runs", "x-experiment", ValueMatch::Exact("offline".to_owned()), to("experiments")),
            route(
                "paying",
                "x-plan",
                ValueMatch::Regex(value_rules::regex("^(pro|team)$").unwrap()),
                RouteTarget::Experiment("prompt_tone".to_owned()),
            ),
        ],
        experiments: vec![ExperimentConfig {
            name: "prompt_tone".to_owned(),
            unit_header: Some("x-user-id".to_owned()),
            salt: "prompt_tone".to_owned(),
            coverage: 1.0,
            variants: vec![variant("control"), variant("variant_a")],
            fallback: "production".to_owned(),
        }],
    };
    assert_eq!(config.model(), &expected);
    assert_eq!(config.warnings(), []);
}

#[test]
fn the_example_uses_its_variables() {
    let variables = [
        ("HH_API_KEY", "hh-1"),
        ("APP_ENV", "canary"),
        ("SERVICE_VERSION", "1.10"),
        ("OTLP_ENDPOINT", "https://otlp.example.com/opentelemetry/v1/traces"),
    ];
    let config = load(EXAMPLE, &variables).unwrap();
    assert_eq!(config.model().default_tracer, "canary");
    for tracer in &config.model().tracers {
        assert_eq!(tracer.service.version.as_deref(), Some("1.10"));
        let endpoint = "https://otlp.example.com/opentelemetry/v1/traces".to_owned();
        assert_eq!(
            *tracer.exporters.first(),
            ExporterConfig::OtlpHttp(OtlpHttpConfig { endpoint, ..exporter() })
        );
    }
}

#[test]
fn an_unset_variable_is_reported_with_its_keys() {
    let message = refusal(EXAMPLE);
    let key = "defaults.exporter.otlp_http.headers.authorization: undefined variable `HH_API_KEY`";
    assert!(message.contains(key), "{message}");
    assert!(message.contains("tracers.experiments.api_key: undefined variable `HH_API_KEY`"), "{message}");
    assert_eq!(message.matches("undefined").count(), 2, "{message}");
}

/// Loads the first example of the format, with `shadow` on the console.
#[test]
fn console_replaces_an_exporter_of_another_kind() {
    let text = EXAMPLE.replace(
        "shadow-traffic, environment: production",
        "shadow-traffic, environment: production, exporter: {console: {}}",
    );
    let config = load(&text, &[("HH_API_KEY", "hh-1")]).unwrap();
    assert_eq!(*config.model().tracers[2].exporters.first(), ExporterConfig::Console);
}
