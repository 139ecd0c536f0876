//! Signatures from crates on crates.io, each named above its function. The bodies are our own.
use crate::traced;
use async_trait::async_trait;
use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::{Debug, Display};
use std::future::Future;
use std::hash::Hash;
use std::io::{self, Write};
use std::ops::{Deref, RangeBounds};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

pub struct Parts {
    pub headers: HashMap<String, String>,
}
pub struct Code(pub u16);
pub struct Status {
    pub code: Code,
}
pub struct TonicRequest<T>(pub T);
pub struct TonicResponse<T>(pub T);

// axum: `FromRequestParts::from_request_parts`, by async-trait as in axum 0.7
#[async_trait]
pub trait FromRequestParts<S>: Sized {
    type Rejection;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection>;
}

pub struct Bearer(pub String);

#[async_trait]
impl<S> FromRequestParts<S> for Bearer
where
    S: Send + Sync,
{
    type Rejection = (u16, &'static str);

    #[traced]
    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        match parts.headers.get("authorization") {
            Some(value) => Ok(Bearer(value.clone())),
            None => Err((401, "no token")),
        }
    }
}

// axum: `serve`-like, with a handler that cannot fail
#[traced]
pub async fn fallback(_request: Parts) -> Result<Code, Infallible> {
    Ok(Code(404))
}

// tonic: a service's generated trait
#[async_trait]
pub trait Greeter: Send + Sync + 'static {
    type StreamStream: Iterator<Item = Result<TonicResponse<String>, Status>> + Send + 'static;
    async fn say_hello(&self, request: TonicRequest<String>) -> std::result::Result<TonicResponse<String>, Status>;
    async fn stream(&self, request: TonicRequest<u32>) -> Result<TonicResponse<Self::StreamStream>, Status>;
}

pub struct MyGreeter;

#[async_trait]
impl Greeter for MyGreeter {
    type StreamStream = Box<dyn Iterator<Item = Result<TonicResponse<String>, Status>> + Send>;

    #[traced]
    async fn say_hello(&self, request: TonicRequest<String>) -> std::result::Result<TonicResponse<String>, Status> {
        let TonicRequest(name) = request;
        if name.is_empty() {
            return Err(Status { code: Code(3) });
        }
        Ok(TonicResponse(format!("hello {}", name)))
    }

    #[traced]
    async fn stream(&self, TonicRequest(n): TonicRequest<u32>) -> Result<TonicResponse<Self::StreamStream>, Status> {
        Ok(TonicResponse(Box::new((0..n).map(|i| Ok(TonicResponse(i.to_string()))))))
    }
}

// tower-http: `Layer::layer` of a middleware that holds a closure
pub trait Layer<S> {
    type Service;
    fn layer(&self, inner: S) -> Self::Service;
}

#[derive(Clone, Copy)]
pub struct MapLayer<F>(F);
pub struct Map<S, F> {
    inner: S,
    f: F,
}

impl<S, F: Clone> Layer<S> for MapLayer<F> {
    type Service = Map<S, F>;

    #[traced]
    fn layer(&self, inner: S) -> Self::Service {
        Map { inner, f: self.0.clone() }
    }
}

// tower: `Service::call` with a boxed future that takes a clone of the inner service
impl<S, F> Map<S, F>
where
    S: Fn(u8) -> BoxFuture<'static, Result<u8, BoxError>> + Clone + Send + 'static,
    F: FnOnce(u8) -> u8 + Clone + Send + 'static,
{
    #[traced]
    pub fn call(&mut self, request: u8) -> BoxFuture<'static, Result<u8, BoxError>> {
        let clone = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, clone);
        let f = self.f.clone();
        Box::pin(async move {
            let response = inner(request).await?;
            Ok(f(response))
        })
    }
}

// sqlx: `Executor::execute_many`-like, a bound on a higher-ranked lifetime
pub trait Database {
    type Row;
}
pub trait FromRow<'r, R>: Sized {
    fn from_row(row: &'r R) -> Result<Self, BoxError>;
}

#[traced]
pub fn fetch_all_as<DB, O>(rows: &[DB::Row]) -> Result<Vec<O>, BoxError>
where
    DB: Database,
    O: for<'r> FromRow<'r, DB::Row> + Send + Unpin,
{
    rows.iter().map(O::from_row).collect()
}

// sqlx: `Connection::transaction`
#[traced]
pub async fn transaction<'a, C, F, R, E>(connection: &'a mut C, callback: F) -> Result<R, E>
where
    for<'c> F: FnOnce(&'c mut C) -> BoxFuture<'c, Result<R, E>> + 'a + Send + Sync,
    C: Sized + Send,
    R: Send,
    E: From<BoxError> + Send,
{
    callback(connection).await
}

// redis: `AsyncCommands::get`
pub struct Redis {
    values: HashMap<Vec<u8>, Vec<u8>>,
}
pub trait ToRedisArgs {
    fn bytes(&self) -> Vec<u8>;
}
pub trait FromRedisValue: Sized {
    fn from(bytes: &[u8]) -> Option<Self>;
}

