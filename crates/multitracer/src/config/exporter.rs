//! `exporter`: one of `otlp_http`, `otlp_grpc`, `file`, `console`; and `exporters`, several of them.

use std::time::Duration;

use http::Uri;

use super::backend::Preset;
use super::decode::Fields;
use super::headers::{self, HEADER, Headers};
use super::model::{
    Compression, Encoding, ExporterConfig, FileConfig, OtlpGrpcConfig, OtlpHttpConfig, TlsConfig,
};
use super::rules;
use super::sampler::NOTHING;
use super::schema::{Key, Kind, Section};
use super::secret::Secret;
use super::yaml::NodeKind;

const DEFAULT_HTTP: &str = "http://localhost:4318/v1/traces";
const DEFAULT_GRPC: &str = "http://localhost:4317";
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) static EXPORTER: Section = Section {
    title: "an exporter",
    keys: &[
        Key::new("otlp_http", Kind::Section(&OTLP_HTTP), "", "OTLP over HTTP"),
        Key::new("otlp_grpc", Kind::Section(&OTLP_GRPC), "", "OTLP over gRPC"),
        Key::new("file", Kind::Section(&FILE), "", "OTLP as JSON in a file, one request a line"),
        Key::new("console", Kind::Section(&NOTHING), "", "span trees on standard output"),
    ],
    refused: &[("otlp_file/development", "use `file`"), ("otlp", "use `otlp_http` or `otlp_grpc`")],
};

pub(super) static OTLP_HTTP: Section = Section {
    title: "`otlp_http`",
    keys: &[
        Key::new("endpoint", Kind::Text, "`http://localhost:4318/v1/traces`", "the full URL, path included"),
        HEADERS,
        HEADERS_LIST,
        COMPRESSION,
        TIMEOUT,
        Key::new("encoding", Kind::Choice(&["protobuf", "json"]), "`protobuf`", "the form of the body"),
        TLS_KEY,
    ],
    refused: UNSUPPORTED,
};

pub(super) static OTLP_GRPC: Section = Section {
    title: "`otlp_grpc`",
    keys: &[
        Key::new("endpoint", Kind::Text, "`http://localhost:4317`", "scheme, host and port"),
        HEADERS,
        HEADERS_LIST,
        COMPRESSION,
        TIMEOUT,
        TLS_KEY,
    ],
    refused: UNSUPPORTED,
};

pub(super) static FILE: Section = Section {
    title: "`file`",
    keys: &[
        Key::new("path", Kind::Text, "", "the file; required. Its folder is made if it is not there"),
        Key::new(
            "max_size",
            Kind::Count(1 << 10, 1 << 40),
            "104857600",
            "how many bytes it may have before it is set aside under its name with `.1`",
        ),
        Key::new("max_backups", Kind::Count(0, 1000), "5", "how many of those are kept; `.1` is the newest"),
    ],
    refused: &[("output_stream", "write `path`, without `file://`")],
};

const HEADERS: Key = Key::new("headers", Kind::Pairs(&HEADER), "", "the headers of every request");
const HEADERS_LIST: Key =
    Key::new("headers_list", Kind::Secret, "", "the same as `a=1,b=2`; `headers` wins over it");
const COMPRESSION: Key =
    Key::new("compression", Kind::Choice(&["none", "gzip"]), "`none`", "the compression of the body");
const TIMEOUT: Key =
    Key::new("timeout", Kind::Millis(1), "10000", "the time limit of one request, in milliseconds");
const TLS_KEY: Key = Key::new("tls", Kind::Section(&TLS), "", "certificates for `https://`");
const UNSUPPORTED: &[(&str, &str)] =
    &[("max_request_size", "set `batch.max_export_batch_size`"), ("max_response_size", "the limit is fixed")];

static TLS: Section = Section {
    title: "`tls`",
    keys: &[
        Key::new("ca_file", Kind::Text, "the public roots", "a PEM file with the certificates to trust"),
        Key::new("cert_file", Kind::Text, "", "a PEM file with the client's certificate"),
        Key::new("key_file", Kind::Text, "", "a PEM file with the client's private key"),
    ],
    refused: &[("insecure", "write `http://` in the endpoint for a connection without TLS")],
};

