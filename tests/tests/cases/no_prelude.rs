#![no_implicit_prelude]
use crate::traced;

#[traced]
pub fn sync(a: u8) -> ::core::result::Result<u8, u8> {
    ::core::result::Result::Ok(a)
}

#[traced(fields(b = a), args(a), ret)]
pub async fn asynchronous(a: u8) -> u8 {
    a
}

#[traced]
pub fn boxed(a: u8) -> ::std::pin::Pin<::std::boxed::Box<dyn ::core::future::Future<Output = u8>>> {
    ::std::boxed::Box::pin(async move { a })
}
