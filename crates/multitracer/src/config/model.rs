//! The checked configuration: plain data, every default filled in, every name resolved.

use std::fmt;
use std::time::Duration;

use super::path::mentions_secret;
use super::rules;
use super::secret::Secret;

/// Everything that a registry is built from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ConfigModel {
    /// `enabled`, default `true`.
    pub(crate) enabled: bool,
    /// `default_tracer`; names an entry of `tracers`.
    pub(crate) default_tracer: String,
    pub(crate) unknown_tracer: UnknownTracerPolicy,
    pub(crate) on_switch: OnSwitch,
    pub(crate) remote_parent: RemoteParent,
    pub(crate) baggage: BaggageConfig,
    /// In file order; names are unique.
    pub(crate) tracers: Vec<TracerConfig>,
    /// In file order, the order in which they are tried.
    pub(crate) routes: Vec<RouteConfig>,
    /// In file order; names are unique.
    pub(crate) experiments: Vec<ExperimentConfig>,
}

/// What a name that no tracer has resolves to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownTracerPolicy {
    /// The registry's default tracer. This is the default.
    #[default]
    Default,
    /// Nothing: the function runs without a span.
    Drop,
}

/// How a span is parented when a function switches to a tracer that has no span around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnSwitch {
    /// A new root with a link to the span that it was called from. This is the default.
    #[default]
    Link,
    /// A child of the span that it was called from, in that span's trace.
    Child,
}

/// What an incoming remote span is to the span that a request opens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteParent {
    /// A parent for the default tracer, a link for every other one. This is the default.
    #[default]
    Auto,
    /// Always a parent.
    Child,
    /// Always a link.
    Link,
}

/// `baggage`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BaggageConfig {
    /// Whether inbound baggage is read.
    pub(crate) trusted: bool,
    /// Entries that are copied to spans, with the attributes that they become.
    pub(crate) attributes: Vec<(String, String)>,
}

/// One entry of `tracers`, with what it left out taken from `defaults`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TracerConfig {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    /// `project`, default the tracer's name.
    pub(crate) project: String,
    /// Resource attribute that carries the project, default `project.name`; empty: none.
    pub(crate) project_attribute: String,
    /// `environment` (or `source`), recorded as `deployment.environment.name`.
    pub(crate) environment: Option<String>,
    pub(crate) service: ServiceConfig,
    /// `resource.attributes`, over the ones of `defaults`.
    pub(crate) resource: Vec<(String, AttributeValue)>,
    pub(crate) sampler: SamplerConfig,
    pub(crate) limits: LimitsConfig,
    pub(crate) exporter: ExporterConfig,
    /// `exporters`, less the first one.
    pub(crate) more_exporters: Vec<ExporterConfig>,
    pub(crate) batch: BatchConfig,
    pub(crate) capture: CaptureConfig,
}

/// `service`, recorded as `service.*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ServiceConfig {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) namespace: Option<String>,
    pub(crate) instance_id: Option<String>,
}

/// The value of a resource attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum AttributeValue {
    String(String),
    Bool(bool),
    Int(i64),
    Double(f64),
    StringArray(Vec<String>),
    BoolArray(Vec<bool>),
    IntArray(Vec<i64>),
    DoubleArray(Vec<f64>),
}

/// `sampler`, or the short form `sample_rate`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SamplerConfig {
    AlwaysOn,
    AlwaysOff,
    /// Within 0.0..=1.0.
    TraceIdRatioBased(f64),
    ParentBased(Box<ParentBasedConfig>),
    /// Traces a second, at least one. Ours: OpenTelemetry's configuration has none.
    RateLimited(u32),
}

/// The five delegates of a `parent_based` sampler, with the specification's defaults.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParentBasedConfig {
    pub(crate) root: SamplerConfig,
    pub(crate) remote_parent_sampled: SamplerConfig,
    pub(crate) remote_parent_not_sampled: SamplerConfig,
    pub(crate) local_parent_sampled: SamplerConfig,
    pub(crate) local_parent_not_sampled: SamplerConfig,
}

impl ParentBasedConfig {
    /// `root` decides for roots; a child follows its parent.
    pub(crate) fn with_root(root: SamplerConfig) -> Self {
        Self {
            root,
            remote_parent_sampled: SamplerConfig::AlwaysOn,
            remote_parent_not_sampled: SamplerConfig::AlwaysOff,
            local_parent_sampled: SamplerConfig::AlwaysOn,
            local_parent_not_sampled: SamplerConfig::AlwaysOff,
        }
    }
}

impl Default for SamplerConfig {
    /// `parent_based: {root: always_on}`, the specification's default.
    fn default() -> Self {
        Self::ParentBased(Box::new(ParentBasedConfig::with_root(Self::AlwaysOn)))
    }
}

/// `limits`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitsConfig {
    /// In characters; `None`: no limit, the default.
    pub(crate) attribute_value_length_limit: Option<u32>,
    pub(crate) attribute_count_limit: u32,
    pub(crate) event_count_limit: u32,
    pub(crate) link_count_limit: u32,
    pub(crate) event_attribute_count_limit: u32,
    pub(crate) link_attribute_count_limit: u32,
    /// At least one; `None`: no limit, the default. Ours.
    pub(crate) max_spans_per_trace: Option<u32>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            attribute_value_length_limit: None,
            attribute_count_limit: 128,
            event_count_limit: 128,
            link_count_limit: 128,
            event_attribute_count_limit: 128,
            link_attribute_count_limit: 128,
            max_spans_per_trace: None,
        }
    }
}

