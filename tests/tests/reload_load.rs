//! Reloads while four threads make spans.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use multitracer::config::Config;
use multitracer::{Registry, current_tracer, traced};
use multitracer_tests::Receiver;

const RELOADS: usize = 500;
const THREADS: usize = 4;

/// Returns a configuration. Each reload changes `flip`, replaces `gone`, and moves the routes and
/// the default tracer.
fn yaml(endpoint: &str, reload: usize) -> String {
    let (default, project) = (["stable", "flip"][reload % 2], reload % 3);
    format!(
        "default_tracer: {default}
unknown_tracer: drop
defaults:
  exporter: {{otlp_http: {{endpoint: \"{endpoint}\"}}}}
  batch: {{schedule_delay: 20, max_queue_size: 100000}}
tracers:
  stable: {{project: stable}}
  flip: {{project: flip.{project}}}
  gone{reload}: {{project: gone.{reload}}}
routes:
  - {{headers: {{x-to: stable}}, tracer: stable}}
  - {{headers: {{x-to: flip}}, tracer: flip}}
  - {{headers: {{x-to: gone}}, tracer: gone{reload}}}
"
    )
}

#[traced]
fn unnamed(inside: impl FnOnce()) {
    inside();
}

/// The counts of the spans and traces that the threads made.
#[derive(Default)]
struct Made {
    spans: AtomicU64,
    traces: AtomicU64,
}

/// Serves one request: a root, spans inside it, and a visit to another tracer.
fn request(registry: &Registry, to: &str, made: &Made) {
    let route = registry.route(&[("x-to", to)]);
    let count = || {
        if current_tracer().is_some() {
            made.spans.fetch_add(1, Ordering::Relaxed);
        }
    };
    registry.scope(|| {
        let root = route.tracer().name().to_owned();
        route.tracer().in_span(root.clone(), || {
            if current_tracer().is_none_or(|tracer| tracer.name() != root) {
                // a reload has removed the tracer since the look-up, so `drop` made no span
                return;
            }
            count();
            // a visit to another tracer is a trace of its own
            made.traces.fetch_add(if root == "stable" { 1 } else { 2 }, Ordering::Relaxed);
            unnamed(count);
            std::thread::sleep(Duration::from_micros(200));
            registry.tracer("stable").unwrap().in_span("stable", || {
                count();
                std::thread::sleep(Duration::from_micros(200));
                unnamed(count);
            });
            unnamed(count);
        });
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reloads_lose_no_span_and_move_no_span_to_another_project() {
    let receiver = Receiver::start().await.unwrap();
    let endpoint = receiver.http_endpoint();
    let registry = Registry::from_config(Config::from_yaml(&yaml(&endpoint, 0)).unwrap()).unwrap();
    let (stop, made) = (AtomicBool::new(false), Made::default());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (registry, stop, made) = (&registry, &stop, &made);
            scope.spawn(move || {
                let mut turn = thread;
                while !stop.load(Ordering::Relaxed) {
                    request(registry, ["stable", "flip", "gone"][turn % 3], made);
                    turn += 1;
                }
            });
        }
        for reload in 1..=RELOADS {
            registry.reload(Config::from_yaml(&yaml(&endpoint, reload)).unwrap()).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    let (made, traces) = (made.spans.into_inner(), made.traces.into_inner());
    assert!(made > 1000, "{made} spans are too few for a load");
    let report = registry.shutdown().await.unwrap();
    let sum = |count: fn(&multitracer::export::TracerReport) -> u64| {
        report.tracers().iter().map(count).sum::<u64>()
    };
    assert_eq!((sum(|line| line.started), sum(|line| line.exported)), (made, made), "{report}");
    let spans = receiver.spans();
    assert_eq!(spans.len() as u64, made);
    let mut projects: HashMap<String, &str> = HashMap::new();
    for span in &spans {
        let project = span.project();
        let trace = projects.entry(span.trace_id()).or_insert(project);
        assert_eq!(*trace, project, "a trace is in two projects");
        let tracer = match project.split_once('.') {
            Some(("gone", reload)) => format!("gone{reload}"),
            Some((tracer, _)) => tracer.to_owned(),
            None => project.to_owned(),
        };
        let name = span.name();
        assert!(name == tracer || name.ends_with("unnamed"), "span {name} in project {project}");
    }
    let roots = spans.iter().filter(|span| span.parent_id().is_empty()).count();
    assert_eq!(
        (roots, projects.len()),
        (traces as usize, traces as usize),
        "a trace has more or less than one root"
    );
    let ids: HashSet<String> = spans.iter().map(|span| span.span_id()).collect();
    for span in &spans {
        let parent = span.parent_id();
        assert!(parent.is_empty() || ids.contains(&parent), "the parent of {} is missing", span.name());
    }
}
