//! The exporters of a tracer, with their headers, compression and TLS.

use std::time::Duration;

use opentelemetry_sdk::trace::SpanExporter;

use super::{CodeExporter, TracerBuilder};
use crate::config::Secret;
use crate::config::check::value_rules;
use crate::config::model::{
    Compression, Encoding, ExporterConfig, ExporterHeader, FileConfig, OtlpGrpcConfig, OtlpHttpConfig,
    TlsConfig,
};
use crate::export::{CustomExporter, InMemoryExporter};

/// The endpoint of a tracer without an exporter.
const DEFAULT_ENDPOINT: &str = "http://localhost:4318/v1/traces";

impl TracerBuilder {
    /// Exports through `exporter`, in batches, on threads of the registry that only such exporters
    /// use. They run inside a Tokio runtime. Nothing that the exporter does there becomes a span or
    /// an event.
    ///
    /// The exporter may block its thread. Up to 1,024 exports can block at once, and none of them
    /// delays a configured exporter.
    ///
    /// Work on another runtime is not silent. `opentelemetry-otlp` over gRPC keeps its connection
    /// on the runtime where it was built. Switch off the target `h2` in a `tracing` filter there.
    ///
    /// ```
    /// use multitracer::{Registry, TracerBuilder};
    /// use opentelemetry_sdk::error::OTelSdkResult;
    /// use opentelemetry_sdk::trace::{SpanData, SpanExporter};
    ///
    /// #[derive(Debug)]
    /// struct PrintNames;
    ///
    /// impl SpanExporter for PrintNames {
    ///     async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
    ///         batch.iter().for_each(|span| println!("{}", span.name));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let tracer = TracerBuilder::new("canary").exporter(PrintNames);
    /// let registry = Registry::builder().tracer(tracer).build()?;
    /// registry.tracer("canary")?.in_span("work", || {});
    /// let report = registry.flush_blocking(std::time::Duration::from_secs(5))?;
    /// assert_eq!(report.tracers()[0].exported, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn exporter<E: SpanExporter + 'static>(self, exporter: E) -> Self {
        self.code_exporter(CodeExporter::Custom(Box::new(move |resource, threads| {
            CustomExporter::exporter(exporter, resource, threads)
        })))
    }

    /// Keeps the spans in memory, for tests. A span is there as soon as it ends.
    pub fn in_memory(self, exporter: &InMemoryExporter) -> Self {
        self.code_exporter(CodeExporter::Memory(exporter.clone()))
    }

    /// Sends OTLP over HTTP, as protobuf, to this URL. The URL includes the path
    /// (`http://localhost:4318/v1/traces`).
    ///
    /// ```
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let canary = TracerBuilder::new("canary").otlp_http("https://otel.example.com/v1/traces");
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// assert_eq!(registry.default_tracer().name(), "canary");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn otlp_http(self, endpoint: impl Into<String>) -> Self {
        self.configured(ExporterConfig::OtlpHttp(otlp_http(endpoint.into())))
    }

    /// Sends OTLP over HTTP, as JSON, to this URL. The URL includes the path.
    pub fn otlp_http_json(self, endpoint: impl Into<String>) -> Self {
        let config = OtlpHttpConfig { encoding: Encoding::Json, ..otlp_http(endpoint.into()) };
        self.configured(ExporterConfig::OtlpHttp(config))
    }

    /// Sends OTLP over gRPC to this endpoint (`http://localhost:4317`).
    ///
    /// ```
    /// use multitracer::{Registry, TracerBuilder};
    ///
    /// let canary = TracerBuilder::new("canary").otlp_grpc("http://localhost:4317");
    /// let registry = Registry::builder().tracer(canary).build()?;
    /// assert_eq!(registry.default_tracer().name(), "canary");
    /// # Ok::<(), multitracer::error::BuildError>(())
    /// ```
    pub fn otlp_grpc(self, endpoint: impl Into<String>) -> Self {
        self.configured(ExporterConfig::OtlpGrpc(OtlpGrpcConfig {
            endpoint: endpoint.into(),
            headers: Vec::new(),
            compression: Compression::None,
            timeout: Duration::from_secs(10),
            tls: TlsConfig::default(),
        }))
    }

    /// Writes OTLP as JSON to this file, one request per line. The file is rotated at 100 MiB, and
    /// five rotated files are kept.
    pub fn otlp_file(self, path: impl Into<String>) -> Self {
        self.configured(ExporterConfig::File(FileConfig::new(path.into())))
    }

    /// Writes each trace as a tree to standard output.
    pub fn console(self) -> Self {
        self.configured(ExporterConfig::Console)
    }

    /// Adds one more exporter. The next calls configure it.
    ///
    /// Every exporter gets every span, and has its own queue and counts. This helps while projects
    /// move from one backend to another.
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
        self.code.is_exporter_added = true;
        self.code.is_exporter_set = false;
        self.code.otlp = OtlpSettings::default();
        self
    }

    /// Removes the exporters of a file before code sets the first one.
    ///
    /// Otherwise a test that keeps a file's tracer in memory would also send its spans elsewhere.
    fn remove_file_exporters(&mut self) {
        if !self.code.is_exporter_added {
            self.config.exporters.truncate_to_first();
            self.code.exporters.clear();
        }
    }

    fn configured(mut self, exporter: ExporterConfig) -> Self {
        self.remove_file_exporters();
        let last = self.config.exporters.len() - 1;
        self.code.exporters.remove(&last);
        *self.current() = exporter;
        // no exporter gets a credential that was given to the one before
        let settings = std::mem::take(&mut self.code.otlp);
        if !std::mem::replace(&mut self.code.is_exporter_set, true) {
            settings.apply_to(self.current());
        }
        self
    }

    fn code_exporter(mut self, exporter: CodeExporter) -> Self {
        self.remove_file_exporters();
        self.code.exporters.insert(self.config.exporters.len() - 1, exporter);
        // a later exporter gets no credential that was given before this one
        (self.code.otlp, self.code.is_exporter_set) = (OtlpSettings::default(), true);
        self
    }

    /// Returns the exporter that the calls configure: the last one.
    fn current(&mut self) -> &mut ExporterConfig {
        self.config.exporters.last_mut()
    }

    /// Changes the settings of the last exporter, and of the one that a later call sets there.
    fn with_otlp(mut self, change: impl FnOnce(&mut OtlpSettings)) -> Self {
        let mut settings = OtlpSettings::default();
        change(&mut settings);
        settings.clone().apply_to(self.current());
        self.code.otlp.merge(settings);
        self
    }

    /// Adds a header to the requests of the OTLP exporter, for example a credential. No `Debug`
    /// output, log or error shows the value. Spaces and tabs around the value are ignored.
    ///
    /// ```
    /// use multitracer::TracerBuilder;
    ///
    /// let canary = TracerBuilder::new("canary")
    ///     .otlp_http("http://localhost:4318/v1/traces")
    ///     .header("authorization", "Bearer secret");
    /// assert!(!format!("{canary:?}").contains("secret"));
    /// ```
    pub fn header(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value_rules::trimmed_header_value(&value.into()).to_owned();
        let header = (name.into().to_ascii_lowercase(), Secret::new(value));
        self.with_otlp(|otlp| otlp.headers.push(header))
    }

    /// Compresses the bodies of the OTLP exporter's requests with gzip.
    pub fn gzip(self) -> Self {
        self.with_otlp(|otlp| otlp.compression = Some(Compression::Gzip))
    }

    /// Sets the longest time of one request of the OTLP exporter, from 1 ms to a day. Default:
    /// 10 s.
    pub fn request_timeout(self, timeout: Duration) -> Self {
        self.with_otlp(|otlp| otlp.timeout = Some(timeout))
    }

    /// Trusts only the certificates in this PEM file for the `https://` requests of the OTLP
    /// exporter. Default: the public roots.
    pub fn tls_ca_file(self, path: impl Into<String>) -> Self {
        self.with_otlp(|otlp| otlp.tls.ca_file = Some(path.into()))
    }

    /// Sets the client certificate of the OTLP exporter: a PEM file with the chain and a PEM file
    /// with the private key.
    pub fn tls_client(self, cert_file: impl Into<String>, key_file: impl Into<String>) -> Self {
        self.with_otlp(|otlp| {
            (otlp.tls.cert_file, otlp.tls.key_file) = (Some(cert_file.into()), Some(key_file.into()));
        })
    }
}

