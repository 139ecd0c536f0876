//! The resolver of the connectors.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::cache::Lookups;

/// A resolver that shares its look-ups with the other connectors of a registry. Connectors call it
/// for names only, never for a literal address.
#[derive(Clone)]
pub(crate) struct Resolver(Arc<Lookups>);

impl Resolver {
    pub(crate) fn new(lookups: Arc<Lookups>) -> Self {
        Self(lookups)
    }
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let lookups = Arc::clone(&self.0);
        Box::pin(async move {
            let addresses = lookups.resolve(name.as_str()).await?;
            // the connector sets the port
            let with_port = |address: IpAddr| SocketAddr::new(address, 0);
            Ok(addresses.into_iter().map(with_port).collect::<Vec<_>>().into_iter())
        })
    }
}

impl Lookups {
    /// Returns the addresses of a host, which is no literal address. Looks up every name but
    /// `localhost`.
    pub(crate) async fn resolve(self: &Arc<Self>, host: &str) -> io::Result<Vec<IpAddr>> {
        if is_localhost(host) {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        self.addresses(host).await
    }
}

/// Returns `true` for the name that needs no look-up, by
/// [RFC 6761](https://www.rfc-editor.org/rfc/rfc6761#section-6.3).
fn is_localhost(name: &str) -> bool {
    name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost")
}
