use crate::traced;
use std::panic::{RefUnwindSafe, UnwindSafe};

#[traced(fields(b = a))]
pub async fn asynchronous(a: u8) -> Result<u8, String> {
    Ok(a)
}

#[traced]
pub fn opaque(a: u8) -> impl std::future::Future<Output = u8> {
    std::future::ready(a)
}

#[traced]
pub fn stream() -> impl futures_util::Stream<Item = u8> {
    futures_util::stream::iter(Some(1))
}

pub fn check() {
    fn all<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: T) {}
    fn unpin<T: Unpin>(_: T) {}
    all(asynchronous(1));
    all(opaque(1));
    all(stream());
    unpin(opaque(1));
    unpin(stream());
}
