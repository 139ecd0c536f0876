//! The decoder of `exporter` and `exporters`.

use super::exporter_block::{ExporterBlock, OtlpBlock};
use super::headers;
use crate::config::check::value_rules;
use crate::config::diagnostics::Violation;
use crate::config::model::{Compression, Encoding, FileConfig, TlsConfig};
use crate::config::reader::{Fields, OneOf};

/// Reads `exporter`.
pub(super) fn read(fields: &Fields<'_>) -> Option<ExporterBlock> {
    fields.one_of("exporter").map(|exporter| one(&exporter))
}

/// Reads `exporters`.
///
/// No exporter of the list inherits from another one or from the defaults, so that no credential
/// reaches a backend that it is not for.
pub(super) fn read_list(fields: &Fields<'_>) -> Option<Vec<ExporterBlock>> {
    let list = fields.list_of("exporters")?;
    let at = fields.given("exporters")?;
    if fields.given("exporter").is_some() {
        let help = "write it in the list of `exporters`";
        at.report("`exporter` and `exporters` exclude each other", Some(help.to_owned()));
    } else if at.is_empty_list() {
        at.report("there is no exporter in the list", Some("a tracer has at least one".to_owned()));
    } else if fields.given("api_key").is_some() {
        let help = "write the header `authorization` for each exporter that needs it";
        at.report("`api_key` and `exporters` exclude each other", Some(help.to_owned()));
    } else if fields.given("backend").is_some() {
        let help = "write endpoint and headers for each exporter; a `backend` sets those of one";
        at.report("`backend` and `exporters` exclude each other", Some(help.to_owned()));
    }
    Some(list.iter().map(one).collect())
}

fn one(exporter: &OneOf<'_>) -> ExporterBlock {
    let inner = &exporter.fields;
    match exporter.key {
        "otlp_http" => ExporterBlock::Http(otlp(inner, value_rules::http_endpoint)),
        "otlp_grpc" => ExporterBlock::Grpc(otlp(inner, value_rules::grpc_endpoint)),
        "file" => ExporterBlock::File(FileConfig {
            path: inner.required("path").unwrap_or_default(),
            max_size: inner.count("max_size").unwrap_or(FileConfig::MAX_SIZE),
            max_backups: inner.count("max_backups").unwrap_or(FileConfig::MAX_BACKUPS),
        }),
        _ => ExporterBlock::Console,
    }
}

fn otlp(fields: &Fields<'_>, rule: fn(&str) -> Result<(), Violation>) -> OtlpBlock {
    let endpoint = fields.get("endpoint").and_then(|cursor| {
        let text = cursor.text()?;
        cursor.accept(rule(&text)).map(|()| text)
    });
    let tls = fields.section("tls").map_or_else(TlsConfig::default, |tls| TlsConfig {
        ca_file: pem_path(&tls, "ca_file"),
        cert_file: pem_path(&tls, "cert_file"),
        key_file: pem_path(&tls, "key_file"),
    });
    OtlpBlock {
        endpoint,
        headers: headers::read(fields),
        compression: fields.one_word_of("compression", &[Compression::None, Compression::Gzip]),
        timeout: fields.millis("timeout"),
        encoding: fields.one_word_of("encoding", &[Encoding::Protobuf, Encoding::Json]),
        tls,
    }
}

/// Reads the path of a PEM file.
fn pem_path(tls: &Fields<'_>, name: &str) -> Option<String> {
    let cursor = tls.get(name)?;
    let text = cursor.text()?;
    if text.contains("-----BEGIN") || text.chars().any(char::is_control) {
        let help = format!("`{name}` is the path of a PEM file, not its text");
        cursor.report("the value is not a path", Some(help));
        return None;
    }
    Some(text)
}
