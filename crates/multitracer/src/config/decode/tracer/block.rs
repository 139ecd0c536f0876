//! The keys of a tracer or of `defaults`, and their merge.

use std::collections::HashSet;

use super::backend::{self, AUTHORIZATION, Backend, Preset};
use super::exporter;
use super::exporter_block::{ExporterBlock, OtlpBlock};
use super::headers::{self, ApiKey};
use super::limits::{self, BatchBlock, CaptureBlock, LimitsBlock};
use super::resource::{self, Attributes};
use super::sampler;
use crate::config::model::{AttributeValue, Exporters, SamplerConfig, ServiceConfig, TracerConfig};
use crate::config::reader::Fields;

/// The keys of a tracer or of `defaults`. An unset key is `None`.
#[derive(Clone, Debug, Default)]
pub(crate) struct TracerBlock {
    enabled: Option<bool>,
    pub(super) project: Option<String>,
    project_attribute: Option<String>,
    environment: Option<String>,
    pub(super) backend: Option<Backend>,
    pub(super) api_key: Option<ApiKey>,
    /// `true` if the block has `exporter.otlp_http.endpoint`, even with an unknown value.
    pub(super) has_endpoint: bool,
    service: ServiceConfig,
    resource: Attributes,
    sampler: Option<SamplerConfig>,
    limits: LimitsBlock,
    pub(super) exporter: Option<ExporterBlock>,
    /// The exporters in place of `exporter`.
    pub(super) exporters: Option<Vec<ExporterBlock>>,
    batch: BatchBlock,
    capture: CaptureBlock,
}

impl TracerBlock {
    /// Reads a block. `inherited` is the backend of the defaults.
    pub(super) fn read(fields: &Fields<'_>, inherited: Option<Backend>) -> Self {
        if let (Some(_), Some(source)) = (fields.given("environment"), fields.given("source")) {
            source.report("`source` and `environment` are the same; write one of them", None);
        }
        let backend = fields.one_word_of("backend", &backend::ALL);
        let preset = backend.or(inherited).unwrap_or(Backend::Otlp).preset();
        let exporter = exporter::read(fields);
        let header = preset.key_header();
        if let (Some(key), true) =
            (fields.given("api_key"), exporter.as_ref().is_some_and(|exporter| exporter.authorizes(header)))
        {
            let help = match header {
                AUTHORIZATION => "`api_key` is short for the header `authorization: Bearer ..`".to_owned(),
                other => format!("`api_key` is short for the header `{other}`"),
            };
            key.report(format!("`api_key` and the header `{header}` exclude each other"), Some(help));
        }
        Self {
            enabled: fields.flag("enabled"),
            project: fields.text("project"),
            project_attribute: fields.text("project_attribute"),
            environment: fields.text("environment").or_else(|| fields.text("source")),
            backend,
            api_key: headers::api_key(fields, &preset),
            has_endpoint: fields.get_nested(["exporter", "otlp_http", "endpoint"]).is_some(),
            service: service(fields),
            resource: resource::read(fields),
            sampler: sampler::read(fields),
            limits: limits::limits(fields),
            exporter,
            exporters: exporter::read_list(fields),
            batch: limits::batch(fields),
            capture: limits::capture(fields),
        }
    }

    /// Returns `true` if the defaults are for the same backend, so that their endpoint and
    /// credentials apply.
    pub(super) fn inherits(&self, defaults: &Self) -> bool {
        self.backend.is_none() || self.backend == defaults.backend
    }

    /// Returns `true` if the block has an `api_key`, even with an unknown value.
    pub(super) fn has_key(&self) -> bool {
        self.api_key.as_ref().is_some_and(|key| key.is_given)
    }

    /// Returns `true` if the block has an `api_key` with a valid value.
    pub(super) fn has_valid_key(&self) -> bool {
        self.api_key.as_ref().is_some_and(|key| key.credential.is_some())
    }

    /// Returns the `api_key` that this block takes from the defaults.
    ///
    /// A key or a header of the block takes its place, also without a value.
    pub(super) fn inherited_key<'d>(&self, defaults: &'d Self) -> Option<&'d ApiKey> {
        let key = defaults.api_key.as_ref().filter(|_| self.inherits(defaults) && self.api_key.is_none())?;
        let has_header = self.exporter.as_ref().is_some_and(|own| own.mentions(key.header));
        (!has_header).then_some(key)
    }

    /// Returns the exporter of this block merged with that of the defaults, without the `api_key`.
    pub(super) fn exporter_over(&self, defaults: &Self) -> Option<ExporterBlock> {
        let base = match &defaults.exporter {
            // a tracer with its own backend does not inherit the console exporter
            Some(ExporterBlock::Console) if !self.inherits(defaults) => None,
            Some(base) if !self.inherits(defaults) => Some(base.anonymous()),
            base => base.clone(),
        };
        match self.exporter.clone() {
            Some(own) => Some(own.over(base.as_ref())),
            None => base,
        }
    }

    /// Returns the tracer of this block, with unset keys taken from `defaults`.
    pub(super) fn finish(mut self, name: &str, defaults: &Self) -> TracerConfig {
        let inherited = defaults.exporters.clone();
        // a tracer with its own backend or exporter does not inherit `exporters`
        let inherited = inherited.filter(|_| self.exporter.is_none() && self.inherits(defaults));
        let several = self.exporters.take().or(inherited).unwrap_or_default();
        let several = Exporters::from_iter(several.into_iter().map(ExporterBlock::finish));
        let preset: Option<Preset> = self.backend.or(defaults.backend).map(Backend::preset);
        let project = self.project.clone().unwrap_or_else(|| name.to_owned());
        let mut exporter =
            self.exporter_over(defaults).unwrap_or_else(|| ExporterBlock::Http(OtlpBlock::default()));
        match (&self.api_key, self.inherited_key(defaults)) {
            // a null key removes the inherited header only
            (Some(ApiKey { header, credential: None, .. }), _)
                if self.exporter.as_ref().is_some_and(|own| own.authorizes(header)) => {}
            (Some(ApiKey { header, credential, .. }), _) => exporter.authorize(header, credential.clone()),
            (None, Some(ApiKey { header, credential: Some(credential), .. })) => {
                exporter.authorize(header, Some(credential.clone()));
            }
            (None, _) => {}
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
            resource: resource.into(),
            sampler: self.sampler.or_else(|| defaults.sampler.clone()).unwrap_or_default(),
            limits: self.limits.finish(&defaults.limits),
            exporters: several.unwrap_or_else(|| Exporters::new(exporter.finish())),
            batch: self.batch.finish(&defaults.batch),
            capture: self.capture.finish(&defaults.capture),
        }
    }
}

/// Returns the attributes of the defaults that the tracer does not set, then its own.
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
