use crate::traced;
use std::future::Future;
use std::pin::Pin;

#[traced]
pub async fn boxed_inside(depth: u32) -> u32 {
    if depth == 0 { 0 } else { Box::pin(boxed_inside(depth - 1)).await + 1 }
}

#[traced]
pub fn boxed_outside(depth: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
    Box::pin(async move { if depth == 0 { 0 } else { boxed_outside(depth - 1).await + 1 } })
}

#[traced]
pub fn sync(depth: u32) -> u32 {
    if depth == 0 { 0 } else { sync(depth - 1) + 1 }
}
