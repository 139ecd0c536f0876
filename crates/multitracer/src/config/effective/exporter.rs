//! An exporter as YAML.

use std::time::Duration;

use crate::config::model::{Compression, Encoding, ExporterConfig, TlsConfig};
use crate::config::secret::{REDACTED, Secret, shown_url};
use crate::config::yaml::{OutputValue, count, key, text};

/// Returns an exporter as a tree.
pub(super) fn exporter(config: &ExporterConfig) -> OutputValue {
    let compression = |compression: Compression| {
        text(match compression {
            Compression::None => "none",
            Compression::Gzip => "gzip",
        })
    };
    let (kind, map) = match config {
        ExporterConfig::Console => return text("console"),
        ExporterConfig::OtlpHttp(otlp) => {
            let encoding = match otlp.encoding {
                Encoding::Protobuf => "protobuf",
                Encoding::Json => "json",
            };
            let mut map = vec![key("endpoint", text(&shown_url(&otlp.endpoint)))];
            map.extend(headers(&otlp.headers));
            map.push(key("compression", compression(otlp.compression)));
            map.push(key("timeout", millis(otlp.timeout)));
            map.push(key("encoding", text(encoding)));
            map.extend(tls(&otlp.tls));
            ("otlp_http", map)
        }
        ExporterConfig::OtlpGrpc(otlp) => {
            let mut map = vec![key("endpoint", text(&shown_url(&otlp.endpoint)))];
            map.extend(headers(&otlp.headers));
            map.push(key("compression", compression(otlp.compression)));
            map.push(key("timeout", millis(otlp.timeout)));
            map.extend(tls(&otlp.tls));
            ("otlp_grpc", map)
        }
        ExporterConfig::File(file) => {
            let map = vec![
                key("path", text(&file.path)),
                key("max_size", count(file.max_size)),
                key("max_backups", count(file.max_backups)),
            ];
            ("file", map)
        }
    };
    OutputValue::Map(vec![key(kind, OutputValue::Map(map))])
}

fn headers(headers: &[(String, Secret)]) -> Option<(String, OutputValue)> {
    let shown = headers.iter().map(|(name, _)| key(name, text(REDACTED))).collect();
    (!headers.is_empty()).then(|| key("headers", OutputValue::Map(shown)))
}

fn tls(tls: &TlsConfig) -> Option<(String, OutputValue)> {
    let files = [("ca_file", &tls.ca_file), ("cert_file", &tls.cert_file), ("key_file", &tls.key_file)];
    let map: Vec<_> =
        files.into_iter().filter_map(|(name, file)| Some(key(name, text(file.as_ref()?)))).collect();
    (!map.is_empty()).then(|| key("tls", OutputValue::Map(map)))
}

pub(super) fn millis(duration: Duration) -> OutputValue {
    count(duration.as_millis())
}