/// The settings of an OTLP exporter that code gave.
#[derive(Clone, Default)]
pub(super) struct OtlpSettings {
    headers: Vec<ExporterHeader>,
    compression: Option<Compression>,
    timeout: Option<Duration>,
    tls: TlsConfig,
}

impl OtlpSettings {
    fn merge(&mut self, newer: Self) {
        let Self { headers, compression, timeout, tls } = newer;
        set_headers(&mut self.headers, headers);
        self.compression = compression.or(self.compression);
        self.timeout = timeout.or(self.timeout);
        set_tls(&mut self.tls, tls);
    }

    /// Changes an OTLP exporter. Other exporters have no such settings.
    fn apply_to(self, exporter: &mut ExporterConfig) {
        let (headers, compression, timeout, tls) = match exporter {
            ExporterConfig::OtlpHttp(config) => {
                (&mut config.headers, &mut config.compression, &mut config.timeout, &mut config.tls)
            }
            ExporterConfig::OtlpGrpc(config) => {
                (&mut config.headers, &mut config.compression, &mut config.timeout, &mut config.tls)
            }
            ExporterConfig::File(_) | ExporterConfig::Console => return,
        };
        set_headers(headers, self.headers);
        *compression = self.compression.unwrap_or(*compression);
        *timeout = self.timeout.unwrap_or(*timeout);
        set_tls(tls, self.tls);
    }
}

/// Adds headers. They replace headers with the same names.
fn set_headers(headers: &mut Vec<ExporterHeader>, newer: Vec<ExporterHeader>) {
    headers.retain(|(name, _)| !newer.iter().any(|(other, _)| other == name));
    headers.extend(newer);
}

fn set_tls(tls: &mut TlsConfig, newer: TlsConfig) {
    let set = |path: &mut Option<String>, newer: Option<String>| *path = newer.or(path.take());
    set(&mut tls.ca_file, newer.ca_file);
    set(&mut tls.cert_file, newer.cert_file);
    set(&mut tls.key_file, newer.key_file);
}

/// Returns the exporter of a tracer that names none.
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
