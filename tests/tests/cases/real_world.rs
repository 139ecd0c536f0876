//! Functions with the signatures that services, middleware and database code have.
use crate::traced;
use async_trait::async_trait;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
#[allow(unused_imports)]
use std::convert::TryFrom;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type HttpResult<T> = Result<T, (u16, String)>;

pub struct Request<B> {
    pub headers: HashMap<String, String>,
    pub body: B,
}
pub struct Response<B>(pub u16, pub B);
pub struct State<T>(pub T);
pub struct Path<T>(pub T);
pub struct Json<T>(pub T);

// handlers
#[traced]
pub async fn handler(State(app): State<Arc<Repo>>, Path((org, id)): Path<(String, u64)>) -> HttpResult<Json<String>> {
    let found = app.find(&org, id).await.map_err(|e| (500, e.to_string()))?;
    Ok(Json(found.ok_or_else(|| (404, "none".to_owned()))?))
}

#[traced]
pub async fn into_response(Json(body): Json<Vec<u8>>) -> Result<impl Into<Vec<u8>>, BoxError> {
    Ok(body)
}

#[traced]
pub async fn middleware<B, F, Fut>(mut request: Request<B>, next: F) -> Response<B>
where
    F: FnOnce(Request<B>) -> Fut,
    Fut: Future<Output = Response<B>>,
{
    request.headers.insert("a".into(), "b".into());
    next(request).await
}

// repositories
pub struct Repo {
    pool: Arc<Pool>,
}
pub struct Pool;
pub struct Row<'r>(&'r str);
pub trait Executor<'c>: Send {
    type Row: Send;
    fn fetch<'e, 'q: 'e>(self, query: &'q str) -> Pin<Box<dyn Future<Output = Result<Vec<Self::Row>, BoxError>> + Send + 'e>>
    where
        'c: 'e;
}
impl<'c> Executor<'c> for &'c Pool {
    type Row = String;

    #[traced(kind = "client", fields(db.statement = query))]
    fn fetch<'e, 'q: 'e>(self, query: &'q str) -> Pin<Box<dyn Future<Output = Result<Vec<String>, BoxError>> + Send + 'e>>
    where
        'c: 'e,
    {
        Box::pin(async move { Ok(vec![query.to_owned()]) })
    }
}

impl Repo {
    #[traced]
    pub fn new(pool: impl Into<Arc<Pool>>) -> Self {
        Self { pool: pool.into() }
    }

    #[traced(err)]
    pub async fn find(&self, org: &str, id: u64) -> Result<Option<String>, BoxError> {
        let mut rows = self.pool.fetch(org).await?;
        Ok(if id == 0 { None } else { rows.pop() })
    }

    #[traced]
    pub async fn transaction<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t Pool) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 't>>,
        E: From<BoxError>,
    {
        f(&self.pool).await
    }

    #[traced]
    pub fn rows<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = Row<'a>> + 'a {
        names.iter().map(|name| Row(name))
    }

    #[traced]
    pub fn grouped(&self, rows: Vec<(String, u64)>) -> BTreeMap<String, Vec<u64>> {
        rows.into_iter().fold(BTreeMap::new(), |mut map, (k, v)| {
            map.entry(k).or_insert_with(Vec::new).push(v);
            map
        })
    }
}

impl<'r> Row<'r> {
    #[traced]
    pub fn get<T>(&self, index: usize) -> Result<T, BoxError>
    where
        T: std::str::FromStr,
        T::Err: Into<BoxError>,
    {
        self.0.split(',').nth(index).ok_or("no column")?.parse().map_err(Into::into)
    }

    #[traced]
    pub fn text(&self) -> Cow<'r, str> {
        Cow::Borrowed(self.0)
    }
}

// services by async-trait
#[async_trait]
pub trait Handler<C = ()>: Send + Sync + 'static {
    type Error: Into<BoxError>;
    async fn handle(&self, cx: &mut C, request: Request<&[u8]>) -> Result<Response<Vec<u8>>, Self::Error>;
    async fn ready(&self, timeout: Option<Duration>) -> bool;
}

pub struct Retry<H, C> {
    pub inner: H,
    pub times: usize,
    pub context: PhantomData<fn(C)>,
}

#[async_trait]
impl<H, C> Handler<C> for Retry<H, C>
where
    H: Handler<C>,
    C: Send + Sync + 'static,
{
    type Error = BoxError;

    #[traced(fields(times = self.times))]
    async fn handle(&self, cx: &mut C, request: Request<&[u8]>) -> Result<Response<Vec<u8>>, BoxError> {
        for _ in 0..self.times {
            let request = Request { headers: request.headers.clone(), body: request.body };
            if let Ok(response) = self.inner.handle(cx, request).await {
                return Ok(response);
            }
        }
        Err("out of tries".into())
    }

    #[traced]
    async fn ready(&self, timeout: Option<Duration>) -> bool {
        self.inner.ready(timeout).await
    }
}

// futures by hand
pub struct Sleep(pub u8);

impl Future for Sleep {
    type Output = u8;

    #[traced]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u8> {
        if self.0 == 0 {
            return Poll::Ready(0);
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

// conversions and operators
pub struct Money(pub i64);

impl TryFrom<&str> for Money {
    type Error = std::num::ParseIntError;

    #[traced]
    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl std::ops::AddAssign<i64> for Money {
    #[traced]
    fn add_assign(&mut self, other: i64) {
        self.0 += other;
    }
}

impl std::fmt::Display for Money {
    #[traced]
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Extend<Money> for Money {
    #[traced]
    fn extend<I: IntoIterator<Item = Money>>(&mut self, iter: I) {
        iter.into_iter().for_each(|m| self.0 += m.0);
    }
}

// callbacks, builders, visitors
#[traced]
pub fn with_retry<T, E>(mut f: impl FnMut(u32) -> Result<T, E>, max: u32) -> Result<T, E> {
    let mut n = 0;
    loop {
        match f(n) {
            Err(_) if n < max => n += 1,
            other => return other,
        }
    }
}

#[traced]
pub fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C) -> impl Fn(A) -> C {
    move |a| g(f(a))
}

#[traced]
pub async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    (a.await, b.await)
}

#[traced]
pub fn walk<'t, V: FnMut(&'t str)>(tree: &'t [Box<str>], visit: &mut V) {
    tree.iter().for_each(|node| visit(node));
}

#[traced]
pub async fn with_timeout<F>(limit: Duration, f: F) -> Result<F::Output, BoxError>
where
    F: Future + Send,
    F::Output: Send,
{
    let _ = limit;
    Ok(f.await)
}

#[traced]
pub fn spawn<F>(f: F) -> std::thread::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    std::thread::spawn(move || {
        let _f = f;
        unimplemented!()
    })
}

#[traced]
pub fn dispatch(table: &HashMap<&'static str, Box<dyn Fn(&[u8]) -> Result<Vec<u8>, BoxError> + Send + Sync>>, name: &str, input: &[u8]) -> Result<Vec<u8>, BoxError> {
    table.get(name).ok_or_else(|| format!("no {name}"))?(input)
}

#[traced]
pub async fn shared(map: Arc<tokio::sync::RwLock<HashMap<String, u64>>>, key: String) -> u64 {
    let mut map = map.write().await;
    *map.entry(key).and_modify(|n| *n += 1).or_insert(1)
}
