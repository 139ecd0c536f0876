//! A web service in this process, plain and in the layers of the contenders.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use multitracer::Registry;
use opentelemetry::global;
use opentelemetry_instrumentation_tower::http::server::LayerBuilder;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tower_http::trace::TraceLayer;
use tower_layer::Layer as _;
use tower_service::Service;

use crate::measure::Failure;

/// The work of a request.
pub(crate) type Work = Arc<dyn Fn() -> u64 + Send + Sync>;

/// A client of a service in this process, which sends a request and reads the whole answer.
pub(crate) type Client = Box<dyn FnMut()>;

/// A handler that does its work and answers.
#[derive(Clone)]
struct Handler(Work);

impl Service<Request<Empty<Bytes>>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Answer {
        drop(std::hint::black_box(request));
        Answer(Arc::clone(&self.0))
    }
}

/// The future of an answer. A layer makes its span current while it polls the future.
struct Answer(Work);

impl Future for Answer {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        std::hint::black_box((self.0)());
        Poll::Ready(Ok(Response::new(Full::new(Bytes::from_static(b"fine")))))
    }
}

/// Returns a client of the service without a layer.
pub(crate) fn plain(work: Work) -> Client {
    client(Handler(work))
}

/// Returns a client of the service in `http_layer`.
pub(crate) fn ours(registry: &Registry, work: Work) -> Client {
    client(registry.http_layer().layer(Handler(work)))
}

/// Returns a client of the service in the layer of opentelemetry-instrumentation-tower.
///
/// The layer makes no metrics, because ours makes none.
pub(crate) fn opentelemetry(provider: SdkTracerProvider, work: Work) -> Result<Client, Failure> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider);
    let layer = LayerBuilder::builder().with_metrics(false).build()?;
    Ok(client(layer.layer(Handler(work))))
}

/// Returns a client of the service in the layer of tower-http, whose span is one of `tracing`.
pub(crate) fn tower_http(work: Work) -> Client {
    client(
        TraceLayer::new_for_http().make_span_with(span).on_request(()).on_response(()).layer(Handler(work)),
    )
}

/// Returns a span at the level that subscribers show by default.
fn span(request: &Request<Empty<Bytes>>) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), uri = %request.uri(), version = ?request.version())
}

fn client<S, B>(mut service: S) -> Client
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>> + 'static,
    B: http_body::Body,
{
    Box::new(move || {
        let answer = service.call(request());
        crate::functions::polling::poll(async {
            // every service of this file answers
            if let Ok(response) = answer.await {
                let _ = std::hint::black_box(response.into_body().collect().await);
            }
        });
    })
}

/// Returns a usual request, which starts a trace.
fn request() -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = http::Uri::from_static("/users/42?tab=orders");
    let headers = [
        (http::header::HOST, "shop.example"),
        (http::header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        (http::header::ACCEPT, "text/html,application/json"),
        (http::header::ACCEPT_ENCODING, "gzip, br"),
    ];
    for (name, value) in headers {
        request.headers_mut().insert(name, http::HeaderValue::from_static(value));
    }
    request
}
