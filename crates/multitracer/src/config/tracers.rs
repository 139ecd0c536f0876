//! `defaults` and `tracers`.

use std::collections::HashSet;

use super::backend::{self, Backend, Preset};
use super::decode::{Cursor, Fields};
use super::exporter::{self, EXPORTER, Exporter};
use super::headers;
use super::model::{AttributeValue, SamplerConfig, ServiceConfig, TracerConfig};
use super::resource::{self, Attributes, RESOURCE};
use super::rules;
use super::sampler::{self, SAMPLER};
use super::schema::{self, Key, Kind, Section};
use super::secret::Secret;
use super::tuning::{self, BATCH, Batch, CAPTURE, Capture, LIMITS, Limits};
use super::warnings;
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
        Key::new(
            "backend",
            Kind::Choice(&backend::WORDS),
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

/// What one block, a tracer's or the defaults', says.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    enabled: Option<bool>,
    project: Option<String>,
    project_attribute: Option<String>,
    environment: Option<String>,
    backend: Option<Backend>,
    /// Header and value.
    authorization: Option<(&'static str, Secret)>,
    /// Whether `api_key` is written, be it with a value that is not known.
    has_key: bool,
    /// Whether `exporter.otlp_http.endpoint` is written, be it with a value that is not known.
    has_endpoint: bool,
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
    Block::read(&fields, None)
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
    let block = Block::read(fields, defaults.backend);
    if let (Some(key), Some(exporter)) = (fields.get("api_key"), block.exporter_over(defaults))
        && block.authorization.is_some()
        && let Some(kind) = exporter.without_key()
    {
        let help = "leave it out, or write `exporter: otlp_http`";
        key.problem(
            format!("an `api_key` needs an OTLP exporter, and this tracer's is `{kind}`"),
            Some(help.to_owned()),
        );
    }
    if let (Some(backend), None) = (block.backend.or(defaults.backend), &block.exporters) {
        suits(name, fields, &block, defaults, backend);
    }
    if block.inherits(defaults) {
        inherited_credentials(fields, &block, defaults);
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

/// Reports what a backend needs and the tracer does not have.
fn suits(name: &str, fields: &Fields<'_>, block: &Block, defaults: &Block, backend: Backend) {
    let preset = backend.preset();
    let word = backend.as_str();
    let at = fields.get("backend").unwrap_or(&fields.at);
    let exporter = block.exporter_over(defaults);
    match &exporter {
        Some(exporter) if exporter.without_key().is_some() => {
            if let (Some(cursor), Some(kind)) = (fields.given("backend"), exporter.without_key()) {
                let place = if kind == "console" { "standard output" } else { "a file" };
                let help = format!("`{kind}` writes to {place}; leave one of them out");
                cursor.problem(
                    format!("a `backend` needs an OTLP exporter, and this tracer's is `{kind}`"),
                    Some(help),
                );
            }
            return;
        }
        Some(Exporter::Grpc(_)) if preset.grpc.is_none() => {
            let help = "use `otlp_http`, or leave the exporter out".to_owned();
            at.problem(format!("the backend `{word}` takes OTLP over HTTP only"), Some(help));
            return;
        }
        _ => {}
    }
    let missing_endpoint = fields.under("exporter", "otlp_http", "endpoint").is_none()
        && exporter.as_ref().is_none_or(|exporter| exporter.endpoint().is_none());
    // One that is written and wrong has been reported.
    if preset.endpoint.is_none() && missing_endpoint && !(block.inherits(defaults) && defaults.has_endpoint) {
        let help = "write `exporter: {otlp_http: {endpoint: \"https://otlp-gateway-REGION.grafana.net/otlp/v1/traces\"}}`, \
                    as the stack's OpenTelemetry page shows it";
        at.problem(
            format!("the backend `{word}` has an endpoint for each region, and none is given"),
            Some(help.to_owned()),
        );
    }
    let header = preset.key_header();
    let has_key = block.has_key
        || (block.inherits(defaults) && defaults.has_key)
        || exporter.as_ref().is_some_and(|exporter| exporter.names(header));
    if preset.needs_key && !has_key {
        let help = if defaults.has_key {
            "the one of `defaults` is for another backend; write one here, or the same `backend` there"
                .to_owned()
        } else {
            format!("write `api_key: \"${{..}}\"`; it is sent as the header `{header}`")
        };
        at.problem(format!("the backend `{word}` needs an `api_key`"), Some(help));
    }
    if let Some(header) = preset.project_header
        && let Err(breach) = rules::header_value(block.project.as_deref().unwrap_or(name))
    {
        let at: &Cursor<'_> = fields.get("project").unwrap_or(&fields.at);
        let help = format!("the backend `{word}` reads the project from the header `{header}`");
        at.breach(breach.help(help));
    }
}

/// Says so where a tracer sends the credentials of the defaults to an endpoint of its own.
fn inherited_credentials(fields: &Fields<'_>, block: &Block, defaults: &Block) {
    let Some(own) = &block.exporter else { return };
    let (base, preset) = (defaults.exporter.as_ref(), defaults.backend.map(Backend::preset));
    let Some(endpoint) = own.endpoint_beside(base, preset.as_ref()) else { return };
    let mut inherited = base.map(|base| own.inherited(base)).unwrap_or_default();
    inherited.extend(defaults.authorization.as_ref().map(|(header, _)| *header));
    inherited.retain(|name| block.authorization.as_ref().is_none_or(|(header, _)| header != name));
    inherited.sort_unstable();
    inherited.dedup();
    let inherited: Vec<&str> = inherited.into_iter().filter(|name| !own.names(name)).collect();
    let Some(first) = inherited.first() else { return };
    let of = schema::list(inherited.iter().copied());
    let help = match *first {
        headers::AUTHORIZATION => {
            "give the tracer an `api_key` of its own, or leave it out with `headers: {authorization: null}`"
                .to_owned()
        }
        other => format!("give the tracer its own, or leave it out with `headers: {{{other}: null}}`"),
    };
    let message = format!("this endpoint is sent the credentials of `defaults`: {of}");
    let at = fields.under("exporter", endpoint, "endpoint");
    at.unwrap_or_else(|| fields.at.clone()).warn(warnings::INHERITED_CREDENTIALS, message, &help);
}

impl Block {
    /// `inherited` is what the defaults say of the backend.
    fn read(fields: &Fields<'_>, inherited: Option<Backend>) -> Self {
        if let (Some(_), Some(source)) = (fields.given("environment"), fields.given("source")) {
            source.problem("`source` and `environment` are the same; write one of them", None);
        }
        let backend = fields.choice("backend", &backend::ALL);
        let preset = backend.or(inherited).unwrap_or(Backend::Otlp).preset();
        let authorization = headers::api_key(fields, &preset);
        let exporter = exporter::read(fields);
        let header = preset.key_header();
        if let (Some(key), true) =
            (fields.get("api_key"), exporter.as_ref().is_some_and(|exporter| exporter.authorizes(header)))
        {
            let help = match header {
                headers::AUTHORIZATION => {
                    "`api_key` is short for the header `authorization: Bearer ..`".to_owned()
                }
                other => format!("`api_key` is short for the header `{other}`"),
            };
            key.problem(format!("`api_key` and the header `{header}` exclude each other"), Some(help));
        }
        Self {
            enabled: fields.flag("enabled"),
            project: fields.text("project"),
            project_attribute: fields.text("project_attribute"),
            environment: fields.text("environment").or_else(|| fields.text("source")),
            backend,
            authorization,
            has_key: fields.given("api_key").is_some(),
            has_endpoint: fields.under("exporter", "otlp_http", "endpoint").is_some(),
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

    /// Whether the defaults are about the same backend, so that its endpoint and credentials are of use.
    fn inherits(&self, defaults: &Self) -> bool {
        self.backend.is_none() || self.backend == defaults.backend
    }

    /// The exporter of this block over the one of the defaults, without an `api_key`.
    fn exporter_over(&self, defaults: &Self) -> Option<Exporter> {
        let base = match &defaults.exporter {
            // A tracer that names its backend is not to print because the others do.
            Some(Exporter::Console) if !self.inherits(defaults) => None,
            Some(base) if !self.inherits(defaults) => Some(base.anonymous()),
            base => base.clone(),
        };
        match self.exporter.clone() {
            Some(own) => Some(own.over(base.as_ref())),
            None => base,
        }
    }

    /// The tracer that this block makes with what it leaves out taken from `defaults`.
    fn finish(mut self, name: &str, defaults: &Self) -> TracerConfig {
        let inherited = defaults.exporters.clone();
        // a tracer that names its backend, or its exporter, is not to send to all of the others'
        let inherited = inherited.filter(|_| self.exporter.is_none() && self.inherits(defaults));
        let several = self.exporters.take().or(inherited).unwrap_or_default();
        let mut several = several.into_iter().map(Exporter::finish);
        let first = several.next();
        let preset: Option<Preset> = self.backend.or(defaults.backend).map(Backend::preset);
        let project = self.project.clone().unwrap_or_else(|| name.to_owned());
        let mut exporter =
            self.exporter_over(defaults).unwrap_or_else(|| Exporter::Http(exporter::Otlp::default()));
        let inherited = defaults
            .authorization
            .as_ref()
            .filter(|_| self.inherits(defaults))
            .filter(|(header, _)| !self.exporter.as_ref().is_some_and(|own| own.authorizes(header)));
        if let Some((header, credential)) = self.authorization.as_ref().or(inherited) {
            exporter.authorize(header, credential.clone());
        }
        let mut resource = merge(self.resource, &defaults.resource);
        let environment = self.environment.or_else(|| defaults.environment.clone());
        if let Some(preset) = &preset {
            exporter.complete(preset, &project);
            if let (Some(attribute), Some(environment)) = (preset.environment_attribute, &environment)
                && !resource.iter().any(|(name, _)| name == attribute)
            {
                resource.push((attribute.to_owned(), AttributeValue::String(environment.clone())));
            }
        }
        let project_attribute = preset.and_then(|preset| preset.project_attribute).unwrap_or("project.name");
        let service = |own: Option<String>, default: &Option<String>| own.or_else(|| default.clone());
        TracerConfig {
            name: name.to_owned(),
            enabled: self.enabled.or(defaults.enabled).unwrap_or(true),
            project,
            project_attribute: self
                .project_attribute
                .or_else(|| defaults.project_attribute.clone())
                .unwrap_or_else(|| project_attribute.to_owned()),
            environment,
            service: ServiceConfig {
                name: service(self.service.name, &defaults.service.name),
                version: service(self.service.version, &defaults.service.version),
                namespace: service(self.service.namespace, &defaults.service.namespace),
                instance_id: service(self.service.instance_id, &defaults.service.instance_id),
            },
            resource,
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
