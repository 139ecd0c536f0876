//! A secure connection by the certificates of a `tls` block.

use std::fs;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::config::model::TlsConfig;

/// What the exporter would use; `grpc`: HTTP/2 alone.
pub(super) fn client_config(tls: &TlsConfig, grpc: bool) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match &tls.ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            for certificate in certificates("ca_file", path)? {
                roots.add(certificate).map_err(|error| format!("tls.ca_file: {error}"))?;
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots);
    let mut config = match (&tls.cert_file, &tls.key_file) {
        (Some(cert), Some(key)) => {
            let key = read("key_file", key)?;
            let key =
                PrivateKeyDer::from_pem_slice(&key).map_err(|error| format!("tls.key_file: {error}"))?;
            builder
                .with_client_auth_cert(certificates("cert_file", cert)?, key)
                .map_err(|error| format!("tls.cert_file: {error}"))?
        }
        _ => builder.with_no_client_auth(),
    };
    config.alpn_protocols =
        if grpc { vec![b"h2".to_vec()] } else { vec![b"h2".to_vec(), b"http/1.1".to_vec()] };
    Ok(config)
}

fn certificates(key: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let pem = read(key, path)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    certificates.map_err(|error| format!("tls.{key}: {error}"))
}

fn read(key: &str, path: &str) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("tls.{key}: cannot read {path}: {error}"))
}
