//! Reloads while other threads make spans.
//!
//! Run under Miri, the test finds data races:
//!
//! ```text
//! MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p multitracer \
//!     --no-default-features --test concurrent_reload
//! ```
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod repeated_reloads;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use multitracer::builder::RegistryBuilder;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder};

use self::repeated_reloads::reload_repeatedly;

const THREADS: usize = 2;
const SPANS: usize = if cfg!(miri) { 12 } else { 500 };
const RELOADS: usize = if cfg!(miri) { 4 } else { 100 };

#[test]
fn reloads_on_other_threads_lose_no_span() {
    let spans = InMemoryExporter::new();
    // every second configuration has another project, so that each reload builds a new tracer
    let configuration = |n: usize| -> RegistryBuilder {
        let canary = TracerBuilder::new("canary").project(format!("project-{}", n % 2));
        Registry::builder()
            .tracer(TracerBuilder::new("main").in_memory(&spans))
            .tracer(canary.in_memory(&spans))
            .default_tracer("main")
    };
    let registry = configuration(0).build().unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let canary = registry.tracer("canary").unwrap();
                for _ in 0..SPANS {
                    canary.in_span("outer", || registry.default_tracer().in_span("inner", || {}));
                }
            });
        }
        scope.spawn(|| reload_repeatedly(&registry, RELOADS, configuration, &done));
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                assert!(registry.stats().tracers().iter().all(|line| line.started >= line.ended));
                thread::yield_now();
            }
        });
    });
    let all = (2 * THREADS * SPANS) as u64;
    let stats = registry.stats();
    let sum =
        |count: fn(&multitracer::export::TracerStats) -> u64| stats.tracers().iter().map(count).sum::<u64>();
    assert_eq!(
        (sum(|line| line.started), sum(|line| line.exported), sum(|line| line.open())),
        (all, all, 0),
        "{stats}"
    );
    assert_eq!(spans.spans().len() as u64, all);
}
