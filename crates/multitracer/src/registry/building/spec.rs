//! The checked content of a builder, and the specification that each tracer is built from.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Mutex, PoisonError};

use opentelemetry_sdk::Resource;

use super::builder::RegistryBuilder;
use super::tracer_builder::{CodeExporter, TracerBuilder};
use crate::config::model::{ConfigModel, TracerConfig};
use crate::config::{ConfigError, Origin, check};
use crate::export::InMemoryExporter;
use crate::registry::error::BuildError;

/// The checked content of a [`RegistryBuilder`].
pub(in crate::registry) struct Plan {
    /// The configuration, without its tracers.
    pub(in crate::registry) model: ConfigModel,
    pub(in crate::registry) tracers: Vec<TracerBuilder>,
    pub(in crate::registry) file_origin: Option<FileOrigin>,
}

/// The file that a registry was built from.
#[derive(Clone, Debug)]
pub(in crate::registry) struct FileOrigin {
    pub(in crate::registry) file: Origin,
    /// `true` if code changed the configuration of the file.
    pub(in crate::registry) is_altered: bool,
}

impl Plan {
    /// Checks the content of a builder.
    pub(in crate::registry) fn new(builder: RegistryBuilder) -> Result<Self, BuildError> {
        let RegistryBuilder { mut model, tracers, file, is_altered } = builder;
        fill_defaults(&mut model, &tracers);
        let mut errors = check::cross_check(&model);
        errors.extend(check::check_values(&model));
        if !errors.is_empty() {
            return Err(ConfigError::in_code(errors).into());
        }
        model.enabled &= !is_disabled_by_environment();
        model.tracers = Vec::new();
        let file_origin = file.map(|file| FileOrigin { file, is_altered });
        Ok(Self { model, tracers, file_origin })
    }
}

/// Returns `true` if an environment variable disables tracing.
pub(in crate::registry) fn is_disabled_by_environment() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(wanted));
    is("MULTITRACER_ENABLED", "false") || is("OTEL_SDK_DISABLED", "true")
}

/// Puts the configurations of the tracers into `model`, and the defaults that depend on them.
fn fill_defaults(model: &mut ConfigModel, tracers: &[TracerBuilder]) {
    model.tracers = tracers.iter().map(|tracer| tracer.config.clone()).collect();
    if let ([only], true) = (tracers, model.default_tracer.is_empty()) {
        only.name().clone_into(&mut model.default_tracer);
    }
    for experiment in &mut model.experiments {
        if experiment.fallback.is_empty() {
            experiment.fallback.clone_from(&model.default_tracer);
        }
    }
}

/// The specification of a tracer: the input that it was built from.
pub(in crate::registry) struct Spec {
    config: TracerConfig,
    /// In-memory exporters by their position among the tracer's exporters.
    memory: BTreeMap<usize, InMemoryExporter>,
    resource: Option<Resource>,
    /// `true` if code gave an exporter or a sampler. Those cannot be compared.
    has_custom_parts: bool,
    /// `true` if the configuration enables the tracer and the registry.
    pub(in crate::registry) is_enabled: bool,
    /// The builder of a disabled tracer, until the tracer is enabled.
    builder: Mutex<Option<TracerBuilder>>,
}

impl Spec {
    pub(in crate::registry) fn new(tracer: &TracerBuilder, model: &ConfigModel) -> Self {
        let TracerBuilder { config, code } = tracer;
        let (mut memory, mut has_custom_parts) = (BTreeMap::new(), code.sampler.is_some());
        for (position, exporter) in &code.exporters {
            match exporter {
                CodeExporter::Memory(exporter) => {
                    memory.insert(*position, exporter.clone());
                }
                CodeExporter::Custom(_) => has_custom_parts = true,
            }
        }
        Self {
            config: config.clone(),
            memory,
            resource: code.resource.clone(),
            has_custom_parts,
            is_enabled: model.enabled && config.enabled,
            builder: Mutex::default(),
        }
    }

    /// Keeps the builder of a disabled tracer.
    pub(in crate::registry) fn with_builder(self, tracer: TracerBuilder) -> Self {
        Self { builder: Mutex::new(Some(tracer)), ..self }
    }

    /// Calls `build` with the kept builder, and drops the builder if `build` succeeds.
    ///
    /// Returns `None` if there is no builder, because the tracer was built before.
    pub(in crate::registry) fn build_once<T, E>(
        &self,
        build: impl FnOnce(&mut TracerBuilder) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut slot = self.builder.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(builder) = slot.as_mut() else { return Ok(None) };
        let built = build(builder)?;
        *slot = None;
        Ok(Some(built))
    }

    /// Returns `true` if `tracer`, as part of `model`, would be built the same.
    pub(in crate::registry) fn is_same(&self, tracer: &TracerBuilder, model: &ConfigModel) -> bool {
        let new = Self::new(tracer, model);
        let has_same_memory = self.memory.len() == new.memory.len()
            && self
                .memory
                .iter()
                .zip(&new.memory)
                .all(|((at, old), (other, new))| at == other && old.ptr_eq(new));
        has_same_memory
            && !(self.has_custom_parts || new.has_custom_parts)
            && (self.is_enabled, &self.config, &self.resource) == (new.is_enabled, &new.config, &new.resource)
    }
}