impl Redis {
    #[traced]
    pub fn get<'a, K: ToRedisArgs + Send + Sync + 'a, RV>(&'a mut self, key: K) -> BoxFuture<'a, Result<RV, BoxError>>
    where
        RV: FromRedisValue + 'a,
    {
        Box::pin(async move {
            let found = self.values.get(&key.bytes()).ok_or("nil")?;
            RV::from(found).ok_or_else(|| "another type".into())
        })
    }
}

// reqwest-middleware: `Middleware::handle`
pub struct Next<'a> {
    rest: &'a [Arc<dyn Middleware>],
}

#[async_trait]
pub trait Middleware: 'static + Send + Sync {
    async fn handle(&self, request: Parts, extensions: &mut HashMap<String, u8>, next: Next<'_>) -> Result<Code, BoxError>;
}

impl<'a> Next<'a> {
    #[traced]
    pub fn run(self, request: Parts, extensions: &'a mut HashMap<String, u8>) -> BoxFuture<'a, Result<Code, BoxError>> {
        match self.rest.split_first() {
            Some((current, rest)) => Box::pin(async move { current.handle(request, extensions, Next { rest }).await }),
            None => Box::pin(async move { Ok(Code(200)) }),
        }
    }
}

pub struct Retry {
    attempts: usize,
}

#[async_trait]
impl Middleware for Retry {
    #[traced]
    async fn handle(&self, request: Parts, extensions: &mut HashMap<String, u8>, next: Next<'_>) -> Result<Code, BoxError> {
        let mut left = self.attempts;
        loop {
            let Next { rest } = &next;
            match (Next { rest }).run(Parts { headers: request.headers.clone() }, extensions).await {
                Err(_) if left > 0 => left -= 1,
                outcome => break outcome,
            }
        }
    }
}

// kube: a reconciler
pub struct Action(pub u64);

#[traced]
pub async fn reconcile<K>(object: Arc<K>, context: Arc<Mutex<Vec<String>>>) -> Result<Action, BoxError>
where
    K: Debug + Send + Sync + 'static,
{
    context.lock().map_err(|_| "poisoned")?.push(format!("{:?}", object));
    Ok(Action(60))
}

// tokio-util: `Decoder::decode`
pub trait Decoder {
    type Item;
    type Error: From<io::Error>;
    fn decode(&mut self, src: &mut Vec<u8>) -> Result<Option<Self::Item>, Self::Error>;
}

pub struct Lines;

impl Decoder for Lines {
    type Item = String;
    type Error = io::Error;

    #[traced]
    fn decode(&mut self, src: &mut Vec<u8>) -> Result<Option<String>, io::Error> {
        let end = match src.iter().position(|&byte| byte == b'\n') {
            Some(end) => end,
            None => return Ok(None),
        };
        let line: Vec<u8> = src.drain(..=end).collect();
        String::from_utf8(line).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

// hyper: `Body::poll_frame`
pub struct Chunks<const N: usize> {
    left: [Option<u8>; N],
}

impl<const N: usize> Chunks<N> {
    #[traced]
    pub fn poll_frame(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Result<u8, Infallible>>> {
        Poll::Ready(self.left.iter_mut().find_map(Option::take).map(Ok))
    }
}

// dashmap: `entry`-like, a guard that borrows
pub struct Shard<K, V> {
    map: Mutex<HashMap<K, V>>,
}

impl<'a, K: 'a + Eq + Hash, V: 'a> Shard<K, V> {
    #[traced]
    pub fn lock(&'a self) -> impl Deref<Target = HashMap<K, V>> + 'a {
        self.map.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

// itertools: `format_with`-like; indexmap: `drain`
#[traced]
pub fn joined<'a, I>(items: I, separator: &str) -> String
where
    I: IntoIterator,
    I::Item: Display + 'a,
{
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(separator)
}

#[traced]
pub fn drain<T, R: RangeBounds<usize>>(items: &mut Vec<T>, range: R) -> std::vec::Drain<'_, T> {
    items.drain(range)
}

// serde_json: `to_writer`; std: `AsRef<Path>`
#[traced]
pub fn to_writer<W, T>(mut writer: W, value: &T) -> io::Result<()>
where
    W: io::Write,
    T: ?Sized + Display,
{
    write!(writer, "{}", value)?;
    writer.flush()
}

#[traced]
pub fn read_config<P: AsRef<Path>>(path: P) -> io::Result<impl Iterator<Item = String>> {
    let text = std::fs::read_to_string(path.as_ref())?;
    Ok(text.lines().map(str::to_owned).collect::<Vec<_>>().into_iter())
}

// actix: a handler as a trait's default method with `Self: Sized`
pub trait Actor {
    type Context;

    #[traced]
    fn started(&mut self, _context: &mut Self::Context) {}

    #[traced]
    fn start(self) -> Arc<Mutex<Self>>
    where
        Self: Sized,
    {
        Arc::new(Mutex::new(self))
    }
}

// tokio: a server's accept loop that never ends well
#[traced]
pub async fn accept_loop(mut accept: impl FnMut() -> io::Result<u8>) -> io::Result<Infallible> {
    loop {
        let connection = accept()?;
        drop(connection);
        tokio::task::yield_now().await;
    }
}

#[traced]
pub async fn run_forever(tasks: Vec<u8>) -> Infallible {
    loop {
        for task in &tasks {
            std::future::ready(task).await;
        }
    }
}
