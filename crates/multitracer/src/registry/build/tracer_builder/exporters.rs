//! A tracer's exporters, and what they need to be let in.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;

use super::{OwnExporter, TracerBuilder};
use crate::config::Secret;
use crate::config::model::{
    Compression, Encoding, ExporterConfig, FileConfig, OtlpGrpcConfig, OtlpHttpConfig, TlsConfig,
};
use crate::export::{CustomExporter, InMemoryExporter};

const DEFAULT_ENDPOINT: &str = "http://localhost:4318/v1/traces";

impl TracerBuilder {
    /// Exports through `exporter`, in batches, on the registry's export thread (inside a Tokio runtime).
    pub fn exporter<E: SpanExporter + 'static>(self, exporter: E) -> Self {
        self.own_exporter(OwnExporter::Custom(Box::new(move |resource| {
            CustomExporter::exporter(exporter, resource)
        })))
    }

    /// Keeps the spans in memory, for tests.
    pub fn in_memory(self, exporter: &InMemoryExporter) -> Self {
        self.own_exporter(OwnExporter::Memory(exporter.clone()))
    }

    /// Sends OTLP over HTTP, as protobuf, to this URL, path included (`http://localhost:4318/v1/traces`).
    pub fn otlp_http(self, endpoint: impl Into<String>) -> Self {
        self.configured(ExporterConfig::OtlpHttp(otlp_http(endpoint.into())))
    }

    /// As [`otlp_http`](Self::otlp_http), with the body as JSON.
    pub fn otlp_http_json(self, endpoint: impl Into<String>) -> Self {
        let config = OtlpHttpConfig { encoding: Encoding::Json, ..otlp_http(endpoint.into()) };
        self.configured(ExporterConfig::OtlpHttp(config))
    }

    /// Sends OTLP over gRPC to this endpoint (`http://localhost:4317`).
    pub fn otlp_grpc(self, endpoint: impl Into<String>) -> Self {
        self.configured(ExporterConfig::OtlpGrpc(OtlpGrpcConfig {
            endpoint: endpoint.into(),
            headers: Vec::new(),
            compression: Compression::None,
            timeout: Duration::from_secs(10),
            tls: TlsConfig::default(),
        }))
    }

    /// Writes OTLP as JSON to this file, one request a line. The file is set aside at 100 MiB, and five such are kept.
    pub fn otlp_file(self, path: impl Into<String>) -> Self {
        self.configured(ExporterConfig::File(FileConfig::new(path.into())))
    }

    /// Writes each trace as a tree to standard output.
    pub fn console(self) -> Self {
        self.configured(ExporterConfig::Console)
    }

    /// Adds one more exporter, of which the next calls say what it is. Each span goes to all of them, each of which has a queue and
    /// counts of its own; say while projects move from one backend to another.
    ///
    /// ```
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let tracer = TracerBuilder::new("production")
    ///     .otlp_http("http://old.example.com/v1/traces").header("x-api-key", "old")
    ///     .also().otlp_grpc("http://new.example.com:4317").header("authorization", "Bearer new");
    /// let registry = Registry::builder().tracer(tracer).build()?;
    /// assert_eq!(registry.stats().tracers().len(), 2);
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn also(mut self) -> Self {
        self.config.exporters.push(default_exporter());
        self.own.several = true;
        self
    }

    /// A file's tracer that a test keeps in memory must send nowhere else.
    fn replace_a_files(&mut self) {
        if !self.own.several {
            self.config.exporters.truncate_to_first();
            self.own.exporters.clear();
        }
    }

    fn configured(mut self, exporter: ExporterConfig) -> Self {
        self.replace_a_files();
        let last = self.config.exporters.len() - 1;
        self.own.exporters.remove(&last);
        *self.current() = exporter;
        self
    }

    fn own_exporter(mut self, exporter: OwnExporter) -> Self {
        self.replace_a_files();
        self.own.exporters.insert(self.config.exporters.len() - 1, exporter);
        self
    }

    fn current(&mut self) -> &mut ExporterConfig {
        self.config.exporters.last_mut()
    }

    /// A header of the OTLP exporter, say a credential. Shown in no `Debug`, log or error.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let header = (name.into().to_ascii_lowercase(), Secret::new(value));
        match self.current() {
            ExporterConfig::OtlpHttp(config) => config.headers.push(header),
            ExporterConfig::OtlpGrpc(config) => config.headers.push(header),
            ExporterConfig::File(_) | ExporterConfig::Console => {}
        }
        self
    }

    /// Compresses the OTLP exporter's bodies with gzip.
    pub fn gzip(mut self) -> Self {
        match self.current() {
            ExporterConfig::OtlpHttp(config) => config.compression = Compression::Gzip,
            ExporterConfig::OtlpGrpc(config) => config.compression = Compression::Gzip,
            ExporterConfig::File(_) | ExporterConfig::Console => {}
        }
        self
    }

    /// Longest time that one request of the OTLP exporter may take. Default 10 s.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        match self.current() {
            ExporterConfig::OtlpHttp(config) => config.timeout = timeout,
            ExporterConfig::OtlpGrpc(config) => config.timeout = timeout,
            ExporterConfig::File(_) | ExporterConfig::Console => {}
        }
        self
    }

    /// Trusts the certificates in this PEM file, and no others, for the OTLP exporter's `https://`. Default: the public roots.
    pub fn tls_ca_file(mut self, path: impl Into<String>) -> Self {
        if let Some(tls) = self.tls() {
            tls.ca_file = Some(path.into());
        }
        self
    }

    /// Shows the backend this certificate: PEM files with the chain and with its private key.
    pub fn tls_client(mut self, cert_file: impl Into<String>, key_file: impl Into<String>) -> Self {
        if let Some(tls) = self.tls() {
            (tls.cert_file, tls.key_file) = (Some(cert_file.into()), Some(key_file.into()));
        }
        self
    }

    fn tls(&mut self) -> Option<&mut TlsConfig> {
        match self.current() {
            ExporterConfig::OtlpHttp(config) => Some(&mut config.tls),
            ExporterConfig::OtlpGrpc(config) => Some(&mut config.tls),
            ExporterConfig::File(_) | ExporterConfig::Console => None,
        }
    }
}

/// What a tracer has that says nothing about its exporter.
pub(super) fn default_exporter() -> ExporterConfig {
    ExporterConfig::OtlpHttp(otlp_http(DEFAULT_ENDPOINT.to_owned()))
}

fn otlp_http(endpoint: String) -> OtlpHttpConfig {
    OtlpHttpConfig {
        endpoint,
        headers: Vec::new(),
        compression: Compression::None,
        timeout: Duration::from_secs(10),
        encoding: Encoding::Protobuf,
        tls: TlsConfig::default(),
    }
}
