//! Switches that are turned while the program runs.

use std::sync::Arc;

use super::error::SwitchError;
use super::handle::{Inner, Registry};
use super::snapshot::{Built, Snapshot};
use crate::registry::build::assemble::build_on;
use crate::registry::build::spec::switched_off;
use crate::tracer::UnknownTracerError;

impl Registry {
    /// Switches a tracer on or off, from the next call on.
    ///
    /// Spans that are open are exported when they end; the traces that they belong to get no more spans of a tracer that is off.
    /// One that the configuration had off gets its exporter here. A [reload](Self::reload) that keeps the tracer keeps this;
    /// one that changes it goes by the new configuration.
    ///
    /// ```
    /// # use multitracer::export::InMemoryExporter;
    /// # use multitracer::{Registry, TracerBuilder};
    /// # let spans = InMemoryExporter::new();
    /// # let registry = Registry::builder().tracer(TracerBuilder::new("canary").in_memory(&spans)).build()?;
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
    /// When no tracer has that name. When it is to be on and its exporter cannot be set up, the environment switches
    /// everything off (`MULTITRACER_ENABLED`, `OTEL_SDK_DISABLED`), or the registry was shut down.
    pub fn set_enabled(&self, name: &str, enabled: bool) -> Result<(), SwitchError> {
        self.known(name)?;
        self.inner.set_enabled(enabled, |other| other == name)
    }

    /// Switches every tracer on or off, from the next call on, as [`set_enabled`](Self::set_enabled) does one.
    ///
    /// With all of a process's tracers off, a traced function costs one relaxed load.
    ///
    /// # Errors
    ///
    /// As [`set_enabled`](Self::set_enabled); those tracers that can be switched on are on then.
    pub fn set_all_enabled(&self, enabled: bool) -> Result<(), SwitchError> {
        self.inner.set_enabled(enabled, |_| true)
    }

    /// Samples this share of a tracer's traces, within 0.0 to 1.0, from the next trace on; what is inside a trace follows
    /// its beginning. Takes the place of whatever sampler is configured, as `sample_rate` in a file does.
    ///
    /// A [reload](Self::reload) that keeps the tracer keeps this; one that changes it goes by the new configuration.
    ///
    /// # Errors
    ///
    /// When no tracer has that name, or the rate is not within 0.0 to 1.0.
    pub fn set_sample_rate(&self, name: &str, rate: f64) -> Result<(), SwitchError> {
        if !(0.0..=1.0).contains(&rate) {
            return Err(SwitchError::SampleRate(rate));
        }
        self.set_rate(name, Some(rate))
    }

    /// Goes back from [`set_sample_rate`](Self::set_sample_rate) to the sampler that is configured.
    ///
    /// # Errors
    ///
    /// When no tracer has that name.
    pub fn reset_sample_rate(&self, name: &str) -> Result<(), SwitchError> {
        self.set_rate(name, None)
    }

    fn set_rate(&self, name: &str, rate: Option<f64>) -> Result<(), SwitchError> {
        // a tracer that is being rebuilt would lose it
        let _changing = self.inner.changing();
        self.known(name)?;
        if let Some(core) = self.set().roster().by_name(name) {
            core.sampling.set_rate(rate);
        }
        Ok(())
    }

    fn known(&self, name: &str) -> Result<(), UnknownTracerError> {
        let roster = self.set().roster();
        match roster.by_name(name) {
            Some(_) => Ok(()),
            None => Err(UnknownTracerError::new(name, roster.names())),
        }
    }
}

impl Inner {
    fn set_enabled(self: &Arc<Self>, enabled: bool, which: impl Fn(&str) -> bool) -> Result<(), SwitchError> {
        let changing = self.changing();
        let old = self.snapshot.load_full();
        let chosen = |built: &Built| which(&built.core.info.name);
        if !enabled {
            old.built()
                .iter()
                .filter(|built| chosen(built))
                .for_each(|built| built.core.enabled.switch_off());
            return Ok(());
        }
        if changing.ended {
            return Err(SwitchError::ShutDown);
        }
        if switched_off() {
            return Err(SwitchError::Environment);
        }
        let (mut tracers, mut rebuilt, mut failed) = (old.built(), false, None);
        for built in tracers.iter_mut().filter(|built| chosen(built)) {
            match built.spec.build_waiting(|tracer| build_on(tracer, self.id, &self.runtime)) {
                Ok(None) => built.core.enabled.switch_on(),
                Ok(Some(core)) => {
                    built.core = core;
                    rebuilt = true;
                }
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        if rebuilt {
            let model = Arc::clone(&old.model);
            drop(old);
            self.swap(Snapshot::new(model, tracers));
        }
        failed.map_or(Ok(()), |error| Err(error.into()))
    }
}
