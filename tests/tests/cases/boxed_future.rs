use crate::traced;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use std::future::Future;
use std::pin::Pin;

pub type Alias<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[traced]
pub fn at_the_end(a: &str) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { a.len() })
}

#[traced]
pub fn after_statements(a: String) -> Pin<Box<dyn Future<Output = usize>>> {
    let n = a.len();
    std::boxed::Box::pin(async move { n })
}

#[traced]
pub fn early(a: Option<u8>) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    let Some(a) = a else {
        return Box::pin(async { 0 });
    };
    Box::pin(async move { a })
}

#[traced]
pub fn by_variable(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send + Sync>> {
    let future = Box::pin(async move { a });
    future
}

#[traced]
pub fn by_alias<'a, T: Send + Clone + Sync>(a: &'a T) -> Alias<'a, T> {
    Box::pin(std::future::ready(a.clone()))
}

#[traced]
pub fn by_method(a: u8) -> BoxFuture<'static, Result<u8, String>> {
    async move { Ok(a) }.boxed()
}

#[traced]
pub fn local(a: std::rc::Rc<u8>) -> LocalBoxFuture<'static, u8> {
    async move { *a }.boxed_local()
}

#[traced]
pub fn inferred(a: &str) -> Alias<'_, Result<u8, Box<dyn std::error::Error>>> {
    Box::pin(async move { Ok(a.parse()?) })
}

#[traced]
pub fn try_blocks(a: &str) -> Pin<Box<dyn Future<Output = Result<u8, Box<dyn std::error::Error>>> + '_>> {
    Box::pin(async move { Ok(a.parse()?) })
}
