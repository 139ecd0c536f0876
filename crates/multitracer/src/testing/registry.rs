//! A registry for tests, which keeps its spans in memory.

use std::future::Future;

use opentelemetry_sdk::trace::{Sampler, SpanData};

use super::check;
use super::tree::{TracerSpans, Tree};
use crate::config::Config;
use crate::export::InMemoryExporter;
use crate::registry::{BuildError, Registry, RegistryBuilder, TracerBuilder};
use crate::tracer::{Tracer, WithTracer, WithTracerExt as _};

/// A registry for one test, whose tracers keep their spans in memory. Nothing is global.
///
/// ```
/// use multitracer::testing::TestRegistry;
/// use multitracer::traced;
///
/// #[traced]
/// fn sell() {}
///
/// let test = TestRegistry::new(["production", "canary"]);
/// test.scope(sell);
/// test.tracer("canary").scope(sell);
///
/// assert_eq!(test.spans("production").len(), 1);
/// assert_eq!(test.span("canary", "sell").name, "sell");
/// ```
#[derive(Clone, Debug)]
pub struct TestRegistry {
    registry: Registry,
    exporters: Vec<InMemoryExporter>,
}

impl TestRegistry {
    /// Returns a registry with tracers of these names. The first is the default tracer.
    ///
    /// ```
    /// use multitracer::testing::TestRegistry;
    ///
    /// let test = TestRegistry::new(["production", "canary"]);
    /// assert_eq!(test.registry().default_tracer().name(), "production");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if there is no name, or if a name occurs twice.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test fails by a panic")]
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

    /// Returns the registry that `yaml` describes, with its routes and experiments.
    ///
    /// All exporters are replaced by memory, and all samplers by `always_on`.
    ///
    /// ```
    /// use multitracer::testing::TestRegistry;
    ///
    /// let test = TestRegistry::from_yaml(r#"
    /// default_tracer: production
    /// tracers:
    ///   production: {api_key: some-key}
    ///   canary: {api_key: another-key}
    /// routes: [{name: canary-users, headers: {X-Canary-User: "true"}, tracer: canary}]
    /// "#)?;
    /// let route = test.registry().route(&[("x-canary-user", "true")]);
    /// assert_eq!(route.tracer().name(), "canary");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Registry::from_yaml`].
    pub fn from_yaml(yaml: &str) -> Result<Self, BuildError> {
        Self::from_config(Config::from_yaml(yaml)?)
    }

    /// Returns the registry of a loaded configuration, as [`from_yaml`](Self::from_yaml) does.
    ///
    /// For example, a test can load the program's own file with the test's variables:
    ///
    /// ```
    /// use multitracer::config::Config;
    /// use multitracer::testing::TestRegistry;
    ///
    /// let yaml = "tracers: {production: {api_key: '${API_KEY}'}}";
    /// let variables = |_name: &str| Some("test".to_owned());
    /// // a program's own file: `load_path("config.yaml")`
    /// let config = Config::loader().variables(variables).load_yaml(yaml)?;
    /// let test = TestRegistry::from_config(config)?;
    /// # let _ = test;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Registry::from_config`].
    pub fn from_config(config: Config) -> Result<Self, BuildError> {
        let all = |tracer: TracerBuilder| tracer.sampler(Sampler::AlwaysOn);
        Self::from_builder(RegistryBuilder::from_config(config).map_tracers(all))
    }

    /// Returns the registry that `builder` describes, with its own samplers.
    ///
    /// All exporters are replaced by memory.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RegistryBuilder::build`].
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

    /// Returns the registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns the tracer with this name.
    ///
    /// # Panics
    ///
    /// Panics if no tracer has this name.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test fails by a panic")]
    pub fn tracer(&self, name: &str) -> Tracer {
        match self.registry.tracer(name) {
            Ok(tracer) => tracer,
            Err(error) => panic!("{error}"),
        }
    }

