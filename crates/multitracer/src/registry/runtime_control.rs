//! Control of tracers while the program runs: enabled state and sample rate.

use std::sync::Arc;

use super::error::SwitchError;
use super::handle::{Inner, Registry};
use super::snapshot::{Built, Snapshot};
use crate::registry::building::assemble::build_enabled;
use crate::registry::building::spec::is_disabled_by_environment;
use crate::tracer::UnknownTracerError;

impl Registry {
    /// Enables or disables a tracer, from the next call on.
    ///
    /// A disabled tracer starts no spans, also not in traces that it has begun. It still exports
    /// its open spans when they end. If the configuration disables a tracer, its exporter is set up
    /// here.
    ///
    /// A [reload](Self::reload) that keeps the tracer keeps this setting. A reload that changes the
    /// tracer uses the new configuration.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let tracer = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// let canary = registry.tracer("canary")?;
    /// registry.set_enabled("canary", false)?;
    /// canary.in_span("unseen", || {});
    /// registry.set_enabled("canary", true)?;
    /// canary.in_span("seen", || {});
    /// assert_eq!(spans.spans().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no tracer has this name. Enabling also fails if
    ///
    /// - the exporter of the tracer cannot be set up,
    /// - the environment disables tracing (`MULTITRACER_ENABLED`, `OTEL_SDK_DISABLED`), or
    /// - the registry was shut down.
    pub fn set_enabled(&self, name: &str, enabled: bool) -> Result<(), SwitchError> {
        self.check_name(name)?;
        self.inner.set_enabled(enabled, |other| other == name)
    }

    /// Enables or disables every tracer, from the next call on, by the rules of
    /// [`set_enabled`](Self::set_enabled).
    ///
    /// While all tracers of a process are disabled, a traced function costs one relaxed load.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let tracer = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.set_all_enabled(false)?;
    /// registry.default_tracer().in_span("unseen", || {});
    /// assert!(spans.spans().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error in the cases of [`set_enabled`](Self::set_enabled). All other tracers are
    /// still enabled.
    pub fn set_all_enabled(&self, enabled: bool) -> Result<(), SwitchError> {
        self.inner.set_enabled(enabled, |_| true)
    }

    /// Samples this share of a tracer's traces, from 0.0 to 1.0, from the next trace on.
    ///
    /// Replaces the configured sampler, like `sample_rate` in a file. Spans inside a trace follow
    /// the decision at its start.
    ///
    /// A [reload](Self::reload) that keeps the tracer keeps this setting. A reload that changes the
    /// tracer uses the new configuration.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let tracer = TracerBuilder::new("canary").in_memory(&spans);
    /// # let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.set_sample_rate("canary", 0.0)?;
    /// registry.tracer("canary")?.in_span("unsampled", || {});
    /// registry.reset_sample_rate("canary")?;
    /// registry.tracer("canary")?.in_span("sampled", || {});
    /// assert_eq!(spans.spans().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no tracer has this name, or if `rate` is not from 0.0 to 1.0.
    pub fn set_sample_rate(&self, name: &str, rate: f64) -> Result<(), SwitchError> {
        if !(0.0..=1.0).contains(&rate) {
            return Err(SwitchError::SampleRate(rate));
        }
        self.set_rate(name, Some(rate))
    }

    /// Uses the configured sampler again after [`set_sample_rate`](Self::set_sample_rate), from the
    /// next trace on. A trace that began under the rate keeps its decision.
    ///
    /// # Errors
    ///
    /// Returns an error if no tracer has this name.
    pub fn reset_sample_rate(&self, name: &str) -> Result<(), SwitchError> {
        self.set_rate(name, None)
    }

    fn set_rate(&self, name: &str, rate: Option<f64>) -> Result<(), SwitchError> {
        // a tracer that another thread is rebuilding would lose the rate
        let _changing = self.inner.changing();
        self.check_name(name)?;
        if let Some(core) = self.set().roster().by_name(name) {
            core.sampling.set_rate(rate);
        }
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), UnknownTracerError> {
        let roster = self.set().roster();
        match roster.by_name(name) {
            Some(_) => Ok(()),
            None => Err(UnknownTracerError::new(name, roster.names())),
        }
    }
}

impl Inner {
    /// Enables or disables the tracers whose names `is_chosen` accepts.
    fn set_enabled(
        self: &Arc<Self>,
        enabled: bool,
        is_chosen: impl Fn(&str) -> bool,
    ) -> Result<(), SwitchError> {
        let _changing = self.changing();
        let old = self.snapshot.load_full();
        let is_chosen = |built: &Built| is_chosen(&built.core.info.name);
        if !enabled {
            old.built()
                .iter()
                .filter(|built| is_chosen(built))
                .for_each(|built| built.core.enabled.switch_off());
            return Ok(());
        }
        if self.draining.is_shut_down() {
            return Err(SwitchError::ShutDown);
        }
        if is_disabled_by_environment() {
            return Err(SwitchError::Environment);
        }
        let mut tracers = old.built();
        let mut is_rebuilt = false;
        let mut first_error = None;
        for built in tracers.iter_mut().filter(|built| is_chosen(built)) {
            match built.spec.build_once(|tracer| build_enabled(tracer, self.id, &self.runtime)) {
                Ok(None) => self.draining.change(|| built.core.enabled.switch_on())?,
                Ok(Some(core)) => {
                    built.core = core;
                    is_rebuilt = true;
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if is_rebuilt {
            let model = Arc::clone(&old.model);
            drop(old);
            self.swap(Snapshot::new(model, tracers))?;
        }
        first_error.map_or(Ok(()), |error| Err(error.into()))
    }
}
