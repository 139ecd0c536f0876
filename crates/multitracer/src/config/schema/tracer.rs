//! The keys of a tracer and of `defaults`.

use super::exporter::EXPORTER;
use super::limits::{BATCH, CAPTURE, LIMITS};
use super::resource::RESOURCE;
use super::sampler::SAMPLER;
use super::section::{Key, Kind, Section};

pub(crate) static TRACER: Section = Section {
    title: "a tracer",
    keys: &[
        Key::new("enabled", Kind::Flag, "true", "whether the tracer records anything"),
        Key::new(
            "project",
            Kind::Text,
            "the tracer's name",
            "the project that the spans belong to; not in `defaults`",
        ),
        Key::new(
            "project_attribute",
            Kind::Text,
            "`project.name`",
            "the resource attribute that carries the project; `\"\"` for none",
        ),
        Key::new("environment", Kind::Text, "", "the resource attribute `deployment.environment.name`"),
        Key::new("source", Kind::Text, "", "another word for `environment`"),
        Key::new(
            "backend",
            Kind::Choice(&BACKENDS),
            "`otlp`",
            "what takes the spans: decides the endpoint, and where the key, the project and the environment stand",
        ),
        Key::new(
            "api_key",
            Kind::Secret,
            "",
            "sent where the backend reads it; without one as `authorization: Bearer ..`",
        ),
        Key::new("service", Kind::Section(&SERVICE), "", "the resource attributes `service.*`"),
        Key::new("resource", Kind::Section(&RESOURCE), "", "more resource attributes"),
        Key::new(
            "sampler",
            Kind::OneOf(&SAMPLER),
            "`parent_based: {root: always_on}`",
            "which traces are kept",
        ),
        Key::new(
            "sample_rate",
            Kind::Ratio,
            "",
            "short for `sampler: {parent_based: {root: {trace_id_ratio_based: {ratio: ..}}}}`",
        ),
        Key::new("limits", Kind::Section(&LIMITS), "", "how much one span may hold"),
        Key::new("exporter", Kind::OneOf(&EXPORTER), "`otlp_http`", "where the spans go"),
        Key::new(
            "exporters",
            Kind::ListOf(&EXPORTER),
            "",
            "in place of `exporter`: each span goes to all of these; none takes anything from `defaults`",
        ),
        Key::new("batch", Kind::Section(&BATCH), "", "how spans are queued and sent"),
        Key::new("capture", Kind::Section(&CAPTURE), "", "what `#[traced(args(..), ret)]` records"),
    ],
    refused: &[
        ("processors", "use `exporter` and `batch`"),
        ("id_generator", "trace and span ids are random"),
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
