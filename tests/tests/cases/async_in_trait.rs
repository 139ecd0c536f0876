#![deny(refining_impl_trait)]
use crate::traced;
use std::future::Future;

pub(crate) trait Afit {
    async fn get(&self, a: &str) -> usize;
    #[traced]
    async fn default(&self) -> u8 {
        self.get("a").await as u8
    }
}

pub trait Rpitit {
    fn get(&self, a: &str) -> impl Future<Output = usize> + Send;
}

pub struct S(pub usize);

impl Afit for S {
    #[traced]
    async fn get(&self, a: &str) -> usize {
        self.0 + a.len()
    }
}

impl Rpitit for S {
    #[traced]
    async fn get(&self, a: &str) -> usize {
        self.0 + a.len()
    }
}

pub(crate) async fn uses<T: Afit>(t: T) -> u8 {
    t.default().await
}
