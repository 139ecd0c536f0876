//! Many reloads while four threads make spans: lost spans, misplaced spans, and memory.
//!
//! `cargo bench -p multitracer-benches --bench reloads -- [RELOADS]`
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use multitracer::config::Config;
use multitracer::export::TracerReport;
use multitracer::{Registry, Tracer};
use multitracer_benches::{Backend, argument, resident, run_backend_if_asked, threads};

const THREADS: usize = 4;

/// Returns a configuration. Each reload changes `flip`, removes one `gone` tracer, adds another,
/// and moves the routes and the default tracer.
fn yaml(endpoint: &str, reload: usize) -> String {
    let (default, project, gone) = (["stable", "flip"][reload % 2], reload % 3, reload % 10);
    format!(
        "default_tracer: {default}
unknown_tracer: drop
defaults:
  exporter: {{otlp_http: {{endpoint: \"{endpoint}\"}}}}
  batch: {{schedule_delay: 100, max_queue_size: 100000}}
tracers:
  stable: {{project: stable}}
  flip: {{project: flip.{project}}}
  gone{gone}: {{}}
routes:
  - {{headers: {{x-to: stable}}, tracer: stable}}
  - {{headers: {{x-to: flip}}, tracer: flip}}
  - {{headers: {{x-to: gone}}, tracer: gone{gone}}}
"
    )
}

/// Makes a root, a visit to another tracer, and a visit back.
fn request(registry: &Registry, stable: &Tracer, to: &str, made: &AtomicU64) {
    let count = || made.fetch_add(1, Ordering::Relaxed);
    let route = registry.route(&[("x-to", to)]);
    let tracer = route.tracer();
    let is_ambient = || multitracer::current_tracer().is_some_and(|current| current.name() == tracer.name());
    tracer.in_span(tracer.name().to_owned(), || {
        if !is_ambient() {
            // a reload has removed the tracer since the look-up, so `drop` made no span
            return;
        }
        count();
        thread::sleep(Duration::from_millis(2));
        stable.in_span("stable", || {
            count();
            thread::sleep(Duration::from_millis(1));
            tracer.in_span(tracer.name().to_owned(), count);
        });
    });
}

fn main() -> Result<(), Box<dyn Error>> {
    if run_backend_if_asked()? {
        return Ok(());
    }
    let reloads: usize = argument(0, 10_000);
    let backend = Backend::start(Duration::ZERO)?;
    let endpoint = backend.endpoint.clone();
    let registry = Registry::from_config(Config::from_yaml(&yaml(&endpoint, 0))?)?;
    let stable = registry.tracer("stable")?;
    let (stop, made) = (AtomicBool::new(false), AtomicU64::new(0));
    println!("{reloads} reloads, {THREADS} threads that make spans");
    println!("{:>8}  {:>9}  {:>9}  {:>7}  {:>11}", "reloads", "spans", "RSS KiB", "threads", "reloads/s");
    let started = Instant::now();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (registry, stable, stop, made) = (&registry, &stable, &stop, &made);
            scope.spawn(move || {
                let mut turn = thread;
                while !stop.load(Ordering::Relaxed) {
                    request(registry, stable, ["stable", "flip", "gone"][turn % 3], made);
                    turn += 1;
                }
            });
        }
        let result = (1..=reloads).try_for_each(|reload| {
            registry.reload(Config::from_yaml(&yaml(&endpoint, reload))?)?;
            if reload % (reloads / 10).max(1) == 0 {
                let rate = reload as f64 / started.elapsed().as_secs_f64();
                let spans = made.load(Ordering::Relaxed);
                println!("{reload:>8}  {spans:>9}  {:>9}  {:>7}  {rate:>11.0}", resident(), threads());
            }
            Ok::<(), Box<dyn Error>>(())
        });
        stop.store(true, Ordering::Relaxed);
        result
    })?;
    let report = registry.shutdown_blocking(Duration::from_secs(60))?;
    let got = backend.end()?;
    let made = made.into_inner();
    let sum = |count: fn(&TracerReport) -> u64| report.tracers().iter().map(count).sum::<u64>();
    let (started_spans, exported, dropped) =
        (sum(|line| line.started), sum(|line| line.exported), sum(|line| line.dropped.total()));
    println!("{report}\nmade {made}, started {started_spans}, exported {exported}, dropped {dropped}");
    println!(
        "the backend received {} spans, {} misplaced, {} orphans",
        got.spans, got.misplaced, got.orphans
    );
    if (started_spans, exported, got.spans, got.misplaced, got.orphans) != (made, made, made, 0, 0) {
        return Err("spans were lost or misplaced".into());
    }
    Ok(())
}
