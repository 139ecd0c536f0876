//! The connections to one host that tracers share.

use std::sync::{Arc, Mutex, PoisonError};

use http::uri::{Authority, Scheme};

use super::client::{HttpClient, http_client};
use super::connector::Connector;
use super::dial::Dialer;
use super::dns::{Lookups, Resolver};
use super::knock::Knocker;
use super::protocol::Protocol;
use crate::export::otlp::tls::Pem;

/// The identity of the connections that tracers can share.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct HostKey {
    pub(crate) protocol: Protocol,
    pub(crate) scheme: Option<Scheme>,
    pub(crate) authority: Option<Authority>,
    pub(crate) pem: Arc<Pem>,
}

/// A host, and the connections to it.
pub(crate) struct Host {
    protocol: Protocol,
    /// Kept, so that hosts share their TLS settings.
    _tls: Arc<rustls::ClientConfig>,
    connector: Connector,
    pub(super) knocker: Knocker,
    /// The name of the host, and where its addresses come from.
    name: String,
    lookups: Arc<Lookups>,
    shared: Mutex<SharedClient>,
}

/// The client that all tracers of a host use.
#[derive(Clone)]
pub(super) struct SharedClient {
    pub(super) client: HttpClient,
    pub(super) generation: u64,
}

impl Host {
    pub(crate) fn new(
        protocol: Protocol,
        tls: Arc<rustls::ClientConfig>,
        name: &str,
        lookups: &Arc<Lookups>,
    ) -> Self {
        let dialer = Dialer::new(Resolver::new(Arc::clone(lookups)));
        let connector = Connector::new((*tls).clone(), protocol, dialer.clone());
        let client = http_client(connector.clone(), protocol);
        Self {
            protocol,
            _tls: tls,
            connector,
            knocker: Knocker::new(dialer),
            name: name.to_owned(),
            lookups: Arc::clone(lookups),
            shared: Mutex::new(SharedClient { client, generation: 0 }),
        }
    }

    /// Looks the host up again before the next connection, because one could not be opened.
    pub(super) fn doubt_addresses(&self) {
        self.lookups.doubt(&self.name);
    }

    /// Returns a client without connections, for one tracer.
    pub(super) fn new_client(&self) -> HttpClient {
        http_client(self.connector.clone(), self.protocol)
    }

    /// Returns the client that all tracers use now.
    pub(super) fn shared_client(&self) -> SharedClient {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives no further request to the connections of a generation.
    ///
    /// Requests that use them complete. The connections close when no request uses them.
    pub(super) fn condemn(&self, generation: u64) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.generation == generation {
            *shared = SharedClient { client: self.new_client(), generation: generation + 1 };
        }
    }
}
