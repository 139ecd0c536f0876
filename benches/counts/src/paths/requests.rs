//! Requests, routes and variants.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context as TaskContext, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::Full;
use multitracer::Registry;
use multitracer::builder::{ExperimentBuilder, RouteBuilder};
use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::Sampler;
use tower_layer::Layer as _;
use tower_service::Service;

use super::world::{LARGE, flush, flush_provider, provider, registry, tracer};
use crate::meter::{CALLS, Meter};

/// A service that answers at once.
#[derive(Clone, Copy)]
struct Hello;

impl Service<Request<Full<Bytes>>> for Hello {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        drop(black_box(request));
        ready(Ok(Response::new(Full::new(Bytes::from_static(b"hello")))))
    }
}

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn request(traceparent: Option<&str>) -> Request<Full<Bytes>> {
    let mut request = Request::get("http://shop.example.com/users/42?verbose=1")
        .header("host", "shop.example.com")
        .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")
        .header("accept", "application/json")
        .header("accept-encoding", "gzip, deflate, br")
        .header("cookie", "session=6f1e2d3c4b5a")
        .header("x-request-id", "0b6f7c1e-7d3a-4a52-9f0e-1c2d3e4f5a6b");
    if let Some(traceparent) = traceparent {
        request = request.header("traceparent", traceparent);
    }
    request.body(Full::new(Bytes::new())).unwrap()
}

/// Returns one request for each call of a meter.
fn requests(traceparent: Option<&str>) -> impl FnMut() -> Request<Full<Bytes>> {
    let mut requests: Vec<_> = (0..2 * CALLS).map(|_| request(traceparent)).collect();
    move || requests.pop().unwrap()
}

/// Sends a request, and reads the response to its end.
fn send<S, B>(service: &mut S, request: Request<Full<Bytes>>)
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes, Error = Infallible>,
{
    let mut task = TaskContext::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut task) else { return };
    let mut body = pin!(response.into_body());
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut task) {
        drop(black_box(frame));
    }
}

fn through_layer(meter: &mut Meter<'_>, sampler: Sampler, traceparent: Option<&str>) {
    through_layer_of(&registry(tracer(sampler.clone())), meter, &sampler, traceparent);
}

fn through_installed(meter: &mut Meter<'_>, sampler: &Sampler) {
    let registry = registry(tracer(sampler.clone()));
    // the guard would shut the registry down
    std::mem::forget(multitracer::install(registry.clone()).unwrap());
    through_layer_of(&registry, meter, sampler, None);
}

fn through_layer_of(
    registry: &Registry,
    meter: &mut Meter<'_>,
    sampler: &Sampler,
    traceparent: Option<&str>,
) {
    let spans = u64::from(matches!(sampler, Sampler::AlwaysOn));
    let mut service = registry.http_layer().layer(Hello);
    let mut next = requests(traceparent);
    meter.calls(spans, &|| flush(registry), || send(&mut service, next()));
}

pub(super) fn plain(meter: &mut Meter<'_>, _: &str) {
    let mut next = requests(None);
    meter.calls(0, &|| 0, || send(&mut Hello, next()));
}

pub(super) fn sampled(meter: &mut Meter<'_>, _: &str) {
    through_layer(meter, Sampler::AlwaysOn, None);
}

pub(super) fn with_traceparent(meter: &mut Meter<'_>, _: &str) {
    through_layer(meter, Sampler::AlwaysOn, Some(TRACEPARENT));
}

pub(super) fn unsampled(meter: &mut Meter<'_>, _: &str) {
    through_layer(meter, Sampler::AlwaysOff, None);
}

pub(super) fn of_installed(meter: &mut Meter<'_>, _: &str) {
    through_installed(meter, &Sampler::AlwaysOn);
}

pub(super) fn of_installed_unsampled(meter: &mut Meter<'_>, _: &str) {
    through_installed(meter, &Sampler::AlwaysOff);
}

pub(super) fn peer(meter: &mut Meter<'_>, _: &str) {
    through_peer(meter, Sampler::AlwaysOn, None);
}

pub(super) fn peer_with_traceparent(meter: &mut Meter<'_>, _: &str) {
    through_peer(meter, Sampler::AlwaysOn, Some(TRACEPARENT));
}

pub(super) fn peer_unsampled(meter: &mut Meter<'_>, _: &str) {
    through_peer(meter, Sampler::AlwaysOff, None);
}

/// Sends requests through the layer of opentelemetry-instrumentation-tower, without metrics.
fn through_peer(meter: &mut Meter<'_>, sampler: Sampler, traceparent: Option<&str>) {
    let spans = u64::from(matches!(sampler, Sampler::AlwaysOn));
    let provider = provider(LARGE, sampler);
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider.clone());
    let layer = LayerBuilder::builder().with_metrics(false).build().unwrap();
    let mut service = layer.layer(Hello);
    let mut next = requests(traceparent);
    meter.calls(spans, &|| flush_provider(&provider), || send(&mut service, next()));
}

pub(super) fn route(meter: &mut Meter<'_>, _: &str) {
    let mut builder = Registry::builder().tracer(tracer(Sampler::AlwaysOn));
    for n in 0..10 {
        builder = builder
            .route(RouteBuilder::to_tracer(format!("route-{n}"), "only").header("x-route", n.to_string()));
    }
    let registry = builder.build().unwrap();
    let mut headers: HeaderMap = request(None).into_parts().0.headers;
    headers.insert("x-route", "9".parse().unwrap());
    assert_eq!(registry.route(&headers).name(), Some("route-9"));
    meter.calls(0, &|| 0, || drop(black_box(registry.route(black_box(&headers)))));
}

pub(super) fn assign(meter: &mut Meter<'_>, _: &str) {
    let experiment = ExperimentBuilder::new("answers").variant("short", 1, "only").variant("long", 1, "only");
    let builder = Registry::builder().tracer(tracer(Sampler::AlwaysOn)).experiment(experiment);
    let registry = builder.build().unwrap();
    let answers = registry.experiment("answers").unwrap();
    meter.calls(0, &|| 0, || drop(black_box(answers.assign(black_box("user-4711")))));
}
