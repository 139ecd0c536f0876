//! What is likely not meant is logged when a registry is built from a file.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use multitracer::Registry;
use multitracer::config::Config;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Keeps the warnings.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'l>(&'l mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            writeln!(self.0, "{value:?}").unwrap();
        }
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "multitracer" && *metadata.level() == Level::WARN
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line(&mut self.0.lock().unwrap()));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn with_their_places() {
    let text =
        "default_tracer: a\ntracers:\n  a: {exporter: console, sample_rate: 0}\n  b: {exporter: console}\n";
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        let config = Config::loader().overrides(|_: &str| None).load_yaml(text).unwrap();
        assert_eq!(config.diagnostics().len(), 2);
        Registry::from_config(config).unwrap();
    });
    let log = log.0.lock().unwrap();
    assert!(log.contains("<string>:3:39: warning: tracers.a.sample_rate: the sample rate is 0"), "{log}");
    // Only code says whether it uses a tracer.
    assert!(!log.contains("unused_tracer"), "{log}");
}
