//! The keys of exporters.

use super::section::{EMPTY, Key, Kind, Section};

pub(crate) static EXPORTER: Section = Section {
    title: "an exporter",
    keys: &[
        Key::new("otlp_http", Kind::Section(&OTLP_HTTP), "", "OTLP over HTTP"),
        Key::new("otlp_grpc", Kind::Section(&OTLP_GRPC), "", "OTLP over gRPC"),
        Key::new("file", Kind::Section(&FILE), "", "OTLP as JSON in a file, one request per line"),
        Key::new("console", Kind::Section(&EMPTY), "", "span trees on standard output"),
    ],
    refused: &[("otlp_file/development", "use `file`"), ("otlp", "use `otlp_http` or `otlp_grpc`")],
};

pub(crate) static OTLP_HTTP: Section = Section {
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

pub(crate) static OTLP_GRPC: Section = Section {
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

pub(crate) static FILE: Section = Section {
    title: "`file`",
    keys: &[
        Key::new("path", Kind::Text, "", "the file; required. A missing folder is created"),
        Key::new(
            "max_size",
            Kind::Count(1 << 10, 1 << 40),
            "104857600",
            "the maximum size of the file, in bytes; a full file is renamed, with `.1` at its end",
        ),
        Key::new(
            "max_backups",
            Kind::Count(0, 1000),
            "5",
            "the maximum number of renamed files to keep; `.1` is the newest",
        ),
    ],
    refused: &[("output_stream", "write `path`, without `file://`")],
};

const HEADERS: Key = Key::new("headers", Kind::NameValues(&HEADER), "", "the headers of every request");

const HEADERS_LIST: Key =
    Key::new("headers_list", Kind::Secret, "", "the headers as `a=1,b=2`; `headers` wins over it");

const COMPRESSION: Key =
    Key::new("compression", Kind::Choice(&["none", "gzip"]), "`none`", "the compression of the body");

const TIMEOUT: Key =
    Key::new("timeout", Kind::Millis(1), "10000", "the time limit of one request, in milliseconds");

const TLS_KEY: Key = Key::new("tls", Kind::Section(&TLS), "", "the certificates for `https://`");

const UNSUPPORTED: &[(&str, &str)] =
    &[("max_request_size", "set `batch.max_export_batch_size`"), ("max_response_size", "the limit is fixed")];

static HEADER: Section = Section {
    title: "a header",
    keys: &[
        Key::new("name", Kind::Text, "", "the header's name"),
        Key::new("value", Kind::Secret, "", "the header's value"),
    ],
    refused: &[],
};

static TLS: Section = Section {
    title: "`tls`",
    keys: &[
        Key::new("ca_file", Kind::Text, "the public roots", "a PEM file with the certificates to trust"),
        Key::new("cert_file", Kind::Text, "", "a PEM file with the client's certificate"),
        Key::new("key_file", Kind::Text, "", "a PEM file with the client's private key"),
    ],
    refused: &[("insecure", "write `http://` in the endpoint for a connection without TLS")],
};
