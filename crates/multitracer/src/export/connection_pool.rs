//! What the exporters of one registry share: HTTP clients, gRPC channels and files, one for each place.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Things by what they were made for, kept for as long as an exporter uses them.
#[derive(Debug)]
pub(crate) struct Shared<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl<K: Eq + Hash, V> Shared<K, V> {
    /// The one for `key`, made now if there is none.
    pub(super) fn get<E>(&self, key: K, make: impl FnOnce(&K) -> Result<V, E>) -> Result<Arc<V>, E> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = all.get(&key).and_then(Weak::upgrade) {
            return Ok(there);
        }
        all.retain(|_, other| other.strong_count() > 0);
        let made = Arc::new(make(&key)?);
        all.insert(key, Arc::downgrade(&made));
        Ok(made)
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// Shared by all tracers of a registry. Credentials and time limits are each tracer's own, and not in here.
#[derive(Default)]
pub(crate) struct ConnectionPool {
    /// By TLS settings; each keeps connections by host.
    #[cfg(feature = "otlp-http")]
    pub(super) http: Shared<super::otlp::Pem, super::otlp::HttpClient>,
    /// By scheme, host and port: turns to send a request.
    #[cfg(feature = "otlp-http")]
    pub(super) turns: Shared<String, tokio::sync::Semaphore>,
    /// By endpoint and TLS settings.
    #[cfg(feature = "otlp-grpc")]
    pub(super) grpc: Shared<(String, super::otlp::Pem), super::otlp::GrpcChannel>,
    /// By path.
    #[cfg(feature = "otlp-file")]
    pub(super) files: Shared<std::path::PathBuf, Mutex<super::otlp::Rotating>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shared_while_it_is_used() {
        let shared: Shared<&str, u32> = Shared::default();
        let get = |key, value| shared.get(key, |_| Ok::<_, ()>(value)).unwrap_or_default();
        let (first, again, other) = (get("a", 1), get("a", 2), get("b", 3));
        assert_eq!((*first, *again, *other), (1, 1, 3));
        assert!(Arc::ptr_eq(&first, &again));
        drop((first, again));
        assert_eq!(*get("a", 4), 4);
        assert_eq!(shared.get("c", |_| Err(7)), Err(7));
    }
}
