use crate::traced;
use std::future::Future;

pub struct Cache<T>(pub T);

#[traced(fields(shared = 1))]
impl<T: Clone> Cache<T> {
    pub const LIMIT: usize = { 1 + 1 };

    pub const fn new(a: T) -> Self {
        Self(a)
    }

    pub fn get(&self) -> Result<&T, ()> {
        Ok(&self.0)
    }

    #[traced(name = "other", fields(own = n))]
    pub async fn load<const N: usize>(&mut self, n: usize) -> [T; N] {
        let _ = n;
        std::array::from_fn(|_| self.0.clone())
    }

    #[traced(skip)]
    pub fn skipped(&self) {}

    fn unused(&self) {}
}

#[traced]
impl<T> Drop for Cache<T> {
    fn drop(&mut self) {}
}

#[traced]
impl<'a, T> Iterator for Cache<&'a T> {
    type Item = &'a T;

    fn next(&mut self) -> Option<&'a T> {
        None
    }
}

#[traced]
#[async_trait::async_trait]
impl super::async_trait_impl::Service for u8 {
    async fn call(&self, request: &str) -> Result<String, std::fmt::Error> {
        Ok(request.to_owned())
    }
    async fn owned(self: Box<Self>, (a, b): (u8, u8)) -> u8 {
        a + b + *self
    }
    fn plain(&self) -> u8 {
        *self
    }
    async fn of_type() -> Self {
        1
    }
}

#[traced]
unsafe impl Marker for u8 {
    unsafe fn get(&self) -> impl Future<Output = u8> {
        std::future::ready(*self)
    }
}

#[allow(clippy::missing_safety_doc)]
pub unsafe trait Marker {
    unsafe fn get(&self) -> impl Future<Output = u8>;
}
