//! `defaults` and `tracers`.

use std::collections::HashSet;

use super::decode::Fields;
use super::exporter::{self, EXPORTER, Exporter};
use super::headers;
use super::model::{AttributeValue, SamplerConfig, ServiceConfig, TracerConfig};
use super::resource::{self, Attributes, RESOURCE};
use super::sampler::{self, SAMPLER};
use super::schema::{Key, Kind, Section};
use super::secret::Secret;
use super::tuning::{self, BATCH, Batch, CAPTURE, Capture, LIMITS, Limits};
use super::yaml::{Node, NodeKind};

pub(super) static TRACER: Section = Section {
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
        Key::new("api_key", Kind::Secret, "", "sent by an OTLP exporter as `authorization: Bearer ..`"),
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

/// What one block, a tracer's or the defaults', says.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    enabled: Option<bool>,
    project: Option<String>,
    project_attribute: Option<String>,
    environment: Option<String>,
    authorization: Option<Secret>,
    service: ServiceConfig,
    resource: Attributes,
    sampler: Option<SamplerConfig>,
    limits: Limits,
    exporter: Option<Exporter>,
    /// In place of the one above.
    exporters: Option<Vec<Exporter>>,
    batch: Batch,
    capture: Capture,
}

/// `defaults`.
pub(super) fn read_defaults(file: &Fields<'_>, tracers: usize) -> Block {
    let Some(fields) = file.section("defaults") else { return Block::default() };
    if let Some(project) = fields.given("project") {
        let help = "a project that all tracers share would mix them; write it in each tracer";
        project.problem("`project` belongs to a tracer", Some(help.to_owned()));
    }
    if weight(fields.at.node).saturating_mul(tracers) > LARGEST {
        let message = format!("too large for {tracers} tracers, each of which would have a copy");
        fields.at.problem(message, None);
        return Block::default();
    }
    Block::read(&fields)
}

/// The most bytes that all copies of the defaults may take.
const LARGEST: usize = 256 << 20;

/// Roughly the bytes that a part of the file takes in memory.
fn weight(node: &Node<'_>) -> usize {
    const EACH: usize = 64;
    match &node.kind {
        NodeKind::Scalar { text, .. } => EACH + text.len(),
        NodeKind::Seq(nodes) => EACH + nodes.iter().map(weight).sum::<usize>(),
        NodeKind::Map(entries) => {
            EACH + entries.iter().map(|entry| entry.key.len() + weight(&entry.value)).sum::<usize>()
        }
    }
}

/// One entry of `tracers`.
pub(super) fn read_tracer(name: &str, fields: &Fields<'_>, defaults: &Block) -> TracerConfig {
    let block = Block::read(fields);
    if let (Some(key), Some(exporter)) = (fields.get("api_key"), block.exporter_over(defaults))
        && block.authorization.is_some()
        && let Some(kind) = exporter.without_key()
    {
        key.problem(format!("an `api_key` needs an OTLP exporter, and this tracer's is `{kind}`"), None);
    }
    if let Some(key) = fields.get("api_key")
        && block.authorization.is_some()
        && block.exporter.is_none()
        && block.exporters.is_none()
        && defaults.exporters.is_some()
    {
        key.problem(
            "an `api_key` needs one exporter, and this tracer has the `exporters` of `defaults`",
            None,
        );
    }
    block.finish(name, defaults)
}

impl Block {
    fn read(fields: &Fields<'_>) -> Self {
        if let (Some(_), Some(source)) = (fields.given("environment"), fields.given("source")) {
            source.problem("`source` and `environment` are the same; write one of them", None);
        }
        let authorization = headers::api_key(fields);
        let exporter = exporter::read(fields);
        if let (Some(key), true) =
            (fields.get("api_key"), exporter.as_ref().is_some_and(Exporter::authorizes))
        {
            let help = "`api_key` is short for the header `authorization: Bearer ..`";
            key.problem("`api_key` and the header `authorization` exclude each other", Some(help.to_owned()));
        }
        Self {
            enabled: fields.flag("enabled"),
            project: fields.text("project"),
            project_attribute: fields.text("project_attribute"),
            environment: fields.text("environment").or_else(|| fields.text("source")),
            authorization,
            service: service(fields),
            resource: resource::read(fields),
            sampler: sampler::read(fields),
            limits: tuning::limits(fields),
            exporter,
            exporters: exporter::read_list(fields),
            batch: tuning::batch(fields),
            capture: tuning::capture(fields),
        }
    }

    /// The exporter of this block over the one of the defaults, without an `api_key`.
    fn exporter_over(&self, defaults: &Self) -> Option<Exporter> {
        match self.exporter.clone() {
            Some(own) => Some(own.over(defaults.exporter.as_ref())),
            None => defaults.exporter.clone(),
        }
    }

    /// The tracer that this block makes with what it leaves out taken from `defaults`.
    fn finish(mut self, name: &str, defaults: &Self) -> TracerConfig {
        let inherited = defaults.exporters.clone().filter(|_| self.exporter.is_none());
        let several = self.exporters.take().or(inherited).unwrap_or_default();
        let mut several = several.into_iter().map(Exporter::finish);
        let first = several.next();
        let own_authorizes = self.exporter.as_ref().is_some_and(Exporter::authorizes);
        let mut exporter =
            self.exporter_over(defaults).unwrap_or_else(|| Exporter::Http(exporter::Otlp::default()));
        let inherited = defaults.authorization.clone().filter(|_| !own_authorizes);
        if let Some(authorization) = self.authorization.or(inherited) {
            exporter.authorize(authorization);
        }
        let service = |own: Option<String>, default: &Option<String>| own.or_else(|| default.clone());
        TracerConfig {
            name: name.to_owned(),
            enabled: self.enabled.or(defaults.enabled).unwrap_or(true),
            project: self.project.unwrap_or_else(|| name.to_owned()),
            project_attribute: self
                .project_attribute
                .or_else(|| defaults.project_attribute.clone())
                .unwrap_or_else(|| "project.name".to_owned()),
            environment: self.environment.or_else(|| defaults.environment.clone()),
            service: ServiceConfig {
                name: service(self.service.name, &defaults.service.name),
                version: service(self.service.version, &defaults.service.version),
                namespace: service(self.service.namespace, &defaults.service.namespace),
                instance_id: service(self.service.instance_id, &defaults.service.instance_id),
            },
            resource: merge(self.resource, &defaults.resource),
            sampler: self.sampler.or_else(|| defaults.sampler.clone()).unwrap_or_default(),
            limits: self.limits.finish(&defaults.limits),
            exporter: first.unwrap_or_else(|| exporter.finish()),
            more_exporters: several.collect(),
            batch: self.batch.finish(&defaults.batch),
            capture: self.capture.finish(&defaults.capture),
        }
    }
}

fn merge(own: Attributes, defaults: &Attributes) -> Vec<(String, AttributeValue)> {
    let names: HashSet<&str> = own.iter().map(|(name, _)| name.as_str()).collect();
    let inherited = defaults.iter().filter(|(name, _)| !names.contains(name.as_str()));
    let mut merged: Vec<_> =
        inherited.filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
    merged.extend(own.into_iter().filter_map(|(name, value)| Some((name, value?))));
    merged
}

fn service(fields: &Fields<'_>) -> ServiceConfig {
    fields.section("service").map_or_else(ServiceConfig::default, |service| ServiceConfig {
        name: service.text("name"),
        version: service.text("version"),
        namespace: service.text("namespace"),
        instance_id: service.text("instance_id"),
    })
}
