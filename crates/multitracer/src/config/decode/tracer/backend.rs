//! Well-known backends, with the places where they read key, project and environment.
//!
//! `docs/configuration.md` has the sources of each rule.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::config::diagnostics::Violation;
use crate::config::schema::BACKENDS;
use crate::config::secret::Secret;

/// The header that most backends read an `api_key` from.
pub(super) const AUTHORIZATION: &str = "authorization";

/// A well-known backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    HoneyHive,
    Phoenix,
    Langfuse,
    LangSmith,
    Mlflow,
    Tempo,
    GrafanaCloud,
    Jaeger,
    Honeycomb,
    Datadog,
    Otlp,
}

/// All backends, in the order of [`BACKENDS`].
pub(super) const ALL: [Backend; 11] = [
    Backend::HoneyHive,
    Backend::Phoenix,
    Backend::Langfuse,
    Backend::LangSmith,
    Backend::Mlflow,
    Backend::Tempo,
    Backend::GrafanaCloud,
    Backend::Jaeger,
    Backend::Honeycomb,
    Backend::Datadog,
    Backend::Otlp,
];

/// The form in which a backend takes its key.
#[derive(Clone, Copy)]
enum Key {
    /// `authorization: Bearer KEY`
    Bearer,
    /// `authorization: Basic base64(KEY)`. The key has two parts with a colon between them; the
    /// text names them.
    Basic(&'static str),
    /// The key alone, in the header of this name.
    Header(&'static str),
}

/// The settings of a backend.
pub(super) struct Preset {
    /// The endpoint of OTLP over HTTP. `None` if each user has another one.
    pub(super) endpoint: Option<&'static str>,
    /// The endpoint of OTLP over gRPC. `None` if the backend does not take gRPC.
    pub(super) grpc: Option<&'static str>,
    key: Key,
    /// `true` if the backend refuses requests without a key.
    pub(super) needs_key: bool,
    /// The header that names the project.
    pub(super) project_header: Option<&'static str>,
    /// The resource attribute that names the project.
    pub(super) project_attribute: Option<&'static str>,
    /// A resource attribute for the environment, besides `deployment.environment.name`.
    pub(super) environment_attribute: Option<&'static str>,
    /// Headers that every request has.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

const LOCAL: &str = "http://localhost:4318/v1/traces";

/// A local backend without special settings.
const PLAIN: Preset = Preset {
    endpoint: Some(LOCAL),
    grpc: Some("http://localhost:4317"),
    key: Key::Bearer,
    needs_key: false,
    project_header: None,
    project_attribute: None,
    environment_attribute: None,
    headers: &[],
};

/// A hosted backend that takes OTLP over HTTP with a key.
const SERVICE: Preset = Preset { grpc: None, needs_key: true, ..PLAIN };

impl Backend {
    pub(super) fn as_str(self) -> &'static str {
        ALL.iter().position(|each| *each == self).and_then(|at| BACKENDS.get(at)).copied().unwrap_or_default()
    }

    pub(super) fn preset(self) -> Preset {
        match self {
            // the key selects the project
            Self::HoneyHive => Preset {
                endpoint: Some("https://api.dp1.us.honeyhive.ai/opentelemetry/v1/traces"),
                ..SERVICE
            },
            Self::Phoenix => Preset {
                endpoint: Some("http://localhost:6006/v1/traces"),
                project_attribute: Some("openinference.project.name"),
                ..PLAIN
            },
            // the key selects the project
            Self::Langfuse => Preset {
                endpoint: Some("https://cloud.langfuse.com/api/public/otel/v1/traces"),
                key: Key::Basic("PUBLIC_KEY:SECRET_KEY"),
                environment_attribute: Some("langfuse.environment"),
                headers: &[("x-langfuse-ingestion-version", "4")],
                ..SERVICE
            },
            Self::LangSmith => Preset {
                endpoint: Some("https://api.smith.langchain.com/otel/v1/traces"),
                key: Key::Header("x-api-key"),
                project_header: Some("langsmith-project"),
                ..SERVICE
            },
            Self::Mlflow => Preset {
                endpoint: Some("http://localhost:5000/v1/traces"),
                grpc: None,
                project_header: Some("x-mlflow-experiment-id"),
                ..PLAIN
            },
            Self::Tempo => Preset { project_header: Some("x-scope-orgid"), ..PLAIN },
            // the key selects the stack, and each region has a gateway of its own
            Self::GrafanaCloud => Preset { endpoint: None, key: Key::Basic("INSTANCE_ID:TOKEN"), ..SERVICE },
            Self::Jaeger => Preset { project_header: Some("x-tenant"), ..PLAIN },
            // The key selects the environment, and `service.name` the dataset. Classic keys use the
            // header.
            Self::Honeycomb => Preset {
                endpoint: Some("https://api.honeycomb.io/v1/traces"),
                grpc: Some("https://api.honeycomb.io:443"),
                key: Key::Header("x-honeycomb-team"),
                project_header: Some("x-honeycomb-dataset"),
                ..SERVICE
            },
            Self::Datadog => Preset {
                endpoint: Some("https://otlp.datadoghq.com/v1/traces"),
                key: Key::Header("dd-api-key"),
                ..SERVICE
            },
            Self::Otlp => PLAIN,
        }
    }
}

impl Preset {
    /// Returns the name of the header with the key.
    pub(super) fn key_header(&self) -> &'static str {
        match self.key {
            Key::Bearer | Key::Basic(_) => AUTHORIZATION,
            Key::Header(name) => name,
        }
    }

    /// Returns the value of that header for a key.
    pub(super) fn credential(&self, key: &str) -> Result<Secret, Violation> {
        match self.key {
            Key::Bearer => Ok(Secret::new(format!("Bearer {key}"))),
            Key::Header(_) => Ok(Secret::new(key)),
            Key::Basic(parts) => match key.split_once(':') {
                Some((first, second)) if !first.is_empty() && !second.is_empty() => {
                    Ok(Secret::new(format!("Basic {}", STANDARD.encode(key))))
                }
                _ => Err(Violation::new(format!("is not `{parts}`")).with_help(
                    "both parts with a colon between them; they are sent as HTTP basic authentication",
                )),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_in_order() {
        let words: Vec<String> = ALL
            .iter()
            .map(|each| match each {
                Backend::GrafanaCloud => "grafana_cloud".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            })
            .collect();
        assert_eq!(words, BACKENDS);
        assert!(ALL.iter().zip(BACKENDS).all(|(each, word)| each.as_str() == word));
    }
}