/// `exporter`: where a tracer's spans go.
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
    /// In bytes, default 100 MiB.
    pub(crate) max_size: u64,
    /// Default 5.
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
    /// Valid header names (lower case) and values; an `api_key` is here as `authorization`.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) compression: Compression,
    /// Per request, default 10 s.
    pub(crate) timeout: Duration,
    pub(crate) encoding: Encoding,
    pub(crate) tls: TlsConfig,
}

/// `otlp_grpc`.
#[derive(Clone, PartialEq)]
pub(crate) struct OtlpGrpcConfig {
    /// Scheme, host and port; default `http://localhost:4317`.
    pub(crate) endpoint: String,
    /// Valid metadata names (lower case) and values.
    pub(crate) headers: Vec<(String, Secret)>,
    pub(crate) compression: Compression,
    /// Per request, default 10 s.
    pub(crate) timeout: Duration,
    pub(crate) tls: TlsConfig,
}

// An endpoint may have a user name and a password in it.
impl fmt::Debug for OtlpHttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, headers, compression, timeout, encoding, tls } = self;
        f.debug_struct("OtlpHttpConfig")
            .field("endpoint", &rules::shown_url(endpoint))
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
            .field("endpoint", &rules::shown_url(endpoint))
            .field("headers", headers)
            .field("compression", compression)
            .field("timeout", timeout)
            .field("tls", tls)
            .finish()
    }
}

/// `tls`: paths of PEM files.
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

/// `batch`, OpenTelemetry's keys and defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BatchConfig {
    /// Longest time that a span waits for a batch to fill, default 5 s.
    pub(crate) schedule_delay: Duration,
    /// Longest time that one export may take, retries included, default 30 s; zero: no limit.
    pub(crate) export_timeout: Duration,
    /// In spans, default 2048.
    pub(crate) max_queue_size: usize,
    /// In spans, default 512; not above `max_queue_size`.
    pub(crate) max_export_batch_size: usize,
    /// In bytes of memory, estimated; default 64 MiB. Ours, as the next two.
    pub(crate) max_queue_bytes: usize,
    /// At least one, the default.
    pub(crate) max_concurrent_exports: usize,
    /// Attempts of one export after the first, default 10.
    pub(crate) max_retries: u32,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            schedule_delay: Duration::from_millis(5000),
            export_timeout: Duration::from_millis(30_000),
            max_queue_size: 2048,
            max_export_batch_size: 512,
            max_queue_bytes: 64 << 20,
            max_concurrent_exports: 1,
            max_retries: 10,
        }
    }
}

/// `capture`: whether `#[traced(args(..), ret)]` records what it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CaptureConfig {
    pub(crate) arguments: bool,
    pub(crate) results: bool,
    /// In characters, default 4096; longer values are cut.
    pub(crate) max_length: usize,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self { arguments: true, results: true, max_length: 4096 }
    }
}

/// One entry of `routes`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RouteConfig {
    /// `name`, default `routes[N]` with N from 0.
    pub(crate) name: String,
    /// All must match; empty: every request.
    pub(crate) headers: Vec<HeaderMatch>,
    pub(crate) target: RouteTarget,
}

/// What a route leads to; the name is one that the configuration has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteTarget {
    Tracer(String),
    Experiment(String),
}

/// One condition on a header.
#[derive(Clone, PartialEq)]
pub(crate) struct HeaderMatch {
    /// A valid header name, in lower case.
    pub(crate) name: String,
    pub(crate) value: ValueMatch,
}

// A route may be chosen by a header that carries a credential.
impl fmt::Debug for HeaderMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value } = self;
        let mut shown = f.debug_struct("HeaderMatch");
        shown.field("name", name);
        if mentions_secret(name) {
            shown.finish_non_exhaustive()
        } else {
            shown.field("value", value).finish()
        }
    }
}

/// `type` and `value` of a header match.
#[derive(Clone, Debug)]
pub(crate) enum ValueMatch {
    Exact(String),
    Prefix(String),
    /// Compiled when the file was read, unanchored, ASCII, at most 64 KiB when compiled.
    Regex(regex::bytes::Regex),
    Present,
}

impl PartialEq for ValueMatch {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) | (Self::Prefix(a), Self::Prefix(b)) => a == b,
            (Self::Regex(a), Self::Regex(b)) => a.as_str() == b.as_str(),
            (Self::Present, Self::Present) => true,
            _ => false,
        }
    }
}

/// One entry of `experiments`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExperimentConfig {
    pub(crate) name: String,
    /// `unit: {header: ..}` in lower case; `None`: the caller supplies the unit.
    pub(crate) unit_header: Option<String>,
    /// Default the experiment's name.
    pub(crate) salt: String,
    /// Within 0.0..=1.0, default 1.0.
    pub(crate) coverage: f64,
    /// At least one; the weights sum to 1..=2^31-1.
    pub(crate) variants: Vec<VariantConfig>,
    /// A tracer's name; default the default tracer.
    pub(crate) fallback: String,
}

/// One arm of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VariantConfig {
    pub(crate) name: String,
    pub(crate) weight: u32,
    /// A tracer's name; default the variant's own name.
    pub(crate) tracer: String,
}
