//! The TLS settings of a client, from PEM files.

use std::path::Path;

use crate::config::model::TlsConfig;
use crate::config::read_regular;
use crate::export::exporter::ExporterBuildError;

/// The largest PEM file that is read, in bytes.
const MAX_BYTES: u64 = 4 << 20;

/// The ALPN protocols of OTLP over HTTP, the preferred one first.
#[cfg(feature = "probe")]
pub(crate) const HTTP_ALPN: &[&[u8]] = &[b"h2", b"http/1.1"];

/// The ALPN protocols of OTLP over gRPC.
#[cfg(feature = "probe")]
pub(crate) const GRPC_ALPN: &[&[u8]] = &[b"h2"];

/// The contents of the PEM files in a `tls` block.
///
/// Exporters with the same contents share their connections. A reload after the renewal of a
/// certificate therefore opens new connections.
#[derive(Default, PartialEq, Eq, Hash)]
pub(crate) struct Pem {
    /// Certificates of the trusted authorities; `None` for the built-in ones.
    pub(super) ca: Option<Vec<u8>>,
    pub(super) identity: Option<ClientIdentity>,
}

/// The certificate of the client, for mutual TLS.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct ClientIdentity {
    pub(super) certificate_chain: Vec<u8>,
    pub(super) private_key: Vec<u8>,
}

impl Pem {
    /// Reads the files of a `tls` block.
    pub(crate) fn read(tls: &TlsConfig) -> Result<Self, ExporterBuildError> {
        let ca = tls.ca_file.as_deref().map(|path| read_file("ca_file", path)).transpose()?;
        let identity = match (&tls.cert_file, &tls.key_file) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientIdentity {
                certificate_chain: read_file("cert_file", certificate)?,
                private_key: read_file("key_file", key)?,
            }),
            (Some(_), None) => {
                return Err(ExporterBuildError("tls.cert_file needs tls.key_file beside it".into()));
            }
            (None, Some(_)) => {
                return Err(ExporterBuildError("tls.key_file needs tls.cert_file beside it".into()));
            }
        };
        Ok(Self { ca, identity })
    }
}

fn read_file(key: &str, path: &str) -> Result<Vec<u8>, ExporterBuildError> {
    let why = match read_regular(Path::new(path), MAX_BYTES + 1) {
        Ok(Some(bytes)) if bytes.len() as u64 > MAX_BYTES => {
            format!("it is larger than {} MiB", MAX_BYTES >> 20)
        }
        Ok(Some(bytes)) => return Ok(bytes),
        Ok(None) => "it is not a regular file".to_owned(),
        Err(error) => error.to_string(),
    };
    Err(ExporterBuildError(format!("tls.{key}: cannot read {path}: {why}")))
}

/// Returns the settings of rustls for these files, without ALPN protocols.
pub(crate) fn client_config(pem: &Pem) -> Result<rustls::ClientConfig, ExporterBuildError> {
    use rustls::pki_types::pem::PemObject as _;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let bad = |key: &str, error: &dyn std::fmt::Display| ExporterBuildError(format!("tls.{key}: {error}"));
    let mut roots = rustls::RootCertStore::empty();
    match &pem.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(ca) => {
            for certificate in CertificateDer::pem_slice_iter(ca) {
                let certificate = certificate.map_err(|error| bad("ca_file", &error))?;
                roots.add(certificate).map_err(|error| bad("ca_file", &error))?;
            }
        }
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ExporterBuildError(error.to_string()))?
        .with_root_certificates(roots);
    let Some(identity) = &pem.identity else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_slice_iter(&identity.certificate_chain)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad("cert_file", &error))?;
    let key =
        PrivateKeyDer::from_pem_slice(&identity.private_key).map_err(|error| bad("key_file", &error))?;
    builder.with_client_auth_cert(chain, key).map_err(|error| bad("cert_file", &error))
}
