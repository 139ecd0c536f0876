//! A world: a provider of the SDK and a registry of ours, with the same settings.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitracer::builder::RegistryBuilder;
use multitracer::config::Config;
use multitracer::export::InMemoryExporter;
use multitracer::{Registry, TracerBuilder};
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};

use super::ids::Ids;
use super::sampler::Recorder;
use super::settings::Settings;
use super::sites::{manual_code, sites};

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) registry: Registry,
    pub(crate) our_spans: InMemoryExporter,
    pub(crate) our_sampler: Recorder,
    pub(crate) provider: SdkTracerProvider,
    pub(crate) their_spans: Kept,
    pub(crate) their_sampler: Recorder,
    pub(crate) ids: Ids,
}

/// A span processor that keeps the sampled spans, as the SDK's own processors export them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl Kept {
    pub(crate) fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl SpanProcessor for Kept {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.lock().unwrap().push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

impl World {
    /// Returns a world. `change` may add exporters to our tracer.
    pub(crate) fn new(number: u64, mut change: impl FnMut(TracerBuilder) -> TracerBuilder) -> Self {
        // not later, because a program's context would be around their spans
        let _ = (sites(), manual_code());
        let settings = Settings::new(number);
        let our_sampler = Recorder::new(&settings.sampler);
        let their_sampler = Recorder::new(&settings.sampler());
        let our_spans = InMemoryExporter::new();
        let config = Config::from_yaml(&settings.yaml()).unwrap();
        let registry = RegistryBuilder::from_config(config)
            .map_tracers(|tracer| {
                let tracer = tracer.in_memory(&our_spans);
                change(if settings.is_configured { tracer } else { tracer.sampler(our_sampler.clone()) })
            })
            .build()
            .unwrap();
        if let Some(rate) = settings.rate {
            registry.set_sample_rate("t", rate).unwrap();
        }
        let (their_spans, ids) = (Kept::default(), Ids::default());
        let provider = SdkTracerProvider::builder()
            .with_sampler(their_sampler.clone())
            .with_span_limits(settings.limits)
            .with_id_generator(ids.clone())
            .with_span_processor(their_spans.clone())
            .build();
        Self { settings, registry, our_spans, our_sampler, provider, their_spans, their_sampler, ids }
    }
}
