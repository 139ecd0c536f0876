//! PEM files for TLS.

use std::fs;

use crate::config::model::TlsConfig;
use crate::export::exporter::ExporterError;

/// The contents of the PEM files that a `tls` block names. Exporters with the same contents share their connections, so
/// that a reload after a certificate was renewed makes new ones.
#[derive(Default, PartialEq, Eq, Hash)]
pub(crate) struct Pem {
    pub(super) ca: Option<Vec<u8>>,
    /// Certificate chain and private key of the client.
    pub(super) identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl Pem {
    pub(super) fn read(tls: &TlsConfig) -> Result<Self, ExporterError> {
        let ca = tls.ca_file.as_deref().map(|path| read("ca_file", path)).transpose()?;
        let identity = match (&tls.cert_file, &tls.key_file) {
            (None, None) => None,
            (Some(cert), Some(key)) => Some((read("cert_file", cert)?, read("key_file", key)?)),
            (Some(_), None) => {
                return Err(ExporterError("tls.cert_file needs tls.key_file beside it".into()));
            }
            (None, Some(_)) => {
                return Err(ExporterError("tls.key_file needs tls.cert_file beside it".into()));
            }
        };
        Ok(Self { ca, identity })
    }
}

fn read(key: &str, path: &str) -> Result<Vec<u8>, ExporterError> {
    fs::read(path).map_err(|error| ExporterError(format!("tls.{key}: cannot read {path}: {error}")))
}
