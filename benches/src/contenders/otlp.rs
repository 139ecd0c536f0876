//! The contenders' exporters over OTLP/HTTP to a backend in another process.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use multitracer::{Registry, TracerBuilder};
use multitracer_benches::CountingBackend;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

use super::{ours, sdk};
use crate::measure::{Arrivals, Failure};

/// A backend that several closures ask.
#[derive(Clone)]
pub(crate) struct Backend(Rc<RefCell<CountingBackend>>);

impl Backend {
    /// Starts a backend that waits for `delay` before each response.
    pub(crate) fn start(delay: Duration) -> Result<Self, Failure> {
        Ok(Self(Rc::new(RefCell::new(CountingBackend::start(delay)?))))
    }

    /// Returns the endpoint for OTLP over HTTP.
    pub(crate) fn endpoint(&self) -> String {
        self.0.borrow().endpoint.clone()
    }

    /// Returns the number of spans that have arrived, or zero if the backend is gone.
    pub(crate) fn spans(&self) -> u64 {
        self.0.borrow_mut().spans().unwrap_or(0)
    }

    /// Returns the spans that arrive after `flush`.
    pub(crate) fn arrivals(&self, flush: impl Fn() + 'static) -> Arrivals {
        let backend = self.clone();
        Arrivals::new(move || {
            flush();
            backend.spans()
        })
    }
}

/// Returns a flush of a registry. A flush that fails shows as spans that did not arrive.
pub(crate) fn flush_ours(registry: &Registry) -> impl Fn() + 'static {
    let registry = registry.clone();
    move || drop(registry.flush_blocking(ours::FLUSH))
}

/// Returns a flush of a provider. A flush that fails shows as spans that did not arrive.
pub(crate) fn flush_sdk(provider: &SdkTracerProvider) -> impl Fn() + 'static {
    let provider = provider.clone();
    move || drop(provider.force_flush())
}

/// Installs a registry that exports to this endpoint.
pub(crate) fn installed(endpoint: &str, queue: usize) -> Result<Registry, Failure> {
    let tracer = TracerBuilder::new("only").service_name("bench").otlp_http(endpoint).max_queue_size(queue);
    let registry = Registry::builder().tracer(tracer).build()?;
    ours::install(&registry)?;
    Ok(registry)
}

/// Returns the exporter of opentelemetry-otlp for this endpoint.
pub(crate) fn exporter(endpoint: &str) -> Result<SpanExporter, Failure> {
    Ok(SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()?)
}

/// Returns a provider that exports to this endpoint.
pub(crate) fn provider(endpoint: &str, queue: usize) -> Result<SdkTracerProvider, Failure> {
    Ok(sdk::provider(exporter(endpoint)?, Sampler::AlwaysOn, queue))
}