/// `exporter` as one block says it.
#[derive(Clone, Debug)]
pub(super) enum Exporter {
    Http(Otlp),
    Grpc(Otlp),
    /// What cannot be inherited in parts.
    File(FileConfig),
    Console,
}

/// What a block says about an OTLP exporter.
#[derive(Clone, Debug, Default)]
pub(super) struct Otlp {
    endpoint: Option<String>,
    headers: Headers,
    compression: Option<Compression>,
    timeout: Option<Duration>,
    encoding: Option<Encoding>,
    tls: TlsConfig,
}

pub(super) fn read(fields: &Fields<'_>) -> Option<Exporter> {
    let (kind, inner) = fields.one_of("exporter")?;
    Some(one(kind, &inner))
}

/// `exporters`: several, none of which takes anything from another or from the defaults, so that no credential gets to a
/// backend that it was not written for.
pub(super) fn read_list(fields: &Fields<'_>) -> Option<Vec<Exporter>> {
    let list = fields.list_of("exporters")?;
    let at = fields.given("exporters")?;
    if fields.given("exporter").is_some() {
        at.problem("`exporter` and `exporters` exclude each other", None);
    } else if matches!(&at.node.kind, NodeKind::Seq(nodes) if nodes.is_empty()) {
        at.problem("there is no exporter in the list", Some("a tracer has at least one".to_owned()));
    } else if fields.given("api_key").is_some() {
        let help = "write the header `authorization` for each exporter that is to have it";
        at.problem("`api_key` and `exporters` exclude each other", Some(help.to_owned()));
    }
    Some(list.iter().map(|(kind, inner)| one(kind, inner)).collect())
}

fn one(kind: &str, inner: &Fields<'_>) -> Exporter {
    match kind {
        "otlp_http" => Exporter::Http(otlp(inner, rules::http_endpoint)),
        "otlp_grpc" => Exporter::Grpc(otlp(inner, rules::grpc_endpoint)),
        "file" => Exporter::File(FileConfig {
            path: inner.required("path").unwrap_or_default(),
            max_size: inner.count("max_size").unwrap_or(FileConfig::MAX_SIZE),
            max_backups: inner.count("max_backups").unwrap_or(FileConfig::MAX_BACKUPS),
        }),
        _ => Exporter::Console,
    }
}

fn otlp(fields: &Fields<'_>, rule: fn(&str) -> Result<(), rules::Breach>) -> Otlp {
    let endpoint = fields.get("endpoint").and_then(|cursor| {
        let text = cursor.text()?;
        cursor.keep(rule(&text)).map(|()| text)
    });
    let tls = fields.section("tls").map_or_else(TlsConfig::default, |tls| TlsConfig {
        ca_file: file(&tls, "ca_file"),
        cert_file: file(&tls, "cert_file"),
        key_file: file(&tls, "key_file"),
    });
    Otlp {
        endpoint,
        headers: headers::read(fields),
        compression: fields.choice("compression", &[Compression::None, Compression::Gzip]),
        timeout: fields.millis("timeout"),
        encoding: fields.choice("encoding", &[Encoding::Protobuf, Encoding::Json]),
        tls,
    }
}

/// The path of a PEM file.
fn file(tls: &Fields<'_>, name: &str) -> Option<String> {
    let cursor = tls.get(name)?;
    let text = cursor.text()?;
    if text.contains("-----BEGIN") || text.chars().any(char::is_control) {
        let help = format!("`{name}` is the path of a PEM file, not its text");
        cursor.problem("the value is not a path", Some(help));
        return None;
    }
    Some(text)
}

