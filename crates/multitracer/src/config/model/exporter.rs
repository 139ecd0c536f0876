//! One exporter.

use std::fmt;
use std::time::Duration;

use crate::config::secret::{Secret, shown_url};

/// `exporter`: the destination of a tracer's spans.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExporterConfig {
    OtlpHttp(OtlpHttpConfig),
    OtlpGrpc(OtlpGrpcConfig),
    File(FileConfig),
    Console,
}

/// `file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileConfig {
    pub(crate) path: String,
    /// The size limit in bytes, default 100 MiB.
    pub(crate) max_size: u64,
    /// The most renamed files to keep, default 5.
    pub(crate) max_backups: u32,
}

impl FileConfig {
    pub(crate) const MAX_SIZE: u64 = 100 << 20;
    pub(crate) const MAX_BACKUPS: u32 = 5;

    pub(crate) fn new(path: String) -> Self {
        Self { path, max_size: Self::MAX_SIZE, max_backups: Self::MAX_BACKUPS }
    }
}

/// `otlp_http`.
#[derive(Clone, PartialEq)]
pub(crate) struct OtlpHttpConfig {
    /// The full URL, path included; default `http://localhost:4318/v1/traces`.
    pub(crate) endpoint: String,
    /// The headers, which include an `api_key` as `authorization`.
    pub(crate) headers: Vec<ExporterHeader>,
    pub(crate) compression: Compression,
    /// The time limit of one request, default 10 s.
    pub(crate) timeout: Duration,
    pub(crate) encoding: Encoding,
    pub(crate) tls: TlsConfig,
}

/// `otlp_grpc`.
#[derive(Clone, PartialEq)]
pub(crate) struct OtlpGrpcConfig {
    /// The URL with scheme, host and port; default `http://localhost:4317`.
    pub(crate) endpoint: String,
    /// The metadata, which includes an `api_key` as `authorization`.
    pub(crate) headers: Vec<ExporterHeader>,
    pub(crate) compression: Compression,
    /// The time limit of one request, default 10 s.
    pub(crate) timeout: Duration,
    pub(crate) tls: TlsConfig,
}

// `Debug` is by hand, because an endpoint may contain a user name and a password
impl fmt::Debug for OtlpHttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, headers, compression, timeout, encoding, tls } = self;
        f.debug_struct("OtlpHttpConfig")
            .field("endpoint", &shown_url(endpoint))
            .field("headers", headers)
            .field("compression", compression)
            .field("timeout", timeout)
            .field("encoding", encoding)
            .field("tls", tls)
            .finish()
    }
}

impl fmt::Debug for OtlpGrpcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, headers, compression, timeout, tls } = self;
        f.debug_struct("OtlpGrpcConfig")
            .field("endpoint", &shown_url(endpoint))
            .field("headers", headers)
            .field("compression", compression)
            .field("timeout", timeout)
            .field("tls", tls)
            .finish()
    }
}

/// `tls`: the paths of PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TlsConfig {
    pub(crate) ca_file: Option<String>,
    pub(crate) cert_file: Option<String>,
    pub(crate) key_file: Option<String>,
}

/// `compression`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Compression {
    #[default]
    None,
    Gzip,
}

/// `encoding` of OTLP over HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    #[default]
    Protobuf,
    Json,
}

/// The name and the value of a header that an exporter sends. Names are valid and in lower case.
pub(crate) type ExporterHeader = (String, Secret);

/// The parts that both OTLP exporters have.
pub(crate) struct OtlpParts<'c> {
    /// The key of the exporter: `otlp_http` or `otlp_grpc`.
    pub(crate) kind: &'static str,
    pub(crate) endpoint: &'c str,
    pub(crate) headers: &'c [ExporterHeader],
    pub(crate) timeout: Duration,
    pub(crate) tls: &'c TlsConfig,
}

impl ExporterConfig {
    /// Returns the parts of an OTLP exporter, or `None` for another exporter.
    pub(crate) fn otlp(&self) -> Option<OtlpParts<'_>> {
        match self {
            Self::OtlpHttp(OtlpHttpConfig { endpoint, headers, timeout, tls, .. }) => {
                Some(OtlpParts { kind: "otlp_http", endpoint, headers, timeout: *timeout, tls })
            }
            Self::OtlpGrpc(OtlpGrpcConfig { endpoint, headers, timeout, tls, .. }) => {
                Some(OtlpParts { kind: "otlp_grpc", endpoint, headers, timeout: *timeout, tls })
            }
            Self::File(_) | Self::Console => None,
        }
    }
}
