//! The attributes of the thread that a span of `tracing` was created on.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use opentelemetry::{KeyValue, StringValue};

/// The largest number of names that are kept for the life of the process.
const MAX_NAMES: usize = 256;

/// The names of threads. A name in static memory needs no reference count, on which the threads of
/// the application and of the exporter would contend.
static NAMES: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);

/// The attributes of a thread.
struct ThreadAttributes {
    id: i64,
    name: Option<StringValue>,
}

thread_local! {
    static THREAD: ThreadAttributes = ThreadAttributes::here();
}

impl ThreadAttributes {
    fn here() -> Self {
        let thread = thread::current();
        Self { id: number(thread.id()), name: thread.name().map(kept) }
    }

    fn add_to(&self, attributes: &mut Vec<KeyValue>) {
        attributes.push(KeyValue::new("thread.id", self.id));
        if let Some(name) = &self.name {
            attributes.push(KeyValue::new("thread.name", name.clone()));
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

/// Returns a name in static memory. Names above the maximum have a reference count.
fn kept(name: &str) -> StringValue {
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    match names.get(name) {
        Some(known) => StringValue::from(*known),
        None if names.len() >= MAX_NAMES => StringValue::from(std::sync::Arc::<str>::from(name)),
        None => {
            let kept: &'static str = Box::leak(Box::from(name));
            names.insert(kept);
            StringValue::from(kept)
        }
    }
}

/// Returns the number of a thread, which only its `Debug` shows.
fn number(id: ThreadId) -> i64 {
    let text = format!("{id:?}");
    text.trim_start_matches("ThreadId(").trim_end_matches(')').parse().unwrap_or_default()
}
