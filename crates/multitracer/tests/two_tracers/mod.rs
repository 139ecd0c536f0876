//! A registry with two tracers, which keep their spans in memory.

use multitracer::builder::RegistryBuilder;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder};

/// A registry with the tracers `production`, which is the default, and `canary`.
pub(crate) struct TwoTracers {
    pub(crate) registry: Registry,
    /// The spans of `production`.
    pub(crate) production: InMemoryExporter,
    /// The spans of `canary`.
    pub(crate) canary: InMemoryExporter,
}

impl TwoTracers {
    /// Builds the registry after `change` has changed its builder.
    pub(crate) fn new(change: impl FnOnce(RegistryBuilder) -> RegistryBuilder) -> Self {
        let (production, canary) = (InMemoryExporter::new(), InMemoryExporter::new());
        let builder = Registry::builder()
            .tracer(TracerBuilder::new("production").in_memory(&production))
            .tracer(TracerBuilder::new("canary").in_memory(&canary))
            .default_tracer("production");
        Self { registry: change(builder).build().unwrap(), production, canary }
    }

    /// Runs `f` in a span of a tracer.
    pub(crate) fn span<R>(&self, tracer: &str, name: &'static str, f: impl FnOnce() -> R) -> R {
        self.registry.tracer(tracer).unwrap().in_span(name, f)
    }
}
