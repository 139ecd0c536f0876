//! Reloads on a thread of their own, while other threads use the registry.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use multitracer::Registry;
use multitracer::builder::RegistryBuilder;

/// Reloads a registry with the configurations 1 to `last`, and then sets `done`.
pub(crate) fn reload_repeatedly(
    registry: &Registry,
    last: usize,
    configuration: impl Fn(usize) -> RegistryBuilder,
    done: &AtomicBool,
) {
    for n in 1..=last {
        registry.reload(configuration(n)).unwrap();
        thread::yield_now();
    }
    done.store(true, Ordering::Release);
}