impl Exporter {
    /// Whether the header that holds the credentials has a value here.
    pub(super) fn authorizes(&self, header: &str) -> bool {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => {
                otlp.headers.iter().any(|(name, value)| name == header && value.is_some())
            }
            Self::File(_) | Self::Console => false,
        }
    }

    /// Its name in a configuration, if it takes no `api_key`.
    pub(super) fn without_key(&self) -> Option<&'static str> {
        match self {
            Self::Http(_) | Self::Grpc(_) => None,
            Self::File(_) => Some("file"),
            Self::Console => Some("console"),
        }
    }

    /// Without what belongs to one backend: where it is, and what it is sent.
    pub(super) fn anonymous(&self) -> Self {
        let strip = |otlp: &Otlp| Otlp { endpoint: None, headers: Headers::new(), ..otlp.clone() };
        match self {
            Self::Http(otlp) => Self::Http(strip(otlp)),
            Self::Grpc(otlp) => Self::Grpc(strip(otlp)),
            other => other.clone(),
        }
    }

    /// The endpoint that a block gives.
    pub(super) fn endpoint(&self) -> Option<&str> {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => otlp.endpoint.as_deref(),
            Self::File(_) | Self::Console => None,
        }
    }

    /// Fills in what a backend reads, where nothing else was said.
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

    /// The kind, if this block's endpoint is on another host than where the defaults, or the backend that they name, send.
    pub(super) fn endpoint_beside(
        &self,
        defaults: Option<&Self>,
        preset: Option<&Preset>,
    ) -> Option<&'static str> {
        let (kind, own, preset) = match self {
            Self::Http(own) => ("otlp_http", own, preset.and_then(|preset| preset.endpoint)),
            Self::Grpc(own) => ("otlp_grpc", own, preset.and_then(|preset| preset.grpc)),
            Self::File(_) | Self::Console => return None,
        };
        let base = match (self, defaults) {
            (Self::Http(_), Some(Self::Http(base))) | (Self::Grpc(_), Some(Self::Grpc(base))) => {
                base.endpoint.as_deref().or(preset)
            }
            // without an endpoint of theirs, the credentials of the defaults are meant for those of the tracers
            (_, None) => Some(preset?),
            _ => return None,
        };
        let host = |endpoint: &str| endpoint.parse::<Uri>().ok()?.authority().cloned();
        (host(own.endpoint.as_deref()?) != base.and_then(host)).then_some(kind)
    }

    /// The headers with credentials that the defaults of the same kind have.
    pub(super) fn inherited<'d>(&self, defaults: &'d Self) -> Vec<&'d str> {
        match (self, defaults) {
            (Self::Http(_), Self::Http(base)) | (Self::Grpc(_), Self::Grpc(base)) => {
                let secret = base
                    .headers
                    .iter()
                    .filter(|(name, value)| value.is_some() && headers::is_credential(name));
                secret.map(|(name, _)| name.as_str()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether this block says something about the header, be it that it is left out.
    pub(super) fn names(&self, header: &str) -> bool {
        match self {
            Self::Http(otlp) | Self::Grpc(otlp) => otlp.headers.iter().any(|(name, _)| name == header),
            Self::File(_) | Self::Console => false,
        }
    }

    /// Adds the header that an `api_key` stands for.
    pub(super) fn authorize(&mut self, header: &str, credential: Secret) {
        if let Self::Http(otlp) | Self::Grpc(otlp) = self {
            otlp.put(header.to_owned(), Some(credential));
        }
    }

    /// This block over that of the defaults: key by key if they are of the same kind.
    pub(super) fn over(self, defaults: Option<&Self>) -> Self {
        match (self, defaults) {
            (Self::Http(own), Some(Self::Http(base))) => Self::Http(own.over(base.clone())),
            (Self::Grpc(own), Some(Self::Grpc(base))) => Self::Grpc(own.over(base.clone())),
            (own, _) => own,
        }
    }

    pub(super) fn finish(self) -> ExporterConfig {
        match self {
            Self::Http(otlp) => ExporterConfig::OtlpHttp(OtlpHttpConfig {
                endpoint: otlp.endpoint.unwrap_or_else(|| DEFAULT_HTTP.to_owned()),
                headers: finish(otlp.headers),
                compression: otlp.compression.unwrap_or_default(),
                timeout: otlp.timeout.unwrap_or(DEFAULT_TIMEOUT),
                encoding: otlp.encoding.unwrap_or_default(),
                tls: otlp.tls,
            }),
            Self::Grpc(otlp) => ExporterConfig::OtlpGrpc(OtlpGrpcConfig {
                endpoint: otlp.endpoint.unwrap_or_else(|| DEFAULT_GRPC.to_owned()),
                headers: finish(otlp.headers),
                compression: otlp.compression.unwrap_or_default(),
                timeout: otlp.timeout.unwrap_or(DEFAULT_TIMEOUT),
                tls: otlp.tls,
            }),
            Self::File(file) => ExporterConfig::File(file),
            Self::Console => ExporterConfig::Console,
        }
    }
}

impl Otlp {
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

fn finish(headers: Headers) -> Vec<(String, Secret)> {
    headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
