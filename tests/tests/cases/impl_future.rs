use crate::traced;
use std::future::Future;

#[traced]
pub fn simple(a: u8) -> impl Future<Output = u8> {
    async move { a }
}

#[traced]
pub fn bounded<'a>(a: &'a str) -> impl Future<Output = Result<usize, Box<dyn std::error::Error + Send + Sync>>> + Send + 'a {
    async move {
        let n: usize = a.parse()?;
        Ok(n)
    }
}

#[traced]
pub fn ready() -> impl Future<Output = ()> + Unpin + Send + Sync + 'static {
    std::future::ready(())
}

#[traced]
pub fn early(a: bool) -> impl std::future::Future<Output = u8> {
    if a {
        return std::future::ready(1);
    }
    std::future::ready(2)
}

#[traced]
pub fn inferred() -> impl Future<Output = Result<u8, String>> {
    async { Ok(Default::default()) }
}

pub trait Extra {}
impl<T> Extra for std::future::Ready<T> {}

#[traced]
pub fn other_bound() -> impl Future<Output = u8> + Extra {
    std::future::ready(1)
}

#[traced]
pub fn in_a_tuple() -> (impl Future<Output = u8>, u8) {
    (async { 1 }, 2)
}
