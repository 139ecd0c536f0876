//! The TLS servers of the proxies, good and bad ones.

use std::sync::Arc;

use rcgen::{Certificate, KeyPair, date_time_ymd};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::fault_support::Certificates;

/// The TLS servers of all proxies.
pub(crate) struct TlsServers {
    certificates: Certificates,
    good_http1: TlsAcceptor,
    good_http2: TlsAcceptor,
    pub(crate) wrong_name: TlsAcceptor,
    pub(crate) expired: TlsAcceptor,
    pub(crate) unknown_authority: TlsAcceptor,
    pub(crate) wrong_protocol: TlsAcceptor,
}

impl TlsServers {
    pub(crate) fn new() -> Self {
        let certificates = Certificates::new("fault-proxy");
        let ca = &certificates.ca;
        let good = Certificates::issue(ca, "localhost", |_| ());
        let wrong_name = Certificates::issue(ca, "elsewhere.example", |_| ());
        let expired = Certificates::issue(ca, "localhost", |params| {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        });
        let unknown = Certificates::issue(&Certificates::authority(), "localhost", |_| ());
        Self {
            good_http1: acceptor(&good, "http/1.1"),
            good_http2: acceptor(&good, "h2"),
            wrong_protocol: acceptor(&good, "spdy/3"),
            wrong_name: acceptor(&wrong_name, "h2"),
            expired: acceptor(&expired, "h2"),
            unknown_authority: acceptor(&unknown, "h2"),
            certificates,
        }
    }

    pub(crate) fn ca_file(&self) -> String {
        self.certificates.path("ca.pem")
    }

    pub(crate) fn good(&self, is_http2: bool) -> &TlsAcceptor {
        if is_http2 { &self.good_http2 } else { &self.good_http1 }
    }
}

fn acceptor((certificate, key): &(Certificate, KeyPair), protocol: &str) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
