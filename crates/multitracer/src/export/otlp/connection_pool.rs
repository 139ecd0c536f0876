//! The HTTP clients, gRPC channels and files that the exporters of one registry share.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Shared values by key. A value lives for as long as an exporter uses it.
#[derive(Debug)]
pub(crate) struct Shared<K, V>(Mutex<HashMap<K, Weak<V>>>);

impl<K: Eq + Hash, V> Shared<K, V> {
    /// Returns the value of `key`. Creates it if no exporter uses it yet.
    pub(super) fn get<E>(&self, key: K, create: impl FnOnce(&K) -> Result<V, E>) -> Result<Arc<V>, E> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = values.get(&key).and_then(Weak::upgrade) {
            return Ok(value);
        }
        values.retain(|_, other| other.strong_count() > 0);
        let value = Arc::new(create(&key)?);
        values.insert(key, Arc::downgrade(&value));
        Ok(value)
    }
}

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

/// The connections and files that all tracers of a registry share.
///
/// Credentials and time limits belong to each tracer and are not part of it.
#[derive(Default)]
pub(crate) struct ConnectionPool {
    /// HTTP clients by TLS settings. Each client keeps its connections by host.
    #[cfg(feature = "otlp-http")]
    pub(super) http: Shared<super::tls::Pem, super::http::client::HttpClient>,
    /// Permits to send a request, by scheme, host and port.
    #[cfg(feature = "otlp-http")]
    pub(super) http_permits: Shared<String, tokio::sync::Semaphore>,
    /// gRPC channels by endpoint and TLS settings.
    #[cfg(feature = "otlp-grpc")]
    pub(super) grpc: Shared<super::grpc::channel::ChannelKey, super::grpc::channel::GrpcChannel>,
    /// Files by path.
    #[cfg(feature = "otlp-file")]
    pub(super) files: Shared<std::path::PathBuf, Mutex<super::file::rotating::RotatingFile>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shared_while_it_is_used() {
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
