//! The attributes of a span of `tracing` that are no fields of it.

use std::sync::Arc;
use std::thread;

use opentelemetry::{KeyValue, StringValue};
use tracing::Metadata;

use super::options::TracingOptions;

/// The attributes of a thread.
struct ThreadAttributes {
    id: i64,
    name: Option<Arc<str>>,
}

thread_local! {
    static THREAD: ThreadAttributes = ThreadAttributes::here();
}

impl ThreadAttributes {
    fn here() -> Self {
        let thread = thread::current();
        Self { id: number(thread.id()), name: thread.name().map(Arc::from) }
    }

    fn add_to(&self, attributes: &mut Vec<KeyValue>) {
        attributes.push(KeyValue::new("thread.id", self.id));
        if let Some(name) = &self.name {
            attributes.push(KeyValue::new("thread.name", StringValue::from(Arc::clone(name))));
        }
    }
}

/// Adds the attributes that the options ask for.
pub(super) fn add_metadata(
    attributes: &mut Vec<KeyValue>,
    metadata: &'static Metadata<'static>,
    options: &TracingOptions,
) {
    if options.location {
        let (file, module) = (metadata.file(), metadata.module_path());
        attributes.extend(file.map(|file| KeyValue::new("code.file.path", file)));
        attributes.extend(module.map(|module| KeyValue::new("code.module.name", module)));
        attributes.extend(metadata.line().map(|line| KeyValue::new("code.line.number", i64::from(line))));
    }
    // the name of a thread that ends is gone
    if options.threads && THREAD.try_with(|thread| thread.add_to(attributes)).is_err() {
        ThreadAttributes::here().add_to(attributes);
    }
    if options.level {
        attributes.push(KeyValue::new("level", metadata.level().as_str()));
    }
    if options.target {
        attributes.push(KeyValue::new("target", metadata.target()));
    }
}

/// Returns the number of a thread, which only its `Debug` shows.
fn number(id: thread::ThreadId) -> i64 {
    let text = format!("{id:?}");
    text.trim_start_matches("ThreadId(").trim_end_matches(')').parse().unwrap_or_default()
}