    /// Runs `f` with this registry as the current one and its default tracer as the ambient one.
    ///
    /// ```
    /// use multitracer::testing::TestRegistry;
    /// use multitracer::traced;
    ///
    /// #[traced]
    /// fn sell() {}
    ///
    /// let test = TestRegistry::new(["production"]);
    /// test.scope(sell);
    /// assert_eq!(test.spans("production").len(), 1);
    /// ```
    pub fn scope<R>(&self, f: impl FnOnce() -> R) -> R {
        self.registry.scope(f)
    }

    /// Returns a future that polls `future` as [`scope`](Self::scope) runs a function.
    ///
    /// ```
    /// # use multitracer::{testing::TestRegistry, traced};
    /// #[traced]
    /// async fn sell() {}
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let test = TestRegistry::new(["production"]);
    /// test.run(sell()).await;
    /// assert_eq!(test.spans("production").len(), 1);
    /// # }
    /// ```
    pub fn run<F: Future>(&self, future: F) -> WithTracer<F> {
        future.with_tracer(&self.registry.default_tracer())
    }

    /// Returns the spans of a tracer that have ended so far, in the order of their ends.
    ///
    /// # Panics
    ///
    /// Panics if no tracer has this name.
    #[track_caller]
    #[must_use]
    pub fn spans(&self, tracer: &str) -> Vec<SpanData> {
        self.exporter(tracer).spans()
    }

    /// Returns the span with this name, of a tracer.
    ///
    /// ```
    /// use multitracer::testing::TestRegistry;
    /// use multitracer::traced;
    ///
    /// #[traced(fields(items = 3))]
    /// fn sell() {}
    ///
    /// let test = TestRegistry::new(["production"]);
    /// test.scope(sell);
    /// let sell = test.span("production", "sell");
    /// assert!(sell.attributes.iter().any(|attribute| attribute.key.as_str() == "items"));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if no tracer has this name, or if there is not exactly one such span.
    #[track_caller]
    #[must_use]
    #[expect(clippy::panic, reason = "a test fails by a panic")]
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

    /// Removes the spans that have ended so far.
    pub fn clear(&self) {
        for exporter in &self.exporters {
            drop(exporter.take());
        }
    }

    /// Returns the spans of one tracer as an indented tree.
    ///
    /// # Panics
    ///
    /// Panics if no tracer has this name.
    #[track_caller]
    pub fn tree(&self, tracer: &str) -> Tree {
        drop(self.exporter(tracer));
        Tree::new(self.spans_by_tracer(), Some(tracer.to_owned()))
    }

    /// Returns the spans of all tracers as trees, each under the name of its tracer.
    ///
    /// The tracers are in the order of the configuration. Tracers without spans are not shown.
    ///
    /// ```
    /// use multitracer::testing::TestRegistry;
    /// use multitracer::{assert_tree, traced};
    ///
    /// #[traced]
    /// fn sell() {}
    ///
    /// let test = TestRegistry::new(["production", "canary"]);
    /// test.scope(sell);
    /// test.tracer("canary").scope(sell);
    /// assert_tree!(test.trees(), "
    ///     production
    ///       sell
    ///     canary
    ///       sell
    /// ");
    /// ```
    pub fn trees(&self) -> Tree {
        Tree::new(self.spans_by_tracer(), None)
    }

    /// Checks that projects are isolated, as [`assert_isolated!`](crate::assert_isolated) does.
    ///
    /// # Errors
    ///
    /// Returns a message with one line for each violation, and the spans of all tracers.
    pub fn check_isolated(&self) -> Result<(), String> {
        check::check_isolated(&self.spans_by_tracer())
            .map_err(|violations| format!("{violations}\n{}", self.trees()))
    }

    /// Checks that traces are complete, as [`assert_no_orphans!`](crate::assert_no_orphans) does.
    ///
    /// # Errors
    ///
    /// Returns a message that names the orphans, or the number of spans that have not ended, and
    /// shows the spans of all tracers.
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
