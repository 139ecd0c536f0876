//! The requests of one tracer over HTTP: URL, headers and body.

use std::io;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use opentelemetry_sdk::Resource;

use crate::config::model::{Compression, Encoding, OtlpHttpConfig};
use crate::export::batch::Batch;
use crate::export::exporter::ExporterBuildError;
use crate::export::otlp::encode::{Encoder, gunzip, gzip, to_json};

/// The URL, the headers and the encoding of one tracer's requests.
pub(crate) struct HttpRequest {
    pub(crate) url: Uri,
    /// All headers: those of the configuration and those that describe the body.
    pub(crate) headers: HeaderMap,
    encoder: Encoder,
    encoding: Encoding,
    compression: Compression,
}

impl HttpRequest {
    /// Creates the requests of a configuration. A `user-agent` header there wins over `user_agent`.
    pub(crate) fn new(
        config: &OtlpHttpConfig,
        resource: &Resource,
        user_agent: &'static str,
    ) -> Result<Self, ExporterBuildError> {
        let bad_url = |_| ExporterBuildError("the endpoint is not a URL".to_owned());
        Ok(Self {
            url: config.endpoint.parse().map_err(bad_url)?,
            headers: headers(config, user_agent)?,
            encoder: Encoder::new(resource),
            encoding: config.encoding,
            compression: config.compression,
        })
    }

    /// Returns the body for a batch, encoded and compressed.
    #[cfg(feature = "probe")]
    pub(crate) fn body(&self, batch: &Batch) -> io::Result<Bytes> {
        self.wrap(self.encode(batch))
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Encodes a batch as protobuf.
    pub(super) fn encode(&self, batch: &Batch) -> Bytes {
        self.encoder.protobuf(batch)
    }

    /// Returns the body for a request that is encoded as protobuf.
    pub(super) fn wrap(&self, plain: Bytes) -> io::Result<Bytes> {
        let encoded = match self.encoding {
            Encoding::Protobuf => plain,
            Encoding::Json => to_json(plain)?.into(),
        };
        match self.compression {
            Compression::None => Ok(encoded),
            Compression::Gzip => Ok(gzip(&encoded)?.into()),
        }
    }

    /// Returns the request in a body of protobuf.
    pub(super) fn decompress(&self, body: Bytes) -> io::Result<Bytes> {
        match self.compression {
            Compression::None => Ok(body),
            Compression::Gzip => Ok(gunzip(&body)?.into()),
        }
    }
}

fn headers(config: &OtlpHttpConfig, user_agent: &'static str) -> Result<HeaderMap, ExporterBuildError> {
    let mut headers = HeaderMap::with_capacity(config.headers.len() + 3);
    headers.insert(USER_AGENT, HeaderValue::from_static(user_agent));
    for (name, value) in &config.headers {
        let bad = |what: &str| ExporterBuildError(format!("header `{name}` has {what}"));
        let key: HeaderName = name.parse().map_err(|_| bad("a name that HTTP does not allow"))?;
        let mut value =
            HeaderValue::from_str(value.expose()).map_err(|_| bad("a value that HTTP does not allow"))?;
        value.set_sensitive(true);
        if key == USER_AGENT {
            headers.insert(key, value);
        } else {
            headers.append(key, value);
        }
    }
    let content_type = match config.encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if config.compression == Compression::Gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(headers)
}
