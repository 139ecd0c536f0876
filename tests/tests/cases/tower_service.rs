use crate::traced;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub trait Service<R> {
    type Response;
    type Error;
    type Future: Future<Output = Result<Self::Response, Self::Error>>;
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>>;
    fn call(&mut self, request: R) -> Self::Future;
}

pub struct Layered<S>(pub S);

impl<S, R> Service<R> for Layered<S>
where
    S: Service<R> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: 'static,
    S::Response: 'static,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    #[traced]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    #[traced]
    fn call(&mut self, request: R) -> Self::Future {
        let mut inner = self.0.clone();
        Box::pin(async move { inner.call(request).await })
    }
}

pub struct Passing<S>(pub S);

impl<S: Service<R>, R> Service<R> for Passing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    #[traced]
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    #[traced]
    fn call(&mut self, request: R) -> Self::Future {
        self.0.call(request)
    }
}
