use crate::traced;
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};

#[traced]
pub fn numbers(to: u8) -> impl Stream<Item = u8> {
    stream::iter(0..to)
}

#[traced]
pub fn borrowed<'a>(of: &'a [u8]) -> impl Stream<Item = &'a u8> + Send + Unpin + 'a {
    if of.is_empty() {
        return stream::iter(of);
    }
    stream::iter(of)
}

#[traced]
pub fn boxed(to: u8) -> BoxStream<'static, u8> {
    stream::iter(0..to).boxed()
}
