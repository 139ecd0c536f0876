//! The attributes of the thread that a span of `tracing` was created on.

use std::sync::Arc;
use std::thread;

use opentelemetry::{KeyValue, StringValue};

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

/// Adds the attributes of the current thread.
pub(super) fn add_thread(attributes: &mut Vec<KeyValue>) {
    // the variable of a thread that ends is gone
    if THREAD.try_with(|thread| thread.add_to(attributes)).is_err() {
        ThreadAttributes::here().add_to(attributes);
    }
}

/// Returns the number of a thread, which only its `Debug` shows.
fn number(id: thread::ThreadId) -> i64 {
    let text = format!("{id:?}");
    text.trim_start_matches("ThreadId(").trim_end_matches(')').parse().unwrap_or_default()
}
