#![forbid(unsafe_code)]
use crate::traced;

#[traced(fields(a))]
pub fn sync(a: u8) -> Result<u8, ()> {
    Ok(a)
}

#[traced(args(a), ret)]
pub async fn asynchronous(a: u8) -> u8 {
    a
}

#[traced]
pub fn boxed() -> std::pin::Pin<Box<dyn std::future::Future<Output = u8>>> {
    let future = Box::pin(async { 1 });
    future
}
