//! The exporter of one block, and its merge with that of `defaults`.

use std::time::Duration;

use http::Uri;

use super::backend::Preset;
use super::headers::Headers;
use crate::config::model::{
    Compression, Encoding, ExporterConfig, FileConfig, OtlpGrpcConfig, OtlpHttpConfig, TlsConfig,
};
use crate::config::secret::{Secret, is_credential_header};

const DEFAULT_HTTP: &str = "http://localhost:4318/v1/traces";

const DEFAULT_GRPC: &str = "http://localhost:4317";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// The `exporter` of one block.
#[derive(Clone, Debug)]
pub(super) enum ExporterBlock {
    Http(OtlpBlock),
    Grpc(OtlpBlock),
    File(FileConfig),
    Console,
}

/// The keys of an OTLP exporter in one block. `None` for a key that the block does not have.
#[derive(Clone, Debug, Default)]
pub(super) struct OtlpBlock {
    pub(super) endpoint: Option<String>,
    pub(super) headers: Headers,
    pub(super) compression: Option<Compression>,
    pub(super) timeout: Option<Duration>,
    pub(super) encoding: Option<Encoding>,
    pub(super) tls: TlsConfig,
}

impl ExporterBlock {
    /// Returns `true` if the block has a value for the header of the credentials.
    pub(super) fn authorizes(&self, header: &str) -> bool {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => {
                otlp.headers.iter().any(|(name, value)| name == header && value.is_some())
            }
            Self::File(_) | Self::Console => false,
        }
    }

    /// Returns the key of an exporter that takes no `api_key`.
    pub(super) fn without_key(&self) -> Option<&'static str> {
        match self {
            Self::Http(_) | Self::Grpc(_) => None,
            Self::File(_) => Some("file"),
            Self::Console => Some("console"),
        }
    }

    /// Returns the exporter without endpoint and headers, which belong to one backend.
    pub(super) fn anonymous(&self) -> Self {
        let strip = |otlp: &OtlpBlock| OtlpBlock { endpoint: None, headers: Headers::new(), ..otlp.clone() };
        match self {
            Self::Http(otlp) => Self::Http(strip(otlp)),
            Self::Grpc(otlp) => Self::Grpc(strip(otlp)),
            other => other.clone(),
        }
    }

    pub(super) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => otlp.endpoint.as_deref(),
            Self::File(_) | Self::Console => None,
        }
    }

    /// Fills in the endpoint and the headers of a backend where the block has none.
    pub(super) fn complete(&mut self, preset: &Preset, project: &str) {
        let endpoint = if matches!(self, Self::Grpc(_)) { preset.grpc } else { preset.endpoint };
        if let Self::Http(otlp) | Self::Grpc(otlp) = self {
            otlp.endpoint = otlp.endpoint.take().or_else(|| endpoint.map(str::to_owned));
            let project = preset.project_header.map(|name| (name, project));
            for (name, value) in preset.headers.iter().copied().chain(project) {
                if !otlp.headers.iter().any(|(other, _)| other == name) {
                    otlp.headers.push((name.to_owned(), Some(Secret::new(value))));
                }
            }
        }
    }

    /// Returns the kind of the exporter, if its endpoint is on another host than that of the
    /// defaults. The ports count too if both are of one kind, because each protocol has its own.
    ///
    /// Without an endpoint, the defaults send to their backend.
    pub(super) fn foreign_endpoint(
        &self,
        defaults: Option<&Self>,
        preset: Option<&Preset>,
    ) -> Option<&'static str> {
        let (kind, own, preset) = match self {
            Self::Http(own) => ("otlp_http", own, preset.and_then(|preset| preset.endpoint)),
            Self::Grpc(own) => ("otlp_grpc", own, preset.and_then(|preset| preset.grpc)),
            Self::File(_) | Self::Console => return None,
        };
        let own = own.endpoint.as_deref()?.parse::<Uri>().ok();
        let base = match defaults {
            Some(Self::Http(base) | Self::Grpc(base)) => base.endpoint.as_deref().or(preset),
            // defaults without an endpoint mean their credentials for the endpoints of the tracers
            Some(Self::File(_) | Self::Console) | None => Some(preset?),
        };
        let base = base.and_then(|endpoint| endpoint.parse::<Uri>().ok());
        let is_same = match (self, defaults) {
            (Self::Http(_), Some(Self::Grpc(_))) | (Self::Grpc(_), Some(Self::Http(_))) => {
                own.as_ref().and_then(Uri::host) == base.as_ref().and_then(Uri::host)
            }
            _ => own.as_ref().and_then(Uri::authority) == base.as_ref().and_then(Uri::authority),
        };
        (!is_same).then_some(kind)
    }

    /// Returns the names of the credential headers that this block inherits from defaults of the
    /// same kind.
    pub(super) fn inherited_credentials<'d>(&self, defaults: &'d Self) -> Vec<&'d str> {
        match (self, defaults) {
            (Self::Http(_), Self::Http(base)) | (Self::Grpc(_), Self::Grpc(base)) => {
                let secret =
                    base.headers.iter().filter(|(name, value)| value.is_some() && is_credential_header(name));
                secret.map(|(name, _)| name.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns `true` if the block sets or removes the header.
    pub(super) fn mentions(&self, header: &str) -> bool {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => otlp.headers.iter().any(|(name, _)| name == header),
            Self::File(_) | Self::Console => false,
        }
    }

    /// Sets the header that an `api_key` stands for, or removes it.
    pub(super) fn authorize(&mut self, header: &str, credential: Option<Secret>) {
        if let Self::Http(otlp) | Self::Grpc(otlp) = self {
            otlp.put(header.to_owned(), credential);
        }
    }

    /// Returns this block merged with that of the defaults: key by key if both are of the same
    /// kind.
    pub(super) fn over(self, defaults: Option<&Self>) -> Self {
        match (self, defaults) {
            (Self::Http(own), Some(Self::Http(base))) => Self::Http(own.over(base.clone())),
            (Self::Grpc(own), Some(Self::Grpc(base))) => Self::Grpc(own.over(base.clone())),
            (own, _) => own,
        }
    }

    /// Returns the exporter of the model, with defaults for unset keys.
    pub(super) fn finish(self) -> ExporterConfig {
        match self {
            Self::Http(otlp) => ExporterConfig::OtlpHttp(OtlpHttpConfig {
                endpoint: otlp.endpoint.unwrap_or_else(|| DEFAULT_HTTP.to_owned()),
                headers: set_headers(otlp.headers),
                compression: otlp.compression.unwrap_or_default(),
                timeout: otlp.timeout.unwrap_or(DEFAULT_TIMEOUT),
                encoding: otlp.encoding.unwrap_or_default(),
                tls: otlp.tls,
            }),
            Self::Grpc(otlp) => ExporterConfig::OtlpGrpc(OtlpGrpcConfig {
                endpoint: otlp.endpoint.unwrap_or_else(|| DEFAULT_GRPC.to_owned()),
                headers: set_headers(otlp.headers),
                compression: otlp.compression.unwrap_or_default(),
                timeout: otlp.timeout.unwrap_or(DEFAULT_TIMEOUT),
                tls: otlp.tls,
            }),
            Self::File(file) => ExporterConfig::File(file),
            Self::Console => ExporterConfig::Console,
        }
    }
}

impl OtlpBlock {
    /// Sets a header, in place of one with the same name.
    fn put(&mut self, name: String, value: Option<Secret>) {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value));
    }

    fn over(self, mut base: Self) -> Self {
        for (name, value) in self.headers {
            base.put(name, value);
        }
        Self {
            endpoint: self.endpoint.or(base.endpoint),
            headers: base.headers,
            compression: self.compression.or(base.compression),
            timeout: self.timeout.or(base.timeout),
            encoding: self.encoding.or(base.encoding),
            tls: TlsConfig {
                ca_file: self.tls.ca_file.or(base.tls.ca_file),
                cert_file: self.tls.cert_file.or(base.tls.cert_file),
                key_file: self.tls.key_file.or(base.tls.key_file),
            },
        }
    }
}

/// Returns the headers with a value.
fn set_headers(headers: Headers) -> Vec<(String, Secret)> {
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
