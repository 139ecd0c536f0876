//! A registry whose spans stay in memory.

use std::future::Future;

use opentelemetry_sdk::trace::{Sampler, SpanData};

use super::check;
use super::tree::{TracerSpans, Tree};
use crate::config::Config;
use crate::export::InMemoryExporter;
use crate::registry::{BuildError, Registry, RegistryBuilder, TracerBuilder};
use crate::tracer::{Tracer, WithTracer, WithTracerExt as _};

/// A registry for one test: every tracer keeps its spans in memory, and nothing is global.
///
/// See the [module](crate::testing) for an example.
#[derive(Clone, Debug)]
pub struct TestRegistry {
    registry: Registry,
    exporters: Vec<InMemoryExporter>,
}

impl TestRegistry {
    /// One with tracers of these names; the first is the default one.
    ///
    /// # Panics
    ///
    /// When there is no name, or one is there twice.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test is to fail where it is wrong")]
    pub fn new<'a>(tracers: impl IntoIterator<Item = &'a str>) -> Self {
        let names: Vec<&str> = tracers.into_iter().collect();
        let mut builder = Registry::builder();
        for name in &names {
            builder = builder.tracer(TracerBuilder::new(*name));
        }
        if let Some(first) = names.first() {
            builder = builder.default_tracer(*first);
        }
        match Self::from_builder(builder) {
            Ok(test) => test,
            Err(error) => panic!("{error}"),
        }
    }

    /// The one that `yaml` describes, with its routes and experiments. Exporters become memory, and every trace is kept, whatever
    /// the samplers in it say.
    ///
    /// # Errors
    ///
    /// As [`Registry::from_yaml`].
    pub fn from_yaml(yaml: &str) -> Result<Self, BuildError> {
        Self::from_config(Config::from_yaml(yaml)?)
    }

    /// As [`from_yaml`](Self::from_yaml), for a configuration that was loaded, say the program's own file with variables of the test's:
    ///
    /// ```
    /// use multitracer::config::Config;
    /// use multitracer::testing::TestRegistry;
    ///
    /// # let yaml = "tracers: {production: {api_key: '${API_KEY}'}}";
    /// # let load = |loader: multitracer::config::ConfigLoader, _path: &str| loader.load_yaml(yaml);
    /// # macro_rules! path { ($loader:expr, $path:expr) => { load($loader, $path) } }
    /// let variables = |_name: &str| Some("test".to_owned());
    /// # let config = load(Config::loader().variables(variables), "config.yaml")?;
    /// // let config = Config::loader().variables(variables).load_path("config.yaml")?;
    /// let test = TestRegistry::from_config(config)?;
    /// # let _ = test;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Registry::from_config`].
    pub fn from_config(config: Config) -> Result<Self, BuildError> {
        let all = |tracer: TracerBuilder| tracer.sampler(Sampler::AlwaysOn);
        Self::from_builder(RegistryBuilder::from_config(config).map_tracers(all))
    }

    /// The one that `builder` makes, its exporters replaced and its samplers as they are.
    ///
    /// # Errors
    ///
    /// As [`RegistryBuilder::build`].
    pub fn from_builder(builder: RegistryBuilder) -> Result<Self, BuildError> {
        let mut exporters = Vec::new();
        let builder = builder.map_tracers(|tracer| {
            let exporter = InMemoryExporter::new();
            let tracer = tracer.in_memory(&exporter);
            exporters.push(exporter);
            tracer
        });
        Ok(Self { registry: builder.build()?, exporters })
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The tracer of that name.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test is to fail where it is wrong")]
    pub fn tracer(&self, name: &str) -> Tracer {
        match self.registry.tracer(name) {
            Ok(tracer) => tracer,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs `f` in the registry, the default tracer ambient.
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.registry.scope(f)
    }

    /// `future` in the registry, the default tracer ambient: `test.run(async { .. }).await`.
    pub fn run<F: Future>(&self, future: F) -> WithTracer<F> {
        future.with_tracer(&self.registry.default_tracer())
    }

    /// The spans of a tracer that have ended so far, in the order in which they ended.
    ///
    /// # Panics
    ///
    /// When there is no such tracer.
    #[track_caller]
    #[must_use]
    pub fn spans(&self, tracer: &str) -> Vec<SpanData> {
        self.exporter(tracer).spans()
    }

    /// The span of that name, of a tracer.
    ///
    /// # Panics
    ///
    /// When there is no such tracer, or not just one such span.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test is to fail where it is wrong")]
    pub fn span(&self, tracer: &str, name: &str) -> SpanData {
        let mut found: Vec<SpanData> =
            self.spans(tracer).into_iter().filter(|span| span.name == name).collect();
        match (found.pop(), found.len()) {
            (Some(span), 0) => span,
            (last, more) => panic!(
                "{} spans of {tracer} are named `{name}`:\n{}",
                more + usize::from(last.is_some()),
                self.trees()
            ),
        }
    }

    /// Forgets the spans that have ended so far.
    pub fn clear(&self) {
        for exporter in &self.exporters {
            drop(exporter.take());
        }
    }

    /// The spans of one tracer as an indented tree, which shows as text.
    ///
    /// # Panics
    ///
    /// When there is no such tracer.
    #[track_caller]
    pub fn tree(&self, tracer: &str) -> Tree {
        drop(self.exporter(tracer));
        Tree::new(self.spans_by_tracer(), Some(tracer.to_owned()))
    }

    /// The spans of every tracer that has any, each under its tracer's name, in the configuration's order.
    pub fn trees(&self) -> Tree {
        Tree::new(self.spans_by_tracer(), None)
    }

    /// What is wrong with how projects are kept apart: see [`assert_isolated!`](crate::assert_isolated).
    ///
    /// # Errors
    ///
    /// Says which spans.
    pub fn check_isolated(&self) -> Result<(), String> {
        check::check_isolated(&self.spans_by_tracer())
            .map_err(|violations| format!("{violations}\n{}", self.trees()))
    }

    /// What is torn off: see [`assert_no_orphans!`](crate::assert_no_orphans).
    ///
    /// # Errors
    ///
    /// Says which spans.
    pub fn check_no_orphans(&self) -> Result<(), String> {
        let open: Vec<String> = self
            .registry
            .report()
            .tracers()
            .iter()
            .filter(|tracer| tracer.open() > 0)
            .map(|tracer| format!("{} spans of {} have not ended", tracer.open(), tracer.name))
            .collect();
        check::check_no_orphans(&self.spans_by_tracer())
            .and_then(|()| if open.is_empty() { Ok(()) } else { Err(open.join(", ")) })
            .map_err(|violations| format!("{violations}\n{}", self.trees()))
    }

    #[track_caller]
    fn exporter(&self, tracer: &str) -> InMemoryExporter {
        let name = self.tracer(tracer).name().to_owned();
        let at = self.registry.tracers().iter().position(|tracer| tracer.name() == name);
        at.and_then(|at| self.exporters.get(at)).cloned().unwrap_or_default()
    }

    fn spans_by_tracer(&self) -> Vec<TracerSpans> {
        let tracers = self.registry.tracers();
        tracers
            .iter()
            .zip(&self.exporters)
            .map(|(tracer, exporter)| TracerSpans {
                tracer: tracer.name().to_owned(),
                spans: exporter.spans(),
            })
            .collect()
    }
}
