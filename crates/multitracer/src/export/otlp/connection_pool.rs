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
    /// TLS settings by the contents of their files.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    tls: Shared<Arc<super::tls::Pem>, rustls::ClientConfig>,
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    lookups: Arc<super::connection::Lookups>,
    /// Hosts with their connections.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    hosts: Shared<super::connection::HostKey, super::connection::Host>,
    /// Places for requests, by scheme, host and port.
    #[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
    slots: Shared<(Option<http::uri::Scheme>, Option<http::uri::Authority>), super::connection::Slots>,
    /// Files by path.
    #[cfg(feature = "otlp-file")]
    pub(super) files: Shared<std::path::PathBuf, super::file::SharedFile>,
}

#[cfg(any(feature = "otlp-http", feature = "otlp-grpc"))]
impl ConnectionPool {
    /// Returns the way to the host of `url`. Call it inside the export runtime.
    pub(super) fn link(
        &self,
        protocol: super::connection::Protocol,
        url: &http::Uri,
        tls: &crate::config::model::TlsConfig,
    ) -> Result<super::connection::Link, crate::export::exporter::ExporterBuildError> {
        use super::connection::{Host, HostKey, Link, Slots};
        use super::tls::{Pem, client_config};

        let pem = Arc::new(Pem::read(tls)?);
        let tls = self.tls.get(Arc::clone(&pem), |pem| client_config(pem))?;
        let (scheme, authority) = (url.scheme().cloned(), url.authority().cloned());
        let create = |_: &_| Ok::<_, crate::export::exporter::ExporterBuildError>(Slots::new());
        let slots = self.slots.get((scheme.clone(), authority.clone()), create)?;
        let name = url.host().unwrap_or_default();
        let key = HostKey { protocol, scheme, authority, pem };
        let host = self.hosts.get(key, |_| Ok(Host::new(protocol, tls, name, &self.lookups)))?;
        Ok(Link::new(host, slots))
    }
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
