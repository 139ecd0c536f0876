//! Counts never decrease while reloads replace tracers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod repeated_reloads;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use multitracer::builder::RegistryBuilder;
use multitracer::export::{InMemoryExporter, Stats};
use multitracer::{Registry, TracerBuilder};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

use self::repeated_reloads::reload_repeatedly;

const RELOADS: usize = 2000;

/// An exporter that takes all spans. Each reload builds its tracer again.
#[derive(Debug)]
struct Accepting;

impl SpanExporter for Accepting {
    async fn export(&self, _batch: Vec<SpanData>) -> OTelSdkResult {
        Ok(())
    }
}

/// The counts of each line, by tracer, project and exporter.
type Counts = HashMap<(Arc<str>, Arc<str>, Arc<str>), [u64; 5]>;

fn counts(stats: &Stats) -> Counts {
    let line = |line: &multitracer::export::TracerStats| {
        let key = (Arc::clone(&line.name), Arc::clone(&line.project), Arc::clone(&line.exporter));
        (key, [line.started, line.sampled_out, line.ended, line.exported, line.dropped.total()])
    };
    stats.tracers().iter().map(line).collect()
}

#[test]
fn counts_never_decrease_during_reloads() {
    let spans = InMemoryExporter::new();
    // each reload builds `main` again and changes the project of `canary`; `old` comes and goes
    let configuration = |n: usize| -> RegistryBuilder {
        let tracer = |name: &str, project: String| {
            TracerBuilder::new(name).project(project).in_memory(&spans).max_spans_per_trace(1000 + n as u32)
        };
        let registry = Registry::builder()
            .tracer(tracer("main", "p".to_owned()))
            .tracer(tracer("canary", format!("p{}", n % 2)))
            .tracer(TracerBuilder::new("queued").exporter(Accepting))
            .default_tracer("main");
        if n.is_multiple_of(3) { registry.tracer(tracer("old", "p".to_owned())) } else { registry }
    };
    let registry = configuration(0).build().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                let canary = registry.tracer("canary").unwrap();
                canary.in_span("outer", || registry.default_tracer().in_span("inner", || {}));
                registry.tracer("queued").unwrap().in_span("queued", || {});
                thread::yield_now();
            }
        });
        scope.spawn(|| reload_repeatedly(&registry, RELOADS, configuration, &done));
        scope.spawn(|| {
            let (mut before, mut looks) = (Counts::new(), 0);
            while !done.load(Ordering::Acquire) {
                let stats = registry.stats();
                let now = counts(&stats);
                for (line, earlier) in &before {
                    let later = now.get(line).copied().unwrap_or_default();
                    let decreased = earlier.iter().zip(later).any(|(before, now)| now < *before);
                    assert!(!decreased, "look {looks}: {line:?} went from {earlier:?} to {later:?}");
                }
                before = now;
                looks += 1;
            }
        });
    });
}
