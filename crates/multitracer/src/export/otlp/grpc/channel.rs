//! The gRPC channels of the exporters.

use std::time::Duration;

use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};

use crate::export::exporter::ExporterBuildError;
use crate::export::otlp::tls::Pem;
use crate::export::otlp::transport::{KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, USER_AGENT, error_chain};

/// Time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections to one endpoint. They open on first use.
pub(crate) struct GrpcChannel(pub(super) Channel);

/// The endpoint and the TLS settings of a channel.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ChannelKey {
    pub(super) endpoint: String,
    pub(super) pem: Pem,
}

/// Builds a channel.
pub(super) fn grpc_channel(key: &ChannelKey) -> Result<GrpcChannel, ExporterBuildError> {
    let bad =
        |error: Error| ExporterBuildError(format!("cannot set up the channel: {}", error_chain(&error)));
    let mut endpoint = Endpoint::from_shared(key.endpoint.clone())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .map_err(bad)?
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
        .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
    if endpoint.uri().scheme() == Some(&http::uri::Scheme::HTTPS) {
        let mut tls = match &key.pem.ca {
            Some(ca) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca)),
            None => ClientTlsConfig::new().with_webpki_roots(),
        };
        if let Some(identity) = &key.pem.identity {
            tls = tls.identity(Identity::from_pem(&identity.certificate_chain, &identity.private_key));
        }
        endpoint = endpoint.tls_config(tls).map_err(bad)?;
    }
    Ok(GrpcChannel(endpoint.connect_lazy()))
}
