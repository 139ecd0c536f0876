//! What is to be built, checked; and what was built from, to tell later whether it changed.

use std::collections::BTreeMap;
use std::env;
use std::sync::{Mutex, PoisonError};

use opentelemetry_sdk::Resource;

use super::builder::RegistryBuilder;
use super::tracer_builder::{OwnExporter, TracerBuilder};
use crate::config::model::{ConfigModel, TracerConfig};
use crate::config::{ConfigError, Origin, check};
use crate::export::InMemoryExporter;
use crate::registry::error::BuildError;

/// What a builder holds, checked.
pub(in crate::registry) struct Plan {
    /// Without its tracers.
    pub(in crate::registry) model: ConfigModel,
    pub(in crate::registry) tracers: Vec<TracerBuilder>,
    pub(in crate::registry) origin: Option<FileOrigin>,
}

/// The file that a registry was built from.
#[derive(Clone, Debug)]
pub(in crate::registry) struct FileOrigin {
    pub(in crate::registry) file: Origin,
    /// Whether code has changed what the file says.
    pub(in crate::registry) altered: bool,
}

impl Plan {
    pub(in crate::registry) fn new(builder: RegistryBuilder) -> Result<Self, BuildError> {
        let RegistryBuilder { mut model, tracers, origin, altered } = builder;
        complete(&mut model, &tracers);
        let mut errors = check::cross_check(&model);
        errors.extend(check::check_values(&model));
        if !errors.is_empty() {
            return Err(ConfigError::in_code(errors).into());
        }
        model.enabled &= !switched_off();
        model.tracers = Vec::new();
        let origin = origin.map(|file| FileOrigin { file, altered });
        Ok(Self { model, tracers, origin })
    }
}

/// Whether the environment says that there is to be no tracing.
pub(in crate::registry) fn switched_off() -> bool {
    let is = |name: &str, wanted: &str| env::var(name).is_ok_and(|value| value.eq_ignore_ascii_case(wanted));
    is("MULTITRACER_ENABLED", "false") || is("OTEL_SDK_DISABLED", "true")
}

/// Puts the tracers' own descriptions into the model, and the defaults that depend on them.
fn complete(model: &mut ConfigModel, tracers: &[TracerBuilder]) {
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

/// What a tracer was built from.
pub(in crate::registry) struct Spec {
    config: TracerConfig,
    /// By position among the exporters.
    memory: BTreeMap<usize, InMemoryExporter>,
    resource: Option<Resource>,
    /// Whether code gave an exporter or a sampler, which cannot be compared.
    custom: bool,
    /// Whether the configuration as a whole says that it is on.
    pub(in crate::registry) enabled: bool,
    /// What is needed to build it, while it has not been.
    waiting: Mutex<Option<TracerBuilder>>,
}

impl Spec {
    pub(in crate::registry) fn new(tracer: &TracerBuilder, model: &ConfigModel) -> Self {
        let TracerBuilder { config, own } = tracer;
        let (mut memory, mut custom) = (BTreeMap::new(), false);
        for (position, exporter) in &own.exporters {
            match exporter {
                OwnExporter::Memory(exporter) => {
                    memory.insert(*position, exporter.clone());
                }
                OwnExporter::Custom(_) => custom = true,
            }
        }
        Self {
            config: config.clone(),
            memory,
            resource: own.resource.clone(),
            custom: custom || own.sampler.is_some(),
            enabled: model.enabled && config.enabled,
            waiting: Mutex::default(),
        }
    }

    pub(in crate::registry) fn waiting(self, tracer: TracerBuilder) -> Self {
        Self { waiting: Mutex::new(Some(tracer)), ..self }
    }

    /// Builds the tracer from what is needed for that; `None`: it was built before.
    pub(in crate::registry) fn build_waiting<T, E>(
        &self,
        build: impl FnOnce(&mut TracerBuilder) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(tracer) = waiting.as_mut() else { return Ok(None) };
        let built = build(tracer)?;
        *waiting = None;
        Ok(Some(built))
    }

    /// Whether `tracer`, as part of `model`, would come out the same.
    pub(in crate::registry) fn is_same(&self, tracer: &TracerBuilder, model: &ConfigModel) -> bool {
        let new = Self::new(tracer, model);
        let memory = self.memory.len() == new.memory.len()
            && self
                .memory
                .iter()
                .zip(&new.memory)
                .all(|((at, old), (other, new))| at == other && old.ptr_eq(new));
        memory
            && !(self.custom || new.custom)
            && (self.enabled, &self.config, &self.resource) == (new.enabled, &new.config, &new.resource)
    }
}
