//! The keys of a tracer and of `defaults`.

use super::exporter::EXPORTER;
use super::limits::{BATCH, CAPTURE, LIMITS};
use super::resource::RESOURCE;
use super::sampler::SAMPLER;
use super::section::{Key, Kind, Section};

pub(crate) static TRACER: Section = Section {
    title: "a tracer",
    keys: &[
        Key::new("enabled", Kind::Flag, "true", "`false` to switch off the tracer"),
        Key::new(
            "project",
            Kind::Text,
            "the tracer's name",
            "the project of the spans; not allowed in `defaults`",
        ),
        Key::new(
            "project_attribute",
            Kind::Text,
            "`project.name`",
            "the resource attribute with the project; `\"\"` for none",
        ),
        Key::new("environment", Kind::Text, "", "the resource attribute `deployment.environment.name`"),
        Key::new("source", Kind::Text, "", "another name for `environment`"),
        Key::new(
            "backend",
            Kind::Choice(&BACKENDS),
            "`otlp`",
            "the service that takes the spans. It decides the endpoint, and the places of the key, the project and the environment",
        ),
        Key::new(
            "api_key",
            Kind::Secret,
            "",
            "the key, sent in the header that the backend reads; without a backend as `authorization: Bearer ..`. `null` removes the key of `defaults`",
        ),
        Key::new("service", Kind::Section(&SERVICE), "", "the resource attributes `service.*`"),
        Key::new("resource", Kind::Section(&RESOURCE), "", "further resource attributes"),
        Key::new(
            "sampler",
            Kind::OneOf(&SAMPLER),
            "`parent_based: {root: always_on}`",
            "the choice of traces to keep",
        ),
        Key::new(
            "sample_rate",
            Kind::Ratio,
            "",
            "short for `sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: ..}}}}`",
        ),
        Key::new("limits", Kind::Section(&LIMITS), "", "the limits of one span"),
        Key::new("exporter", Kind::OneOf(&EXPORTER), "`otlp_http`", "the destination of the spans"),
        Key::new(
            "exporters",
            Kind::ListOf(&EXPORTER),
            "",
            "the list of destinations in place of `exporter`. Each span goes to all of them, and none inherits from `defaults`",
        ),
        Key::new("batch", Kind::Section(&BATCH), "", "the queue of spans and their export"),
        Key::new(
            "capture",
            Kind::Section(&CAPTURE),
            "",
            "the values that `#[traced(args(..), ret)]` records",
        ),
    ],
    refused: &[
        ("processors", "use `exporter` and `batch`"),
        ("id_generator", "trace ids are random, and a span id names its tracer"),
        ("headers", "headers belong under `exporter.otlp_http` or `exporter.otlp_grpc`"),
        ("endpoint", "the endpoint belongs under `exporter.otlp_http` or `exporter.otlp_grpc`"),
    ],
};

static SERVICE: Section = Section {
    title: "`service`",
    keys: &[
        Key::new("name", Kind::Text, "", "the resource attribute `service.name`"),
        Key::new("version", Kind::Text, "", "the resource attribute `service.version`"),
        Key::new("namespace", Kind::Text, "", "the resource attribute `service.namespace`"),
        Key::new("instance_id", Kind::Text, "", "the resource attribute `service.instance.id`"),
    ],
    refused: &[],
};

/// The names of the backends.
pub(crate) const BACKENDS: [&str; 11] = [
    "honeyhive",
    "phoenix",
    "langfuse",
    "langsmith",
    "mlflow",
    "tempo",
    "grafana_cloud",
    "jaeger",
    "honeycomb",
    "datadog",
    "otlp",
];
