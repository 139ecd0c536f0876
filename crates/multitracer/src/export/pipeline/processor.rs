//! The span processor that passes ended spans to a pipeline.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::{Array, Context, StringValue, Value};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use super::Pipeline;

/// A pipeline as a span processor of the SDK.
#[derive(Debug)]
pub(crate) struct PipelineProcessor {
    pipeline: Arc<Pipeline>,
    /// Maximum length of an attribute's text in characters, which the SDK does not limit.
    max_value_length: Option<usize>,
}

impl PipelineProcessor {
    pub(crate) fn new(pipeline: Arc<Pipeline>, max_value_length: Option<u32>) -> Self {
        Self { pipeline, max_value_length: max_value_length.map(|length| length as usize) }
    }
}

impl SpanProcessor for PipelineProcessor {
    fn on_start(&self, _span: &mut Span, _cx: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if let Some(max) = self.max_value_length {
            shorten(&mut span, max);
        }
        self.pipeline.push(span);
    }

    /// Does nothing. [`Registry::flush`](crate::Registry::flush) flushes without blocking the
    /// caller.
    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Cuts the texts of all attributes to `max` characters.
fn shorten(span: &mut SpanData, max: usize) {
    for attribute in &mut span.attributes {
        shorten_value(&mut attribute.value, max);
    }
    for event in &mut span.events.events {
        for attribute in &mut event.attributes {
            shorten_value(&mut attribute.value, max);
        }
    }
    for link in &mut span.links.links {
        for attribute in &mut link.attributes {
            shorten_value(&mut attribute.value, max);
        }
    }
}

fn shorten_value(value: &mut Value, max: usize) {
    match value {
        Value::String(text) => shorten_text(text, max),
        Value::Array(Array::String(texts)) => {
            for text in texts {
                shorten_text(text, max);
            }
        }
        _ => {}
    }
}

fn shorten_text(text: &mut StringValue, max: usize) {
    if let Some((end, _)) = text.as_str().char_indices().nth(max) {
        *text = text.as_str()[..end].to_owned().into();
    }
}
